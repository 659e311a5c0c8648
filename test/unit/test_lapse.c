/* SPDX-License-Identifier: MIT */
/*
 * engine/lapse: the clock of a run. What is asked of it is exact, on however busy a machine: no
 * bound in here is a time of the machine's, but that a simulated hour does not take one.
 */
#include "engine/lapse.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "unit/unit.h"

enum { FAST = LAPSE_SPEED_MOST };

static void begin(int speed, size_t waiters)
{
    struct error error = {""};

    ck_assert_msg(lapse_begin(speed, waiters, &error) == 0, "%s", error.text);
}

/* At work for so long by the machine's clock. */
static void work(int milliseconds)
{
    int64_t end = clock_now() + milliseconds * NUMBER_MILLISECOND;

    while (clock_now() < end)
        ;
}

static void wait_until(int64_t until)
{
    (void)lapse_poll(NULL, 0, until, 0, CLOCK_NEVER);
}

/* ---- without one ---------------------------------------------------------------------------- */

/* Protects every real run: its time is the machine's. */
START_TEST(without_a_lapse_it_is_the_clock)
{
    int64_t before = clock_now();
    int64_t now = lapse_now();

    ck_assert(before <= now && now <= clock_now());
    ck_assert_int_ge(lapse_wall(), clock_wall() - NUMBER_HOUR);
    lapse_hold(); /* all of these do nothing */
    wait_until(now + 20 * NUMBER_MILLISECOND);
    lapse_release();
    lapse_wake();
    lapse_end();
    ck_assert_int_ge(clock_now(), now + 20 * NUMBER_MILLISECOND);
}
END_TEST

/* ---- one that waits ------------------------------------------------------------------------- */

static const struct {
    int speed;
    int64_t wait;
} waits[] = {
    {2, 30 * NUMBER_MILLISECOND}, {50, NUMBER_SECOND},         {1000, 1},
    {1000, 3 * NUMBER_SECOND},    {FAST, 100 * NUMBER_SECOND}, {FAST, NUMBER_HOUR},
    {FAST, 24 * NUMBER_HOUR},
};

/* Protects the durations of a report: a wait takes what it takes, to the nanosecond, and work
 * nothing. */
START_TEST(a_wait_is_exact)
{
    int64_t began;
    int64_t wall;
    int64_t real = clock_now();

    begin(waits[_i].speed, 1);
    began = lapse_now();
    wall = lapse_wall();
    work(5);
    ck_assert_int_eq(lapse_now(), began);
    wait_until(began + waits[_i].wait);
    ck_assert_int_eq(lapse_now(), began + waits[_i].wait);
    ck_assert_int_eq(lapse_wall(), wall + waits[_i].wait);
    ck_assert_int_ge(clock_now() - real, waits[_i].wait / waits[_i].speed);
    wait_until(began); /* that has been: it is only a look */
    ck_assert_int_eq(lapse_now(), began + waits[_i].wait);
    lapse_end();
}
END_TEST

/* Protects signals, and the answers of az: what is ready ends the waiting, and stops the clock. */
START_TEST(a_descriptor_ends_a_wait)
{
    struct pollfd watch = {.fd = fd_event(), .events = POLLIN};
    int64_t began;
    int64_t stopped;

    begin(10, 1);
    began = lapse_now();
    fd_event_raise(watch.fd);
    ck_assert(!lapse_poll(&watch, 1, began + NUMBER_HOUR, 0, CLOCK_NEVER));
    stopped = lapse_now();
    ck_assert_int_eq(watch.revents, POLLIN);
    ck_assert(stopped >= began && stopped < began + NUMBER_HOUR);
    work(5);
    ck_assert_int_eq(lapse_now(), stopped);
    (void)lapse_poll(&watch, 1, stopped, 0, CLOCK_NEVER); /* a look sees it, too */
    ck_assert_int_eq(watch.revents, POLLIN);
    fd_close(&watch.fd);
    lapse_end();
}
END_TEST

/* ---- several -------------------------------------------------------------------------------- */

enum { MOST = 8 };

static struct walker {
    pthread_t thread;
    int64_t step;
    int steps;
    int64_t lateness; /* the greatest */
} walkers[MOST];

static pthread_mutex_t order_mutex = PTHREAD_MUTEX_INITIALIZER;
static int64_t order_last;
static bool order_broken;

static void *walk(void *argument)
{
    struct walker *walker = argument;

    for (int i = 0; i < walker->steps; i++) {
        int64_t due = lapse_now() + walker->step;
        int64_t late;

        wait_until(due);
        late = lapse_now() - due;
        if (late != 0)
            walker->lateness = late;
        (void)pthread_mutex_lock(&order_mutex);
        order_broken = order_broken || due < order_last;
        order_last = due;
        (void)pthread_mutex_unlock(&order_mutex);
        if (i % 7 == 0)
            work(1); /* takes no time of the run */
    }
    lapse_release();
    return NULL;
}

/* Protects the order of a rehearsal: what comes first happens first, and is over before the next
 * comes, whoever gets the processor when. */
START_TEST(all_keep_one_time)
{
    int64_t began;

    begin(FAST, MOST + 1);
    began = lapse_now();
    for (int i = 0; i < MOST; i++) {
        walkers[i] = (struct walker){.step = (i + 1) * NUMBER_SECOND, .steps = 840 / (i + 1) / 4};
        lapse_hold();
        ck_assert_int_eq(pthread_create(&walkers[i].thread, NULL, walk, &walkers[i]), 0);
    }
    wait_until(began + NUMBER_HOUR);
    for (int i = 0; i < MOST; i++) {
        ck_assert_int_eq(pthread_join(walkers[i].thread, NULL), 0);
        ck_assert_msg(walkers[i].lateness == 0, "walker %d was late by %lld ns", i,
                      (long long)walkers[i].lateness);
    }
    ck_assert(!order_broken);
    ck_assert_int_eq(lapse_now(), began + NUMBER_HOUR);
    lapse_end();
}
END_TEST

static int turns[MOST];
static int turn_count;

static void *take_turn(void *argument)
{
    const int *turn = argument;
    int64_t due = lapse_now() + NUMBER_SECOND;

    (void)lapse_poll(NULL, 0, due, (uint64_t)*turn, CLOCK_NEVER);
    turns[turn_count++] = *turn; /* nobody else is at work */
    work(1);
    (void)lapse_poll(NULL, 0, due, (uint64_t)*turn,
                     CLOCK_NEVER); /* the time is here: it is only the turn */
    turns[turn_count++] = *turn;
    lapse_release();
    return NULL;
}

/* Protects halts: of what ends at the same time of the run the first is always the same. */
START_TEST(one_after_the_other)
{
    static const int order[MOST / 2] = {3, 0, 2, 1};
    int given[MOST / 2];
    pthread_t threads[MOST / 2];
    int64_t until;

    begin(FAST, MOST / 2 + 1);
    until = lapse_now() + NUMBER_SECOND;
    for (int i = 0; i < MOST / 2; i++) {
        given[i] = order[i];
        lapse_hold();
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_turn, &given[i]), 0);
    }
    (void)lapse_poll(NULL, 0, until, LAPSE_LAST, CLOCK_NEVER);
    ck_assert_int_eq(turn_count, MOST);
    for (int i = 0; i < MOST; i++)
        ck_assert_int_eq(turns[i], i / 2);
    for (int i = 0; i < MOST / 2; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    lapse_end();
}
END_TEST

static void *wait_long(void *argument)
{
    int64_t *until = argument;

    wait_until(*until);
    *until = lapse_now();
    lapse_release();
    return NULL;
}

/* Protects a run that is stopped: whoever waits looks up at that time, and at no later one. */
START_TEST(all_can_be_woken)
{
    int64_t until[MOST];
    pthread_t threads[MOST];
    int64_t began;

    begin(FAST, MOST + 1);
    began = lapse_now();
    for (int i = 0; i < MOST; i++) {
        until[i] = i % 2 == 0 ? CLOCK_NEVER : began + NUMBER_HOUR;
        lapse_hold();
        ck_assert_int_eq(pthread_create(&threads[i], NULL, wait_long, &until[i]), 0);
    }
    wait_until(began + NUMBER_MINUTE);
    lapse_wake();
    lapse_release(); /* pthread_join() is no waiting that the clock knows of */
    for (int i = 0; i < MOST; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(until[i], began + NUMBER_MINUTE);
    }
    lapse_hold();
    lapse_end();
}
END_TEST

/* ---- what may go wrong ---------------------------------------------------------------------- */

#ifdef AZFAN_FAULTS
static const char *const probes[] = {"lapse.eventfd", "lapse.pthread_create"};

START_TEST(a_failed_beginning_leaves_the_clock)
{
    struct error error = {""};

    fault_arm(probes[_i], 1, EMFILE);
    ck_assert_int_eq(lapse_begin(10, 3, &error), -1);
    ck_assert_str_eq(error.text, "cannot begin a time-lapse: Too many open files");
    ck_assert_int_le(lapse_now(), clock_now());
    lapse_end();
    begin(10, 3);
    lapse_end();
}
END_TEST
#endif

static Suite *make_suite(void)
{
    Suite *suite = suite_create("lapse");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 30);
    tcase_add_test(all, without_a_lapse_it_is_the_clock);
    tcase_add_loop_test(all, a_wait_is_exact, 0, UNIT_COUNT(waits));
    tcase_add_test(all, a_descriptor_ends_a_wait);
    tcase_add_test(all, all_keep_one_time);
    tcase_add_test(all, one_after_the_other);
    tcase_add_test(all, all_can_be_woken);
#ifdef AZFAN_FAULTS
    tcase_add_loop_test(all, a_failed_beginning_leaves_the_clock, 0, UNIT_COUNT(probes));
#endif
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
