/* SPDX-License-Identifier: MIT */
/* When a client asks again: by the age of its operation, azfan's base and what Azure asked for. */
#include "base/number.h"
#include "rest/interval.h"
#include "unit/unit.h"

#define S    NUMBER_SECOND
#define NONE (-1)

static const struct {
    const char *name;
    int64_t age, base;
    bool refused;
    int64_t retry_after;
    int64_t least, most; /* with whatever random number */
} rows[] = {
    {"young", 8 * S, 0, false, NONE, 5 * S, 6 * S},
    {"a minute old", 60 * S, 0, false, NONE, 5 * S, 6 * S},
    {"on the way to slow", 180 * S, 0, false, NONE, 10 * S, 11 * S},
    {"five minutes old", 300 * S, 0, false, NONE, 15 * S, 17 * S},
    {"old", 2000 * S, 0, false, NONE, 30 * S, 33 * S},
    {"many clients", 8 * S, 67 * S, false, NONE, 67 * S, 74 * S},
    {"many clients, half a minute past the first", 90 * S, 10 * S, false, NONE, 10 * S, 11 * S},
    {"a server of tests", 8 * S, S / 5, false, NONE, S / 5, S / 4},
    {"many clients, and old", 2000 * S, 67 * S, false, NONE, 67 * S, 74 * S},
    {"Azure asks for more", 8 * S, 0, false, 20 * S, 20 * S, 20 * S},
    {"Azure asks for less", 8 * S, 0, false, 1 * S, 5 * S, 6 * S},
    {"Azure asks for too much", 8 * S, 0, false, 600 * S, 60 * S, 60 * S},
    {"Azure refuses, and is obeyed", 8 * S, 0, true, 600 * S, 600 * S, 600 * S},
    {"Azure refuses without a word", 8 * S, 0, true, NONE, 5 * S, 6 * S},
};

START_TEST(nobody_asks_too_early_or_too_late)
{
    const struct interval_answer answer = {.refused = rows[_i].refused,
                                           .retry_after = rows[_i].retry_after};

    for (uint32_t random = 0; random < 1000; random += 7) {
        int64_t wait = interval_wait(rows[_i].age, rows[_i].base, &answer, random);

        ck_assert_msg(wait >= rows[_i].least && wait <= rows[_i].most, "%s: %lld", rows[_i].name,
                      (long long)wait);
    }
}
END_TEST

/* Of all clients of a subscription, for each sees it in its own answers. */
START_TEST(few_reads_left_are_half_as_many_questions)
{
    const struct interval_answer usual = {.retry_after = NONE};
    const struct interval_answer few = {.few_reads = true, .retry_after = NONE};
    const struct interval_answer asked = {.few_reads = true, .retry_after = 60 * S};

    for (int64_t age = 0; age < 600 * S; age += 7 * S)
        ck_assert_int_eq(interval_wait(age, 7 * S, &few, 0),
                         2 * interval_wait(age, 7 * S, &usual, 0));
    ck_assert_int_eq(interval_wait(0, 5 * S, &asked, 0), 60 * S); /* not of what Azure asks */
}
END_TEST

/* Clients that began together do not stay together. */
START_TEST(the_waits_differ)
{
    const struct interval_answer answer = {.retry_after = NONE};

    ck_assert_int_ne(interval_wait(0, 0, &answer, 0), interval_wait(0, 0, &answer, 50));
}
END_TEST

static const struct {
    const char *text;
    int64_t expected;
} headers[] = {{NULL, NONE},
               {"", NONE},
               {"0", 0},
               {"17", 17 * S},
               {"1200", 1200 * S},
               {"-5", NONE},
               {"1.5", NONE},
               {"soon", NONE},
               {"99999999999", NONE},
               {"99999999999999999999999", NONE},
               {"Thu, 26 Nov 2026 03:00:00 GMT", NONE}};

START_TEST(only_seconds_are_a_retry_after)
{
    ck_assert_msg(interval_parse_retry_after(headers[_i].text) == headers[_i].expected, "%s",
                  headers[_i].text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("interval");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, nobody_asks_too_early_or_too_late, 0, UNIT_COUNT(rows));
    tcase_add_test(all, few_reads_left_are_half_as_many_questions);
    tcase_add_test(all, the_waits_differ);
    tcase_add_loop_test(all, only_seconds_are_a_retry_after, 0, UNIT_COUNT(headers));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
