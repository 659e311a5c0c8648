/* SPDX-License-Identifier: MIT */
/* What is not started yet stands in lines, one a group. */
#include "run/fresh.h"
#include "unit/unit.h"

static const size_t groups[] = {0, 1, 0, 2, 1};

START_TEST(each_group_keeps_its_order)
{
    struct fresh fresh;

    fresh_init(&fresh, UNIT_COUNT(groups), groups, 3);
    for (size_t i = UNIT_COUNT(groups); i-- > 0;)
        fresh_put(&fresh, i);
    ck_assert_uint_eq(fresh_first(&fresh, 0), 0);
    ck_assert_uint_eq(fresh_first(&fresh, 1), 1);
    ck_assert_uint_eq(fresh_first(&fresh, 2), 3);
    fresh_take(&fresh, 1);
    ck_assert_uint_eq(fresh_first(&fresh, 1), 4);
    ck_assert_uint_eq(fresh_first(&fresh, 0), 0);
    fresh_take(&fresh, 2);
    ck_assert_uint_eq(fresh_first(&fresh, 2), FRESH_NONE);
    ck_assert_uint_eq(fresh_group(&fresh, 4), 1);
    fresh_done(&fresh);
}
END_TEST

START_TEST(without_groups_there_is_one)
{
    struct fresh fresh;

    fresh_init(&fresh, 2, NULL, 0);
    ck_assert_uint_eq(fresh_first(&fresh, 0), FRESH_NONE);
    fresh_put(&fresh, 1);
    fresh_put(&fresh, 0);
    ck_assert_uint_eq(fresh_group(&fresh, 1), 0);
    ck_assert_uint_eq(fresh_first(&fresh, 0), 0);
    fresh_take(&fresh, 0);
    ck_assert_uint_eq(fresh_first(&fresh, 0), 1);
    fresh_done(&fresh);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("fresh");
    TCase *all = tcase_create("all");

    tcase_add_test(all, each_group_keeps_its_order);
    tcase_add_test(all, without_groups_there_is_one);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
