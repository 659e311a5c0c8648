/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "job/files.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/problems.h"
#include "sys/file.h"
#include "unit/folder.h"
#include "unit/unit.h"

static char *path_of(const char *name)
{
    return memory_print("%s/%s", folder, name);
}

static void write_file(const char *name, unsigned mode, const char *bytes, size_t length)
{
    char *path = path_of(name);
    struct error error;

    ck_assert_msg(file_write(path, mode, bytes, length, &error) == 0, "%s", error.text);
    free(path);
}

static void make_folder_in(const char *name)
{
    char *path = path_of(name);

    ck_assert_int_eq(mkdir(path, 0700), 0);
    free(path);
}

static void make_link(const char *name, const char *to)
{
    char *path = path_of(name);

    ck_assert_int_eq(symlink(to, path), 0);
    free(path);
}

static void make_files(void)
{
    folder_make();
    make_folder_in("jobs");
    make_folder_in("jobs/conf");
    make_folder_in("jobs-of-others");
    write_file("jobs/lib.sh", 0600, "say() { :; }\n", 13);
    write_file("jobs/tool", 0700, "\0\r\n", 3);
    write_file("jobs/empty", 0600, "", 0);
    write_file("jobs/conf/app.conf", 0600, "a = b", 5);
    write_file("outside", 0600, "x", 1);
    write_file("jobs-of-others/x", 0600, "x", 1);
    make_link("jobs/inside", "conf/app.conf");
    make_link("jobs/conf2", "conf");
    make_link("jobs/out", "../outside");
    make_link("jobs/others", "../jobs-of-others");
    make_link("jobs/loop", "loop");
    make_link("jobs/device", "/dev/zero");
    make_link("jobs/back", "../jobs/lib.sh");
}

/* The job with FILES in its list; NULL: what is wrong is in TEXT. */
static struct job *load(const char *files, struct buffer *text)
{
    struct problems problems = {.count = 0};
    char *path = path_of("jobs/job.yaml");
    char *lines = memory_print("version: 1\nname: try\nscript: {inline: a, files: [%s]}\n"
                               "targets: {resource_group: rg, vms: [a]}\n",
                               files);
    struct job *job = jobfile_parse(path, lines, strlen(lines), NULL, &problems);

    problems_print(&problems, text);
    problems_done(&problems);
    free(lines);
    free(path);
    return job;
}

/* What gzip -d makes of it. */
static size_t unpack(const struct job_files *files, char *bytes, size_t size)
{
    z_stream stream = {.next_in = (Bytef *)files->packed,
                       .avail_in = (uInt)files->packed_length,
                       .next_out = (Bytef *)bytes,
                       .avail_out = (uInt)size};

    ck_assert_int_eq(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    (void)inflateEnd(&stream);
    return stream.total_out;
}

START_TEST(files_are_read)
{
    static const struct {
        const char *name;
        size_t length;
        bool executable;
    } expected[] = {
        {"lib.sh", 13, false}, {"conf/app.conf", 5, false},  {"empty", 0, false}, {"tool", 3, true},
        {"inside", 5, false},  {"conf2/app.conf", 5, false}, {"back", 13, false}};
    static const char bytes[] = "say() { :; }\na = b\0\r\na = ba = bsay() { :; }\n";
    struct buffer text = BUFFER_INIT;
    struct job *job =
        load("lib.sh, conf/app.conf, empty, tool, inside, conf2/app.conf, back", &text);
    char unpacked[100];

    ck_assert_msg(job != NULL, "%s", buffer_text(&text));
    ck_assert_uint_eq(job->files.count, UNIT_COUNT(expected));
    for (int i = 0; i < UNIT_COUNT(expected); i++) {
        ck_assert_str_eq(job->files.list[i].name, expected[i].name);
        ck_assert_uint_eq(job->files.list[i].length, expected[i].length);
        ck_assert_int_eq(job->files.list[i].executable, expected[i].executable);
    }
    ck_assert_str_eq(job->files.list[2].digest, /* sha256sum </dev/null */
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert_str_eq(job->files.list[4].digest, job->files.list[1].digest);
    ck_assert_str_ne(job->files.list[0].digest, job->files.list[1].digest);
    ck_assert_uint_eq(unpack(&job->files, unpacked, sizeof unpacked), sizeof bytes - 1);
    ck_assert_mem_eq(unpacked, bytes, sizeof bytes - 1);
    job_free(job);
    buffer_done(&text);
}
END_TEST

static const struct {
    const char *files;
    const char *expected;
} wrong[] = {
    {"out", "jobs/out is a link that leads out of the job file's folder, to "},
    {"others/x", "jobs/others/x is a link that leads out of the job file's folder, to "},
    {"device", "jobs/device is a link that leads out of the job file's folder, to /dev/zero"},
    {"loop", "jobs/loop: Too many levels of symbolic links"},
    {"nowhere", "jobs/nowhere: No such file or directory"},
    {"lib.sh/x", "jobs/lib.sh/x: Not a directory"},
    {"conf", "jobs/conf is a folder: name the files in it"},
    {"conf2", "jobs/conf2 is a folder: name the files in it"},
    {"fifo", "jobs/fifo: it is a FIFO"},
    {"huge", "jobs/huge is too large: more than 4096 KiB"},
    {"half, half2", "the files up to this one are more than 4 MiB"},
    {"script", "has the name of what azfan itself puts into that folder"},
};

START_TEST(wrong_files)
{
    struct buffer text = BUFFER_INIT;
    char *fifo = path_of("jobs/fifo");
    char *half = memory_zeroed(3 << 20, 1);
    struct job *job;

    (void)mkfifo(fifo, 0600);
    write_file("jobs/half", 0600, half, 3 << 20);
    write_file("jobs/half2", 0600, half, 3 << 20);
    write_file("jobs/huge", 0600, half, 3 << 20);
    free(fifo);
    free(half);
    fifo = path_of("jobs/huge");
    ck_assert_int_eq(truncate(fifo, (4 << 20) + 1), 0);
    free(fifo);
    job = load(wrong[_i].files, &text);
    ck_assert_msg(job == NULL, "%s", wrong[_i].files);
    ck_assert_msg(strstr(buffer_text(&text), wrong[_i].expected) != NULL, "%s: %s", wrong[_i].files,
                  buffer_text(&text));
    ck_assert_ptr_eq(strchr(buffer_text(&text), '\n'), strrchr(buffer_text(&text), '\n'));
    buffer_done(&text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("files");
    TCase *tests = tcase_create("files");

    tcase_add_unchecked_fixture(tests, make_files, folder_remove);
    tcase_add_test(tests, files_are_read);
    tcase_add_loop_test(tests, wrong_files, 0, UNIT_COUNT(wrong));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
