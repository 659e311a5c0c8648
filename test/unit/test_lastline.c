/* SPDX-License-Identifier: MIT */
/* engine/lastline: what a child said last, however its output is cut into pieces. */
#include "engine/lastline.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "unit/unit.h"

static struct lastline lastline;

static void set_up(void)
{
    lastline_init(&lastline);
}

static void tear_down(void)
{
    lastline_destroy(&lastline);
}

static void expect(const char *name, const char *expected)
{
    struct buffer seen = BUFFER_INIT;

    lastline_copy(&lastline, &seen);
    ck_assert_msg(strcmp(buffer_text(&seen), expected) == 0, "%s: \"%s\" instead of \"%s\"", name,
                  buffer_text(&seen), expected);
    buffer_done(&seen);
}

static const struct {
    const char *name;
    const char *pieces[4];
    const char *expected;
} rows[] = {{"nothing", {NULL}, ""},
            {"one line", {"hello\n"}, "hello"},
            {"a line that has not ended", {"hello\nwor"}, "wor"},
            {"in pieces", {"hel", "lo", "\nwo", "rld\n"}, "world"},
            {"blank lines say nothing", {"hello\n\n  \n\t\r\n"}, "hello"},
            {"a blank beginning says nothing", {"hello\n   "}, "hello"},
            {"several in a piece", {"a\nb\nc\n"}, "c"},
            {"the end of a line alone", {"hello", "\n"}, "hello"},
            {"an empty piece", {"hello\n", ""}, "hello"},
            {"blank behind the piece that ends it", {"he", "llo\n\n"}, "hello"},
            {"the first ends, the others are blank", {"x", "y\n \n \n", "\n"}, "xy"}};

START_TEST(pieces_make_lines)
{
    for (int i = 0; i < 4 && rows[_i].pieces[i] != NULL; i++)
        lastline_add(&lastline, rows[_i].pieces[i], strlen(rows[_i].pieces[i]));
    expect(rows[_i].name, rows[_i].expected);
}
END_TEST

/* Only the beginning of a long line is kept, whatever its pieces are. */
START_TEST(long_lines_are_cut)
{
    char longest[LASTLINE_LONGEST + 1];

    memset(longest, 'x', LASTLINE_LONGEST);
    longest[LASTLINE_LONGEST] = '\0';
    for (int i = 0; i < 100; i++)
        lastline_add(&lastline, "xxxxxxxxxxxx", 12);
    expect("while it is printed", longest);
    lastline_add(&lastline, "y\n", 2);
    expect("once it has ended", longest);
    lastline_add(&lastline, "short\n", 6);
    expect("the next one", "short");
}
END_TEST

START_TEST(another_command_begins)
{
    lastline_add(&lastline, "old\nold", 7);
    lastline_clear(&lastline);
    expect("cleared", "");
}
END_TEST

/* The last line of TEXT that is not blank, the plain way. */
static void find_plainly(const char *text, size_t length, struct buffer *ret)
{
    size_t end = length;

    while (end > 0) {
        size_t start = end;
        size_t last = end;

        if (text[end - 1] == '\n' && end != length) {
            end--;
            continue;
        }
        if (text[end - 1] == '\n')
            last = --end;
        for (start = last; start > 0 && text[start - 1] != '\n'; start--)
            ;
        for (size_t i = start; i < last; i++) {
            if (text[i] != ' ') {
                buffer_append(ret, text + start, last - start);
                return;
            }
        }
        end = start;
    }
}

/* Any text of a few letters, cut anywhere, against the plain way. */
START_TEST(any_pieces)
{
    static const char letters[] = "ab \n\n";

    srand(7);
    for (int round = 0; round < 20000; round++) {
        char text[24];
        size_t length = (size_t)rand() % sizeof text;
        struct buffer expected = BUFFER_INIT;

        for (size_t i = 0; i < length; i++)
            text[i] = letters[rand() % 5];
        lastline_clear(&lastline);
        for (size_t at = 0; at < length;) {
            size_t size = 1 + (size_t)rand() % (length - at);

            lastline_add(&lastline, text + at, size);
            at += size;
        }
        find_plainly(text, length, &expected);
        expect("random", buffer_text(&expected));
        buffer_done(&expected);
    }
}
END_TEST

static Suite *lastline_suite(void)
{
    Suite *suite = suite_create("lastline");
    TCase *tests = tcase_create("lastline");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, pieces_make_lines, 0, UNIT_COUNT(rows));
    tcase_add_test(tests, long_lines_are_cut);
    tcase_add_test(tests, another_command_begins);
    tcase_add_test(tests, any_pieces);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(lastline_suite)
