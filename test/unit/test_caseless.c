/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/buffer.h"
#include "base/caseless.h"
#include "base/hash.h"
#include "unit/unit.h"

static const struct {
    const char *name;
    const char *one;
    const char *other;
    int order; /* 0: they are the same */
} rows[] = {
    {"nothing", "", "", 0},
    {"ASCII", "RG-Web_1.(x)", "rg-wEB_1.(X)", 0},
    {"the signs beside the letters", "@[`{", "@[`{", 0},
    {"signs are no letters", "[", "{", -1},
    {"at and backtick", "@", "`", -1},
    {"shorter", "rg", "rg1", -1},
    {"longer", "RG1", "rg", 1},
    {"another letter", "rga", "RGB", -1},
    {"umlauts", "rg-\xc3\x84\xc3\x96\xc3\x9c", "RG-\xc3\xa4\xc3\xb6\xc3\xbc", 0},
    {"the last of Latin-1", "\xc3\xbe\xc3\xbf", "\xc3\x9e\xc5\xb8", 0},
    {"divided by is no letter", "\xc3\xb7", "\xc3\x97", 1},
    {"every second one", "\xc4\x81\xc4\x83", "\xc4\x80\xc4\x82", 0},
    {"upper case ones are not each other", "\xc4\x80", "\xc4\x82", -1},
    {"Greek, with the sigma at an end", "\xce\xa3\xce\xa3", "\xcf\x83\xcf\x82", 0},
    {"Cyrillic", "\xd0\x96\xd1\x8f", "\xd0\xb6\xd0\xaf", 0},
    {"Georgian", "\xe1\x83\x90", "\xe1\xb2\x90", 0},
    {"Cherokee", "\xea\xad\xb0", "\xe1\x8e\xa0", 0},
    {"full width", "\xef\xbd\x9a", "\xef\xbc\xba", 0},
    {"Chinese has none", "\xe5\x8c\x97", "\xe5\x8c\x97", 0},
    {"other Chinese", "\xe5\x8c\x97", "\xe5\x8c\x98", -1},
    {"sharp s is one letter", "\xc3\x9f", "ss", 1},
    {"i without a dot is no i", "\xc4\xb1", "i", 1},
    {"I with a dot is no i", "\xc4\xb0", "i", 1},
    {"long s is no s", "\xc5\xbf", "s", 1},
    {"the Kelvin sign is no k", "\xe2\x84\xaa", "k", 1},
    {"composed is not decomposed", "\xc3\xa4", "a\xcc\x88", 1},
    {"bytes that are no UTF-8", "\xff\xc3", "\xff\xc3", 0},
    {"other such bytes", "\xff", "\xfe", 1},
    {"Latin-1's bytes are no letters", "\xe4", "\xc4", 1},
    {"cut", "a\xc3", "a\xc3\xa4", 1},
};

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void check_spellings(const char *one, const char *other, bool same, const char *name)
{
    struct buffer first = BUFFER_INIT;
    struct buffer second = BUFFER_INIT;

    caseless_append(&first, one);
    caseless_append(&second, other);
    ck_assert_msg((strcmp(buffer_text(&first), buffer_text(&second)) == 0) == same, "%s: %s and %s",
                  name, buffer_text(&first), buffer_text(&second));
    buffer_done(&second);
    caseless_append(&second, buffer_text(&first));
    ck_assert_msg(strcmp(buffer_text(&first), buffer_text(&second)) == 0, "%s: twice", name);
    buffer_done(&first);
    buffer_done(&second);
}

START_TEST(texts_are_compared)
{
    const char *one = rows[_i].one;
    const char *other = rows[_i].other;
    bool same = rows[_i].order == 0;

    ck_assert_msg(sign(caseless_compare(one, other)) == rows[_i].order, "%s", rows[_i].name);
    ck_assert_msg(sign(caseless_compare(other, one)) == -rows[_i].order, "%s", rows[_i].name);
    ck_assert_msg(caseless_is_same(one, other) == same, "%s", rows[_i].name);
    ck_assert_msg((caseless_hash(HASH_BEGIN, one) == caseless_hash(HASH_BEGIN, other)) == same,
                  "%s: the hash", rows[_i].name);
    check_spellings(one, other, same, rows[_i].name);
}
END_TEST

START_TEST(nothing_is_before_all)
{
    ck_assert(caseless_is_same(NULL, NULL));
    ck_assert_int_lt(caseless_compare(NULL, ""), 0);
    ck_assert_int_gt(caseless_compare("", NULL), 0);
}
END_TEST

/* Marks on VMs are made of it: they are found again by every azfan. */
START_TEST(ascii_is_in_lower_case)
{
    struct buffer text = BUFFER_INIT;

    caseless_append(&text, "/Subscriptions/AbC @[`{~");
    ck_assert_str_eq(buffer_text(&text), "/subscriptions/abc @[`{~");
    buffer_done(&text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("caseless");
    TCase *cases = tcase_create("caseless");

    tcase_add_loop_test(cases, texts_are_compared, 0, UNIT_COUNT(rows));
    tcase_add_test(cases, nothing_is_before_all);
    tcase_add_test(cases, ascii_is_in_lower_case);
    suite_add_tcase(suite, cases);
    return suite;
}

UNIT_MAIN(make_suite)
