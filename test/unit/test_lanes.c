/* SPDX-License-Identifier: MIT */
/* report/lanes: every attempt has its bar, in its worker's lane, also one that has no end. */
#include "page/lanes.h"

#include "base/memory.h"
#include "base/number.h"
#include "happen.h"
#include "run/result.h"
#include "unit.h"

#define S NUMBER_SECOND

static const int64_t wall = INT64_C(1763866800) * S;
static struct result result;
static struct lanes lanes;

static void set_up(void)
{
    result_init(&result, "run-1");
    result_take_targets(&result, 6);
    result.wall_started = wall;
    result.job.batches = 2;
    result.workers = 3;
    for (int i = 0; i < 6; i++)
        result.targets[i].batch = i < 2 ? 1 : 2;
}

static void tear_down(void)
{
    lanes_done(&lanes);
    result_done(&result);
}

static void begin(size_t target, int64_t at)
{
    happen_start(&result, target, wall + at, at);
}

static void end(size_t target, int worker, int64_t at, int64_t duration, enum outcome_reason reason,
                bool settled)
{
    enum outcome_kind kind = reason == REASON_NONE          ? OUTCOME_OK
                             : reason == REASON_INTERRUPTED ? OUTCOME_UNKNOWN
                                                            : OUTCOME_ERROR;
    struct result_attempt attempt = {.at = at,
                                     .wall_started = wall + at,
                                     .duration = duration,
                                     .outcome = kind,
                                     .reason = reason,
                                     .worker = worker};
    struct answer answer = {.outcome = {.kind = kind, .reason = reason}};

    begin(target, at);
    happen_end(&result, target, &attempt, &answer, settled);
}

static void check_bar(size_t index, size_t target, size_t attempt, int lane, int64_t at,
                      int64_t duration, bool open)
{
    const struct bar *bar = &lanes.bars[index];

    ck_assert_uint_lt(index, lanes.count);
    ck_assert_msg(bar->target == target && bar->attempt == attempt && bar->lane == lane &&
                      bar->at == at && bar->duration == duration && bar->open == open,
                  "bar %zu: target %zu, attempt %zu, lane %d, at %g, for %g, %s", index,
                  bar->target, bar->attempt, bar->lane, (double)bar->at / 1e9,
                  (double)bar->duration / 1e9, bar->open ? "open" : "ended");
}

START_TEST(attempts_stand_in_the_lanes_of_their_workers)
{
    end(0, 1, 0, 2 * S, REASON_BUSY, false);
    end(1, 0, S, S, REASON_NONE, true);
    end(0, 0, 5 * S, S, REASON_NONE, true);
    result.duration = 7 * S;
    lanes_make(&lanes, &result);
    ck_assert_uint_eq(lanes.count, 3);
    ck_assert_int_eq(lanes.lanes, 2);
    ck_assert_int_eq(lanes.span, 7 * S);
    check_bar(0, 1, 0, 0, S, S, false);
    check_bar(1, 0, 1, 0, 5 * S, S, false);
    check_bar(2, 0, 0, 1, 0, 2 * S, false);
    ck_assert_int_eq(lanes.begins[0], 0);
    ck_assert_int_eq(lanes.begins[1], -1);
}
END_TEST

START_TEST(what_is_running_has_a_lane_that_is_free)
{
    end(0, 0, 0, 4 * S, REASON_NONE, true);
    end(1, 1, 0, 2 * S, REASON_NONE, true);
    begin(2, 3 * S);
    begin(3, 5 * S);
    begin(4, 6 * S);
    result.ending = RESULT_GOING;
    result.duration = 8 * S;
    lanes_make(&lanes, &result);
    ck_assert_uint_eq(lanes.count, 5);
    ck_assert_int_eq(lanes.lanes, 3);
    check_bar(1, 3, 0, 0, 5 * S, 3 * S, true);
    check_bar(3, 2, 0, 1, 3 * S, 5 * S, true);
    check_bar(4, 4, 0, 2, 6 * S, 2 * S, true);
    ck_assert_int_eq(lanes.begins[1], 3 * S);
}
END_TEST

START_TEST(an_attempt_that_azfan_was_killed_over_has_a_bar)
{
    end(0, 0, 0, S, REASON_BUSY, false);
    begin(0, 3 * S);
    end(1, 1, 0, S, REASON_INTERRUPTED, true); /* the VM was restarted: this one has an end */
    begin(2, 2 * S);
    result.duration = 4 * S;
    happen_break(&result);
    lanes_make(&lanes, &result);
    ck_assert_uint_eq(lanes.count, 4);
    check_bar(0, 0, 0, 0, 0, S, false);
    check_bar(1, 2, 0, 0, 2 * S, 2 * S, true);
    check_bar(2, 1, 0, 1, 0, S, false);
    check_bar(3, 0, 1, 1, 3 * S, S, true);
}
END_TEST

/* Only the monotonic clock counts. */
START_TEST(a_wall_clock_that_jumped_moves_no_bar)
{
    end(0, 0, 0, 4 * S, REASON_NONE, true);
    for (size_t i = 1; i < 6; i++)
        happen_start(&result, i, wall - NUMBER_HOUR, S);
    result.duration = 5 * S;
    lanes_make(&lanes, &result);
    ck_assert_uint_eq(lanes.count, 6);
    ck_assert_int_eq(lanes.lanes, 3);
    for (size_t i = 0; i < lanes.count; i++) {
        ck_assert_int_eq(lanes.bars[i].at, lanes.bars[i].open ? S : 0);
        ck_assert_int_le(lanes.bars[i].at + lanes.bars[i].duration, lanes.span);
    }
}
END_TEST

START_TEST(a_run_without_attempts_has_no_lanes)
{
    happen_halt(&result, RESULT_LOGIN, 0, "no login");
    lanes_make(&lanes, &result);
    ck_assert_uint_eq(lanes.count, 0);
    ck_assert_int_eq(lanes.lanes, 0);
    ck_assert_int_eq(lanes.span, NUMBER_MILLISECOND);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("lanes");
    TCase *tests = tcase_create("lanes");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, attempts_stand_in_the_lanes_of_their_workers);
    tcase_add_test(tests, what_is_running_has_a_lane_that_is_free);
    tcase_add_test(tests, an_attempt_that_azfan_was_killed_over_has_a_bar);
    tcase_add_test(tests, a_wall_clock_that_jumped_moves_no_bar);
    tcase_add_test(tests, a_run_without_attempts_has_no_lanes);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
