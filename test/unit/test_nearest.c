/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "unit/unit.h"

/* The first words are those of keys; the others are VMs. */
static const char *const words[] = {"name",   "timeout", "concurrency", "web-01",    "web-02",
                                    "web-03", "web-10",  "web-30",      "db-eu-001", "db-eu-1001"};

static const struct {
    const char *word;
    const char *expected; /* NULL: nothing is close */
} guesses[] = {
    {"concurency", "concurrency"},
    {"CONCURRENCY", "concurrency"},
    {"tiemout", "timeout"},
    {"time_out", "timeout"},
    {"nmae", "name"},
    {"zzzzzz", NULL},
    {"", NULL},
    {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", NULL},
    {"0123456789012345678901234567890123456789012345678901234567890123", NULL},
    {"wbe-03", "web-03"},
    {"WEB03", "web-03"},
    {"web-3", "web-03"},
    {"web-001", "web-01"},
    {"web-31", "web-30"},
    {"web-1", "web-01"},
    {"db-eu-1", "db-eu-001"},
    {"db-eu-0", "db-eu-001"},
    {"web-02x", "web-02"},
};

START_TEST(nearest)
{
    const char *found = nearest_word(guesses[_i].word, words, UNIT_COUNT(words));

    ck_assert_msg((found == NULL) == (guesses[_i].expected == NULL), "%s: %s", guesses[_i].word,
                  found != NULL ? found : "nothing");
    ck_assert_msg(found == NULL || strcmp(found, guesses[_i].expected) == 0, "%s: %s",
                  guesses[_i].word, found);
}
END_TEST

/* As long as words may be, and longer; a sanitizer sees what is beside the table. */
START_TEST(long_words)
{
    char texts[400][401];
    const char *list[400];

    for (size_t i = 0; i < 400; i++) {
        memset(texts[i], 'a' + (int)(i % 2), i + 1);
        texts[i][i + 1] = '\0';
        list[i] = texts[i];
    }
    for (size_t i = 0; i < 400; i++) {
        const char *found = nearest_word(texts[i], list, 400);

        ck_assert_msg((found == NULL) == (i >= 160), "%zu", i);
        ck_assert_msg(found == NULL || strcmp(found, texts[i]) == 0, "%zu", i);
    }
}
END_TEST

/* What is looked at is counted; what is behind the end is not found. */
START_TEST(steps_come_to_an_end)
{
    uint64_t steps = 1000000;

    ck_assert_uint_eq(nearest_within("web-31", words, UNIT_COUNT(words), &steps), 7);
    ck_assert_uint_lt(steps, 1000000 - 100);
    ck_assert_uint_gt(steps, 1000000 - 5000);
    steps = 12;
    ck_assert_uint_eq(nearest_within("web-31", words, UNIT_COUNT(words), &steps),
                      UNIT_COUNT(words));
    ck_assert_uint_eq(steps, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("nearest");
    TCase *tests = tcase_create("all");

    tcase_add_loop_test(tests, nearest, 0, UNIT_COUNT(guesses));
    tcase_add_test(tests, long_words);
    tcase_add_test(tests, steps_come_to_an_end);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
