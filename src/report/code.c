/* SPDX-License-Identifier: MIT */
#include "report/code.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "report/markup.h"

enum { LONGEST_RUN = 16 };

static size_t longest_run_of_backticks(const char *text, size_t length)
{
    size_t longest = 0;
    size_t run = 0;

    for (size_t i = 0; i < length; i++) {
        run = text[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void add_backticks(struct buffer *buffer, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_add_char(buffer, '`');
}

/*
 * Appends TEXT with the backticks after the LONGEST_RUN-th of a run written out, as control
 * characters are: cmark knows no delimiter that is longer than 80.
 */
static void add_bounded_runs(struct buffer *line, const char *text, size_t length)
{
    size_t run = 0;

    for (size_t i = 0; i < length; i++) {
        run = text[i] == '`' ? run + 1 : 0;
        if (run > LONGEST_RUN)
            buffer_add(line, "\\x60");
        else
            buffer_add_char(line, text[i]);
    }
}

/* TEXT in one line of at most MOST bytes and "…"; for buffer_done(). */
static struct buffer take_line(const char *text, size_t most)
{
    struct buffer plain = BUFFER_INIT;
    struct buffer line = BUFFER_INIT;

    text_add_plain(&plain, text);
    add_bounded_runs(&line, buffer_text(&plain), plain.length);
    buffer_done(&plain);
    if (line.length > most) {
        line.length = text_head(line.data, line.length, most);
        buffer_add(&line, "…");
    }
    for (size_t i = 0; i < line.length; i++) {
        if (line.data[i] == '\n')
            line.data[i] = ' ';
    }
    return line;
}

/* Markdown takes one space off both sides, and a backtick must not touch the delimiter. */
static bool needs_padding(const struct buffer *line)
{
    char first = line->data[0];
    char last = line->data[line->length - 1];

    return first == '`' || last == '`' || first == ' ' || last == ' ';
}

static void add_span(struct buffer *buffer, const struct buffer *line)
{
    size_t ticks = longest_run_of_backticks(line->data, line->length) + 1;
    const char *padding;

    if (line->length > 0) {
        padding = needs_padding(line) ? " " : "";
        add_backticks(buffer, ticks);
        buffer_print(buffer, "%s%s%s", padding, line->data, padding);
        add_backticks(buffer, ticks);
    }
}

void code_print_span(struct buffer *buffer, const char *text, size_t most)
{
    struct buffer line = take_line(text, most);

    add_span(buffer, &line);
    buffer_done(&line);
}

/* A table is taken apart at its pipes before code is looked for, and readers of Markdown do not
 * agree on what a backslash before one means. */
void code_print_cell(struct buffer *buffer, const char *text, size_t most)
{
    struct buffer line = take_line(text, most);
    struct buffer cell = BUFFER_INIT;

    for (size_t i = 0; i < line.length; i++) {
        if (line.data[i] == '|')
            buffer_add(&cell, "\\x7c");
        else
            buffer_add_char(&cell, line.data[i]);
    }
    add_span(buffer, &cell);
    buffer_done(&line);
    buffer_done(&cell);
}

void code_print_html(struct buffer *buffer, const char *text, size_t most)
{
    struct buffer line = take_line(text, most);

    buffer_add(buffer, "<code>");
    markup_escape(buffer, buffer_text(&line));
    buffer_add(buffer, "</code>");
    buffer_done(&line);
}

/* Appends TEXT, or its two ends. */
static void add_ends(struct buffer *buffer, const char *text, size_t length, size_t most)
{
    if (length <= most)
        buffer_append(buffer, text, length);
    else
        text_cut_middle(buffer, text, length, text_head(text, length, most / 2),
                        text_tail(text, length, most / 2));
}

void code_print_block(struct buffer *buffer, const char *text, size_t length, size_t most)
{
    struct buffer ends = BUFFER_INIT;
    size_t ticks;

    add_ends(&ends, text, length, most);
    ticks = longest_run_of_backticks(ends.data, ends.length) + 1;
    ticks = ticks < 3 ? 3 : ticks;
    add_backticks(buffer, ticks);
    buffer_add(buffer, "\n");
    buffer_append(buffer, buffer_text(&ends), ends.length);
    if (ends.length > 0 && ends.data[ends.length - 1] != '\n')
        buffer_add(buffer, "\n");
    add_backticks(buffer, ticks);
    buffer_add(buffer, "\n");
    buffer_done(&ends);
}
