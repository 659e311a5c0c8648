/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "unit/unit.h"

#define BYTES(text) text, sizeof(text) - 1
#define BAD         "\xef\xbf\xbd"

static const struct {
    const char *name;
    const char *bytes;
    size_t length;
    long bad; /* -1: it is UTF-8 */
    const char *utf8;
    const char *plain;
} rows[] = {
    {"empty", BYTES(""), -1, "", ""},
    {"ASCII", BYTES("a\tb\n"), -1, "a\tb\n", "a\tb\n"},
    {"two to four bytes", BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), -1,
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"last character", BYTES("\xf4\x8f\xbf\xbf"), -1, "\xf4\x8f\xbf\xbf", "\\u10ffff"},
    {"last that is shown", BYTES("\xf4\x8f\xbf\xbd"), -1, "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd"},
    {"beyond the last", BYTES("\xf4\x90\x80\x80"), 0, BAD BAD BAD BAD, BAD BAD BAD BAD},
    {"overlong slash", BYTES("a\xc0\xaf"), 1, "a" BAD BAD, "a" BAD BAD},
    {"overlong in three", BYTES("\xe0\x80\xaf"), 0, BAD BAD BAD, BAD BAD BAD},
    {"surrogate", BYTES("\xed\xa0\x80"), 0, BAD BAD BAD, BAD BAD BAD},
    {"cut", BYTES("ab\xe2\x82"), 2, "ab" BAD BAD, "ab" BAD BAD},
    {"lone continuation",
     BYTES("\x80"
           "a"),
     0, BAD "a", BAD "a"},
    {"Latin-1",
     BYTES("Gr\xf6\xdf"
           "e"),
     2, "Gr" BAD BAD "e", "Gr" BAD BAD "e"},
    {"escape sequence", BYTES("\033[31mred\007"), -1, "\033[31mred\007", "\\x1b[31mred\\x07"},
    {"C1",
     BYTES("\xc2\x9b"
           "1m"),
     -1,
     "\xc2\x9b"
     "1m",
     "\\x9b1m"},
    {"delete", BYTES("a\x7f"), -1, "a\x7f", "a\\x7f"},
    {"bidirectional",
     BYTES("\xe2\x80\xae"
           "x"),
     -1,
     "\xe2\x80\xae"
     "x",
     "\\u202ex"},
    {"zero width",
     BYTES("a\xe2\x80\x8b"
           "b"),
     -1,
     "a\xe2\x80\x8b"
     "b",
     "a\\u200bb"},
    {"noncharacters",
     BYTES("\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90\xef\xb7\xaf\xf0\x9f\xbf\xbe\xf4\x8f\xbf\xbf"), -1,
     "\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90\xef\xb7\xaf\xf0\x9f\xbf\xbe\xf4\x8f\xbf\xbf",
     "\\ufffe\\uffff\\ufdd0\\ufdef\\u1fffe\\u10ffff"},
    {"beside the noncharacters", BYTES("\xef\xbf\xbc" BAD "\xef\xb7\x8f\xef\xb7\xb0"), -1,
     "\xef\xbf\xbc" BAD "\xef\xb7\x8f\xef\xb7\xb0", "\xef\xbf\xbc" BAD "\xef\xb7\x8f\xef\xb7\xb0"},
    {"annotations", BYTES("\xef\xbf\xb9\xef\xbf\xba\xef\xbf\xbb"), -1,
     "\xef\xbf\xb9\xef\xbf\xba\xef\xbf\xbb", "\\ufff9\\ufffa\\ufffb"},
    {"harm in the middle", BYTES("ab\001cd\001\001ef"), -1, "ab\001cd\001\001ef",
     "ab\\x01cd\\x01\\x01ef"},
    {"Windows line end", BYTES("a\r\nb\rc\r"), -1, "a\r\nb\rc\r", "a\nb\\x0dc\\x0d"},
};

START_TEST(utf8_and_plain)
{
    struct buffer text = BUFFER_INIT;
    size_t bad = 0;
    bool good = text_is_utf8(rows[_i].bytes, rows[_i].length, &bad);

    ck_assert_msg(good == (rows[_i].bad < 0), "%s", rows[_i].name);
    ck_assert_msg(good || bad == (size_t)rows[_i].bad, "%s: at %zu", rows[_i].name, bad);
    text_append_utf8(&text, rows[_i].bytes, rows[_i].length);
    ck_assert_msg(strcmp(buffer_text(&text), rows[_i].utf8) == 0, "%s: %s", rows[_i].name,
                  buffer_text(&text));
    buffer_done(&text);
    text_append_plain(&text, rows[_i].bytes, rows[_i].length);
    ck_assert_msg(strcmp(buffer_text(&text), rows[_i].plain) == 0, "%s: %s", rows[_i].name,
                  buffer_text(&text));
    buffer_done(&text);
}
END_TEST

START_TEST(a_line_is_one)
{
    struct buffer text = BUFFER_INIT;

    text_add_line(&text, "a\nb\tc\x1b"
                         "d\r\ne\r\xc2\x9b\xe2\x80\xae");
    ck_assert_str_eq(buffer_text(&text), "a\\x0ab\\x09c\\x1bd\\x0ae\\x0d\\x9b\\u202e");
    buffer_done(&text);
    text_add_word(&text, "a\nb");
    ck_assert_str_eq(buffer_text(&text), "'a\\x0ab'");
    buffer_done(&text);
}
END_TEST

START_TEST(plain_shows_nul)
{
    struct buffer text = BUFFER_INIT;

    text_append_plain(&text, "a\0b", 3);
    ck_assert_str_eq(buffer_text(&text), "a\\x00b");
    buffer_done(&text);
}
END_TEST

static const struct {
    const char *bytes;
    size_t count, start;
} lines[] = {
    {"", 1, 0},          {"a", 1, 0},      {"a\n", 1, 0},   {"a\nb", 1, 2}, {"a\nb\n", 1, 2},
    {"a\nb\nc\n", 2, 2}, {"a\nb\n", 9, 0}, {"a\n\n", 1, 2}, {"\n", 1, 0},   {"\n\n", 2, 0},
};

START_TEST(last_lines)
{
    size_t start = text_last_lines(lines[_i].bytes, strlen(lines[_i].bytes), lines[_i].count);

    ck_assert_msg(start == lines[_i].start, "row %d: %zu", _i, start);
}
END_TEST

static const struct {
    const char *text;
    int start, width;
    const char *expected; /* with an indent of 2 */
} sentences[] = {
    {"", 0, 10, ""},
    {"one two three", 0, 0, "one two three"},
    {"one two three", 0, 13, "one two three"},
    {"one two three", 0, 12, "one two\n  three"},
    {"one two three", 6, 10, "one\n  two\n  three"},
    {"one two three", 9, 10, "\n  one two\n  three"},
    {"unbreakable x", 0, 5, "unbreakable\n  x"},
    {"a unbreakable", 0, 8, "a unbreakable"},
    {" x", 9, 10, "\n  x"},
    {" x", 8, 10, " x"},
    {"\033[1mone\033[0m \033[31mtwo\033[0m", 0, 7, "\033[1mone\033[0m \033[31mtwo\033[0m"},
    {"\033[1mone\033[0m \033[31mtwo\033[0m", 0, 6, "\033[1mone\033[0m\n  \033[31mtwo\033[0m"},
    {"größe zwölf", 0, 11, "größe zwölf"}, /* columns, not bytes */
    {"a b c d e f", 0, 3, "a b\n  c\n  d\n  e\n  f"},
};

START_TEST(wrapped)
{
    struct buffer seen = BUFFER_INIT;

    text_add_wrapped(&seen, sentences[_i].text, sentences[_i].start, 2, sentences[_i].width);
    ck_assert_msg(strcmp(buffer_text(&seen), sentences[_i].expected) == 0, "row %d: \"%s\"", _i,
                  buffer_text(&seen));
    buffer_done(&seen);
}
END_TEST

static const struct {
    const char *json;
    const char *expected;
} jsons[] = {
    {"{\"a\":\"b\"}\n", "{\"a\":\"b\"}\n"},
    {"\"\xc3\xa4\xe2\x82\xac\"", "\"\xc3\xa4\xe2\x82\xac\""},
    {"\"\xc2\x9b"
     "2J\"",
     "\"\\u009b2J\""},
    {"\"\x7f\"", "\"\\u007f\""},
    {"\"a\xe2\x80\xae"
     "b\"",
     "\"a\\u202eb\""},
    {"\"\xf3\xa0\x80\x81\"", "\"\\udb40\\udc01\""}, /* U+E0001 */
};

START_TEST(json_does_nothing_to_a_terminal)
{
    struct buffer seen = BUFFER_INIT;

    text_append_json(&seen, jsons[_i].json, strlen(jsons[_i].json));
    ck_assert_str_eq(buffer_text(&seen), jsons[_i].expected);
    buffer_done(&seen);
}
END_TEST

static const struct {
    const char *text;
    const char *expected;
} words_of_a_shell[] = {
    {"20261125T030000Z-demo-1a2b", "20261125T030000Z-demo-1a2b"},
    {"/runs/a_b.c", "/runs/a_b.c"},
    {"", "''"},
    {"my run", "'my run'"},
    {"a; `id` $(id)", "'a; `id` $(id)'"},
    {"it's", "'it'\\''s'"},
    {"a\033[2J", "'a\\x1b[2J'"},
};

START_TEST(word_of_a_shell)
{
    struct buffer seen = BUFFER_INIT;

    text_add_word(&seen, words_of_a_shell[_i].text);
    ck_assert_str_eq(buffer_text(&seen), words_of_a_shell[_i].expected);
    buffer_done(&seen);
}
END_TEST

static const struct {
    const char *bytes;
    size_t length;
    const char *expected;
} encodings[] = {
    {"\xff\xfe", 2, "UTF-16"},
    {"\xfe\xff\0a", 4, "UTF-16"},
    {"\xff\xfe\0\0a\0\0\0", 8, "UTF-32"},
    {"\0\0\xfe\xff\0\0\0a", 8, "UTF-32"},
    {"a\0b\0", 4, "UTF-16"},
    {"\0a\0b", 4, "UTF-16"},
    {"a\0\0\0", 4, "UTF-32"},
    {"\0\0\0a", 4, "UTF-32"},
    {"abcd", 4, NULL},
    {"ab\0d", 4, NULL},
    {"\0\0\0\0", 4, NULL},
    {"a\0b", 3, NULL},
    {"\xef\xbb\xbf", 3, NULL},
    {"\xff", 1, NULL},
    {"", 0, NULL},
};

START_TEST(other_encoding)
{
    const char *found = text_other_encoding(encodings[_i].bytes, encodings[_i].length);

    ck_assert_msg(found == NULL ? encodings[_i].expected == NULL
                                : encodings[_i].expected != NULL &&
                                      strcmp(found, encodings[_i].expected) == 0,
                  "row %d: %s", _i, found != NULL ? found : "none");
}
END_TEST

/* No character is cut in two: of each text its two ends, MOST bytes each at most. */
static const struct {
    const char *text;
    size_t most;
    const char *head;
    const char *tail;
} ends[] = {
    {"abcdef", 2, "ab", "ef"},
    {"abc", 3, "abc", "abc"},
    {"abc", 9, "abc", "abc"},
    {"abc", 0, "", ""},
    {"", 0, "", ""},
    {"a\u00e9b", 2, "a", "b"},
    {"a\u00e9b", 3, "a\u00e9", "\u00e9b"},
    {"\u20ac\u20ac", 2, "", ""},
    {"\u20ac\u20ac", 5, "\u20ac", "\u20ac"},
    {"\U0001f511", 3, "", ""},
};

START_TEST(ends_of_a_text)
{
    const char *text = ends[_i].text;
    size_t length = strlen(text);
    char *head = memory_copy(text, text_head(text, length, ends[_i].most));

    ck_assert_str_eq(head, ends[_i].head);
    ck_assert_str_eq(text + text_tail(text, length, ends[_i].most), ends[_i].tail);
    free(head);
}
END_TEST

START_TEST(the_middle_is_cut_out)
{
    struct buffer buffer = BUFFER_INIT;

    text_cut_middle(&buffer, "0123456789", 10, 2, 9);
    ck_assert_str_eq(buffer_text(&buffer), "01\n[… 7 bytes left out …]\n9");
    buffer_done(&buffer);
}
END_TEST

/* What was never written to has no address. A sanitizer tells when something is added to it. */
START_TEST(nothing_needs_no_address)
{
    struct buffer seen = BUFFER_INIT;
    size_t bad;

    ck_assert(text_is_utf8(NULL, 0, &bad));
    text_append_utf8(&seen, NULL, 0);
    text_append_plain(&seen, NULL, 0);
    text_append_json(&seen, NULL, 0);
    ck_assert_uint_eq(seen.length, 0);
    ck_assert_uint_eq(text_last_lines(NULL, 0, 3), 0);
    buffer_done(&seen);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("all");

    tcase_add_loop_test(tests, utf8_and_plain, 0, UNIT_COUNT(rows));
    tcase_add_test(tests, plain_shows_nul);
    tcase_add_loop_test(tests, other_encoding, 0, UNIT_COUNT(encodings));
    tcase_add_test(tests, nothing_needs_no_address);
    tcase_add_loop_test(tests, ends_of_a_text, 0, UNIT_COUNT(ends));
    tcase_add_test(tests, the_middle_is_cut_out);
    tcase_add_test(tests, a_line_is_one);
    tcase_add_loop_test(tests, json_does_nothing_to_a_terminal, 0, UNIT_COUNT(jsons));
    tcase_add_loop_test(tests, word_of_a_shell, 0, UNIT_COUNT(words_of_a_shell));
    tcase_add_loop_test(tests, wrapped, 0, UNIT_COUNT(sentences));
    tcase_add_loop_test(tests, last_lines, 0, UNIT_COUNT(lines));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
