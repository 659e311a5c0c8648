/* SPDX-License-Identifier: MIT */
#include "sys/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include "unit/unit.h"

static const int ours[] = {SIGINT, SIGTERM, SIGHUP};

/* Check has handlers of its own for some of them; azfan is started without any. */
static void reset(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD};

    for (int i = 0; i < UNIT_COUNT(numbers); i++)
        (void)signal(numbers[i], SIG_DFL);
}

static void (*handler_of(int number))(int)
{
    struct sigaction action;

    (void)sigaction(number, NULL, &action);
    return action.sa_handler;
}

static bool is_blocked(int number)
{
    sigset_t set;

    (void)pthread_sigmask(SIG_BLOCK, NULL, &set);
    return sigismember(&set, number) == 1;
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) == 1;
}

/* A signal becomes something to read, and interrupts nothing. */
START_TEST(test_signal_is_read)
{
    int fd;

    reset();
    fd = signals_open();
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(signals_read(fd), 0); /* does not wait */
    (void)kill(getpid(), ours[_i]);
    ck_assert(is_readable(fd));
    ck_assert_int_eq(signals_read(fd), ours[_i]);
    ck_assert_int_eq(signals_read(fd), 0);
    ck_assert(!is_readable(fd));
}
END_TEST

START_TEST(test_each_signal_is_read_once)
{
    int seen = 0;
    int fd;

    reset();
    fd = signals_open();
    for (int i = 0; i < UNIT_COUNT(ours); i++)
        (void)kill(getpid(), ours[i]);
    for (int number; (number = signals_read(fd)) != 0;)
        seen += number;
    ck_assert_int_eq(seen, SIGINT + SIGTERM + SIGHUP);
}
END_TEST

/* nohup, and a shell's background job: what was ignored at the start stays ignored. */
START_TEST(test_ignored_stays_ignored)
{
    int fd;

    reset();
    (void)signal(ours[_i], SIG_IGN);
    fd = signals_open();
    ck_assert(handler_of(ours[_i]) == SIG_IGN);
    ck_assert(!is_blocked(ours[_i]));
    (void)kill(getpid(), ours[_i]);
    ck_assert_int_eq(signals_read(fd), 0);
    for (int i = 0; i < UNIT_COUNT(ours); i++)
        ck_assert(i == _i || is_blocked(ours[i]));
}
END_TEST

/* A parent may have left SIGCHLD ignored: exit statuses would be lost. */
START_TEST(test_other_signals)
{
    reset();
    (void)signal(SIGCHLD, SIG_IGN);
    ck_assert_int_ge(signals_open(), 0);
    ck_assert(handler_of(SIGCHLD) == SIG_DFL);
    ck_assert(handler_of(SIGPIPE) == SIG_IGN);
    ck_assert(!is_blocked(SIGCHLD));
    ck_assert(!is_blocked(SIGSEGV));
    ck_assert(!is_blocked(SIGTSTP)); /* Ctrl-Z stops azfan as it stops everything */
}
END_TEST

static void *look_at_mask(void *argument)
{
    bool *blocked = argument;

    *blocked = is_blocked(SIGINT) && is_blocked(SIGTERM) && is_blocked(SIGHUP);
    return NULL;
}

/* Threads that start later have the mask too: none of them is ever chosen for a signal. */
START_TEST(test_threads_inherit_the_mask)
{
    bool blocked = false;
    pthread_t thread;

    reset();
    ck_assert_int_ge(signals_open(), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, look_at_mask, &blocked), 0);
    (void)pthread_join(thread, NULL);
    ck_assert(blocked);
}
END_TEST

/* The parent sees a death by the signal, though the signal was blocked and one was read before. */
START_TEST(test_die_of)
{
    int fd;

    reset();
    fd = signals_open();
    (void)kill(getpid(), ours[_i]);
    ck_assert_int_eq(signals_read(fd), ours[_i]);
    signals_die_of(ours[_i]);
}
END_TEST

/* Even when it was ignored. */
START_TEST(test_die_of_ignored)
{
    reset();
    (void)signal(SIGTERM, SIG_IGN);
    (void)signals_open();
    signals_die_of(SIGTERM);
}
END_TEST

START_TEST(test_no_descriptor)
{
    struct rlimit old;
    struct rlimit none;
    int fd;

    reset();
    (void)getrlimit(RLIMIT_NOFILE, &old);
    none = (struct rlimit){0, old.rlim_max};
    (void)setrlimit(RLIMIT_NOFILE, &none);
    fd = signals_open();
    (void)setrlimit(RLIMIT_NOFILE, &old);
    ck_assert_int_lt(fd, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("signals");
    TCase *tcase = tcase_create("signals");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, test_signal_is_read, 0, UNIT_COUNT(ours));
    tcase_add_test(tcase, test_each_signal_is_read_once);
    tcase_add_loop_test(tcase, test_ignored_stays_ignored, 0, UNIT_COUNT(ours));
    tcase_add_test(tcase, test_other_signals);
    tcase_add_test(tcase, test_threads_inherit_the_mask);
    for (int i = 0; i < UNIT_COUNT(ours); i++)
        tcase_add_loop_test_raise_signal(tcase, test_die_of, ours[i], i, i + 1);
    tcase_add_test_raise_signal(tcase, test_die_of_ignored, SIGTERM);
    tcase_add_test(tcase, test_no_descriptor);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(make_suite)
