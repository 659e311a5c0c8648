/* SPDX-License-Identifier: MIT */
/* run/warden: signals come through, and what cannot wait is done while the main thread hangs. */
#include "run/warden.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "engine/supervise.h"
#include "stub/stub.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "unit/unit.h"

static struct warden *warden;
static struct supervise_stop stop;

static void set_up(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGCONT, SIGWINCH};
    struct error error = {""};

    for (int i = 0; i < UNIT_COUNT(numbers); i++) /* Check has handlers for some */
        (void)signal(numbers[i], SIG_DFL);
    child_adopt_orphans();
    ck_assert_msg(warden_open(&warden, &error) == 0, "%s", error.text);
    stop = (struct supervise_stop){fd_event(), fd_event()};
    warden_guard(warden, &stop);
}

static void tear_down(void)
{
    (void)warden_close(warden);
    fd_close(&stop.soft);
    fd_close(&stop.hard);
}

static bool is_readable(int fd, int milliseconds)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, milliseconds) == 1;
}

static int take(void)
{
    ck_assert(is_readable(warden_fd(warden), 10000));
    return warden_take(warden);
}

/*
 * Signals of one kind that wait for azfan become one: the next is sent when the one before has been
 * read by the warden. That is told by nothing but time, so it is sent often enough.
 */
static void send_until(int number, int event)
{
    for (int i = 0; i < 200 && !is_readable(event, 50); i++)
        (void)kill(getpid(), number);
    ck_assert(is_readable(event, 0));
}

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGCONT, SIGWINCH};

/* Every signal that sys/signals reads comes through, once, and stops nothing that is taken. */
START_TEST(signals_come_through)
{
    ck_assert_int_eq(warden_take(warden), 0);
    (void)kill(getpid(), passed_on[_i]);
    ck_assert_int_eq(take(), passed_on[_i]);
    ck_assert_int_eq(warden_take(warden), 0);
    ck_assert(!is_readable(warden_fd(warden), 0));
    ck_assert(!is_readable(stop.soft, 0));
}
END_TEST

/* While they are taken nothing else happens, however firm they are. */
START_TEST(who_takes_them_is_left_alone)
{
    for (int i = 0; i < 3; i++) {
        (void)kill(getpid(), SIGTERM);
        ck_assert_int_eq(take(), SIGTERM);
    }
    ck_assert(!is_readable(stop.soft, WARDEN_PATIENCE_MS + 500));
    ck_assert(!is_readable(stop.hard, 0));
}
END_TEST

/* The first SIGINT lets what runs end: nothing is done for a main thread that hangs. */
START_TEST(the_first_interrupt_can_wait)
{
    (void)kill(getpid(), SIGINT);
    ck_assert(!is_readable(stop.soft, WARDEN_PATIENCE_MS + 500));
    ck_assert_int_eq(take(), SIGINT);
}
END_TEST

static const struct {
    int first; /* 0: none */
    int second;
} firm[] = {{0, SIGTERM}, {0, SIGHUP}, {SIGINT, SIGINT}, {SIGINT, SIGTERM}};

/* What stops a run is obeyed although nobody takes it; not before a second is over. */
START_TEST(what_runs_is_stopped)
{
    int64_t sent;

    if (firm[_i].first != 0) {
        (void)kill(getpid(), firm[_i].first);
        ck_assert_int_eq(take(), firm[_i].first);
    }
    sent = clock_now();
    (void)kill(getpid(), firm[_i].second);
    ck_assert(is_readable(stop.soft, 10000));
    ck_assert_int_ge((clock_now() - sent) / NUMBER_MILLISECOND, WARDEN_PATIENCE_MS - 1);
    ck_assert(!is_readable(stop.hard, 0));
    ck_assert_int_eq(take(), firm[_i].second);
}
END_TEST

/* Nothing to guard any more: then nothing is raised, and nothing goes wrong. */
START_TEST(what_is_not_guarded_is_left_alone)
{
    warden_guard(warden, NULL);
    (void)kill(getpid(), SIGTERM);
    ck_assert(!is_readable(stop.soft, WARDEN_PATIENCE_MS + 500));
}
END_TEST

/* The next one kills, and ends this process, while the main thread sees nothing of all that. */
START_TEST(the_last_one_ends_all)
{
    struct error error = {""};
    struct child child;
    struct stub stub;

    stub_command(&stub, "hang stubborn");
    ck_assert_int_eq(child_start(&child, &stub.command, &error), 0);
    send_until(_i, stop.soft);
    send_until(_i, stop.hard);
    (void)poll(NULL, 0, 20000); /* a main thread that hangs */
}
END_TEST

/* A signal that nobody took is not lost. */
START_TEST(what_was_not_taken_is_told_at_the_end)
{
    (void)kill(getpid(), SIGUSR1);
    ck_assert(is_readable(warden_fd(warden), 10000));
    (void)kill(getpid(), SIGINT);
    while (warden_take(warden) != SIGUSR1)
        ;
    ck_assert(is_readable(warden_fd(warden), 10000));
    ck_assert_int_eq(warden_close(warden), SIGINT);
    warden = NULL;
}
END_TEST

#ifdef AZFAN_FAULTS
/* No room for it: the run begins all the same, and says so when there is none for workers either.
 */
START_TEST(without_a_thread_signals_come_through)
{
    struct error error = {""};

    (void)warden_close(warden);
    fault_arm("warden.pthread_create", 1, EAGAIN);
    ck_assert_int_eq(warden_open(&warden, &error), 0);
    ck_assert_int_eq(fault_hits(), 1);
    (void)kill(getpid(), SIGINT);
    ck_assert_int_eq(take(), SIGINT);
    ck_assert_int_eq(warden_take(warden), 0);
    (void)kill(getpid(), SIGTERM);
    ck_assert_int_eq(warden_close(warden), SIGTERM);
    warden = NULL;
}
END_TEST
#endif

static Suite *make_suite(void)
{
    Suite *suite = suite_create("warden");
    TCase *tests = tcase_create("warden");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, signals_come_through, 0, UNIT_COUNT(passed_on));
    tcase_add_test(tests, who_takes_them_is_left_alone);
    tcase_add_test(tests, the_first_interrupt_can_wait);
    tcase_add_loop_test(tests, what_runs_is_stopped, 0, UNIT_COUNT(firm));
    tcase_add_test(tests, what_is_not_guarded_is_left_alone);
    tcase_add_loop_test_raise_signal(tests, the_last_one_ends_all, SIGINT, SIGINT, SIGINT + 1);
    tcase_add_loop_test_raise_signal(tests, the_last_one_ends_all, SIGTERM, SIGTERM, SIGTERM + 1);
    tcase_add_test(tests, what_was_not_taken_is_told_at_the_end);
#ifdef AZFAN_FAULTS
    tcase_add_test(tests, without_a_thread_signals_come_through);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
