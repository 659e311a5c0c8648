/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/strings.h"
#include "job/names.h"
#include "sys/fault.h"
#include "unit/unit.h"

#define FIFTY "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

static const struct {
    const char *range;
    const char *expected; /* with blanks between */
} ranges[] = {
    {"web", "web"},
    {"web-[01-03]", "web-01 web-02 web-03"},
    {"web-[8-11]", "web-8 web-9 web-10 web-11"},
    {"web-[08-11]", "web-08 web-09 web-10 web-11"},
    {"web-[098-101]", "web-098 web-099 web-100 web-101"},
    {"[1-2]", "1 2"},
    {"db-[1,3,7-9]", "db-1 db-3 db-7 db-8 db-9"},
    {"a[1-2]b[3-4]c", "a1b3c a1b4c a2b3c a2b4c"},
    {"[1][2]", "12"},
    {"a[5-5]", "a5"},
    {"a[0-1]", "a0 a1"},
    {"a[999999998-999999999]", "a999999998 a999999999"},
    {"a[2,1,2]", "a2 a1 a2"},
    {"A_b.C-1", "A_b.C-1"},
};

START_TEST(expands)
{
    struct strings names = STRINGS_INIT;
    struct buffer text = BUFFER_INIT;
    struct error error;

    ck_assert_msg(names_expand(ranges[_i].range, 100, &names, &error) == 0, "%s: %s",
                  ranges[_i].range, error.text);
    for (size_t i = 0; i < names.count; i++)
        buffer_print(&text, "%s%s", i > 0 ? " " : "", names.list[i]);
    ck_assert_msg(strcmp(buffer_text(&text), ranges[_i].expected) == 0, "%s: %s", ranges[_i].range,
                  buffer_text(&text));
    strings_done(&names);
    buffer_done(&text);
}
END_TEST

static const struct {
    const char *range;
    const char *expected; /* a part of the message */
} wrong[] = {
    {"", "empty"},
    {"web-[5-1]", "backwards"},
    {"web-[", "not closed"},
    {"web-[1", "not closed"},
    {"web-[1-", "no last number"},
    {"web-[1,", "not closed"},
    {"web-[1-3", "not closed"},
    {"web-]", "closes no bracket"},
    {"web-[1]]", "closes no bracket"},
    {"web-[[1]]", "not a number"},
    {"web-[]", "empty place"},
    {"web-[1,]", "empty place"},
    {"web-[,1]", "empty place"},
    {"web-[a]", "not a number"},
    {"web-[1-a]", "no last number"},
    {"web-[1a]", "only numbers"},
    {"web-[1 -2]", "only numbers"},
    {"web-[-1]", "not a number"},
    {"web-[1234567890]", "at most 9 digits"},
    {"web-[1-99999999]", "more than 100 names"},
    {"web-[1-101]", "more than 100 names"},
    {"[1-11][1-11]", "more than 100 names"},
    {"[0-999999999][0-999999999][0-999999999][0-999999999]", "more than 100 names"},
    {"web*", "letters, digits"},
    {"web?", "letters, digits"},
    {"web 1", "letters, digits"},
    {"w\xc3\xa9"
     "b",
     "letters, digits"},
    {"/subscriptions", "letters, digits"},
    {"..", "not only dots"},
    {FIFTY "12345[000000001]12345678", "1 to 64"},
};

START_TEST(refuses)
{
    struct strings names = STRINGS_INIT;
    struct error error = {""};

    strings_add(&names, "kept");
    ck_assert_msg(names_expand(wrong[_i].range, 100, &names, &error) < 0, "%s: taken",
                  wrong[_i].range);
    ck_assert_msg(strstr(error.text, wrong[_i].expected) != NULL, "%s: %s", wrong[_i].range,
                  error.text);
    ck_assert_msg(names.count == 1, "%s: appended", wrong[_i].range);
    strings_done(&names);
}
END_TEST

START_TEST(appends_and_counts_exactly)
{
    struct strings names = STRINGS_INIT;
    struct error error;

    strings_add(&names, "first");
    ck_assert_int_eq(names_expand("a[1-100000]", 100000, &names, &error), 0);
    ck_assert_uint_eq(names.count, 100001);
    ck_assert_str_eq(names.list[100000], "a100000");
    strings_done(&names);
}
END_TEST

/* Thousands of brackets make long names long before they are all multiplied. */
START_TEST(many_brackets_end)
{
    struct strings names = STRINGS_INIT;
    struct buffer range = BUFFER_INIT;
    struct error error;

    buffer_add(&range, "[1-100000]");
    for (int i = 0; i < 100000; i++)
        buffer_add(&range, "[1]");
    ck_assert_int_lt(names_expand(buffer_text(&range), 100000, &names, &error), 0);
    ck_assert(!names_match(buffer_text(&range), "1"));
    strings_done(&names);
    buffer_done(&range);
}
END_TEST

static const struct {
    const char *pattern;
    const char *name;
    bool matches;
} matches[] = {
    {"web-01", "WEB-01", true},
    {"web-01", "web-010", false},
    {"web-*", "web-01", true},
    {"web-*", "WEB-", true},
    {"*-canary", "web-01-canary", true},
    {"*-canary", "web-01-canary2", false},
    {"*", "x", true},
    {"***", "x", true},
    {"?", "x", true},
    {"??", "x", false},
    {"*a*b*c*", "xxaxxbxxcxx", true},
    {"**[101]", "a101", true},
    {"a**b", "axxb", true},
    {"**?**", "x", true},
    {"**?*?", "x", false},
    {"*B", "0123456789012345678901234567890123456789012345678901234567890b", true},
    {"*[1-99]", "01234567890123456789012345678901234567890123456789012345678901ab", false},
    {"*[1-99]", "ab01234567890123456789012345678901234567890123456789012345678901", true},
    {"*[01-99]", "ab01234567890123456789012345678901234567890123456789012345678901", true},
    {"*a*b*c*", "xxaxxcxxbxx", false},
    {"web-[01-30]", "web-07", true},
    {"web-[01-30]", "web-7", false},
    {"web-[01-30]", "web-31", false},
    {"web-[01-30]", "web-007", false},
    {"web-[01-30]", "web-021", false},
    {"web-[1-30]", "web-021", false},
    {"web-[1-30]", "web-21", true},
    {"web-[1-30]", "web-7", true},
    {"web-[1-30]", "web-07", false},
    {"web-[1-30]", "web-30", true},
    {"web-[8-11]", "web-10", true},
    {"web-[08-101]", "web-101", true},
    {"web-[1,5,7-9]", "web-5", true},
    {"web-[1,5,7-9]", "web-6", false},
    {"web-[01-03]*", "web-02-canary", true},
    {"web-[01-03]*", "web-04-canary", false},
    {"*[01-03]", "web-02", true},
    {"[1-11][1-11]", "111", true},
    {"[1-11][1-11]", "1111", true},
    {"[1-11][1-11]", "1212", false},
    {"web-[5-1]", "web-3", false},
    {"web-[1", "web-1", false},
    {"web-[1]", "web-", false},
    {"", "", true},
    {"*", "0123456789012345678901234567890123456789012345678901234567890123", true},
    {"*", "01234567890123456789012345678901234567890123456789012345678901234", false},
};

START_TEST(match)
{
    ck_assert_msg(names_match(matches[_i].pattern, matches[_i].name) == matches[_i].matches,
                  "%s, %s", matches[_i].pattern, matches[_i].name);
}
END_TEST

/* What a range expands to is what it matches. */
START_TEST(expanding_and_matching_agree)
{
    struct strings names = STRINGS_INIT;
    struct error error;

    ck_assert_int_eq(names_expand("a[1,8-12,098-101]b[0-2]", 1000, &names, &error), 0);
    for (size_t i = 0; i < names.count; i++)
        ck_assert_msg(names_match("a[1,8-12,098-101]b[0-2]", names.list[i]), "%s", names.list[i]);
    strings_done(&names);
}
END_TEST

START_TEST(checks_patterns)
{
    struct error error;

    ck_assert_int_eq(names_check_pattern("web-[1-99999999]*?", &error), 0);
    ck_assert_int_lt(names_check_pattern("web-[3-1]", &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "backwards"));
    ck_assert_int_lt(names_check_pattern("", &error), 0);
    ck_assert_int_lt(names_check_pattern("a b", &error), 0);
}
END_TEST

/* Thirty of them */
#define UMLAUTS                                                                                    \
    "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3" \
    "\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6" \
    "\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc"

static const struct {
    const char *text;
    bool vm, group, subscription;
} kinds[] = {
    {"web-01", true, true, false},
    {"a.b_c-D9", true, true, false},
    {"", false, false, false},
    {".", false, false, false},
    {"...", false, false, false},
    {".a", true, true, false},
    {"a.", true, false, false},
    {"rg(1)", false, true, false},
    {"a b", false, false, false},
    {"a/b", false, false, false},
    /* letters of any language are a group's alone */
    {"\xc3\xa9", false, true, false},
    {"rg-m\xc3\xbcnchen", false, true, false},
    {"rg-mu\xcc\x88nchen", false, true, false}, /* as u and a mark */
    {"\xe6\x9d\xb1\xe4\xba\xac", false, true, false},
    {"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", false, true, false},
    {"\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80", false, true,
     false},
    {"rg-\xd9\xa1", false, true, false},        /* a digit */
    {"rg\xe2\x80\x93web", false, false, false}, /* a dash */
    {"\xe2\x80\x9crg\xe2\x80\x9d", false, false, false},
    {"rg\xc2\xa0web", false, false, false},
    {"rg-\xf0\x9f\x9a\x80", false, false, false},
    {"rg\xe2\x80\x8b", false, false, false},
    {"rg\xef\xbc\x8f", false, false, false}, /* a slash, wide */
    {"rg-\xfc", false, false, false},        /* Latin-1 */
    {"rg-\xc3", false, false, false},
    {"\xc3\xbc.", false, false, false},
    {UMLAUTS UMLAUTS UMLAUTS, false, true, false},
    {UMLAUTS UMLAUTS UMLAUTS "a", false, false, false},
    {FIFTY "12345678901234", true, true, false},
    {FIFTY "123456789012345", false, true, false},
    {FIFTY "1234567890123456789012345678901234567890", false, true, false},
    {FIFTY "12345678901234567890123456789012345678901", false, false, false},
    {"00000000-0000-0000-0000-00000000000A", true, true, true},
    {"00000000-0000-0000-0000-00000000000g", true, true, false},
    {"00000000-0000-0000-0000-0000000000000", true, true, false},
    {"00000000-0000-0000-0000-00000000000", true, true, false},
    {"000000000000000000000000000000000000", true, true, false},
};

START_TEST(knows_what_azure_allows)
{
    const char *text = kinds[_i].text;

    ck_assert_msg(names_is_valid(text) == kinds[_i].vm, "%s as VM", text);
    ck_assert_msg(names_is_group(text) == kinds[_i].group, "%s as group", text);
    ck_assert_msg(names_is_subscription(text) == kinds[_i].subscription, "%s as subscription",
                  text);
}
END_TEST

#ifdef AZFAN_FAULTS
/* Then Azure itself says what is no name, before anything runs. */
START_TEST(letters_without_a_locale)
{
    fault_arm("letters.newlocale", 1, ENOENT);
    ck_assert(names_is_group("rg-m\xc3\xbcnchen"));
    ck_assert_int_eq(fault_hits(), 1);
    ck_assert(!names_is_group("rg\xe2\x80\x8b"));
}
END_TEST
#endif

static Suite *make_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *tests = tcase_create("all");

    tcase_add_loop_test(tests, expands, 0, UNIT_COUNT(ranges));
    tcase_add_loop_test(tests, refuses, 0, UNIT_COUNT(wrong));
    tcase_add_test(tests, appends_and_counts_exactly);
    tcase_add_test(tests, many_brackets_end);
    tcase_add_loop_test(tests, match, 0, UNIT_COUNT(matches));
    tcase_add_test(tests, expanding_and_matching_agree);
    tcase_add_test(tests, checks_patterns);
    tcase_add_loop_test(tests, knows_what_azure_allows, 0, UNIT_COUNT(kinds));
#ifdef AZFAN_FAULTS
    tcase_add_test(tests, letters_without_a_locale);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
