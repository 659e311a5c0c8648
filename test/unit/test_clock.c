/* SPDX-License-Identifier: MIT */
/* base/clock: times as text, there and back. */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "unit/unit.h"

enum { UNTOUCHED = -12345 };

/* Seconds since 1970. */
static const struct {
    int64_t seconds;
    const char *text; /* without milliseconds and Z */
} times[] = {
    {0, "1970-01-01T00:00:00"},          {951782399, "2000-02-28T23:59:59"},
    {951782400, "2000-02-29T00:00:00"},  {1795402800, "2026-11-23T03:00:00"},
    {2147483648, "2038-01-19T03:14:08"}, {4107542399, "2100-02-28T23:59:59"},
    {4107542400, "2100-03-01T00:00:00"}, {7258118399, "2199-12-31T23:59:59"},
};

static void check_exact(int64_t seconds, const char *text, int milliseconds)
{
    int64_t wall = seconds * NUMBER_SECOND + milliseconds * NUMBER_MILLISECOND;
    char printed[CLOCK_TEXT_SIZE];
    char expected[CLOCK_TEXT_SIZE];
    int64_t parsed = UNTOUCHED;

    (void)snprintf(expected, sizeof expected, "%.20s.%03dZ", text, milliseconds);
    clock_print_exact(wall + 999999, printed); /* what is less than a millisecond is cut */
    ck_assert_str_eq(printed, expected);
    ck_assert_msg(clock_parse(printed, &parsed), "%s", printed);
    ck_assert_int_eq(parsed, wall);
}

/* A rerun reckons by these times how long a script may still run. */
START_TEST(exact_times_come_back)
{
    static const int milliseconds[] = {0, 1, 9, 10, 99, 100, 123, 500, 999};

    for (int i = 0; i < UNIT_COUNT(milliseconds); i++)
        check_exact(times[_i].seconds, times[_i].text, milliseconds[i]);
}
END_TEST

START_TEST(whole_seconds_come_back)
{
    char printed[CLOCK_TEXT_SIZE];
    char expected[CLOCK_TEXT_SIZE];
    int64_t parsed = UNTOUCHED;

    (void)snprintf(expected, sizeof expected, "%.20sZ", times[_i].text);
    clock_print(times[_i].seconds * NUMBER_SECOND + 999999999, printed);
    ck_assert_str_eq(printed, expected);
    ck_assert_msg(clock_parse(printed, &parsed), "%s", printed);
    ck_assert_int_eq(parsed, times[_i].seconds * NUMBER_SECOND);
}
END_TEST

/* A journal is written on one machine and may be read on another, in another time zone. */
START_TEST(the_time_zone_does_not_matter)
{
    int64_t parsed = UNTOUCHED;

    ck_assert_int_eq(setenv("TZ", "America/St_Johns", 1), 0);
    tzset();
    ck_assert(clock_parse("2026-07-23T03:00:00.250Z", &parsed));
    ck_assert_int_eq(parsed, INT64_C(1784775600) * NUMBER_SECOND + 250 * NUMBER_MILLISECOND);
}
END_TEST

static const char *const wrong[] = {
    "",
    "Z",
    "2026-11-23",
    "2026-11-23T03:00:00",
    "2026-11-23T03:00:00z",
    "2026-11-23T03:00:00ZZ",
    "2026-11-23T03:00:00Z ",
    " 2026-11-23T03:00:00Z",
    "2026-11- 3T03:00:00Z",
    "2026-11-3T03:00:00Z",
    "26-11-23T03:00:00Z",
    "+2026-11-23T03:00:00Z",
    "2026-11-23 03:00:00Z",
    "2026-11-23T03:00:00+00:00",
    "2026-11-23T03:00:00.Z",
    "2026-11-23T03:00:00.1Z",
    "2026-11-23T03:00:00.12Z",
    "2026-11-23T03:00:00.1234Z",
    "2026-11-23T03:00:00.123",
    "2026-11-23T03:00:00.12",
    "2026-11-23T03:00:00.-12Z",
    "2026-11-23T03:00:00,123Z",
    "2026-13-23T03:00:00Z",
    "2026-00-23T03:00:00Z",
    "2026-02-29T03:00:00Z",
    "2026-02-31T03:00:00.000Z",
    "2026-11-31T03:00:00Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T03:60:00Z",
    "2026-11-23T03:00:60Z",
    "2026-11-23T03:00:61.000Z",
    "1969-12-31T23:59:59.999Z",
    "0000-01-01T00:00:00Z",
    "2200-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "99999-12-31T23:59:59Z",
    "-001-01-01T00:00:00Z",
    "2026-11-23T03:00:00.123Z2026-11-23T03:00:00.123Z2026-11-23T03:00:00.123Z",
};

/* What is nearly a time is none: a rerun must not wait for it, or not wait. */
START_TEST(what_is_nearly_a_time_is_none)
{
    int64_t parsed = UNTOUCHED;

    ck_assert_msg(!clock_parse(wrong[_i], &parsed), "\"%s\" was read", wrong[_i]);
    ck_assert_msg(parsed == UNTOUCHED, "\"%s\" changed the time", wrong[_i]);
}
END_TEST

START_TEST(names_of_files_have_no_colon)
{
    char printed[CLOCK_TEXT_SIZE];

    ck_assert_int_eq(setenv("TZ", "XYZ-9", 1), 0); /* nine hours before UTC */
    clock_print_local(INT64_C(1795402800) * NUMBER_SECOND, printed);
    ck_assert_str_eq(printed, "2026-11-23 12:00");
    clock_print_compact(INT64_C(1795402800) * NUMBER_SECOND + 1, printed);
    ck_assert_str_eq(printed, "20261123T030000Z");
}
END_TEST

/* ---- deadlines ---- */

START_TEST(what_is_left_is_never_negative)
{
    struct timespec left;

    ck_assert_ptr_null(clock_left(CLOCK_NEVER, 5, &left));
    ck_assert_ptr_eq(clock_left(3 * NUMBER_SECOND + 7, 2 * NUMBER_SECOND, &left), &left);
    ck_assert_int_eq(left.tv_sec, 1);
    ck_assert_int_eq(left.tv_nsec, 7);
    ck_assert_ptr_nonnull(clock_left(5, 6, &left));
    ck_assert_int_eq(left.tv_sec, 0);
    ck_assert_int_eq(left.tv_nsec, 0);
}
END_TEST

static Suite *clock_suite(void)
{
    Suite *suite = suite_create("clock");
    TCase *tests = tcase_create("clock");

    tcase_add_loop_test(tests, exact_times_come_back, 0, UNIT_COUNT(times));
    tcase_add_loop_test(tests, whole_seconds_come_back, 0, UNIT_COUNT(times));
    tcase_add_test(tests, the_time_zone_does_not_matter);
    tcase_add_loop_test(tests, what_is_nearly_a_time_is_none, 0, UNIT_COUNT(wrong));
    tcase_add_test(tests, names_of_files_have_no_colon);
    tcase_add_test(tests, what_is_left_is_never_negative);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(clock_suite)
