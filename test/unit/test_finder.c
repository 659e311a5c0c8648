/* SPDX-License-Identifier: MIT */
/* run/finder: what it finds is what looking for one word after the other finds. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/finder.h"
#include "unit.h"

enum { LONGEST = 12, WORDS = 6, TEXT = 60, ROUNDS = 300 };

static uint32_t seed;

static uint32_t roll(uint32_t below)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 16) % below;
}

/* Of two letters, so that words repeat themselves, overlap, and are parts of each other. */
static char *make_text(size_t length)
{
    char *text = memory_zeroed(length + 1, 1);

    for (size_t i = 0; i < length; i++)
        text[i] = "ab"[roll(2)];
    return text;
}

static bool ends_with(const char *text, size_t end, const char *word, size_t length)
{
    return length <= end && memcmp(text + end - length, word, length) == 0;
}

static size_t find_longest(char *const *words, size_t count, const char *text, size_t end)
{
    size_t longest = 0;

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(words[i]);

        if (length > longest && ends_with(text, end, words[i], length))
            longest = length;
    }
    return longest;
}

static size_t find_begun(char *const *words, size_t count, const char *text, size_t end,
                         size_t most)
{
    size_t begun = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t length = strlen(words[i]); length > begun; length--) {
            if (length <= most && ends_with(text, end, words[i], length))
                begun = length;
        }
    }
    return begun;
}

static void reverse(char *text)
{
    for (size_t i = 0, j = strlen(text); i + 1 < j; i++) {
        char byte = text[i];

        text[i] = text[--j];
        text[j] = byte;
    }
}

/* WORDS are those that FINDER finds in TEXT as it is read. */
static void check_text(const struct finder *finder, char *const *words, size_t count,
                       const char *text)
{
    uint32_t state = FINDER_START;

    for (size_t end = 1; end <= strlen(text); end++) {
        state = finder_step(finder, state, text[end - 1]);
        ck_assert_uint_eq(finder_longest(finder, state), find_longest(words, count, text, end));
        for (size_t most = 0; most <= LONGEST; most += 3)
            ck_assert_uint_eq(finder_begun(finder, state, most),
                              find_begun(words, count, text, end, most));
    }
}

START_TEST(it_finds_what_is_there)
{
    for (int round = 0; round < ROUNDS; round++) {
        size_t count = 1 + roll(WORDS);
        char *words[WORDS];
        struct finder *forwards;
        struct finder *backwards;
        char *text = make_text(TEXT);

        for (size_t i = 0; i < count; i++)
            words[i] = make_text(1 + roll(LONGEST));
        forwards = finder_new((const char *const *)words, count, false);
        backwards = finder_new((const char *const *)words, count, true);
        check_text(forwards, words, count, text);
        for (size_t i = 0; i < count; i++)
            reverse(words[i]);
        check_text(backwards, words, count, text);
        finder_free(forwards);
        finder_free(backwards);
        for (size_t i = 0; i < count; i++)
            free(words[i]);
        free(text);
    }
}
END_TEST

START_TEST(all_bytes_are_bytes)
{
    const char *const words[] = {"\xff\x80", "\x01", "\x80"};
    struct finder *finder = finder_new(words, UNIT_COUNT(words), false);
    uint32_t state = FINDER_START;

    state = finder_step(finder, state, '\0');
    ck_assert_uint_eq(state, FINDER_START);
    state = finder_step(finder, state, '\xff');
    ck_assert_uint_eq(finder_longest(finder, state), 0);
    ck_assert_uint_eq(finder_begun(finder, state, 2), 1);
    state = finder_step(finder, state, '\x80');
    ck_assert_uint_eq(finder_longest(finder, state), 2);
    ck_assert_uint_eq(finder_begun(finder, state, 1), 1);
    state = finder_step(finder, state, '\x01');
    ck_assert_uint_eq(finder_longest(finder, state), 1);
    ck_assert_uint_eq(finder_reach(finder), 2);
    finder_free(finder);
}
END_TEST

static Suite *finder_suite(void)
{
    Suite *suite = suite_create("finder");
    TCase *tests = tcase_create("finder");

    tcase_add_test(tests, it_finds_what_is_there);
    tcase_add_test(tests, all_bytes_are_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(finder_suite)
