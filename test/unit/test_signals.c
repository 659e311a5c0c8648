/* SPDX-License-Identifier: MIT */
#include "sys/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/unit.h"

static const int ours[] = {SIGINT, SIGTERM, SIGHUP}; /* that end azfan */

/* Check has handlers of its own for some of them; azfan is started without any. */
static void reset(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGCONT, SIGTSTP};

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
    ck_assert(handler_of(SIGTTOU) == SIG_IGN); /* what is printed in the background stops nobody */
}
END_TEST

/* A process that was not stopped reads it too. It comes behind the ones that end azfan. */
START_TEST(test_continuation_is_read)
{
    int fd;

    reset();
    fd = signals_open();
    (void)kill(getpid(), SIGCONT);
    ck_assert(is_readable(fd));
    ck_assert_int_eq(signals_read(fd), SIGCONT);
    ck_assert_int_eq(signals_read(fd), 0);
    (void)kill(getpid(), SIGCONT);
    (void)kill(getpid(), SIGTERM);
    ck_assert_int_eq(signals_read(fd), SIGTERM);
    ck_assert_int_eq(signals_read(fd), SIGCONT);
}
END_TEST

START_TEST(test_ignored_continuation)
{
    int fd;

    reset();
    (void)signal(SIGCONT, SIG_IGN);
    fd = signals_open();
    (void)kill(getpid(), SIGCONT);
    ck_assert_int_eq(signals_read(fd), 0);
}
END_TEST

/* Waits until CHILD has changed its state. Returns that as waitpid() does. */
static int wait_for(pid_t child)
{
    int status = 0;

    ck_assert_int_eq(waitpid(child, &status, WUNTRACED | WCONTINUED), child);
    return status;
}

/* Exits with what it reads first, and says by READY that it is about to wait. */
static void be_azfan(int ready)
{
    int fd = signals_open();
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    (void)!write(ready, "", 1);
    (void)poll(&poll_fd, 1, 20000);
    if (signals_read(fd) != SIGTSTP)
        _exit(0);
    signals_stop();
    ck_assert(is_blocked(SIGTSTP)); /* the next Ctrl-Z is read as well */
    _exit(signals_read(fd));
}

/* Ctrl-Z and fg: read, obeyed, continued though SIGCONT is blocked, and told so. */
START_TEST(test_stop_and_continue)
{
    int ready[2];
    pid_t child;
    char byte;
    int status;

    reset();
    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    child = fork();
    if (child == 0)
        be_azfan(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    (void)kill(child, SIGTSTP);
    status = wait_for(child);
    ck_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    (void)kill(child, SIGCONT);
    status = wait_for(child);
    if (WIFCONTINUED(status)) /* unless it was quicker, and has exited */
        status = wait_for(child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), SIGCONT);
}
END_TEST

/* Then a signal that waits takes effect: SIGCONT has none. */
START_TEST(test_release)
{
    int fd;

    reset();
    fd = signals_open();
    (void)kill(getpid(), SIGCONT);
    signals_release();
    for (int i = 0; i < UNIT_COUNT(ours); i++)
        ck_assert(!is_blocked(ours[i]));
    ck_assert(!is_blocked(SIGCONT));
    ck_assert(!is_blocked(SIGTSTP));
    /* A person who asks too late must not end azfan by it. */
    (void)kill(getpid(), SIGUSR1);
    (void)kill(getpid(), SIGWINCH);
    ck_assert_int_eq(signals_read(fd), 0);
}
END_TEST

START_TEST(test_release_and_die)
{
    reset();
    (void)signals_open();
    (void)kill(getpid(), ours[_i]);
    signals_release();
}
END_TEST

static void *look_at_mask(void *argument)
{
    bool *blocked = argument;

    *blocked =
        is_blocked(SIGINT) && is_blocked(SIGTERM) && is_blocked(SIGHUP) && is_blocked(SIGCONT);
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
    tcase_add_test(tcase, test_continuation_is_read);
    tcase_add_test(tcase, test_ignored_continuation);
    tcase_add_test(tcase, test_stop_and_continue);
    tcase_add_test(tcase, test_release);
    tcase_add_test(tcase, test_threads_inherit_the_mask);
    for (int i = 0; i < UNIT_COUNT(ours); i++) {
        tcase_add_loop_test_raise_signal(tcase, test_die_of, ours[i], i, i + 1);
        tcase_add_loop_test_raise_signal(tcase, test_release_and_die, ours[i], i, i + 1);
    }
    tcase_add_test_raise_signal(tcase, test_die_of_ignored, SIGTERM);
    tcase_add_test(tcase, test_no_descriptor);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(make_suite)
