/* SPDX-License-Identifier: MIT */
/* base/drawn: what a terminal shows in the end, and what must not happen to who reads of it. */
#include <string.h>

#include "base/buffer.h"
#include "base/drawn.h"
#include "base/text.h"
#include "unit/unit.h"

#define BYTES(text) text, sizeof(text) - 1
#define ESC         "\033"
#define BAD         "\xef\xbf\xbd"
#define WIDE        "\xe6\x97\xa5" /* two columns */

static const struct {
    const char *bytes;
    size_t length;
    const char *expected;
} rows[] = {
    /* nothing to be drawn: as text_append_plain() */
    {BYTES(""), ""},
    {BYTES("a\tb\n\n  c  \n"), "a\tb\n\n  c  \n"},
    {BYTES("a\0b\a\x7f\v\f"), "a\\x00b\\x07\\x7f\\x0b\\x0c"},
    {BYTES("\xff\xe2\x80\xae"), BAD "\\u202e"},
    /* line ends */
    {BYTES("a\r\nb\r\n"), "a\nb\n"},
    {BYTES("a\r\r\n\r\n\rb"), "a\n\nb"},
    {BYTES("a  \r\n"), "a  \n"},
    {BYTES("a\r"), "a"},
    {BYTES("\r"), ""},
    /* carriage returns */
    {BYTES("10%\r20%\r100%\n"), "100%\n"},
    {BYTES("10%\r20%\r100%\r\n"), "100%\n"},
    {BYTES("100%\r7%\n"), "7%0%\n"},
    {BYTES("unpacking\rdone     \nx"), "done\nx"},
    {BYTES("50%\r   \rdone\n"), "done\n"},
    {BYTES("50%\r   \r\n"), "\n"},
    {BYTES("one\ntwo\rT\nthree\n"), "one\nTwo\nthree\n"},
    {BYTES("\r  1  100M\r  2  100M"), "  2  100M"},
    {BYTES("a\rb\0c"), "b\\x00c"},

    /* UTF-16, alone, between other lines, with another letter, and what is none. */
    {BYTES("a\0b\0\r\0\n\0c\0d\0\r\0\n\0"), "ab\ncd\n"},
    {BYTES("\0a\0b\0\n\0c\0d"), "ab\ncd"},
    {BYTES("one\na\0b\0\r\0\n\0\r\0\n\0c\0\n\0two\n"), "one\nab\n\nc\ntwo\n"},
    {BYTES("a\0\xe9\0\n\0"), "a\xc3\xa9\n"},
    {BYTES("a\0" ESC "\0[\0"
           "1\0m\0b\0"),
     "ab"},
    {BYTES("a\0\0b\0"), "a\\x00\\x00b\\x00"},
    {BYTES("a\0bc\0d\0"), "a\\x00bc\\x00d\\x00"},
    {BYTES("a\0"), "a\\x00"},
    {BYTES("\0\n\0"), "\\x00\n\\x00"},
    {BYTES("\xff\xff\xff\rb"), "b" BAD BAD},
    {BYTES("\xe2\x80\xae\xe2\x80\xae\rx"), "x\\u202e"},
    /* backspaces */
    {BYTES("ab\bc\n"), "ac\n"},
    {BYTES("ab\b\b\b\bc\n"), "cb\n"},
    {BYTES("N\bNA\bAM\bME\bE"), "NAME"},
    {BYTES("_\bx_\by"), "xy"},
    {BYTES("50%\b\b\b60%\b \b"), "60"},
    /* colours and the like */
    {BYTES(ESC "[31mred" ESC "[0m  \n"), "red  \n"},
    {BYTES(ESC "[1;38;2;10;20;30mx" ESC "[m"), "x"},
    {BYTES(ESC "[38:5:1mx"), "x"},
    {BYTES(ESC "(B" ESC "[m" ESC "7" ESC "8" ESC "=x" ESC "c"), "x"},
    {BYTES(ESC "[?25lx" ESC "[?25h" ESC "[!p" ESC "[>4;1m" ESC "[ q"), "x"},
    {BYTES(ESC "]0;title\ax" ESC "]0;title" ESC "\\"), "x"},
    {BYTES(ESC "]8;;https://example.com/\xc3\xa4" ESC "\\link" ESC "]8;;" ESC "\\."), "link."},
    {BYTES(ESC "P1$r0m" ESC "\\" ESC "_x" ESC "\\" ESC "^x" ESC "\\" ESC "Xx" ESC "\\y"), "y"},
    {BYTES("a" ESC "[Kb" ESC "[mc" ESC "[K\n"), "abc\n"},
    {BYTES(ESC "[31mtab\there" ESC "[m\n"), "tab\there\n"},
    {BYTES(ESC "[2J" ESC "[Hx" ESC "[1A" ESC "[12;1fy" ESC "[3d"), "xy"},
    /* no whole sequence */
    {BYTES("a" ESC), "a\\x1b"},
    {BYTES("a" ESC "\nb"), "a\\x1b\nb"},
    {BYTES(ESC "["), "\\x1b["},
    {BYTES(ESC "[31"), "\\x1b[31"},
    {BYTES(ESC "[31\nm"), "\\x1b[31\nm"},
    {BYTES(ESC "[3\xc3\xa4m"), "\\x1b[3\xc3\xa4m"},
    {BYTES(ESC ESC "[31mx"), "\\x1bx"},
    {BYTES(ESC "]0;title\nx\a"), "\\x1b]0;title\nx\\x07"},
    {BYTES(ESC "]0;" ESC "]0;a\ab"), "\\x1b]0;b"},
    {BYTES(ESC "]0;a\tb\a"), "\\x1b]0;a\tb\\x07"},
    {BYTES(ESC "("), "\\x1b("},
    {BYTES(ESC "\xc3\xa4"), "\\x1b\xc3\xa4"},
    {BYTES(ESC "\0x"), "\\x1b\\x00x"},
    {BYTES("\xc2\x9b"
           "31mx" ESC "[m"),
     "\\x9b31mx"},
    /* movements within the line, and erasing */
    {BYTES("unpacking\r" ESC "[Kdone\n"), "done\n"},
    {BYTES("unpacking" ESC "[2K\rdone\n"), "done\n"},
    {BYTES("unpacking" ESC "[2Kdone\n"), "         done\n"},
    {BYTES("abc" ESC "[2D" ESC "[1Kd\n"), " dc\n"},
    {BYTES("unpacking\r" ESC "[Jdone\n"), "done\n"},
    {BYTES("abcd" ESC "[1GA" ESC "[3GC" ESC "[DX" ESC "[CY\n"), "AbXdY\n"},
    {BYTES("abcd\r" ESC "[2Xx\n"), "x cd\n"},
    {BYTES("start" ESC "[10G[ OK ]\n"), "start    [ OK ]\n"},
    {BYTES("a" ESC "[3Cb\n"), "a   b\n"},
    {BYTES("a" ESC "[3C\n"), "a\n"},
    {BYTES("a" ESC "[99999999999999999999Db" ESC "[0Gc" ESC "[0;5;Kd"), "cd"},
    /* columns */
    {BYTES(WIDE WIDE "\rx\n"), "x " WIDE "\n"},
    {BYTES(WIDE WIDE "\r" ESC "[Cx\n"), " x" WIDE "\n"},
    {BYTES("abcd\r" WIDE "\n"), WIDE "cd\n"},
    {BYTES("abcd\r" ESC "[C" WIDE "\n"), "a" WIDE "d\n"},
    {BYTES("a" WIDE "b\r" WIDE "\n"), WIDE " b\n"},
    {BYTES(WIDE "\b\n"), WIDE "\n"},
    {BYTES("e\xcc\x81x\ro\n"), "ox\n"},
    {BYTES("ex\rE\xcc\x81\n"), "E\xcc\x81x\n"},
    {BYTES("\xcc\x81\ra\n"), "a\n"},
    {BYTES(WIDE "\xcc\x81z\rxx"), "xxz"},
    {BYTES("a\tb\rX\n"), "X\tb\n"},
    {BYTES("a\tb\r\tB\n"), "a\tB\n"},
    {BYTES("a\tb\rXYZ\n"), "XYZ     b\n"},
    {BYTES("abc\r\td\n"), "abc     d\n"},
};

START_TEST(it_is_what_a_terminal_shows)
{
    struct buffer text = BUFFER_INIT;

    drawn_append(&text, rows[_i].bytes, rows[_i].length);
    ck_assert_msg(strcmp(buffer_text(&text), rows[_i].expected) == 0, "row %d: \"%s\" for \"%s\"",
                  _i, buffer_text(&text), rows[_i].expected);
    buffer_done(&text);
}
END_TEST

/* Who shows it once more changes nothing. */
START_TEST(what_is_drawn_stays)
{
    struct buffer text = BUFFER_INIT;

    drawn_append(&text, rows[_i].expected, strlen(rows[_i].expected));
    ck_assert_str_eq(buffer_text(&text), rows[_i].expected);
    buffer_done(&text);
}
END_TEST

START_TEST(it_is_appended)
{
    struct buffer text = BUFFER_INIT;

    drawn_append(&text, NULL, 0);
    buffer_add(&text, "x");
    drawn_append(&text, BYTES("a\rb"));
    drawn_append(&text, NULL, 0);
    drawn_append(&text, BYTES("\rc"));
    ck_assert_str_eq(buffer_text(&text), "xbc");
    buffer_done(&text);
}
END_TEST

/* A line that is wider than any terminal loses nothing of what was not drawn over. */
START_TEST(a_long_line_is_whole)
{
    struct buffer bytes = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;

    buffer_add(&bytes, ESC "[m");
    for (int i = 0; i < 5000; i++)
        buffer_print(&bytes, "%d" WIDE "\t", i);
    drawn_append(&text, bytes.data, bytes.length);
    ck_assert_uint_eq(text.length, bytes.length - 3);
    ck_assert_mem_eq(text.data, bytes.data + 3, text.length);
    buffer_done(&bytes);
    buffer_done(&text);
}
END_TEST

/* All columns are skipped that a terminal has, and no more than were paid for. */
START_TEST(skipping_does_not_swell)
{
    struct buffer bytes = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;

    while (bytes.length < 100000)
        buffer_add(&bytes, ESC "[9999Cx\n");
    drawn_append(&text, bytes.data, bytes.length);
    ck_assert_uint_lt(text.length, 2 * bytes.length + 4096);
    buffer_done(&bytes);
    buffer_done(&text);
}
END_TEST

static const char *const floods[] = {ESC,
                                     ESC "[",
                                     ESC "]",
                                     ESC "[1;",
                                     "\r",
                                     "\b",
                                     "a\r",
                                     "a\b",
                                     "\t\r",
                                     WIDE,
                                     "x" ESC "[2K",
                                     "x" ESC "[1K",
                                     "\t\b",
                                     ESC "[1;2;3m",
                                     ESC "[999C" ESC "[1Kx",
                                     "\xcc\x81\r",
                                     "x\xcc\x81" ESC "[D",
                                     ESC "]0;a\a",
                                     "\xff\r",
                                     ESC "[999Gx\r" ESC "[K",
                                     ESC "P"};

/* 1 MiB each, in one line, after a line as wide as can be: what is not linear would not end. */
START_TEST(floods_end)
{
    struct buffer bytes = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;
    size_t bad;

    for (int i = 0; i < 1000; i++)
        buffer_add(&bytes, "x");
    while (bytes.length < 1024 * 1024)
        buffer_add(&bytes, floods[_i]);
    drawn_append(&text, bytes.data, bytes.length);
    ck_assert(text_is_utf8(buffer_text(&text), text.length, &bad));
    ck_assert_ptr_null(strpbrk(buffer_text(&text), "\r\b\033"));
    ck_assert_uint_le(text.length, 4 * bytes.length);
    buffer_done(&bytes);
    buffer_done(&text);
}
END_TEST

/* 10,000 parameters are one sequence. */
START_TEST(a_long_sequence_is_left_out)
{
    struct buffer bytes = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;

    buffer_add(&bytes, "a" ESC "[");
    for (int i = 0; i < 10000; i++)
        buffer_print(&bytes, "%d;", i);
    buffer_add(&bytes, "mb");
    drawn_append(&text, bytes.data, bytes.length);
    ck_assert_str_eq(buffer_text(&text), "ab");
    buffer_done(&bytes);
    buffer_done(&text);
}
END_TEST

static const struct {
    const char *text;
    size_t columns;
    size_t bytes;
} heads[] = {{"", 3, 0},
             {"abc", 3, 3},
             {"abcd", 3, 3},
             {"\303\244bc", 2, 3},
             {"abcd", 0, 0},
             {"\033[31mab\033[0m", 2, 11},
             {"\344\270\255x", 1, 0},
             {"\344\270\255x", 2, 3},
             {"e\314\201x", 1, 3}};

START_TEST(what_fits_into_columns)
{
    ck_assert_uint_eq(drawn_head(heads[_i].text, strlen(heads[_i].text), heads[_i].columns),
                      heads[_i].bytes);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("drawn");
    TCase *tests = tcase_create("all");
    int count = sizeof rows / sizeof rows[0];

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, what_fits_into_columns, 0, UNIT_COUNT(heads));
    tcase_add_loop_test(tests, it_is_what_a_terminal_shows, 0, count);
    tcase_add_loop_test(tests, what_is_drawn_stays, 0, count);
    tcase_add_test(tests, it_is_appended);
    tcase_add_test(tests, a_long_line_is_whole);
    tcase_add_test(tests, skipping_does_not_swell);
    tcase_add_loop_test(tests, floods_end, 0, sizeof floods / sizeof floods[0]);
    tcase_add_test(tests, a_long_sequence_is_left_out);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
