/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/strings.h"
#include "unit/unit.h"

/* LIST, with a blank between two. */
static void check(const struct strings *strings, const char *expected)
{
    char text[256] = "";
    size_t count = 0;

    for (; strings->list != NULL && strings->list[count] != NULL; count++) {
        if (count > 0)
            (void)strncat(text, " ", sizeof text - strlen(text) - 1);
        (void)strncat(text, strings->list[count], sizeof text - strlen(text) - 1);
    }
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(strings->count, count);
}

START_TEST(owns_what_is_added)
{
    static const char *const more[] = {"three", "four", NULL};
    static const char *const none[] = {NULL};
    struct strings strings = STRINGS_INIT;
    char word[] = "one";

    check(&strings, "");
    strings_add(&strings, word);
    word[0] = 'x';
    strings_adopt(&strings, memory_string("two"));
    strings_add_all(&strings, more);
    strings_add_all(&strings, none);
    strings_print(&strings, "%d%s", 5, "th");
    check(&strings, "one two three four 5th");
    ck_assert(strings_has(&strings, "four"));
    ck_assert(!strings_has(&strings, "fou"));
    strings_done(&strings);
    check(&strings, "");
    ck_assert(!strings_has(&strings, "four"));
    strings_add(&strings, "again");
    check(&strings, "again");
    strings_done(&strings);
}
END_TEST

START_TEST(grows_with_a_null_at_its_end)
{
    struct strings strings = STRINGS_INIT;

    for (size_t i = 0; i < 1000; i++) {
        strings_print(&strings, "%zu", i);
        ck_assert_uint_eq(strings.count, i + 1);
        ck_assert_ptr_null(strings.list[i + 1]);
    }
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(strtoul(strings.list[i], NULL, 10), i);
    strings_done(&strings);
}
END_TEST

START_TEST(an_environment_has_each_name_once)
{
    struct strings strings = STRINGS_INIT;

    strings_unset(&strings, "A");
    check(&strings, "");
    strings_add(&strings, "A=1");
    strings_add(&strings, "AB=2");
    strings_add(&strings, "A=3");
    strings_add(&strings, "odd"); /* a caller's may have one without a '=' */
    strings_set(&strings, "A=4");
    check(&strings, "AB=2 odd A=4");
    strings_set(&strings, "odd=5");
    check(&strings, "AB=2 odd A=4 odd=5");
    strings_set(&strings, "AB=");
    check(&strings, "odd A=4 odd=5 AB=");
    strings_unset(&strings, "A");
    strings_unset(&strings, "B");
    check(&strings, "odd odd=5 AB=");
    strings_unset(&strings, "odd");
    strings_unset(&strings, "AB");
    check(&strings, "odd");
    strings_done(&strings);
}
END_TEST

START_TEST(sorts_and_drops_doubles)
{
    static const char *const words[] = {"b", "a", "b", "", "Z", "a", "ab", NULL};
    struct strings strings = STRINGS_INIT;

    strings_sort(&strings);
    check(&strings, "");
    strings_add_all(&strings, words);
    strings_sort(&strings);
    check(&strings, " Z a ab b");
    strings_add(&strings, "c");
    check(&strings, " Z a ab b c");
    strings_done(&strings);
}
END_TEST

/* It may lose elements, all of them too, and grow again. */
START_TEST(a_list_grows_by_one)
{
    static const size_t most[] = {1, 9, 3, 0, 4, 5, 33, 15, 17};
    size_t *list = NULL;
    size_t count = 0;

    for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
        for (; count < most[i]; count++) {
            list = memory_grow(list, count, sizeof *list);
            list[count] = count;
        }
        count = most[i];
        for (size_t at = 0; at < count; at++)
            ck_assert_uint_eq(list[at], at);
    }
    free(list);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("strings");
    TCase *tests = tcase_create("all");

    tcase_add_test(tests, owns_what_is_added);
    tcase_add_test(tests, grows_with_a_null_at_its_end);
    tcase_add_test(tests, an_environment_has_each_name_once);
    tcase_add_test(tests, sorts_and_drops_doubles);
    tcase_add_test(tests, a_list_grows_by_one);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
