/* SPDX-License-Identifier: MIT */
/* sys/scratch: a killed azfan leaves a script with its secrets; the next one takes it away. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"
#include "sys/scratch.h"
#include "unit.h"

static char *place;

static void set_up(void)
{
    struct error error;

    ck_assert_msg(file_make_temporary_folder(&place, &error) == 0, "%s", error.text);
    (void)setenv("XDG_RUNTIME_DIR", place, 1);
}

static void tear_down(void)
{
    struct error error;

    ck_assert_msg(file_remove_tree(place, &error) == 0, "%s", error.text);
    free(place);
}

/* A folder that an azfan made which then was killed. free() it. */
static char *leave_one(void)
{
    int ends[2];
    char path[4096] = "";
    pid_t child;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        struct scratch scratch;
        struct error error;

        if (scratch_open(&scratch, &error) == 0)
            (void)!write(ends[1], scratch.path, strlen(scratch.path));
        (void)raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_gt(read(ends[0], path, sizeof path - 1), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return memory_string(path);
}

START_TEST(it_is_private_and_goes)
{
    struct scratch scratch;
    struct error error;
    struct stat status;
    char *path;

    ck_assert_int_eq(scratch_open(&scratch, &error), 0);
    path = memory_string(scratch.path);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0700);
    ck_assert_int_eq(scratch_close(&scratch, &error), 0);
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(scratch_close(&scratch, &error), 0);
    free(path);
}
END_TEST

START_TEST(what_a_killed_one_left_is_removed)
{
    char *path = leave_one();

    ck_assert_int_eq(scratch_sweep(INT64_C(3600000000000)), 0); /* an az may still be reading */
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(scratch_sweep(0), 1);
    ck_assert_int_eq(access(path, F_OK), -1);
    free(path);
}
END_TEST

START_TEST(one_in_use_stays)
{
    struct scratch scratch;
    struct error error;
    int status = 0;
    pid_t child;

    ck_assert_int_eq(scratch_open(&scratch, &error), 0);
    child = fork(); /* another process: a lock is not in the way of who holds it */
    if (child == 0)
        _exit(scratch_sweep(0));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_int_eq(access(scratch.path, F_OK), 0);
    ck_assert_int_eq(scratch_close(&scratch, &error), 0);
}
END_TEST

/* Somebody else's folder may be called like ours. */
START_TEST(what_is_not_marked_stays)
{
    char *folder;
    struct error error;

    ck_assert_int_eq(file_make_temporary_folder(&folder, &error), 0);
    ck_assert_int_eq(scratch_sweep(0), 0);
    ck_assert_int_eq(access(folder, F_OK), 0);
    free(folder);
}
END_TEST

static Suite *scratch_suite(void)
{
    Suite *suite = suite_create("scratch");
    TCase *tests = tcase_create("scratch");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, it_is_private_and_goes);
    tcase_add_test(tests, what_a_killed_one_left_is_removed);
    tcase_add_test(tests, one_in_use_stays);
    tcase_add_test(tests, what_is_not_marked_stays);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(scratch_suite)
