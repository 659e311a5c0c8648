/* SPDX-License-Identifier: MIT */
/* Which targets share Azure's limits. */
#include "job/job.h"
#include "run/sharing.h"
#include "unit/unit.h"

static char one[] = "00000000-0000-0000-0000-000000000001";
static char two[] = "00000000-0000-0000-0000-000000000002";
static char x[] = "rg-x";
static char capital_x[] = "RG-X";
static char y[] = "rg-y";

static struct job_target targets[] = {{.resource_group = x, .subscription = one},
                                      {.resource_group = y, .subscription = one},
                                      {.resource_group = x, .subscription = two},
                                      {.resource_group = capital_x, .subscription = one},
                                      {.resource_group = x, .subscription = NULL}};

static struct sharing open_with(enum job_client client, const char *default_subscription)
{
    static struct job job;
    struct sharing sharing;

    job = (struct job){.client = client, .targets = targets, .target_count = UNIT_COUNT(targets)};
    sharing_open(&sharing, &job, default_subscription);
    return sharing;
}

/* Groups are those of a subscription, and the default one is it too. */
START_TEST(a_group_is_of_one_subscription)
{
    struct sharing sharing = open_with(JOB_REST, two);
    struct quota_rules rules = sharing_rules(&sharing, 5);
    const size_t *groups = rules.groups;

    ck_assert_int_eq(rules.starts, 5);
    ck_assert_uint_eq(rules.group_count, 3);
    ck_assert_uint_eq(rules.subscription_count, 2);
    ck_assert_uint_eq(groups[0], groups[3]);
    ck_assert_uint_eq(groups[2], groups[4]);
    ck_assert_uint_ne(groups[0], groups[1]);
    ck_assert_uint_ne(groups[0], groups[2]);
    ck_assert_uint_eq(rules.subscriptions[groups[0]], 0);
    ck_assert_uint_eq(rules.subscriptions[groups[1]], 0);
    ck_assert_uint_eq(rules.subscriptions[groups[2]], 1);
    sharing_close(&sharing);
}
END_TEST

START_TEST(an_unknown_subscription_is_one_of_its_own)
{
    struct sharing sharing = open_with(JOB_REST, NULL);

    ck_assert_uint_eq(sharing_rules(&sharing, 5).subscription_count, 3);
    sharing_close(&sharing);
}
END_TEST

START_TEST(az_shares_nothing)
{
    struct sharing sharing = open_with(JOB_AZ, one);

    ck_assert_ptr_null(sharing_rules(&sharing, 5).groups);
    sharing_slow_down(&sharing, NULL, NULL); /* harmless */
    sharing_close(&sharing);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("sharing");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_group_is_of_one_subscription);
    tcase_add_test(all, an_unknown_subscription_is_one_of_its_own);
    tcase_add_test(all, az_shares_nothing);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
