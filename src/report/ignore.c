/* SPDX-License-Identifier: MIT */
#include "report/ignore.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/regexsize.h"

enum {
    STEPS_OF_A_LINE = 10 * 1000 * 1000, /* bytes to look at times the pattern's size */
    REFRESH_AFTER = 64 * 1024           /* bytes of text */
};

static int check_size(const char *pattern, size_t *ret, struct error *error)
{
    enum regexsize_fault fault;

    *ret = regexsize_of(pattern, &fault);
    switch (fault) {
    case REGEXSIZE_LARGE:
        return error_set(error,
                         "--ignore %.80s: too much work: with its repetitions written out it has "
                         "more than %d characters, or groups deeper than %d",
                         pattern, REGEXSIZE_MOST, REGEXSIZE_DEEPEST);
    case REGEXSIZE_BACK:
        return error_set(error, "--ignore %.80s: \\1 to \\9 are not supported", pattern);
    case REGEXSIZE_NOTHING:
        return error_set(
            error,
            "--ignore %.80s: too much work: it repeats something that may be empty, or "
            "that has ^ $ \\< \\> \\b \\B in it",
            pattern);
    case REGEXSIZE_FINE:
        break;
    }
    return 0;
}

static int compile(const char *pattern, regex_t *ret, struct error *error)
{
    char why[128];
    int code = regcomp(ret, pattern, REG_EXTENDED);

    if (code == 0)
        return 0;
    (void)regerror(code, ret, why, sizeof why);
    return error_set(error, "--ignore %.80s: not a regular expression: %s", pattern, why);
}

int ignore_add(struct ignore *ignore, const char *pattern, struct error *error)
{
    struct ignore_pattern added = {.seen = 0};

    if (check_size(pattern, &added.size, error) < 0 || compile(pattern, &added.regex, error) < 0)
        return -1;
    if (regexec(&added.regex, "", 0, NULL, 0) == 0) {
        regfree(&added.regex);
        return error_set(
            error, "--ignore %.80s: it matches even where there is nothing; use + instead of *",
            pattern);
    }
    added.text = memory_string(pattern);
    ignore->list = memory_grow(ignore->list, ignore->count, sizeof *ignore->list);
    ignore->list[ignore->count++] = added;
    return 0;
}

/* glibc keeps what it finds out about an expression as long as that lives, 2 KiB at each byte of
 * the text at worst: so it is made anew from time to time. */
static void refresh(struct ignore_pattern *pattern, size_t length)
{
    struct error ignored;
    regex_t fresh;

    pattern->seen += length;
    if (pattern->seen < REFRESH_AFTER || compile(pattern->text, &fresh, &ignored) < 0)
        return;
    regfree(&pattern->regex);
    pattern->regex = fresh;
    pattern->seen = 0;
}

/* Where the character that has the byte AT begins, but not before FLOOR. */
static size_t find_start(const char *line, size_t floor, size_t at)
{
    while (at > floor && text_is_within_character(line[at]))
        at--;
    return at;
}

/* Where the first character from AT on begins. */
static size_t find_end(const char *line, size_t length, size_t at)
{
    while (at < length && text_is_within_character(line[at]))
        at++;
    return at;
}

/* Appends LINE with what PATTERN matches replaced: whole characters, for it matches bytes. */
static void append_line(struct buffer *buffer, struct ignore_pattern *pattern, const char *line,
                        size_t length)
{
    size_t limit = length > IGNORE_LONGEST ? find_start(line, 0, IGNORE_LONGEST) : length;
    int flags = REG_STARTEND | (limit < length ? REG_NOTEOL : 0);
    size_t steps = 0;
    size_t at = 0;

    refresh(pattern, limit);
    while (at < limit && (steps += (limit - at) * pattern->size) <= STEPS_OF_A_LINE) {
        regmatch_t match = {.rm_so = (regoff_t)at, .rm_eo = (regoff_t)limit};
        bool empty;
        size_t start, end;

        if (regexec(&pattern->regex, line, 1, &match, flags) != 0)
            break;
        empty = match.rm_eo == match.rm_so; /* "\\<" matches so: step over one character */
        start = find_start(line, at, (size_t)match.rm_so);
        end = find_end(line, limit, (size_t)match.rm_eo + (empty ? 1 : 0));
        buffer_append(buffer, line + at, (empty ? end : start) - at);
        if (!empty)
            buffer_add(buffer, "…");
        at = end;
    }
    buffer_append(buffer, line + at, length - at);
}

/* All expressions, one after the other; LINE is emptied. */
static void append_replaced(const struct ignore *ignore, struct buffer *buffer, struct buffer *line)
{
    for (size_t i = 0; i < ignore->count; i++) {
        struct buffer next = BUFFER_INIT;

        append_line(&next, &ignore->list[i], buffer_text(line), line->length);
        buffer_done(line);
        *line = next;
    }
    buffer_append(buffer, buffer_text(line), line->length);
    buffer_done(line);
}

void ignore_append(const struct ignore *ignore, struct buffer *buffer, const char *text,
                   size_t length)
{
    const char *end = length > 0 ? text + length : text;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline != NULL ? newline : end;
        struct buffer line = BUFFER_INIT;

        buffer_append(&line, text, (size_t)(stop - text));
        append_replaced(ignore, buffer, &line);
        if (newline == NULL)
            break;
        buffer_add_char(buffer, '\n');
        text = newline + 1;
    }
}

void ignore_done(struct ignore *ignore)
{
    for (size_t i = 0; i < ignore->count; i++) {
        regfree(&ignore->list[i].regex);
        free(ignore->list[i].text);
    }
    free(ignore->list);
    *ignore = (struct ignore){NULL, 0};
}
