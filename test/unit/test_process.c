/* SPDX-License-Identifier: MIT */
/* sys/process: the process that has a lock is told from all others. */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "unit/unit.h"

static char *folder;
static char *path;
static struct error error;
static int channel[2]; /* a byte comes when the child is ready */

static void set_up(void)
{
    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    ck_assert_msg(file_make_temporary_folder(&folder, &error) == 0, "%s", error.text);
    path = memory_print("%s/file", folder);
    ck_assert_int_eq(file_write(path, 0600, "x", 1, &error), 0);
    ck_assert_int_eq(pipe2(channel, O_CLOEXEC), 0);
}

static void tear_down(void)
{
    fd_close(&channel[0]);
    fd_close(&channel[1]);
    ck_assert_int_eq(file_remove_tree(folder, &error), 0);
    free(folder);
    free(path);
}

/* A child that waits for a signal. OPERATION: with its lock on the file; 0: without. */
static pid_t start(int operation)
{
    pid_t child = fork();
    char byte;

    if (child == 0) {
        int fd = open(path, O_RDWR | O_CLOEXEC);

        (void)signal(SIGTERM, SIG_DFL); /* Check would end the whole test by it */
        (void)signal(SIGUSR1, SIG_IGN);
        if (operation != 0)
            (void)flock(fd, operation);
        (void)!write(channel[1], "x", 1);
        for (;;)
            (void)pause();
    }
    ck_assert_int_eq(read(channel[0], &byte, 1), 1);
    return child;
}

static int end(pid_t child)
{
    int status;

    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(who_has_the_lock_is_known)
{
    pid_t holder = start(LOCK_EX);
    pid_t other = start(0);

    ck_assert_int_eq(process_has_lock(holder, path), 1);
    ck_assert_int_eq(process_has_lock(other, path), 0);
    ck_assert_int_eq(process_has_lock(getpid(), path), 0);
    ck_assert_int_eq(process_has_lock(holder, folder), 0);
    (void)end(holder);
    ck_assert_int_eq(process_has_lock(holder, path), 0);
    (void)end(other);
}
END_TEST

/* Who only looks whether a run goes on has it for an instant. */
START_TEST(a_shared_lock_is_none)
{
    pid_t reader = start(LOCK_SH);

    ck_assert_int_eq(process_has_lock(reader, path), 0);
    (void)end(reader);
}
END_TEST

START_TEST(no_file_and_no_list)
{
    ck_assert_int_eq(process_has_lock(getpid(), "/nowhere"), -ENOENT);
    fault_arm("process.locks", 1, EACCES);
    ck_assert_int_eq(process_has_lock(getpid(), path), -EACCES);
}
END_TEST

START_TEST(a_signal_goes_to_what_was_opened)
{
    pid_t child = start(0);
    int fd = process_open(child);
    int status;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(process_signal(fd, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    ck_assert_int_eq(process_signal(fd, SIGTERM), -ESRCH); /* whoever has its number by now */
    ck_assert_int_eq(process_open(child), -ESRCH);
    fd_close(&fd);
}
END_TEST

START_TEST(no_process_has_such_a_number)
{
    static const int64_t numbers[] = {0, -1, INT64_MIN, INT64_C(1) << 40, INT64_MAX};

    for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
        ck_assert_int_eq(process_open(numbers[i]), -ESRCH);
}
END_TEST

static bool becomes_stopped(pid_t child)
{
    int status;

    return waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status);
}

START_TEST(what_it_is_doing)
{
    pid_t child = start(0);

    ck_assert(process_ignores(child, SIGUSR1));
    ck_assert(!process_ignores(child, SIGTERM));
    ck_assert(!process_is_stopped(child));
    ck_assert_int_eq(kill(child, SIGSTOP), 0);
    ck_assert(becomes_stopped(child));
    ck_assert(process_is_stopped(child));
    (void)end(child);
    ck_assert(!process_is_stopped(child));
    ck_assert(!process_ignores(child, SIGUSR1));
}
END_TEST

static Suite *process_suite(void)
{
    Suite *suite = suite_create("process");
    TCase *tests = tcase_create("process");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, who_has_the_lock_is_known);
    tcase_add_test(tests, a_shared_lock_is_none);
    tcase_add_test(tests, no_file_and_no_list);
    tcase_add_test(tests, a_signal_goes_to_what_was_opened);
    tcase_add_test(tests, no_process_has_such_a_number);
    tcase_add_test(tests, what_it_is_doing);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(process_suite)
