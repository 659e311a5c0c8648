/* SPDX-License-Identifier: MIT */
/* run/folder: where a run is kept, and that no older run is ever touched. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "run/folder.h"
#include "sys/file.h"
#include "unit.h"

static char *place;

static void set_up(void)
{
    struct error error;

    ck_assert_int_eq(file_make_temporary_folder(&place, &error), 0);
}

static void tear_down(void)
{
    struct error error;

    (void)file_remove_tree(place, &error);
    free(place);
}

static bool exists(const char *name)
{
    char *path = memory_print("%s/%s", place, name);
    bool found = access(path, F_OK) == 0;

    free(path);
    return found;
}

START_TEST(output_is_written_by_label_and_empty_streams_are_not)
{
    struct buffer text = {.data = (char[]){"hello"}, .length = 5};
    struct buffer nothing = BUFFER_INIT;
    struct folder folder;
    struct error error;
    char *path = memory_print("%s/run", place);

    ck_assert_int_eq(folder_open(&folder, path, "id", &error), 0);
    ck_assert_int_eq(folder_write_output(&folder, "web-01", &text, &nothing, &error), 0);
    ck_assert_int_eq(folder_write_output(&folder, "rg/web-02", &nothing, &text, &error), 0);
    ck_assert(exists("run/output/web-01.out"));
    ck_assert(!exists("run/output/web-01.err"));
    ck_assert(exists("run/output/rg+web-02.err"));
    folder_close(&folder);
    free(path);
}
END_TEST

START_TEST(a_label_cannot_leave_the_folder)
{
    struct buffer text = {.data = (char[]){"x"}, .length = 1};
    struct buffer nothing = BUFFER_INIT;
    struct folder folder;
    struct error error;
    char *path = memory_print("%s/run", place);

    ck_assert_int_eq(folder_open(&folder, path, "id", &error), 0);
    ck_assert_int_eq(folder_write_output(&folder, "../../evil", &text, &nothing, &error), 0);
    ck_assert(!exists("evil.out"));
    ck_assert(exists("run/output/..+..+evil.out"));
    folder_close(&folder);
    free(path);
}
END_TEST

static void open_and_begin(struct folder *folder, const char *name)
{
    char *path = memory_print("%s/%s", place, name);
    struct error error;

    ck_assert_msg(folder_open(folder, path, "id", &error) == 0, "%s", error.text);
    ck_assert_int_eq(file_write(folder->journal, 0600, "{}\n", 3, &error), 0);
    free(path);
}

START_TEST(a_run_of_which_nothing_was_started_leaves_no_folder)
{
    struct folder folder;
    struct error error;

    open_and_begin(&folder, "run");
    ck_assert_msg(folder_remove(&folder, &error) == 0, "%s", error.text);
    ck_assert(!exists("run"));
    ck_assert_ptr_null(folder.path);
}
END_TEST

static const struct {
    const char *id, *wrong;
} ids[] = {
    {"ci-4711.2_b", NULL},
    {"1234567890123456789012345678901234567890123456789012345678901234", NULL},
    {"12345678901234567890123456789012345678901234567890123456789012345",
     "must be 1 to 64 letters"},
    {"", "must be 1 to 64 letters"},
    {".order", "must be 1 to 64 letters"},
    {"-x", "must be 1 to 64 letters"},
    {"a/b", "must be 1 to 64 letters"},
    {"a b", "must be 1 to 64 letters"},
    {"\xc3\xa4", "must be 1 to 64 letters"},
    {"latest", "must not be latest"},
};

START_TEST(ids_that_a_run_may_have)
{
    struct error error = {""};
    int result = folder_check_id(ids[_i].id, &error);

    ck_assert_msg(result == (ids[_i].wrong == NULL ? 0 : -1), "%s", ids[_i].id);
    ck_assert_msg(result == 0 || strstr(error.text, ids[_i].wrong) != NULL, "%s: %s", ids[_i].id,
                  error.text);
}
END_TEST

START_TEST(nor_its_job)
{
    struct folder folder;
    struct error error;

    open_and_begin(&folder, "run");
    ck_assert_int_eq(folder_write_job(&folder, "version: 1\n", &error), 0);
    ck_assert(exists("run/job.yaml"));
    ck_assert_int_eq(folder_write_job(&folder, "version: 2\n", &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "run/job.yaml: File exists"));
    ck_assert_int_eq(folder_remove(&folder, &error), 0);
    ck_assert(!exists("run"));
}
END_TEST

START_TEST(a_folder_that_was_there_before_stays)
{
    char *path = memory_print("%s/run", place);
    struct folder folder;
    struct error error;

    ck_assert_int_eq(mkdir(path, 0700), 0);
    open_and_begin(&folder, "run");
    ck_assert_msg(folder_remove(&folder, &error) == 0, "%s", error.text);
    ck_assert_int_eq(file_is_empty_folder(path), 1);
    free(path);
}
END_TEST

START_TEST(what_is_not_azfans_is_not_removed_with_the_folder)
{
    struct folder folder;
    struct error error;
    char *path = memory_print("%s/run/mine", place);

    open_and_begin(&folder, "run");
    ck_assert_int_eq(file_write(path, 0600, "x", 1, &error), 0);
    ck_assert_int_eq(folder_remove(&folder, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot remove"));
    ck_assert(exists("run/mine"));
    free(path);
}
END_TEST

static const struct refusal {
    const char *name;
    const char *command; /* $P is the place */
    const char *text;
} refusals[] = {
    {"it holds a run", "mkdir -p $P/run && touch $P/run/report.json", "already holds a run"},
    {"it is a symbolic link", "mkdir $P/real && ln -s real $P/run", "symbolic link"},
    {"it is a file", "touch $P/run", "not a folder"},
    {"something else is in it", "mkdir $P/run && touch $P/run/notes", "is not empty"},
};

START_TEST(what_is_in_the_way_is_refused)
{
    const struct refusal *row = &refusals[_i];
    char *path = memory_print("%s/run", place);
    struct folder folder;
    struct error error;

    ck_assert_int_eq(setenv("P", place, 1), 0);
    ck_assert_int_eq(system(row->command), 0);
    ck_assert_int_eq(folder_open(&folder, path, "id", &error), -1);
    ck_assert_msg(strstr(error.text, row->text) != NULL, "%s: %s", row->name, error.text);
    free(path);
}
END_TEST

START_TEST(somebody_elses_folder_is_refused)
{
    char *path = memory_print("%s/run", place);
    struct folder folder;
    struct error error;

    ck_assert_int_eq(mkdir(path, 0700), 0);
    if (chown(path, 12345, 12345) == 0) { /* only root can make one; CI is root */
        ck_assert_int_eq(folder_open(&folder, path, "id", &error), -1);
        ck_assert_ptr_nonnull(strstr(error.text, "somebody else"));
    }
    free(path);
}
END_TEST

START_TEST(a_folder_that_is_there_becomes_private)
{
    char *path = memory_print("%s/run", place);
    struct folder folder;
    struct error error;
    struct stat status;

    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(folder_open(&folder, path, "id", &error), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0700);
    folder_close(&folder);
    free(path);
}
END_TEST

/* Two VMs of one name in two groups, and a third whose name looks like both. */
START_TEST(no_two_labels_share_a_file)
{
    struct buffer first = {.data = (char[]){"first"}, .length = 5};
    struct buffer second = {.data = (char[]){"second"}, .length = 6};
    struct buffer nothing = BUFFER_INIT;
    struct buffer seen = BUFFER_INIT;
    char *path = memory_print("%s/run", place);
    char *file = memory_print("%s/run/output/a.v.out", place);
    struct folder folder;
    struct error error;

    ck_assert_int_eq(folder_open(&folder, path, "id", &error), 0);
    ck_assert_int_eq(folder_write_output(&folder, "a.v", &first, &nothing, &error), 0);
    ck_assert_int_eq(folder_write_output(&folder, "a/v", &second, &nothing, &error), 0);
    ck_assert_int_eq(file_read(file, 100, &seen, &error), 0);
    ck_assert_str_eq(buffer_text(&seen), "first");
    buffer_done(&seen);
    folder_close(&folder);
    free(file);
    free(path);
}
END_TEST

START_TEST(the_id_tells_when_and_what)
{
    struct error error;
    char *one, *two;

    ck_assert_int_eq(folder_name_run("demo", INT64_C(1763866800000000000), &one, &error), 0);
    ck_assert_int_eq(folder_name_run("demo", INT64_C(1763866800000000000), &two, &error), 0);
    ck_assert_int_eq(strncmp(one, "20251123T030000Z-demo-", 22), 0);
    ck_assert_uint_eq(strlen(one), 26);
    free(one);
    free(two);
}
END_TEST

static Suite *folder_suite(void)
{
    Suite *suite = suite_create("folder");
    TCase *tests = tcase_create("folder");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, output_is_written_by_label_and_empty_streams_are_not);
    tcase_add_test(tests, a_label_cannot_leave_the_folder);
    tcase_add_test(tests, a_run_of_which_nothing_was_started_leaves_no_folder);
    tcase_add_loop_test(tests, ids_that_a_run_may_have, 0, UNIT_COUNT(ids));
    tcase_add_test(tests, nor_its_job);
    tcase_add_test(tests, a_folder_that_was_there_before_stays);
    tcase_add_test(tests, what_is_not_azfans_is_not_removed_with_the_folder);
    tcase_add_loop_test(tests, what_is_in_the_way_is_refused, 0, UNIT_COUNT(refusals));
    tcase_add_test(tests, somebody_elses_folder_is_refused);
    tcase_add_test(tests, a_folder_that_is_there_becomes_private);
    tcase_add_test(tests, no_two_labels_share_a_file);
    tcase_add_test(tests, the_id_tells_when_and_what);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(folder_suite)
