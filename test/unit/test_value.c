/* SPDX-License-Identifier: MIT */
/* base/value: what is written comes back, and what is of another kind does not get in. */
#include "base/value.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/number.h"
#include "unit/unit.h"

/* A number that no reader gives: what is not read must stay as it was. */
enum { UNTOUCHED = -12345 };

/* {"key": VALUE} as text, and read again; takes over VALUE. */
static json_t *there_and_back(json_t *value)
{
    json_t *object = json_object();
    struct buffer text = BUFFER_INIT;

    json_object_set_new(object, "key", value);
    value_print(&text, object);
    object = json_loadb(text.data, text.length, JSON_ALLOW_NUL, NULL);
    ck_assert_msg(object != NULL, "not JSON: %s", text.data);
    buffer_done(&text);
    return object;
}

static json_t *read_text(const char *text)
{
    json_t *object = json_loads(text, JSON_ALLOW_NUL, NULL);

    ck_assert_msg(object != NULL, "not JSON: %s", text);
    return object;
}

/* ---- durations ---- */

static const int64_t durations[] = {0,
                                    NUMBER_MILLISECOND,
                                    999 * NUMBER_MILLISECOND,
                                    NUMBER_SECOND,
                                    1001 * NUMBER_MILLISECOND,
                                    NUMBER_HOUR - NUMBER_MILLISECOND,
                                    NUMBER_LONGEST,
                                    NUMBER_LONGEST - NUMBER_MILLISECOND,
                                    INT64_C(316223999999) * NUMBER_MILLISECOND};

/* Reports of a past run are the same to the millisecond. */
START_TEST(durations_come_back)
{
    json_t *object = there_and_back(value_seconds(durations[_i]));
    int64_t duration = UNTOUCHED;

    ck_assert(value_get_seconds(object, "key", &duration));
    ck_assert_int_eq(duration, durations[_i]);
    json_decref(object);
}
END_TEST

START_TEST(every_millisecond_comes_back)
{
    for (int64_t i = 0; i < 2000; i++) {
        int64_t expected = (i * 7919 + 123) * NUMBER_MILLISECOND;
        json_t *object = there_and_back(value_seconds(expected));
        int64_t duration = UNTOUCHED;

        ck_assert(value_get_seconds(object, "key", &duration));
        ck_assert_int_eq(duration, expected);
        json_decref(object);
    }
}
END_TEST

START_TEST(less_than_a_millisecond_is_cut)
{
    json_t *object = there_and_back(value_seconds(1999999));
    int64_t duration = UNTOUCHED;

    ck_assert(value_get_seconds(object, "key", &duration));
    ck_assert_int_eq(duration, NUMBER_MILLISECOND);
    json_decref(object);
}
END_TEST

static const struct {
    const char *text;
    int64_t expected; /* UNTOUCHED: refused */
} seconds[] = {
    {"{\"key\":2}", 2 * NUMBER_SECOND},
    {"{\"key\":2.0005}", 2001 * NUMBER_MILLISECOND},
    {"{\"key\":1e3}", 1000 * NUMBER_SECOND},
    {"{\"key\":-0.0}", 0},
    {"{\"key\":316224000}", INT64_C(316224000) * NUMBER_SECOND},
    {"{\"key\":316224001}", UNTOUCHED},
    {"{\"key\":316224000.1}", UNTOUCHED},
    {"{\"key\":-0.001}", UNTOUCHED},
    {"{\"key\":-1}", UNTOUCHED},
    {"{\"key\":1e300}", UNTOUCHED},
    {"{\"key\":1000000000000000000}", UNTOUCHED},
    {"{\"key\":9223372036854775807}", UNTOUCHED},
    {"{\"key\":-9223372036854775808}", UNTOUCHED},
    {"{\"key\":\"2\"}", UNTOUCHED},
    {"{\"key\":null}", UNTOUCHED},
    {"{\"key\":true}", UNTOUCHED},
    {"{\"key\":[2]}", UNTOUCHED},
    {"{}", UNTOUCHED},
    {"[]", UNTOUCHED},
};

/* No duration that is read may overflow when it is added to a time. */
START_TEST(durations_have_limits)
{
    json_t *object = read_text(seconds[_i].text);
    int64_t duration = UNTOUCHED;
    bool expected = seconds[_i].expected != UNTOUCHED;

    ck_assert_msg(value_get_seconds(object, "key", &duration) == expected, "%s", seconds[_i].text);
    ck_assert_msg(duration == seconds[_i].expected, "%s", seconds[_i].text);
    json_decref(object);
}
END_TEST

/* ---- other kinds ---- */

static const struct {
    const char *text;
    bool integer, boolean, string, time;
} kinds[] = {
    {"{\"key\":7}", true, false, false, false},
    {"{\"key\":-9223372036854775808}", true, false, false, false},
    {"{\"key\":7.0}", false, false, false, false},
    {"{\"key\":true}", false, true, false, false},
    {"{\"key\":false}", false, true, false, false},
    {"{\"key\":\"\"}", false, false, true, false},
    {"{\"key\":\"7\"}", false, false, true, false},
    {"{\"key\":\"2026-11-23T03:00:00Z\"}", false, false, true, true},
    {"{\"key\":\"2026-11-23T03:00:00.123Z\"}", false, false, true, true},
    {"{\"key\":\"2026-11-23T03:00:00.123Z\\u0000\"}", false, false, false, false},
    {"{\"key\":\"a\\u0000b\"}", false, false, false, false},
    {"{\"key\":null}", false, false, false, false},
    {"{\"key\":{}}", false, false, false, false},
    {"{\"key\":[]}", false, false, false, false},
    {"{\"other\":1}", false, false, false, false},
    {"[1]", false, false, false, false},
};

/* What is of another kind is not there; nothing of it reaches the caller. */
START_TEST(a_reader_takes_its_own_kind)
{
    const char *text = kinds[_i].text;
    json_t *object = read_text(text);
    int64_t integer = UNTOUCHED;
    int64_t time = UNTOUCHED;
    bool boolean = false;

    ck_assert_msg(value_get_integer(object, "key", &integer) == kinds[_i].integer, "%s", text);
    ck_assert_msg((integer != UNTOUCHED) == kinds[_i].integer, "%s", text);
    ck_assert_msg(value_get_boolean(object, "key", &boolean) == kinds[_i].boolean, "%s", text);
    ck_assert_msg((value_get_text(object, "key") != NULL) == kinds[_i].string, "%s", text);
    ck_assert_msg(value_get_time(object, "key", &time) == kinds[_i].time, "%s", text);
    ck_assert_msg((time != UNTOUCHED) == kinds[_i].time, "%s", text);
    json_decref(object);
}
END_TEST

/* A line that could not be parsed is no object. */
START_TEST(nothing_has_no_keys)
{
    int64_t integer = UNTOUCHED;

    ck_assert_ptr_null(value_get_text(NULL, "key"));
    ck_assert(!value_get_integer(NULL, "key", &integer));
    ck_assert(!value_get_seconds(NULL, "key", &integer));
    ck_assert_int_eq(integer, UNTOUCHED);
}
END_TEST

/* ---- bytes ---- */

static const struct {
    const char *bytes;
    size_t length;
    const char *expected;
    size_t expected_length;
} streams[] = {
    {"", 0, "", 0},
    {"plain", 5, "plain", 5},
    {"a\0b", 3, "a\0b", 3},
    {"\"\\\n\x1b", 4, "\"\\\n\x1b", 4},
    {"\xff", 1, "\xef\xbf\xbd", 3},
    {"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9},
    {"\xf0\x9f\x92\xa9", 4, "\xf0\x9f\x92\xa9", 4},
    {"\xf0\x9f\x92", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9},
};

/* Whatever a VM prints is a string: a NUL and all that is text come back as they were. */
START_TEST(bytes_come_back_as_text)
{
    json_t *object = there_and_back(value_bytes(streams[_i].bytes, streams[_i].length));
    const json_t *value = json_object_get(object, "key");

    ck_assert_uint_eq(json_string_length(value), streams[_i].expected_length);
    ck_assert_int_eq(
        memcmp(json_string_value(value), streams[_i].expected, streams[_i].expected_length), 0);
    json_decref(object);
}
END_TEST

START_TEST(no_text_is_null)
{
    json_t *object = there_and_back(value_text(NULL));

    ck_assert(json_is_null(json_object_get(object, "key")));
    json_decref(object);
}
END_TEST

/* ---- lists ---- */

/* Item by item it is the same text as at once. */
START_TEST(lists_are_printed_item_by_item)
{
    json_t *object = json_pack("{s:s, s:[]}", "event", "targets", "list");
    struct buffer expected = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;
    struct value_list list;

    buffer_add(&text, "in front ");
    value_list_begin(&list, &text, json_pack("{s:s}", "event", "targets"), "list");
    for (int i = 0; i < _i; i++) {
        json_array_append_new(json_object_get(object, "list"), json_pack("{s:i}", "n", i));
        value_list_add(&list, json_pack("{s:i}", "n", i));
    }
    value_list_end(&list);
    buffer_add(&expected, "in front ");
    value_print(&expected, object);
    ck_assert_str_eq(buffer_text(&text), buffer_text(&expected));
    buffer_done(&expected);
    buffer_done(&text);
}
END_TEST

/* ---- times ---- */

START_TEST(times_come_back)
{
    int64_t wall = INT64_C(1795402800) * NUMBER_SECOND + 123 * NUMBER_MILLISECOND;
    json_t *object = there_and_back(value_exact_time(wall));
    int64_t time = UNTOUCHED;

    ck_assert_str_eq(value_get_text(object, "key"), "2026-11-23T03:00:00.123Z");
    ck_assert(value_get_time(object, "key", &time));
    ck_assert_int_eq(time, wall);
    json_decref(object);
    object = there_and_back(value_time(wall));
    ck_assert(value_get_time(object, "key", &time));
    ck_assert_int_eq(time, wall - 123 * NUMBER_MILLISECOND);
    json_decref(object);
}
END_TEST

static Suite *value_suite(void)
{
    Suite *suite = suite_create("value");
    TCase *tests = tcase_create("value");

    tcase_add_loop_test(tests, durations_come_back, 0, UNIT_COUNT(durations));
    tcase_add_test(tests, every_millisecond_comes_back);
    tcase_add_test(tests, less_than_a_millisecond_is_cut);
    tcase_add_loop_test(tests, durations_have_limits, 0, UNIT_COUNT(seconds));
    tcase_add_loop_test(tests, a_reader_takes_its_own_kind, 0, UNIT_COUNT(kinds));
    tcase_add_test(tests, nothing_has_no_keys);
    tcase_add_loop_test(tests, bytes_come_back_as_text, 0, UNIT_COUNT(streams));
    tcase_add_test(tests, no_text_is_null);
    tcase_add_loop_test(tests, lists_are_printed_item_by_item, 0, 4);
    tcase_add_test(tests, times_come_back);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(value_suite)
