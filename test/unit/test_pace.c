/* SPDX-License-Identifier: MIT */
#include "base/number.h"
#include "job/outcome.h"
#include "run/pace.h"
#include "unit/unit.h"

#define MS NUMBER_MILLISECOND

static const struct outcome ok = {.kind = OUTCOME_OK};
static const struct outcome busy = {.kind = OUTCOME_ERROR, .reason = REASON_BUSY};
static const struct outcome throttled = {.kind = OUTCOME_ERROR, .reason = REASON_THROTTLED};

/* What is in flight when Azure throttles hears so many times; that is one cut. */
START_TEST(a_burst_cuts_once)
{
    struct pace pace;

    pace_init(&pace, 8, true);
    for (uint64_t i = 1; i <= 8; i++)
        ck_assert_uint_eq(pace_start(&pace), i);
    ck_assert(pace_ended(&pace, 3, &throttled));
    for (uint64_t i = 1; i <= 8; i++)
        ck_assert(!pace_ended(&pace, i, &throttled));
    ck_assert_int_eq(pace.limit, 4);
    ck_assert(pace_ended(&pace, pace_start(&pace), &throttled));
    ck_assert_int_eq(pace.limit, 2);
}
END_TEST

START_TEST(it_never_falls_below_one)
{
    struct pace pace;

    pace_init(&pace, 3, true);
    ck_assert(pace_ended(&pace, pace_start(&pace), &throttled));
    ck_assert(!pace_ended(&pace, pace_start(&pace), &throttled));
    ck_assert_int_eq(pace.limit, 1);
}
END_TEST

/* Where the starts are held back instead (run/quota), as many may run at once as before. */
START_TEST(it_may_leave_throttling_to_others)
{
    struct pace pace;

    pace_init(&pace, 4, false);
    ck_assert(!pace_ended(&pace, pace_start(&pace), &throttled));
    ck_assert_int_eq(pace.limit, 4);
}
END_TEST

/* Any end but an error says that Azure took the request. */
START_TEST(it_grows_one_by_one_up_to_the_workers)
{
    struct pace pace;

    pace_init(&pace, 4, true);
    (void)pace_ended(&pace, pace_start(&pace), &throttled);
    ck_assert(!pace_ended(&pace, pace_start(&pace), &busy));
    ck_assert_int_eq(pace.limit, 2);
    for (int limit = 3; limit <= 6; limit++) {
        ck_assert(!pace_ended(&pace, pace_start(&pace), &ok));
        ck_assert_int_eq(pace.limit, limit < 4 ? limit : 4);
    }
}
END_TEST

/* Refusals of one burst are one pause; each burst after it is twice as long, up to 5 s. */
START_TEST(pauses_grow_until_one_ends)
{
    static const int64_t pauses[] = {250, 500, 1000, 2000, 4000, 5000, 5000};
    struct pace pace;
    int64_t now = 0;

    pace_init(&pace, 8, true);
    for (int i = 0; i < UNIT_COUNT(pauses); i++) {
        uint64_t first = pace_start(&pace);
        uint64_t second = pace_start(&pace);

        pace_refused(&pace, first, now);
        ck_assert_int_eq(pace.starts_at, now + pauses[i] * MS);
        pace_refused(&pace, second, now + 1);
        ck_assert_int_eq(pace.starts_at, now + pauses[i] * MS);
        now = pace.starts_at;
    }
    (void)pace_ended(&pace, pace_start(&pace), &busy);
    ck_assert_int_eq(pace.starts_at, INT64_MIN);
    pace_refused(&pace, pace_start(&pace), now);
    ck_assert_int_eq(pace.starts_at, now + 250 * MS);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("pace");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_burst_cuts_once);
    tcase_add_test(all, it_never_falls_below_one);
    tcase_add_test(all, it_may_leave_throttling_to_others);
    tcase_add_test(all, it_grows_one_by_one_up_to_the_workers);
    tcase_add_test(all, pauses_grow_until_one_ends);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
