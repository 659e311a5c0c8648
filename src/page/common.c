/* SPDX-License-Identifier: MIT */
#include "page/common.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "report/line.h"
#include "run/result.h"

enum { LONGEST_NAMES = 600, LONGEST_LABEL = 300 }; /* bytes */

int page_by_urgency(int rank)
{
    /* What is not ok is more urgent than what may still be. */
    static const int last[] = {PAGE_RUNNING, PAGE_WAITING, OUTCOME_OK};
    int rest = rank - (OUTCOME_KINDS - 1);

    return rest < 0 ? (int)outcome_urgency[rank] : last[rest];
}

int page_state(const struct result_target *target)
{
    switch (target->state) {
    case RESULT_WAITING:
        return PAGE_WAITING;
    case RESULT_STARTED:
        return PAGE_RUNNING;
    case RESULT_SETTLED:
        break;
    }
    return (int)target->outcome.kind;
}

const char *page_state_name(int state)
{
    if (state == PAGE_RUNNING)
        return "running";
    if (state == PAGE_WAITING)
        return "waiting";
    return outcome_name((enum outcome_kind)state);
}

void page_begin_section(struct page *page, const char *id, const char *heading)
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "section", "id", id, NULL);
    markup_attribute(markup, "aria-labelledby", "%s-heading", id);
    markup_begin(markup, "h2", NULL);
    markup_attribute(markup, "id", "%s-heading", id);
    markup_text(markup, heading);
    markup_end(markup);
}

void page_count(struct page *page, size_t count, const char *one, const char *many)
{
    struct buffer text = BUFFER_INIT;

    number_print_count(&text, count, one, many);
    markup_text(&page->markup, buffer_text(&text));
    buffer_done(&text);
}

/* Between two words or names: half of a name would be another name. */
static size_t find_cut(const char *text, size_t limit)
{
    size_t cut = limit;

    while (cut > limit / 2 && text[cut] != ' ' && text[cut] != ',')
        cut--;
    if (cut > limit / 2)
        return cut;
    return text_head(text, limit + 1, limit);
}

void page_cut(struct page *page, const char *text, size_t limit)
{
    size_t length = strlen(text);

    if (length <= limit) {
        markup_bytes(&page->markup, text, length);
        return;
    }
    markup_bytes(&page->markup, text, find_cut(text, limit));
    markup_text(&page->markup, " \xe2\x80\xa6");
}

void page_why(struct page *page, const struct result_target *target, size_t limit)
{
    struct buffer why = BUFFER_INIT;

    line_print_why(&why, target);
    page_cut(page, buffer_text(&why), limit);
    buffer_done(&why);
}

void page_label(struct page *page, const struct result_target *target)
{
    page_cut(page, target->label, LONGEST_LABEL);
}

void page_names(struct page *page, const char *names)
{
    size_t length = strlen(names);
    size_t end = length > LONGEST_NAMES ? find_cut(names, LONGEST_NAMES) : length;
    size_t next;

    for (size_t at = 0; at < end; at = next) {
        const char *comma = memchr(names + at, ',', end - at);

        next = comma != NULL ? (size_t)(comma - names) + 1 : end;
        markup_bytes(&page->markup, names + at, next - at);
        if (comma != NULL)
            markup_empty(&page->markup, "wbr", NULL);
    }
    if (end < length)
        markup_text(&page->markup, " \xe2\x80\xa6");
}

void page_note(struct page *page, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = memory_print_list(format, arguments);
    va_end(arguments);
    markup_element(&page->markup, "p", "note", text);
    free(text);
}

void page_begin_table(struct page *page, const char *caption, const char *const *columns,
                      size_t count)
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "div", "class", "box", "tabindex", "0", "role", "group", "aria-label",
                 caption, NULL);
    markup_begin(markup, "table", NULL);
    markup_element(markup, "caption", NULL, caption);
    markup_begin(markup, "thead", NULL);
    markup_begin(markup, "tr", NULL);
    for (size_t i = 0; i < count; i++) {
        markup_begin(markup, "th", "scope", "col", NULL);
        markup_text(markup, columns[i]);
        markup_end(markup);
    }
    markup_end(markup);
    markup_end(markup);
    markup_begin(markup, "tbody", NULL);
}

void page_end_table(struct page *page)
{
    for (int i = 0; i < 3; i++) /* the body, the table, the box */
        markup_end(&page->markup);
}

void page_number(struct page *page, size_t number)
{
    markup_begin(&page->markup, "td", "class", "number", NULL);
    markup_print(&page->markup, "%zu", number);
    markup_end(&page->markup);
}
