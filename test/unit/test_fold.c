/* SPDX-License-Identifier: MIT */
/* job/fold: what names_expand() takes apart again, and short enough to be read. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/strings.h"
#include "job/fold.h"
#include "job/limits.h"
#include "job/names.h"
#include "unit/unit.h"

#define FIFTY "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

static const struct {
    const char *names; /* with blanks between */
    const char *folded;
} rows[] = {
    {"", ""},
    {"web", "web"},
    {"web-1", "web-1"},
    {"web-1 web-1", "web-1"},
    {"web-01 web-02 web-03 web-07 db-1", "web-[01-03,07], db-1"},
    {"db-1 web-2 db-2 web-1", "db-[1-2], web-[1-2]"},
    {"web-3 web-1", "web-[1,3]"},
    {"web-2 db-1 web-1", "web-[1-2], db-1"},
    {"db-1 web-1 web-2 db-2", "db-[1-2], web-[1-2]"},
    {"web-10 web-9 web-8", "web-[8-10]"},
    {"web-08 web-09 web-10", "web-[08-10]"},
    {"web-098 web-099 web-100", "web-[098-100]"},
    {"web-99 web-100 web-101", "web-[99-101]"},
    {"web-1 web-01 web-2 web-02", "web-[1-2,01-02]"},
    {"web-9 web-010", "web-[9,010]"},
    {"a0 a1 a00", "a[0-1,00]"},
    {"vm1-eu2 vm2-eu2", "vm[1-2]-eu2"},
    {"vm1-eu1 vm1-eu2", "vm1-eu[1-2]"},
    {"1-web 2-web", "[1-2]-web"},
    {"1 2 3", "[1-3]"},
    {"a1b1 a1b2 a2b1 a2b2", "a[1-2]b[1-2]"},
    {"r1-n1 r1-n2 r1-n3 r2-n1 r2-n2 r2-n3 r3-n1", "r[1-2]-n[1-3], r3-n1"},
    {"Web-1 web-2", "Web-1, web-2"},
    {"rg/web-01 rg/web-02 other/web-03", "rg/web-[01-02], other/web-03"},
    {"rg1/web rg2/web", "rg1/web, rg2/web"},
    {"s/rg/db-1 s/rg/db-2", "s/rg/db-[1-2]"},
    {"x999999999 x1000000000", "x999999999, x1000000000"},
    {"t-20261125030405 t-20261125030406", "t-20261[125030405-125030406]"},
    {"99999999999999999998 99999999999999999999", "99999999999[999999998-999999999]"},
    {"a[1 a[2", "a[1, a[2"}, /* no names: never read as a range */
    {"w\xc3\xa9"
     "1 w\xc3\xa9"
     "2",
     "w\xc3\xa9"
     "1, w\xc3\xa9"
     "2"},
    {FIFTY "1234567890123 " FIFTY "1234567890124", FIFTY "1234[567890123-567890124]"},
};

/* The parts of TEXT between SEPARATOR; TEXT is cut for them. */
static size_t split(char *text, const char *separator, const char **parts)
{
    size_t count = 0;

    while (text != NULL && *text != '\0') {
        char *end = strstr(text, separator);

        parts[count++] = text;
        if (end != NULL)
            *end = '\0';
        text = end != NULL ? end + strlen(separator) : NULL;
    }
    return count;
}

START_TEST(folds)
{
    char *text = memory_string(rows[_i].names);
    const char *names[16];
    struct buffer folded = BUFFER_INIT;

    fold_names(&folded, names, split(text, " ", names));
    ck_assert_msg(strcmp(buffer_text(&folded), rows[_i].folded) == 0, "%s: %s", rows[_i].names,
                  buffer_text(&folded));
    buffer_done(&folded);
    free(text);
}
END_TEST

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts LIST and drops what is there twice; returns how many are left. */
static size_t sort(char **list, size_t count)
{
    size_t kept = 0;

    if (count > 0)
        qsort(list, count, sizeof *list, compare);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(list[kept - 1], list[i]) == 0)
            free(list[i]);
        else
            list[kept++] = list[i];
    }
    return kept;
}

/* NAMES, folded and taken apart again, are the same names, each of them once. Empties NAMES. */
static void check_round_trip(struct strings *names)
{
    struct buffer folded = BUFFER_INIT;
    struct strings back = STRINGS_INIT;
    struct error error = {""};
    const char **ranges = memory_zeroed(names->count, sizeof *ranges);
    size_t count;

    fold_names(&folded, (const char *const *)names->list, names->count);
    count = split(folded.data, ", ", ranges);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(names_expand(ranges[i], 100000, &back, &error) == 0, "%s: %s", ranges[i],
                      error.text);
    names->count = sort(names->list, names->count);
    ck_assert_uint_eq(back.count, names->count);
    if (back.count > 0)
        qsort(back.list, back.count, sizeof *back.list, compare);
    for (size_t i = 0; i < back.count; i++)
        ck_assert_str_eq(back.list[i], names->list[i]);
    strings_done(&back);
    strings_done(names);
    buffer_done(&folded);
    free(ranges);
}

/* Few letters and many digits, zeros among them: names that could be mixed up with each other. */
static void add_random(struct strings *names, unsigned *seed)
{
    static const char letters[] = "0001122999ab--._";
    size_t length = 1 + (size_t)rand_r(seed) % (rand_r(seed) % 40 == 0 ? LIMITS_VM_NAME : 6);
    char name[LIMITS_VM_NAME + 1];

    for (size_t i = 0; i < length; i++)
        name[i] = letters[(size_t)rand_r(seed) % (sizeof letters - 1)];
    name[length] = '\0';
    if (names_is_valid(name))
        strings_add(names, name);
}

START_TEST(every_set_comes_back)
{
    unsigned seed = (unsigned)_i;

    for (int round = 0; round < 200; round++) {
        struct strings names = STRINGS_INIT;
        int count = rand_r(&seed) % (round % 50 == 0 ? 2000 : 60);

        for (int i = 0; i < count; i++)
            add_random(&names, &seed);
        check_round_trip(&names);
    }
}
END_TEST

/* Parts of grids: ranges that are folded again, pass after pass. */
START_TEST(every_part_of_a_grid_comes_back)
{
    unsigned seed = (unsigned)_i;

    for (int round = 0; round < 300; round++) {
        struct strings names = STRINGS_INIT;
        int kept = 1 + rand_r(&seed) % 8;

        for (int i = 0; i < 256; i++) {
            char *name = memory_print("r%d-%02d-n%d.%d", i >> 6, (i >> 4) & 3, (i >> 2) & 3, i & 3);

            if (rand_r(&seed) % 8 < kept)
                strings_add(&names, name);
            free(name);
        }
        check_round_trip(&names);
    }
}
END_TEST

START_TEST(a_hundred_thousand_are_one_range)
{
    struct strings names = STRINGS_INIT;
    struct buffer folded = BUFFER_INIT;
    struct error error;

    ck_assert_int_eq(names_expand("rack[01-50]-node[0001-2000]", 100000, &names, &error), 0);
    fold_names(&folded, (const char *const *)names.list, names.count);
    ck_assert_str_eq(buffer_text(&folded), "rack[01-50]-node[0001-2000]");
    buffer_done(&folded);
    strings_done(&names);
}
END_TEST

/* Names of 32 runs of digits each that share nothing but their form: sorting is all the work. */
START_TEST(many_that_share_nothing_end)
{
    struct strings names = STRINGS_INIT;
    unsigned seed = 1;

    while (names.count < 20000) {
        char name[LIMITS_VM_NAME + 1];

        for (size_t i = 0; i < LIMITS_VM_NAME; i++)
            name[i] = (i % 2 == 0 ? "0123456789" : "a-a-a-a-a-")[rand_r(&seed) % 10];
        name[LIMITS_VM_NAME] = '\0';
        strings_add(&names, name);
    }
    check_round_trip(&names);
}
END_TEST

/* What a line has room for. */
static const struct {
    const char *const names[4];
    size_t count;
    size_t longest;
    const char *folded;
    bool cut;
} within[] = {
    {{"a1", "b", "c"}, 3, 8, "a1, b, c", false}, {{"a1", "b", "c"}, 3, 7, "a1, b", true},
    {{"a1", "b", "c"}, 3, 4, "a1", true},        {{"a1", "a3", "a5"}, 3, 8, "a[1,3,5]", false},
    {{"a1", "a3", "a5"}, 3, 7, "a[1,3", true},   {{"alone"}, 1, 2, "alone", false},
    {{"first", "second"}, 2, 3, "first", true},
};

START_TEST(no_more_than_a_line)
{
    struct buffer folded = BUFFER_INIT;

    ck_assert_int_eq(
        fold_names_within(&folded, within[_i].names, within[_i].count, within[_i].longest),
        within[_i].cut);
    ck_assert_str_eq(buffer_text(&folded), within[_i].folded);
    buffer_done(&folded);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("fold");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, folds, 0, UNIT_COUNT(rows));
    tcase_add_loop_test(tests, no_more_than_a_line, 0, UNIT_COUNT(within));
    tcase_add_loop_test(tests, every_set_comes_back, 1, 6);
    tcase_add_loop_test(tests, every_part_of_a_grid_comes_back, 1, 4);
    tcase_add_test(tests, a_hundred_thousand_are_one_range);
    tcase_add_test(tests, many_that_share_nothing_end);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
