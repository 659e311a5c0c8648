/* SPDX-License-Identifier: MIT */
/* report/ignore: what always differs is left out, and what is left is still text. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "report/ignore.h"
#include "unit/unit.h"

static const struct {
    const char *patterns[3];
    const char *text;
    const char *expected;
} rows[] = {
    {{NULL}, "as it is\n", "as it is\n"},
    {{"x+"}, "", ""},
    {{"x+"}, "axxb", "a…b"},
    {{"x+"}, "axxb\n\nxcx\n", "a…b\n\n…c…\n"},
    {{"x"}, "xxx", "………"},
    {{"[0-9]+"}, "pid 17, pid 4711\n", "pid …, pid …\n"},
    {{"^[0-9]+"}, "12 34\n56 78\n", "… 34\n… 78\n"},
    {{"[0-9]+$"}, "12 34\n56 78\n", "12 …\n56 …\n"},
    {{"^x"}, "xx", "…x"}, /* the rest of a line is no line */
    {{".+"}, "one\ntwo", "…\n…"},
    {{"a", "b"}, "abc", "……c"},
    {{"a…c"}, "a…c", "…"},
    {{"b", "a…c"}, "abc", "…"}, /* the second sees what the first has made */
    {{"\\<web"}, "web cobweb web", "… cobweb …"},
    {{"\\<"}, "w\xc3\xa9 b", "w\xc3\xa9 b"}, /* of no length: nothing to replace, and an end */
    {{"caf."}, "caf\xc3\xa9!", "…!"},
    {{"\xa9"}, "caf\xc3\xa9!", "caf…!"},
    {{"\xe2"}, "a\xe2\x82\xac-\xe2\x82\xac", "a…-…"},
    {{"\x82"}, "a\xe2\x82\xac\xe2\x82\xac", "a……"},
    {{"[^a-z]"}, "\xe2\x82\xac", "…"},
    {{"[]+(*{]+"}, "a]+(b", "a…b"},
    {{"[[:digit:]]{1,3}x"}, "12x", "…"},
    {{"\\(+[^]]"}, "((a]", "…]"},
    {{"a{1,200}b"}, "aaab", "…"},
    {{"(x?y|z+)+"}, "axyyzb", "a…b"},
    {{"(^|,)x"}, "x,x", "……"},
    {{"(x*)?y"}, "xxy", "…"},
};

static void add_all(struct ignore *ignore, const char *const *patterns)
{
    struct error error = {""};

    for (; *patterns != NULL; patterns++)
        ck_assert_msg(ignore_add(ignore, *patterns, &error) == 0, "%s", error.text);
}

START_TEST(replaces)
{
    struct ignore ignore = {.count = 0};
    struct buffer text = BUFFER_INIT;

    add_all(&ignore, rows[_i].patterns);
    ignore_append(&ignore, &text, rows[_i].text, strlen(rows[_i].text));
    ck_assert_msg(strcmp(buffer_text(&text), rows[_i].expected) == 0, "row %d: %s is not %s", _i,
                  buffer_text(&text), rows[_i].expected);
    buffer_done(&text);
    ignore_done(&ignore);
}
END_TEST

static const struct {
    const char *pattern;
    const char *expected; /* a part of the message */
} wrong[] = {
    {"[", "--ignore [: not a regular expression: "},
    {"(a", "not a regular expression: "},
    {"a{2,1}", "not a regular expression: "},
    {"", "matches even where there is nothing"},
    {"x*", "use + instead of *"},
    {"^$", "matches even where there is nothing"},
    {"(x)\\1", "\\1 to \\9 are not supported"},
    {"x{1,1000}", "too much"},
    {"y(x*)+", "may be empty"},
    {"y(x|)*", "may be empty"},
    {"y(|x)*", "may be empty"},
    {"y(x?z{0,2})*", "may be empty"},
    {"y(){2,5}", "may be empty"},
    {"y(\\<x)+", "may be empty"},
    {"((((x{9}){9}){9}){9}){9}", "too much"},
    {"((((((((((x+)+)+)+)+)+)+)+)+)+)+", "too much"},
    {"(x(x(x(x(x(x(x(x(x(x+)+)+)+)+)+)+)+)+)+)+", "too much"},
    {"x++++++++++++++++++++++++++++++++++++++++++++++++++++", "too much"},
};

START_TEST(refuses)
{
    struct ignore ignore = {.count = 0};
    struct error error = {""};

    ck_assert_msg(ignore_add(&ignore, wrong[_i].pattern, &error) < 0, "%s: taken",
                  wrong[_i].pattern);
    ck_assert_msg(strstr(error.text, wrong[_i].expected) != NULL, "%s: %s", wrong[_i].pattern,
                  error.text);
    ck_assert_uint_eq(ignore.count, 0);
    ignore_done(&ignore);
}
END_TEST

/* A line whose end is beyond what is matched keeps that end, and it is the end of no line there. */
START_TEST(only_the_first_bytes_of_a_line_are_matched)
{
    static const char *const patterns[] = {"x$", "y", NULL};
    struct ignore ignore = {.count = 0};
    struct buffer line = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;

    add_all(&ignore, patterns);
    buffer_add(&line, "y");
    while (line.length < IGNORE_LONGEST - 1)
        buffer_add(&line, "-");
    buffer_add(&line, "xyyx");
    ignore_append(&ignore, &text, line.data, line.length);
    ck_assert_uint_eq(text.length, line.length + 2);
    ck_assert_ptr_eq(strstr(text.data, "…-"), text.data);
    ck_assert_ptr_nonnull(strstr(text.data, "-xyyx"));
    buffer_done(&text);
    buffer_done(&line);
    ignore_done(&ignore);
}
END_TEST

/* The bound must not cut a character in two either: every place it can have in one. */
START_TEST(nothing_but_text_comes_out)
{
    static const char *const patterns[] = {"[^a-z]", "\xa6", NULL};
    struct ignore ignore = {.count = 0};
    struct buffer line = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;
    size_t bad = 0;

    add_all(&ignore, patterns);
    for (int i = 0; i < _i; i++)
        buffer_add(&line, "a");
    while (line.length < (size_t)2 * IGNORE_LONGEST)
        buffer_add(&line, "\xe2\x82\xac");
    ignore_append(&ignore, &text, line.data, line.length);
    ck_assert_msg(text_is_utf8(text.data, text.length, &bad), "cut at %zu", bad);
    ck_assert_uint_eq(text.length, line.length); /* "…" has three bytes too */
    ck_assert_ptr_nonnull(strstr(text.data, "…\xe2\x82\xac"));
    buffer_done(&text);
    buffer_done(&line);
    ignore_done(&ignore);
}
END_TEST

/* glibc looks from every byte to the end of the line: 16 MiB in one line would take weeks. */
START_TEST(a_long_line_ends)
{
    static const char *const patterns[] = {"[a-z]+-[0-9]+", NULL};
    struct ignore ignore = {.count = 0};
    struct buffer line = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;

    add_all(&ignore, patterns);
    buffer_reserve(&line, 16 << 20);
    memset(line.data, 'x', 16 << 20);
    line.length = 16 << 20;
    ignore_append(&ignore, &text, line.data, line.length);
    ck_assert_uint_eq(text.length, line.length);
    buffer_done(&text);
    buffer_done(&line);
    ignore_done(&ignore);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ignore");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, replaces, 0, UNIT_COUNT(rows));
    tcase_add_loop_test(tests, refuses, 0, UNIT_COUNT(wrong));
    tcase_add_test(tests, only_the_first_bytes_of_a_line_are_matched);
    tcase_add_loop_test(tests, nothing_but_text_comes_out, 0, 6);
    tcase_add_test(tests, a_long_line_ends);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
