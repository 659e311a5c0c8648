/* SPDX-License-Identifier: MIT */
/* report/diff: what differs, all of it and little else, and no more work than that is worth. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "report/diff.h"
#include "unit/unit.h"

static const struct {
    const char *name, *old, *new;
    const char *expected; /* NULL: NEW says as much */
} rows[] = {
    {"equal", "a\nb\n", "a\nb\n", ""},
    {"both empty", "", "", ""},
    {"one line in three", "a\nb\nc\n", "a\nB\nc\n", "  a\n- b\n+ B\n  c\n"},
    {"one line in two", "a\nb\n", "a\nB\n", "  a\n- b\n+ B\n"},
    {"one line in one", "a\n", "b\n", NULL},
    {"a line more", "a\nb\n", "a\nb\nc\n", "  a\n  b\n+ c\n"},
    {"a line less", "a\nb\nc\n", "a\nc\n", "  a\n- b\n  c\n"},
    {"a line at the head", "b\nc\n", "a\nb\nc\n", "+ a\n  b\n  c\n"},
    {"a line twice", "a\na\n", "a\na\na\n", "  a\n  a\n+ a\n"},
    {"far from the ends", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
     "  …\n  3\n  4\n- 5\n+ x\n  6\n  7\n  …\n"},
    {"two places", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "x\n2\n3\n4\n5\n6\n7\n8\n9\ny\n",
     "- 1\n+ x\n  2\n  3\n  …\n  8\n  9\n- 10\n+ y\n"},
    {"removed first", "1\n2\n3\n4\n5\n6\n7\n", "1\nx\ny\n4\n5\n6\n7\n",
     "  1\n- 2\n- 3\n+ x\n+ y\n  4\n  5\n  …\n"},
    {"longer than the text", "1\n2\n3\n4\n5\n6\n", "1\nx\ny\n4\n5\n6\n", NULL},
    {"nothing in common", "a\nb\nc\n", "d\ne\nf\n", NULL},
    {"less than half in common", "a\nb\nc\n", "a\nx\ny\n", NULL},
    {"much of the old is gone", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "9\n", NULL},
    {"nothing new", "a\nb\n", "", NULL},
    {"nothing old", "", "a\nb\n", NULL},
    {"no newline at the end any more", "a\nb\n", "a\nb", "- b\n+ b\n\\ no newline at the end\n"},
    {"a newline at the end now", "a\nb", "a\nb\n", "- b\n\\ no newline at the end\n+ b\n"},
    {"another last line without one", "a\nb\nc\n", "a\nb\nc\nd", "  …\n  b\n  c\n+ d\n"},
    {"empty lines", "a\n\n\nb\n", "a\n\nb\n", "  a\n  \n- \n  b\n"},
};

START_TEST(prints)
{
    struct buffer text = BUFFER_INIT;
    bool told;

    buffer_add(&text, "before\n");
    told =
        diff_print(&text, rows[_i].old, strlen(rows[_i].old), rows[_i].new, strlen(rows[_i].new));
    ck_assert_msg(told == (rows[_i].expected != NULL), "%s: %s", rows[_i].name, buffer_text(&text));
    ck_assert_msg(strcmp(buffer_text(&text) + strlen("before\n"), told ? rows[_i].expected : "") ==
                      0,
                  "%s:\n%s", rows[_i].name, buffer_text(&text));
    buffer_done(&text);
}
END_TEST

/* ---- any texts ---------------------------------------------------------------------------- */

enum { MOST = 64 };

/* A text of COUNT lines, each one letter. */
struct letters {
    char list[MOST];
    int count;
};

static void print_letters(struct buffer *ret, const struct letters *letters)
{
    for (int i = 0; i < letters->count; i++)
        buffer_print(ret, "%c\n", letters->list[i]);
}

static int longest_common(const struct letters *old, const struct letters *new)
{
    int table[MOST + 1][MOST + 1] = {{0}};

    for (int i = 1; i <= old->count; i++) {
        for (int j = 1; j <= new->count; j++) {
            int best = table[i - 1][j] > table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];

            table[i][j] = old->list[i - 1] == new->list[j - 1] ? table[i - 1][j - 1] + 1 : best;
        }
    }
    return table[old->count][new->count];
}

/* Does the difference AT, put on OLD from line I on, give NEW from line J on? What is left out is
 * as many lines as fit. */
static bool gives(const char *at, const struct letters *old, int i, const struct letters *new,
                  int j)
{
    char mark = at[0];

    if (strncmp(at, "  …\n", strlen("  …\n")) == 0) {
        for (; i < old->count && j < new->count && old->list[i] == new->list[j]; i++, j++) {
            if (gives(at + strlen("  …\n"), old, i + 1, new, j + 1))
                return true;
        }
        return false;
    }
    if (mark == '\0')
        return i == old->count && j == new->count;
    if (at[1] != ' ' || at[3] != '\n')
        return false;
    if (mark != '+' && (i == old->count || old->list[i] != at[2]))
        return false;
    if (mark != '-' && (j == new->count || new->list[j] != at[2]))
        return false;
    return strchr(" -+", mark) != NULL &&
           gives(at + 4, old, i + (mark != '+'), new, j + (mark != '-'));
}

static int count_edits(const char *diff)
{
    int count = 0;

    for (; *diff != '\0'; diff = strchr(diff, '\n') + 1)
        count += *diff == '-' || *diff == '+';
    return count;
}

/* NEW is OLD with some lines changed. */
static void change(const struct letters *old, struct letters *new, unsigned *seed)
{
    new->count = 0;
    for (int i = 0; i < old->count; i++) {
        int dice = rand_r(seed) % 24;

        if (dice != 0 && new->count < MOST)
            new->list[new->count++] = old->list[i];
        if (dice <= 1 && new->count < MOST)
            new->list[new->count++] = (char)('a' + rand_r(seed) % 6);
    }
}

/* It gives NEW back, no shorter one does, and it is there when enough is in common. */
static bool check(const struct letters *old, const struct letters *new)
{
    struct buffer one = BUFFER_INIT, other = BUFFER_INIT, diff = BUFFER_INIT;
    int common = longest_common(old, new);
    int edits = old->count + new->count - 2 * common;
    bool told;

    print_letters(&one, old);
    print_letters(&other, new);
    told = diff_print(&diff, buffer_text(&one), one.length, buffer_text(&other), other.length);
    if (told && diff.length > 0) {
        ck_assert_msg(gives(buffer_text(&diff), old, 0, new, 0), "%s\n%s\n%s", buffer_text(&one),
                      other.data, diff.data);
        ck_assert_int_eq(count_edits(diff.data), edits);
        ck_assert_int_ge(2 * common, new->count);
    }
    if (!told) /* at most a line removed, and half of NEW kept: that would be shorter */
        ck_assert_msg(new->count == 0 || 2 * common < new->count || old->count - common > 1,
                      "%s\n%s", buffer_text(&one), buffer_text(&other));
    buffer_done(&one);
    buffer_done(&other);
    buffer_done(&diff);
    return told && edits > 0;
}

START_TEST(gives_the_new_text_back)
{
    unsigned seed = (unsigned)_i;
    int told = 0;

    for (int round = 0; round < 2000; round++) {
        struct letters old = {.count = rand_r(&seed) % (MOST - 8)};
        struct letters new;

        for (int i = 0; i < old.count; i++)
            old.list[i] = (char)('a' + rand_r(&seed) % (1 + round % 26));
        change(&old, &new, &seed);
        told += check(&old, &new);
    }
    ck_assert_int_gt(told, 500); /* else nothing was tried */
}
END_TEST

/* ---- bounds ------------------------------------------------------------------------------- */

static void print_lines(struct buffer *ret, int count, int every)
{
    for (int i = 0; i < count; i++)
        buffer_print(ret, "%s %d\n", every > 0 && i % every == 0 ? "other" : "line", i);
}

static const struct {
    int count, every;
    bool told;
} bounds[] = {
    {20000, 1000, true},   /* 20 lines of 20,000 differ */
    {20000, 400, true},    /* 50 do */
    {20000, 350, false},   /* 116 edits: nobody reads that */
    {20000, 1, false},     /* all differ: the search ends soon */
    {20001, 10000, false}, /* too long */
    {1000000, 1, false},
};

START_TEST(ends_when_it_is_too_much)
{
    struct buffer old = BUFFER_INIT, new = BUFFER_INIT, diff = BUFFER_INIT;

    print_lines(&old, bounds[_i].count, 0);
    print_lines(&new, bounds[_i].count, bounds[_i].every);
    ck_assert(diff_print(&diff, old.data, old.length, new.data, new.length) == bounds[_i].told);
    buffer_done(&old);
    buffer_done(&new);
    buffer_done(&diff);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("diff");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, prints, 0, UNIT_COUNT(rows));
    tcase_add_loop_test(tests, gives_the_new_text_back, 1, 5);
    tcase_add_loop_test(tests, ends_when_it_is_too_much, 0, UNIT_COUNT(bounds));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
