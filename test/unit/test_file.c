/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "sys/file.h"
#include "unit/unit.h"

static char *folder;
static struct error error;
static struct buffer text;

static void set_up(void)
{
    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    ck_assert_msg(file_make_temporary_folder(&folder, &error) == 0, "%s", error.text);
    error.text[0] = '\0';
    memset(&text, 0, sizeof text);
    ck_assert_int_eq(chdir(folder), 0);
}

static void tear_down(void)
{
    buffer_done(&text);
    ck_assert_int_eq(file_remove_tree(folder, &error), 0);
    ck_assert_int_lt(access(folder, F_OK), 0);
    free(folder);
}

static unsigned mode_of(const char *path)
{
    struct stat status;

    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void expect_content(const char *path, const char *expected)
{
    buffer_done(&text);
    ck_assert_msg(file_read(path, 1000, &text, &error) == 0, "%s", error.text);
    ck_assert_str_eq(buffer_text(&text), expected);
}

START_TEST(write_and_read)
{
    ck_assert_uint_eq(mode_of(folder), 0700);
    ck_assert_int_eq(file_write("a", 0600, "12345", 5, &error), 0);
    ck_assert_uint_eq(mode_of("a"), 0600);
    ck_assert_int_eq(file_read("a", 5, &text, &error), 0);
    ck_assert_str_eq(buffer_text(&text), "12345");
    ck_assert_int_lt(file_read("a", 4, &text, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "a is too large"));
    ck_assert_int_eq(file_write("a", 0600, "", 0, &error), 0);
    expect_content("a", "");
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    ck_assert_int_lt(file_read("fifo", 5, &text, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "fifo: it is a FIFO"));
    ck_assert_int_lt(file_read(".", 5, &text, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "a folder"));
    ck_assert_int_lt(file_read("/dev/zero", 5, &text, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));
    ck_assert_int_lt(file_read("none", 5, &text, &error), 0);
    ck_assert_str_eq(error.text, "cannot open none: No such file or directory");
    ck_assert_uint_eq(text.length, 0);
}
END_TEST

static const struct {
    const char *base, *path, *expected;
} places[] = {
    {"job.yaml", "x.sh", "x.sh"},        {"jobs/job.yaml", "x.sh", "jobs/x.sh"},
    {"/job.yaml", "x.sh", "/x.sh"},      {"/a/b.yaml", "../x.sh", "/a/../x.sh"},
    {"jobs/job.yaml", "/x.sh", "/x.sh"},
};

START_TEST(beside)
{
    char *path = file_beside(places[_i].base, places[_i].path);

    ck_assert_msg(strcmp(path, places[_i].expected) == 0, "%s: %s", places[_i].base, path);
    free(path);
}
END_TEST

START_TEST(private_folder)
{
    ck_assert_int_eq(file_make_private_folder("a/b/c", &error), 0);
    ck_assert_uint_eq(mode_of("a/b/c"), 0700);
    ck_assert_int_eq(chmod("a/b/c", 0755), 0);
    ck_assert_int_eq(file_make_private_folder("a/b/c", &error), 0);
    ck_assert_uint_eq(mode_of("a/b/c"), 0700);
    ck_assert_int_eq(symlink("a", "link"), 0);
    ck_assert_int_lt(file_make_private_folder("link", &error), 0);
    ck_assert_int_eq(file_write("file", 0600, "", 0, &error), 0);
    ck_assert_int_lt(file_make_private_folder("file", &error), 0);
    ck_assert_int_lt(file_make_private_folder("file/x", &error), 0);
}
END_TEST

START_TEST(remove_tree_follows_no_link)
{
    ck_assert_int_eq(file_make_private_folder("keep", &error), 0);
    ck_assert_int_eq(file_write("keep/file", 0600, "x", 1, &error), 0);
    ck_assert_int_eq(file_make_private_folder("gone/deep", &error), 0);
    ck_assert_int_eq(symlink("../../keep", "gone/deep/link"), 0);
    ck_assert_int_eq(file_remove_tree("gone", &error), 0);
    ck_assert_int_lt(access("gone", F_OK), 0);
    expect_content("keep/file", "x");
    ck_assert_int_eq(file_remove_tree("gone", &error), 0);
}
END_TEST

START_TEST(replacement_is_whole_or_nothing)
{
    struct file_replacement file;

    ck_assert_int_eq(file_write("a", 0600, "old", 3, &error), 0);
    ck_assert_int_eq(file_replace_begin(&file, "a", 0640, &error), 0);
    fprintf(file.stream, "new");
    expect_content("a", "old");
    file_replace_abandon(&file);
    expect_content("a", "old");
    ck_assert_int_eq(file_replace_begin(&file, "a", 0640, &error), 0);
    fprintf(file.stream, "new");
    ck_assert_int_eq(file_replace_commit(&file, &error), 0);
    expect_content("a", "new");
    ck_assert_uint_eq(mode_of("a"), 0640);
    ck_assert_int_lt(file_replace_begin(&file, "none/a", 0600, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot write none/a: No such file"));
}
END_TEST

START_TEST(replacement_tells_a_full_disk)
{
    struct file_replacement file;

    ck_assert_int_eq(file_replace_begin(&file, "/dev/full", 0600, &error), 0);
    fprintf(file.stream, "new");
    ck_assert_int_lt(file_replace_commit(&file, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "No space left"));
}
END_TEST

START_TEST(find_program)
{
    char *path = NULL;

    ck_assert_int_eq(file_make_private_folder("bin/az", &error), 0); /* a folder is no program */
    ck_assert_int_eq(file_make_private_folder("bin2", &error), 0);
    ck_assert_int_eq(file_write("bin2/az", 0700, "#!/bin/sh\n", 10, &error), 0);
    path = memory_print("bin:%s/bin:%s/bin2", folder, folder);
    ck_assert_int_eq(setenv("PATH", path, 1), 0);
    free(path);
    ck_assert_int_eq(file_find_program("az", &path, &error), 0);
    ck_assert_ptr_nonnull(strstr(path, "/bin2/az"));
    free(path);
    ck_assert_int_eq(file_find_program("./bin2/az", &path, &error), 0);
    ck_assert_int_eq(path[0], '/');
    free(path);
    ck_assert_int_lt(file_find_program("nothing", &path, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot find the program nothing in PATH ("));
    ck_assert_int_lt(file_find_program("./bin/az", &path, &error), 0);
    ck_assert_int_eq(chmod("bin2/az", 0600), 0);
    ck_assert_int_lt(file_find_program("./bin2/az", &path, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "not executable"));
    ck_assert_int_eq(file_own_program(&path, &error), 0);
    ck_assert_str_eq(strrchr(path, '/'), "/test_file");
    free(path);
    path = file_own_helper("test_file");
    ck_assert_ptr_nonnull(strstr(path, "/test_file"));
    free(path);
    ck_assert_ptr_null(file_own_helper("no-such-helper"));
}
END_TEST

/* Who may make a link in /tmp must not choose which file is replaced. */
START_TEST(a_link_of_somebody_elses_is_not_written_through)
{
    struct file_replacement file;

    ck_assert_int_eq(file_write("mine", 0600, "old", 3, &error), 0);
    ck_assert_int_eq(symlink("mine", "link"), 0);
    ck_assert_int_eq(file_replace_begin(&file, "link", 0600, &error), 0);
    ck_assert_int_eq(file_replace_commit(&file, &error), 0);
    if (lchown("link", 12345, 12345) == 0) { /* only root can give it away; CI is root */
        ck_assert_int_eq(file_replace_begin(&file, "link", 0600, &error), -1);
        ck_assert_ptr_nonnull(strstr(error.text, "symbolic link of somebody else"));
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, write_and_read);
    tcase_add_test(tests, refuses_what_is_no_file);
    tcase_add_loop_test(tests, beside, 0, UNIT_COUNT(places));
    tcase_add_test(tests, private_folder);
    tcase_add_test(tests, remove_tree_follows_no_link);
    tcase_add_test(tests, replacement_is_whole_or_nothing);
    tcase_add_test(tests, replacement_tells_a_full_disk);
    tcase_add_test(tests, a_link_of_somebody_elses_is_not_written_through);
    tcase_add_test(tests, find_program);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
