/* SPDX-License-Identifier: MIT */
/* What azfan knows of its clients of REST: pages with tokens. */
#include "azure/rest.h"
#include "unit/unit.h"

#define ONE   "00000000-0000-0000-0000-00000000000a"
#define OTHER "00000000-0000-0000-0000-00000000000b"

START_TEST(each_subscription_has_one_page)
{
    struct rest rest = {.program = NULL};
    struct token token;
    struct error error;

    ck_assert_ptr_null(rest_page(&rest, ONE));
    ck_assert_int_eq(rest_open_page(&rest, ONE, &error), 0);
    ck_assert_int_eq(rest_open_page(&rest, OTHER, &error), 0);
    ck_assert_int_eq(rest_open_page(&rest, "00000000-0000-0000-0000-00000000000A", &error), 0);
    ck_assert_uint_eq(rest.page_count, 2);
    ck_assert_int_eq(rest_take_token(&rest, "a.b.c", &error), 0);
    tokenpage_set_interval(rest_page(&rest, OTHER), 7);
    ck_assert_int_eq(tokenpage_read(rest_page(&rest, ONE), &token), 0);
    ck_assert_str_eq(token.text, "a.b.c");
    ck_assert_int_eq(token.interval, 0);
    ck_assert_int_eq(tokenpage_read(rest_page(&rest, OTHER), &token), 0);
    ck_assert_str_eq(token.text, "a.b.c");
    ck_assert_int_eq(token.interval, 7);
    rest_close(&rest);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("rest");
    TCase *all = tcase_create("all");

    tcase_add_test(all, each_subscription_has_one_page);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
