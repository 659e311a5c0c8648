/* SPDX-License-Identifier: MIT */
/* From when on Azure's limits let the next script be started, in a subscription, a region, a group.
 */
#include "base/clock.h"
#include "base/number.h"
#include "job/outcome.h"
#include "run/quota.h"
#include "unit/unit.h"

#define S  NUMBER_SECOND
#define MS NUMBER_MILLISECOND

/* Groups 0 to 2 are in one subscription, 3 in another. */
static const size_t groups[] = {0, 1, 2, 3};
static const size_t subscriptions[] = {0, 0, 0, 1};

enum { RATE = 5, BURST = 50 };

static struct quota make(void)
{
    const struct quota_rules rules = {.starts = RATE,
                                      .groups = groups,
                                      .subscriptions = subscriptions,
                                      .group_count = 4,
                                      .subscription_count = 2};
    struct quota quota;

    quota_init(&quota, &rules);
    return quota;
}

static void start(struct quota *quota, size_t group, int64_t now)
{
    quota_start(quota, group, now);
    quota_enter(quota, group);
}

static void hear(struct quota *quota, size_t group, const char *region, bool writes_low,
                 bool compute_low)
{
    const struct quota_limits limits = {.region = region,
                                        .has_writes = true,
                                        .writes_low = writes_low,
                                        .has_compute = true,
                                        .compute_low = compute_low};

    quota_heard(quota, group, &limits);
}

static void throttle(struct quota *quota, size_t group, enum cause cause, int64_t wait, int64_t now)
{
    const struct outcome outcome = {.kind = OUTCOME_ERROR,
                                    .reason = REASON_THROTTLED,
                                    .cause = cause,
                                    .script = SCRIPT_NOT_STARTED,
                                    .retry_after = wait};

    quota_ended(quota, group, &outcome, now);
}

/* May GROUP start one at AT, and not a moment before? */
static void opens(const struct quota *quota, size_t group, int64_t at)
{
    ck_assert_int_eq(quota_start_at(quota, group), at);
}

START_TEST(a_burst_and_then_five_a_second)
{
    struct quota quota = make();
    int64_t now = 100 * S;

    for (int i = 0; i < BURST; i++) {
        ck_assert(quota_start_at(&quota, 0) <= now);
        start(&quota, i % 3 == 0 ? 1 : 0, now);
    }
    for (int i = 1; i <= 100; i++) {
        opens(&quota, 0, now + i * 200 * MS);
        start(&quota, 0, now + i * 200 * MS);
    }
    ck_assert_int_le(quota_start_at(&quota, 3), now); /* the other subscription has its own */
    ck_assert_uint_eq(quota_running(&quota, 0), BURST + 100);
    ck_assert_uint_eq(quota_running(&quota, 1), 0);
    quota_leave(&quota, 1);
    ck_assert_uint_eq(quota_running(&quota, 0), BURST + 99);
    quota_done(&quota);
}
END_TEST

/* Who pauses may start a burst again, of no more than fifty. */
START_TEST(a_pause_gives_the_burst_back)
{
    struct quota quota = make();

    for (int i = 0; i < BURST; i++)
        start(&quota, 0, 0);
    for (int i = 0; i < 10; i++)
        start(&quota, 0, 2 * S); /* ten have been paid back by then */
    opens(&quota, 0, 2 * S + 200 * MS);
    for (int i = 0; i < BURST; i++)
        start(&quota, 0, NUMBER_HOUR);
    opens(&quota, 0, NUMBER_HOUR + 200 * MS);
    quota_done(&quota);
}
END_TEST

START_TEST(few_writes_left_are_one_start_a_second)
{
    struct quota quota = make();

    start(&quota, 0, 0);
    hear(&quota, 0, "westeurope", true, false);
    opens(&quota, 0, 1 * S);
    opens(&quota, 2, 1 * S);
    opens(&quota, 3, INT64_MIN);
    start(&quota, 1, 5 * S);
    opens(&quota, 0, 6 * S);
    hear(&quota, 1, "westeurope", false, false); /* it rises again */
    ck_assert_int_le(quota_start_at(&quota, 0), 5 * S);
    hear(&quota, 1, NULL, true, false); /* and falls, as an answer says that accepted nothing */
    opens(&quota, 0, 6 * S);
    quota_done(&quota);
}
END_TEST

/* Compute counts by region. */
START_TEST(a_region_is_slow_for_itself)
{
    struct quota quota = make();

    hear(&quota, 0, "westeurope", false, false);
    hear(&quota, 1, "EastUS", false, false);
    start(&quota, 0, 0);
    hear(&quota, 0, "WestEurope", false, true);
    opens(&quota, 0, 1 * S);
    ck_assert_int_le(quota_start_at(&quota, 1), 0); /* it is elsewhere */
    opens(&quota, 2, 1 * S);                        /* it may be there */
    opens(&quota, 3, INT64_MIN);
    hear(&quota, 3, "westeurope", false, false);
    ck_assert_int_le(quota_start_at(&quota, 3), 0); /* there, but in another subscription */
    quota_done(&quota);
}
END_TEST

START_TEST(who_is_throttled_waits_where_it_is_meant)
{
    static const struct {
        const char *name;
        enum cause cause;
        int64_t until[4]; /* of each group */
    } rows[] = {
        {"the subscription's limit", CAUSE_SUBSCRIPTION_LIMIT, {30, 30, 30, 0}},
        {"the region's", CAUSE_REGION_LIMIT, {30, 0, 30, 0}},
        {"the VM's own", CAUSE_VM_LIMIT, {0, 0, 0, 0}},
        {"nobody knows whose", CAUSE_NONE, {30, 30, 30, 0}},
    };

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct quota quota = make();

        hear(&quota, 0, "westeurope", false, false);
        hear(&quota, 1, "eastus", false, false);
        throttle(&quota, 0, rows[i].cause, 20 * S, 10 * S);
        for (size_t group = 0; group < 4; group++) {
            int64_t until = rows[i].until[group] > 0 ? rows[i].until[group] * S : INT64_MIN;

            ck_assert_msg(quota_start_at(&quota, group) == until, "%s: group %zu", rows[i].name,
                          group);
        }
        quota_done(&quota);
    }
}
END_TEST

/* Of a region that is not known, all that may be in it waits: the subscription. */
START_TEST(an_unknown_region_may_be_any)
{
    struct quota quota = make();

    hear(&quota, 1, "eastus", false, false);
    throttle(&quota, 0, CAUSE_REGION_LIMIT, 20 * S, 0);
    opens(&quota, 0, 20 * S);
    opens(&quota, 1, 20 * S);
    opens(&quota, 3, INT64_MIN);
    quota_done(&quota);
}
END_TEST

/* A group with VMs in two regions waits with both, for good. */
START_TEST(a_group_may_have_two_regions)
{
    struct quota quota = make();

    hear(&quota, 0, "westeurope", false, false);
    hear(&quota, 0, "eastus", false, false);
    hear(&quota, 0, "eastus", false, false);
    hear(&quota, 1, "westeurope", false, false);
    throttle(&quota, 1, CAUSE_REGION_LIMIT, 20 * S, 0);
    opens(&quota, 0, 20 * S);
    quota_done(&quota);
}
END_TEST

START_TEST(a_throttled_start_says_how_long)
{
    struct quota quota = make();
    const struct outcome elsewhere = {
        .kind = OUTCOME_ERROR, .reason = REASON_BUSY, .retry_after = 20 * S};
    const struct outcome of_the_result = {.kind = OUTCOME_ERROR,
                                          .reason = REASON_THROTTLED,
                                          .cause = CAUSE_READ_LIMIT,
                                          .retry_after = 20 * S};

    quota_ended(&quota, 0, &elsewhere, 0);
    quota_ended(&quota, 0, &of_the_result, 0);
    opens(&quota, 0, INT64_MIN);
    throttle(&quota, 0, CAUSE_SUBSCRIPTION_LIMIT, 0, 0);
    opens(&quota, 0, 10 * S);
    throttle(&quota, 0, CAUSE_SUBSCRIPTION_LIMIT, 1200 * S, 0);
    throttle(&quota, 0, CAUSE_SUBSCRIPTION_LIMIT, 5 * S, 0); /* the longest counts */
    opens(&quota, 0, 1200 * S);
    throttle(&quota, 3, CAUSE_SUBSCRIPTION_LIMIT, NUMBER_LONGEST, 0);
    opens(&quota, 3, NUMBER_HOUR);
    quota_done(&quota);
}
END_TEST

/* Not all at once, when the wait is over: for a minute, or until Azure says that enough is left. */
START_TEST(after_a_wait_it_begins_slowly)
{
    struct quota quota = make();

    throttle(&quota, 0, CAUSE_SUBSCRIPTION_LIMIT, 20 * S, 0);
    start(&quota, 0, 20 * S);
    opens(&quota, 0, 21 * S);
    start(&quota, 0, 79 * S + 500 * MS);
    opens(&quota, 0, 80 * S);
    start(&quota, 0, 80 * S);
    ck_assert_int_le(quota_start_at(&quota, 0), 80 * S);
    throttle(&quota, 0, CAUSE_SUBSCRIPTION_LIMIT, 20 * S, 80 * S);
    start(&quota, 0, 100 * S);
    hear(&quota, 0, "westeurope", false, false);
    ck_assert_int_le(quota_start_at(&quota, 0), 100 * S);
    quota_done(&quota);
}
END_TEST

/* A client of az has none: nothing is held back. */
START_TEST(without_rules_there_is_no_limit)
{
    const struct quota_rules rules = {.starts = RATE};
    struct quota quota;

    quota_init(&quota, &rules);
    for (int i = 0; i < 1000; i++)
        start(&quota, 0, 0);
    throttle(&quota, 0, CAUSE_SUBSCRIPTION_LIMIT, 20 * S, 0);
    hear(&quota, 0, "westeurope", true, true);
    ck_assert_int_le(quota_start_at(&quota, 0), 0);
    ck_assert_uint_eq(quota_running(&quota, 0), 1000);
    quota_done(&quota);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("quota");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_burst_and_then_five_a_second);
    tcase_add_test(all, a_pause_gives_the_burst_back);
    tcase_add_test(all, few_writes_left_are_one_start_a_second);
    tcase_add_test(all, a_region_is_slow_for_itself);
    tcase_add_test(all, who_is_throttled_waits_where_it_is_meant);
    tcase_add_test(all, an_unknown_region_may_be_any);
    tcase_add_test(all, a_group_may_have_two_regions);
    tcase_add_test(all, a_throttled_start_says_how_long);
    tcase_add_test(all, after_a_wait_it_begins_slowly);
    tcase_add_test(all, without_rules_there_is_no_limit);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
