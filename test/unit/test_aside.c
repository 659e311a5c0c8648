/* SPDX-License-Identifier: MIT */
/* engine/aside: a call like any other, except that it keeps nobody from dying. */
#include "engine/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "stub/stub.h"
#include "sys/fd.h"
#include "unit/unit.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IN_A_PROCESS = 0 };
#else
enum { IN_A_PROCESS = 1 };
#endif

struct errand {
    int pid;
    int fd;
    int error_number;
    struct buffer text;
};

static void run_errand(void *context)
{
    struct errand *errand = context;

    errand->pid = (int)syscall(SYS_getpid);
    for (int i = 0; i < 1000; i++) /* memory that is made there is freed here */
        buffer_print(&errand->text, "line %d\n", i);
    errand->fd = open("/nonexistent", O_RDONLY | O_CLOEXEC);
    errand->error_number = errno;
}

/* What it writes is there afterwards, and no process is left of it. */
START_TEST(it_is_a_call)
{
    struct errand errand = {.text = BUFFER_INIT};
    int descriptors = stub_count_descriptors();

    for (int i = 0; i < 200; i++) {
        buffer_done(&errand.text);
        ck_assert_int_eq(aside_call(run_errand, &errand), 0);
        ck_assert_int_eq(errand.pid != getpid(), IN_A_PROCESS);
        ck_assert_int_eq(errand.error_number, ENOENT);
        ck_assert_uint_eq(errand.text.length, 8890);
    }
    buffer_done(&errand.text);
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
}
END_TEST

/* A lock that is kept out is not held there: whoever asks meanwhile gets it once azfan is gone. */
static void look_at_lock(void *context)
{
    struct errand *errand = context;

    errand->error_number = fcntl(errand->fd, F_GETFD) < 0 ? errno : 0;
}

START_TEST(a_lock_is_kept_out)
{
    struct errand errand = {.fd = open("/dev/null", O_RDONLY | O_CLOEXEC)};

    aside_keep_out(errand.fd);
    ck_assert_int_eq(aside_call(look_at_lock, &errand), 0);
    ck_assert_int_eq(errand.error_number, EBADF);
    ck_assert_int_ge(fcntl(errand.fd, F_GETFD), 0);
    aside_keep_out(-1);
    ck_assert_int_eq(aside_call(look_at_lock, &errand), 0);
    ck_assert_int_eq(errand.error_number, 0);
    fd_close(&errand.fd);
}
END_TEST

static void die(void *context)
{
    (void)context;
    (void)kill((pid_t)syscall(SYS_getpid), SIGKILL);
}

/* Somebody kills it: the caller goes on, and knows. */
START_TEST(its_death_is_told)
{
    ck_assert_int_eq(aside_call(die, NULL), SIGKILL);
    ck_assert_int_eq(stub_count_children(), 0);
}
END_TEST

static void hang(void *context)
{
    const int *ready = context;

    (void)write(*ready, "!", 1);
    for (;;)
        (void)pause();
}

/* The thread that waits for it can be killed, and then it ends too: nothing holds the pipe. */
START_TEST(a_hang_keeps_nobody_from_dying)
{
    int ready[2];
    char byte;
    int status;
    pid_t pid;

    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        (void)aside_call(hang, &ready[1]);
        _exit(0);
    }
    fd_close(&ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    (void)kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(read(ready[0], &byte, 1), 0);
    fd_close(&ready[0]);
}
END_TEST

/* No room for a process: then it is a plain call. */
START_TEST(without_room_it_is_called_here)
{
    struct errand errand = {.text = BUFFER_INIT};
    struct rlimit none = {0, 0};

    if (geteuid() == 0 && setuid(65534) < 0)
        return;
    (void)setrlimit(RLIMIT_NPROC, &none);
    ck_assert_int_eq(aside_call(run_errand, &errand), 0);
    ck_assert_int_eq(errand.pid, getpid());
    ck_assert_uint_eq(errand.text.length, 8890);
    buffer_done(&errand.text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("aside");
    TCase *tests = tcase_create("aside");

    tcase_add_test(tests, it_is_a_call);
    if (IN_A_PROCESS) {
        tcase_add_test(tests,
                       without_room_it_is_called_here); /* nor is there room for LeakSanitizer */
        tcase_add_test(tests, a_lock_is_kept_out);
        tcase_add_test(tests, its_death_is_told);
        tcase_add_test(tests, a_hang_keeps_nobody_from_dying);
    }
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
