/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/buffer.h"
#include "job/problems.h"
#include "unit/unit.h"

static struct problems problems;
static struct buffer text;

static void set_up(void)
{
    memset(&problems, 0, sizeof problems);
    memset(&text, 0, sizeof text);
}

static void tear_down(void)
{
    problems_done(&problems);
    buffer_done(&text);
}

static const char *printed(void)
{
    problems_sort(&problems);
    problems_print(&problems, &text);
    return buffer_text(&text);
}

START_TEST(nothing_prints_nothing)
{
    ck_assert_str_eq(printed(), "");
}
END_TEST

START_TEST(sorted_by_position_and_stable)
{
    problems_add(&problems, "b.yaml", 1, 1, "last");
    problems_add(&problems, "a.yaml", 10, 2, "third");
    problems_add(&problems, "a.yaml", 9, 7, "first");
    problems_add(&problems, "a.yaml", 10, 1, "second");
    problems_add(&problems, "a.yaml", 10, 2, "fourth, number %d", 4);
    ck_assert_str_eq(printed(), "a.yaml:9:7: first\na.yaml:10:1: second\na.yaml:10:2: third\n"
                                "a.yaml:10:2: fourth, number 4\nb.yaml:1:1: last\n");
}
END_TEST

START_TEST(options_and_files_without_a_line)
{
    problems_add(&problems, "--set", 0, 0, "write NAME=VALUE");
    problems_add(&problems, "", 0, 0, "cannot open x.yaml");
    ck_assert_str_eq(printed(), "azfan: cannot open x.yaml\nazfan: --set: write NAME=VALUE\n");
}
END_TEST

START_TEST(counts_what_it_does_not_keep)
{
    for (int i = 0; i < PROBLEMS_MOST + 1; i++)
        problems_add(&problems, "a", i + 1, 1, "wrong");
    ck_assert_uint_eq(problems_total(&problems), PROBLEMS_MOST + 1);
    ck_assert_ptr_nonnull(strstr(printed(), "a:20:1: wrong\na: and 1 more problem\n"));
    problems_add(&problems, "a", 99, 1, "wrong");
    buffer_done(&text);
    ck_assert_ptr_nonnull(strstr(printed(), "a:20:1: wrong\na: and 2 more problems\n"));
}
END_TEST

START_TEST(text_is_one_harmless_line)
{
    problems_add(&problems, "a\033[m", 1, 1, "key \"%s\"", "\033[31m\nnext\xff\x7f");
    ck_assert_str_eq(printed(), "a\\x1b[m:1:1: key \"\\x1b[31m next\xef\xbf\xbd\\x7f\"\n");
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    char long_text[3 * PROBLEMS_LONGEST];

    /* The limit, less its dots, falls inside a two-byte character. */
    for (size_t i = 0; i + 2 < sizeof long_text; i += 2)
        memcpy(long_text + i, "\xc3\xa9", 2);
    long_text[sizeof long_text - 2] = '\0';
    problems_add(&problems, "a", 1, 1, "%s", long_text);
    ck_assert_uint_eq(strlen(problems.list[0].text), PROBLEMS_LONGEST - 1);
    ck_assert_str_eq(problems.list[0].text + PROBLEMS_LONGEST - 6, "\xc3\xa9...");
}
END_TEST

/* What is written out grows: "\x1b" for one byte. */
START_TEST(what_is_shown_is_cut)
{
    char escapes[PROBLEMS_LONGEST / 2];

    memset(escapes, '\x1b', sizeof escapes - 1);
    escapes[sizeof escapes - 1] = '\0';
    problems_add(&problems, "a", 1, 1, "%s", escapes);
    ck_assert_uint_eq(strlen(problems.list[0].text), PROBLEMS_LONGEST);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("problems");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, nothing_prints_nothing);
    tcase_add_test(tests, sorted_by_position_and_stable);
    tcase_add_test(tests, options_and_files_without_a_line);
    tcase_add_test(tests, counts_what_it_does_not_keep);
    tcase_add_test(tests, text_is_one_harmless_line);
    tcase_add_test(tests, long_text_is_cut_between_characters);
    tcase_add_test(tests, what_is_shown_is_cut);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
