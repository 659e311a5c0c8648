/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/buffer.h"
#include "base/number.h"
#include "unit/unit.h"

static const struct {
    const char *text;
    int64_t expected; /* -1000: an error */
} numbers[] = {
    {"1", 1},        {"012", 12},    {"-5", -5},     {"100", 100},
    {"-6", -1000},   {"101", -1000}, {"", -1000},    {"-", -1000},
    {"+1", -1000},   {" 1", -1000},  {"1 ", -1000},  {"1.5", -1000},
    {"0x10", -1000}, {"1e2", -1000}, {"--1", -1000}, {"99999999999999999999", -1000},
};

START_TEST(parse)
{
    struct error error;
    int64_t value = -1000;
    int result = number_parse(numbers[_i].text, -5, 100, &value, &error);

    ck_assert_msg((result == 0) == (numbers[_i].expected != -1000), "\"%s\"", numbers[_i].text);
    ck_assert_msg(value == numbers[_i].expected, "\"%s\": %d", numbers[_i].text, (int)value);
}
END_TEST

static const struct {
    const char *text;
    int64_t least;
    int64_t expected; /* -1: an error */
    bool percent;
    const char *message; /* a part of the error */
} shares[] = {
    {"1", 1, 1, false, NULL},
    {"007", 1, 7, false, NULL},
    {"500", 1, 500, false, NULL},
    {"1%", 1, 1, true, NULL},
    {"100%", 1, 100, true, NULL},
    {"0", 0, 0, false, NULL},
    {"0%", 0, 0, true, NULL},
    {"0", 1, -1, false, "must be from 1 to 500, not 0"},
    {"0%", 1, -1, false, "must be from 1% to 100%, not 0%"},
    {"-1", 0, -1, false, "must be from 0 to 500, not -1"},
    {"-1%", 0, -1, false, "must be from 0% to 100%, not -1%"},
    {"501", 1, -1, false, "must be from 1 to 500, not 501"},
    {"101%", 1, -1, false, "must be from 1% to 100%, not 101%"},
    {"1.5%", 1, -1, false, "whole count (1 to 500) or percentage (1% to 100%)"},
    {"10 %", 1, -1, false, "written like 5 or 10%"},
    {"10%%", 1, -1, false, "written like"},
    {"10%x", 1, -1, false, "written like"},
    {" 10%", 1, -1, false, "written like"},
    {"%", 1, -1, false, "written like"},
    {"-%", 1, -1, false, "written like"},
    {"%10", 1, -1, false, "written like"},
    {"+1", 1, -1, false, "written like"},
    {"", 1, -1, false, "written like"},
    {"99999999999999999999", 1, -1, false, "written like"},
    {"9223372036854775807%", 1, -1, false, "must be from 1% to 100%"},
};

START_TEST(share)
{
    struct error error = {""};
    bool percent = false;
    int64_t value = -1;
    int result =
        number_parse_share(shares[_i].text, shares[_i].least, 500, &percent, &value, &error);

    ck_assert_msg((result == 0) == (shares[_i].message == NULL), "\"%s\"", shares[_i].text);
    ck_assert_msg(value == shares[_i].expected && percent == shares[_i].percent, "\"%s\": %d",
                  shares[_i].text, (int)value);
    ck_assert_msg(result == 0 || strstr(error.text, shares[_i].message) != NULL, "\"%s\": %s",
                  shares[_i].text, error.text);
}
END_TEST

static const struct {
    const char *text;
    int64_t milliseconds; /* -1: an error */
    const char *expected; /* printed exactly, or a part of the error */
} durations[] = {
    {"500ms", 500, "500ms"},
    {"90s", 90000, "1m30s"},
    {"3m40s", 220000, "3m40s"},
    {"2h", 7200000, "2h"},
    {"1h1m1s1ms", 3661001, "1h1m1s1ms"},
    {"0s", 0, "0s"},
    {"007s", 7000, "7s"},
    {"2400h", INT64_C(8640000000), "2400h"},
    {"2401h", -1, "2400h"},
    {"2400h1ms", -1, "2400h"},
    {"99999999999999h", -1, "2400h"},
    {"99999999999999999999s", -1, "such as"},
    {"220", -1, "220s for seconds"},
    {"0", -1, "needs a unit"},
    {"", -1, "such as"},
    {"s", -1, "such as"},
    {"-5s", -1, "such as"},
    {"5 s", -1, "largest first"},
    {"5S", -1, "largest first"},
    {"5sec", -1, "largest first"},
    {"1s1m", -1, "largest first"},
    {"1s1s", -1, "largest first"},
    {"1m30", -1, "needs a unit"},
    {"1.5h", -1, "such as"},
};

START_TEST(duration)
{
    struct buffer text = BUFFER_INIT;
    struct error error = {""};
    int64_t value = 0;

    if (number_parse_duration(durations[_i].text, &value, &error) < 0) {
        ck_assert_msg(durations[_i].milliseconds == -1, "%s: %s", durations[_i].text, error.text);
        ck_assert_msg(strstr(error.text, durations[_i].expected) != NULL, "%s: %s",
                      durations[_i].text, error.text);
        return;
    }
    ck_assert_msg(value == durations[_i].milliseconds * NUMBER_MILLISECOND, "%s: %lld",
                  durations[_i].text, (long long)value);
    number_print_exact_duration(&text, value);
    ck_assert_msg(strcmp(buffer_text(&text), durations[_i].expected) == 0, "%s: %s",
                  durations[_i].text, buffer_text(&text));
    buffer_done(&text);
}
END_TEST

static const struct {
    int64_t milliseconds;
    const char *expected;
} shown[] = {
    {0, "0.0s"},        {49, "0.0s"},        {50, "0.1s"},       {840, "0.8s"},
    {34200, "34.2s"},   {59949, "59.9s"},    {59950, "1m00s"},   {60000, "1m00s"},
    {220000, "3m40s"},  {3599900, "59m59s"}, {3599999, "1h00m"}, {3600000, "1h00m"},
    {7500000, "2h05m"},
};

START_TEST(print_duration)
{
    struct buffer text = BUFFER_INIT;

    number_print_duration(&text, shown[_i].milliseconds * NUMBER_MILLISECOND);
    ck_assert_msg(strcmp(buffer_text(&text), shown[_i].expected) == 0, "%lld ms: %s",
                  (long long)shown[_i].milliseconds, buffer_text(&text));
    buffer_done(&text);
}
END_TEST

static const struct {
    int64_t bytes;
    const char *expected;
} shown_sizes[] = {
    {0, "0 B"},
    {1023, "1023 B"},
    {1024, "1.0 KiB"},
    {1536, "1.5 KiB"},
    {1048576, "1.0 MiB"},
    {1503238553, "1.4 GiB"},
    {INT64_C(1) << 40, "1024.0 GiB"},
};

START_TEST(print_size)
{
    struct buffer text = BUFFER_INIT;

    number_print_size(&text, shown_sizes[_i].bytes);
    ck_assert_str_eq(buffer_text(&text), shown_sizes[_i].expected);
    buffer_done(&text);
}
END_TEST

static const struct {
    const char *text;
    long long expected; /* -1: an error */
} sizes[] = {
    {"0B", 0},
    {"4096B", 4096},
    {"64KiB", 65536},
    {"1MiB", 1048576},
    {"2GiB", 2147483648},
    {"1024", -1},
    {"", -1},
    {"KiB", -1},
    {"1KB", -1},
    {"1kib", -1},
    {"1KiB1B", -1},
    {"-1B", -1},
    {"9999999999999GiB", -1},
    {"1 KiB", -1},
};

START_TEST(size)
{
    struct error error;
    size_t value = 0;
    int result = number_parse_size(sizes[_i].text, &value, &error);

    ck_assert_msg((result == 0) == (sizes[_i].expected >= 0), "\"%s\"", sizes[_i].text);
    ck_assert_msg(result < 0 || (long long)value == sizes[_i].expected, "\"%s\": %zu",
                  sizes[_i].text, value);
}
END_TEST

START_TEST(print_count)
{
    struct buffer text = BUFFER_INIT;

    for (size_t count = 0; count < 3; count++)
        number_print_count(&text, count, "VM is ", "VMs are ");
    ck_assert_str_eq(buffer_text(&text), "0 VMs are 1 VM is 2 VMs are ");
    buffer_done(&text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("number");
    TCase *tests = tcase_create("all");

    tcase_add_loop_test(tests, parse, 0, UNIT_COUNT(numbers));
    tcase_add_loop_test(tests, share, 0, UNIT_COUNT(shares));
    tcase_add_loop_test(tests, duration, 0, UNIT_COUNT(durations));
    tcase_add_loop_test(tests, print_duration, 0, UNIT_COUNT(shown));
    tcase_add_loop_test(tests, print_size, 0, UNIT_COUNT(shown_sizes));
    tcase_add_test(tests, print_count);
    tcase_add_loop_test(tests, size, 0, UNIT_COUNT(sizes));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
