/* SPDX-License-Identifier: MIT */
/* report/markup: whatever the text, it stays text. */
#include "report/markup.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "unit.h"

static struct markup markup;
static FILE *stream;
static char *text;
static size_t length;

static void set_up(void)
{
    stream = open_memstream(&text, &length);
    markup_open(&markup, stream);
}

static void tear_down(void)
{
    free(text);
}

/* What was written behind the document type. */
static const char *written(void)
{
    static const char start[] = "<!DOCTYPE html>";

    markup_close(&markup);
    (void)fclose(stream);
    ck_assert_msg(strncmp(text, start, strlen(start)) == 0, "%s", text);
    text[strcspn(text, "\n")] = '\0'; /* the end of the document */
    return text + strlen(start);
}

START_TEST(elements_are_ended_as_html_wants_it)
{
    markup_begin(&markup, "div", "class", "a", "hidden", NULL, "id", "b", NULL);
    markup_empty(&markup, "br", NULL);
    markup_begin(&markup, "script", NULL);
    markup_end(&markup);
    markup_element(&markup, "p", NULL, "x");
    markup_end(&markup);
    ck_assert_str_eq(written(), "<div class=\"a\" id=\"b\"><br/><script></script><p>x</p></div>");
}
END_TEST

START_TEST(an_attribute_can_follow)
{
    markup_begin(&markup, "a", NULL);
    markup_attribute(&markup, "href", "#group-%d", 7);
    markup_print(&markup, "%s", "seven");
    ck_assert_str_eq(written(), "<a href=\"#group-7\">seven</a>");
}
END_TEST

/* Every way by which text gets in. */
static const struct {
    const char *name;
    const char *bytes;
    size_t length;
    const char *shown;
} texts[] = {
#define TEXT(name, bytes, shown)                                                                   \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, shown                                                      \
    }
    TEXT("an element", "</p><script>", "&lt;/p&gt;&lt;script&gt;"),
    TEXT("the end of a section", "]]>", "]]&gt;"),
    TEXT("an entity", "&lt;", "&amp;lt;"),
    TEXT("a quote", "\"", "&quot;"),
    TEXT("an escape sequence", "\033[31m", "\\x1b[31m"),
    TEXT("a NUL", "a\0b", "a\\x00b"),
    TEXT("no UTF-8", "a\xff", "a\xef\xbf\xbd"),
    TEXT("text that turns round", "\xe2\x80\xae", "\\u202e"),
    TEXT("no character", "\xef\xbf\xbe", "\\ufffe"),
};

START_TEST(text_stays_text)
{
    char expected[64];

    (void)snprintf(expected, sizeof expected, "<p>%s</p>", texts[_i].shown);
    markup_begin(&markup, "p", NULL);
    markup_bytes(&markup, texts[_i].bytes, texts[_i].length);
    ck_assert_msg(strcmp(written(), expected) == 0, "%s: %s", texts[_i].name, text);
}
END_TEST

START_TEST(a_value_stays_a_value)
{
    char *shown = NULL;

    if (strlen(texts[_i].bytes) != texts[_i].length)
        return; /* a C string holds no NUL */
    markup_empty(&markup, "p", "title", texts[_i].bytes, NULL);
    shown = strstr(written(), "<p title=\"");
    ck_assert_ptr_nonnull(shown);
    ck_assert_msg(strpbrk(shown + strlen("<p title=\""), "<\033") == NULL, "%s: %s", texts[_i].name,
                  shown);
    ck_assert_msg(strchr(shown + strlen("<p title=\""), '"') == strrchr(shown, '"'), "%s: %s",
                  texts[_i].name, shown);
}
END_TEST

/* The same text, escaped for somewhere else. */
START_TEST(text_is_escaped_alike_elsewhere)
{
    struct buffer buffer = BUFFER_INIT;

    if (strlen(texts[_i].bytes) == texts[_i].length) {
        markup_escape(&buffer, texts[_i].bytes);
        ck_assert_msg(strcmp(buffer_text(&buffer), texts[_i].shown) == 0, "%s: %s", texts[_i].name,
                      buffer_text(&buffer));
    }
    buffer_done(&buffer);
    (void)written();
}
END_TEST

START_TEST(bytes_are_counted_and_raw_ones_stay_as_they_are)
{
    char many[10000];

    memset(many, '<', sizeof many);
    markup_begin(&markup, "style", NULL);
    markup_raw(&markup, "a > b", 5);
    markup_end(&markup);
    markup_begin(&markup, "p", NULL);
    markup_bytes(&markup, many, sizeof many);
    ck_assert_uint_ge(markup.written, 4 * sizeof many - 4096);
    ck_assert_msg(strncmp(written(), "<style>a > b</style><p>&lt;&lt;", 31) == 0, "%s", text);
}
END_TEST

START_TEST(a_full_disk_is_told_by_the_stream)
{
    FILE *full = fopen("/dev/full", "w");
    struct markup other;

    ck_assert_ptr_nonnull(full);
    markup_open(&other, full);
    markup_begin(&other, "p", NULL);
    for (int i = 0; i < 10000; i++)
        markup_duration(&other, NUMBER_SECOND);
    markup_close(&other);
    ck_assert(ferror(full));
    (void)fclose(full);
    (void)written();
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("markup");
    TCase *tests = tcase_create("markup");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, elements_are_ended_as_html_wants_it);
    tcase_add_test(tests, an_attribute_can_follow);
    tcase_add_loop_test(tests, text_stays_text, 0, UNIT_COUNT(texts));
    tcase_add_loop_test(tests, text_is_escaped_alike_elsewhere, 0, UNIT_COUNT(texts));
    tcase_add_loop_test(tests, a_value_stays_a_value, 0, UNIT_COUNT(texts));
    tcase_add_test(tests, bytes_are_counted_and_raw_ones_stay_as_they_are);
    tcase_add_test(tests, a_full_disk_is_told_by_the_stream);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
