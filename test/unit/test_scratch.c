/* SPDX-License-Identifier: MIT */
/* sys/scratch: a killed azfan leaves a script with its secrets; the next one takes it away. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/fault.h"
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

/* Only the files in it say how old it is: not what is made or removed beside it. */
START_TEST(it_is_as_old_as_its_files)
{
    const struct timespec old[2] = {{1, 0}, {1, 0}};
    char *path = leave_one();
    char *lock = memory_print("%s/azfan.lock", path);

    ck_assert_int_eq(utimensat(AT_FDCWD, lock, old, 0), 0);
    ck_assert_int_eq(scratch_sweep(INT64_C(3600000000000)), 1);
    ck_assert_int_eq(access(path, F_OK), -1);
    free(lock);
    free(path);
}
END_TEST

#ifdef AZFAN_FAULTS
static int count_folders(void)
{
    glob_t found;
    char *pattern = memory_print("%s/azfan-*", place);
    int count = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;

    if (count > 0)
        globfree(&found);
    free(pattern);
    return count;
}

static const struct {
    int code;
    int result;
} locks[] = {{EWOULDBLOCK, 0}, {EINTR, 0}, {ENOLCK, -1}};

/* Somebody who sweeps has the lock of a new folder: that one is given up. None is used unlocked. */
START_TEST(none_is_used_without_its_lock)
{
    struct scratch scratch;
    struct error error;

    fault_arm("scratch.flock", 3, locks[_i].code);
    ck_assert_int_eq(scratch_open(&scratch, &error), locks[_i].result);
    ck_assert_int_eq(count_folders(), locks[_i].result == 0 ? 1 : 0);
    if (locks[_i].result == 0) {
        int other = openat(scratch.folder, "azfan.lock", O_RDWR | O_CLOEXEC);

        ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1);
        (void)close(other);
    }
    ck_assert_int_eq(scratch_close(&scratch, &error), 0);
}
END_TEST
#endif

static Suite *scratch_suite(void)
{
    Suite *suite = suite_create("scratch");
    TCase *tests = tcase_create("scratch");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, it_is_private_and_goes);
    tcase_add_test(tests, what_a_killed_one_left_is_removed);
    tcase_add_test(tests, one_in_use_stays);
    tcase_add_test(tests, what_is_not_marked_stays);
    tcase_add_test(tests, it_is_as_old_as_its_files);
#ifdef AZFAN_FAULTS
    tcase_add_loop_test(tests, none_is_used_without_its_lock, 0, UNIT_COUNT(locks));
#endif
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(scratch_suite)
