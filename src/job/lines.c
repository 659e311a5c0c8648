/* SPDX-License-Identifier: MIT */
#include "job/lines.h"

#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* Characters, for a column: bytes that do not continue one. */
static int count_characters(const char *text, size_t length)
{
    int count = 0;

    for (size_t i = 0; i < length; i++)
        count += !text_is_within_character(text[i]);
    return count;
}

/* Checks what a line cannot: the bytes. */
static int check_bytes(struct lines *lines, const struct buffer *text, struct error *error)
{
    const char *null = memchr(text->data, '\0', text->length);
    const char *encoding = text_other_encoding(text->data, text->length);
    size_t bad = 0;

    *lines = (struct lines){.line = 1, .column = 1};
    if (encoding != NULL)
        return error_set(error, "the file is %s: save it as UTF-8", encoding);
    if (null == NULL && text_is_utf8(text->data, text->length, &bad))
        return 0;
    if (null != NULL)
        bad = (size_t)(null - text->data);
    for (size_t i = 0; i < bad; i++) {
        lines->column = text->data[i] == '\n' ? 1 : lines->column + 1;
        lines->line += text->data[i] == '\n';
    }
    return error_set(error, "%s",
                     null != NULL ? "a NUL byte: this is not a text file" : "not UTF-8");
}

int lines_begin(struct lines *lines, struct buffer *text, struct error *error)
{
    *lines = (struct lines){.line = 1, .column = 1};
    if (text->length == 0)
        return 0;
    if (check_bytes(lines, text, error) < 0)
        return -1;
    lines->number = 1;
    lines->next = text->data;
    if (strncmp(lines->next, "\xef\xbb\xbf", 3) == 0)
        lines->next += 3;
    return 0;
}

/* Reads LINE, which ends with a NUL; cuts it. False: nothing stands there. */
static bool read_line(struct lines *lines, char *line)
{
    size_t start = 0;
    size_t length;

    while (is_blank(line[start]))
        start++;
    for (length = start; line[length] != '\0'; length++) {
        if (line[length] == '#' && (length == 0 || is_blank(line[length - 1])))
            break;
    }
    while (length > start && is_blank(line[length - 1]))
        length--;
    line[length] = '\0';
    lines->text = line + start;
    lines->line = lines->number;
    lines->column = count_characters(line, start) + 1;
    return length > start;
}

bool lines_next(struct lines *lines)
{
    bool found = false;

    while (!found && lines->next != NULL) {
        char *line = lines->next;
        char *end = strchr(line, '\n');

        if (end != NULL)
            *end = '\0';
        lines->next = end != NULL ? end + 1 : NULL;
        found = read_line(lines, line);
        lines->number++;
    }
    return found;
}
