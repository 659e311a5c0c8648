/* SPDX-License-Identifier: MIT */
/* report/code: no text ends the code that it is in. */
#include "report/code.h"

#include <string.h>

#include "base/buffer.h"
#include "unit/unit.h"

static const struct {
    const char *text;
    size_t most;
    const char *span;
} spans[] = {
    {"web-01", 99, "`web-01`"},
    {"", 99, ""},
    {"a`b", 99, "``a`b``"},
    {"a``b`", 99, "``` a``b` ```"},
    {"`", 99, "`` ` ``"},
    {" a ", 99, "`  a  `"},
    {" a", 99, "`  a `"},
    {"a ", 99, "` a  `"},
    {"a\nb", 99, "`a b`"},
    {"\n", 99, "`   `"},
    {"\033[1m", 99, "`\\x1b[1m`"},
    {"<b>@you #1 |", 99, "`<b>@you #1 |`"},
    {"abcdef", 6, "`abcdef`"},
    {"abcdefg", 6, "`abcdef…`"},
    {"abc`def", 3, "`abc…`"}, /* what is cut off does not count */
    {"abcde\xc3\xa4"
     "f",
     6, "`abcde…`"}, /* no character is cut in two */
};

START_TEST(a_span_holds_its_text)
{
    struct buffer buffer = BUFFER_INIT;

    code_print_span(&buffer, spans[_i].text, spans[_i].most);
    ck_assert_str_eq(buffer_text(&buffer), spans[_i].span);
    buffer_done(&buffer);
}
END_TEST

/* cmark takes a delimiter of more than 80 backticks for text: the span would end at once. */
START_TEST(no_delimiter_is_longer_than_a_reader_knows)
{
    static const int lengths[] = {16, 17, 79, 80, 81, 1000};

    for (int i = 0; i < UNIT_COUNT(lengths); i++) {
        struct buffer buffer = BUFFER_INIT;
        char text[1024];
        int run = 0;
        int longest = 0;

        memset(text, '`', (size_t)lengths[i]);
        (void)snprintf(text + lengths[i], sizeof text - (size_t)lengths[i], "<img>");
        code_print_span(&buffer, text, 8192);
        for (size_t at = 0; at < buffer.length; at++) {
            run = buffer.data[at] == '`' ? run + 1 : 0;
            longest = run > longest ? run : longest;
        }
        ck_assert_int_eq(longest, 17);
        ck_assert(lengths[i] <= 16 || strstr(buffer_text(&buffer), "\\x60<img>") != NULL);
        buffer_done(&buffer);
    }
}
END_TEST

static const struct {
    const char *text;
    size_t most;
    const char *html;
} htmls[] = {
    {"web-01", 99, "<code>web-01</code>"},
    {"</code><b>&\n\n\002", 99, "<code>&lt;/code&gt;&lt;b&gt;&amp;  \\x02</code>"},
    {"a \"b\" 'c'", 99, "<code>a &quot;b&quot; 'c'</code>"},
    {"<<<<", 2, "<code>&lt;&lt;…</code>"},
    {"", 99, "<code></code>"},
};

START_TEST(html_holds_its_text)
{
    struct buffer buffer = BUFFER_INIT;

    code_print_html(&buffer, htmls[_i].text, htmls[_i].most);
    ck_assert_str_eq(buffer_text(&buffer), htmls[_i].html);
    buffer_done(&buffer);
}
END_TEST

static const struct {
    const char *text;
    size_t most;
    const char *block;
} blocks[] = {
    {"one\ntwo\n", 99, "```\none\ntwo\n```\n"},
    {"one", 99, "```\none\n```\n"},
    {"", 99, "```\n```\n"},
    {"``", 99, "```\n``\n```\n"},
    {"```\n", 99, "````\n```\n````\n"},
    {"a `````` b", 99, "```````\na `````` b\n```````\n"},
    {"0123456789", 10, "```\n0123456789\n```\n"},
    {"0123456789a", 10, "```\n01234\n[… 1 bytes left out …]\n6789a\n```\n"},
    {"````0123456789````", 8, "`````\n````\n[… 10 bytes left out …]\n````\n`````\n"},
    {"0123````````6789", 8, "```\n0123\n[… 8 bytes left out …]\n6789\n```\n"},
    {"abc\xc3\xa4 \xc3\xa4xyz", 8, "```\nabc\n[… 5 bytes left out …]\nxyz\n```\n"},
};

START_TEST(a_block_holds_its_text)
{
    struct buffer buffer = BUFFER_INIT;

    code_print_block(&buffer, blocks[_i].text, strlen(blocks[_i].text), blocks[_i].most);
    ck_assert_str_eq(buffer_text(&buffer), blocks[_i].block);
    buffer_done(&buffer);
}
END_TEST

static Suite *code_suite(void)
{
    Suite *suite = suite_create("code");
    TCase *tests = tcase_create("code");

    tcase_add_loop_test(tests, a_span_holds_its_text, 0, UNIT_COUNT(spans));
    tcase_add_test(tests, no_delimiter_is_longer_than_a_reader_knows);
    tcase_add_loop_test(tests, html_holds_its_text, 0, UNIT_COUNT(htmls));
    tcase_add_loop_test(tests, a_block_holds_its_text, 0, UNIT_COUNT(blocks));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(code_suite)
