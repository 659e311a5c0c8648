/* SPDX-License-Identifier: MIT */
#include "job/yamltext.h"

#include <string.h>

#include "base/text.h"
#include "job/problems.h"

static const struct explanation {
    const char *problem; /* how libyaml's problem starts */
    const char *context; /* how its context starts; NULL: any */
    bool at_context;     /* where the thing begins tells more than where it broke */
    const char *text;
} explanations[] = {
    {"mapping values are not allowed", NULL, false,
     "a \":\" is not allowed here: put a value with \": \" in it in quotes, or check the "
     "indentation"},
    {"could not find expected ':'", NULL, true,
     "a \":\" and a value are missing after this key, or a quote or bracket above is not closed"},
    {"did not find expected key", NULL, false,
     "a key is expected here: check the indentation, and quotes in the lines above"},
    {"did not find expected '-' indicator", NULL, false,
     "a list item (\"- \") is expected here: check the indentation"},
    {"block sequence entries are not allowed", NULL, false,
     "a list item (\"- \") is not allowed here: start the list on a line of its own, indented"},
    {"block mapping entries are not allowed", NULL, false,
     "a key is not allowed here: start it on a line of its own"},
    {"mapping keys are not allowed", NULL, false, "a key is not allowed here"},
    {"did not find expected ',' or ']'", NULL, true, "this \"[\" is not closed, or lacks a comma"},
    {"did not find expected ',' or '}'", NULL, true, "this \"{\" is not closed, or lacks a comma"},
    {"did not find expected node content", "while parsing a flow", true,
     "a value is expected here, or a bracket above is not closed"},
    {"did not find expected node content", NULL, false, "a value is expected here"},
    {"did not find expected <document start>", NULL, false,
     "this does not belong to what is above: check the indentation"},
    {"found unexpected end of stream", "while scanning a quoted", true, "this quote is not closed"},
    {"found unexpected document indicator", NULL, true, "this quote is not closed"},
    {"found unknown escape character", NULL, false,
     "this \"\\\" starts no escape that YAML knows: use single quotes"},
    {"did not find expected hexdecimal number", NULL, false,
     "this \"\\\" starts an escape that lacks digits: use single quotes"},
    {"found a tab character", NULL, false, "a tab is used for indentation: use spaces"},
    {"found undefined tag handle", NULL, false, "tags (\"!\") are not supported"},
    {"found duplicate %YAML directive", NULL, false, "a second %YAML line"},
    {"found incompatible YAML document", NULL, false, "only YAML 1.1 is supported"},
    {"did not find expected alphabetic or numeric character", NULL, false,
     "a value cannot start with \"*\" or \"&\": put it in quotes"},
    {"did not find expected comment or line break", NULL, false,
     "only a comment may follow here: put the text on the next lines, indented"},
    {"found an indentation indicator equal to 0", NULL, false,
     "the number after \"|\" or \">\" must be from 1 to 9"},
};

enum { NEXT_LINE = 0x85 }; /* the second byte of U+0085 */

/* The byte at a line and column of libyaml (it counts characters), or NUL at the end. */
static char byte_at(const char *text, size_t length, size_t line, size_t column)
{
    const char *at = text;
    const char *end = text + length;

    for (; line > 0 && at != NULL; line--) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at != NULL ? at + 1 : NULL;
    }
    for (; at != NULL && at < end && column > 0; column--) {
        do
            at++;
        while (at < end && text_is_within_character(*at));
    }
    if (at == NULL || at >= end)
        return '\0';
    return *at;
}

struct yamltext_place yamltext_end(const char *text, size_t length)
{
    struct yamltext_place place = {1, 1};

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (!text_is_within_character(text[i])) {
            place.column++;
        }
    }
    return place;
}

struct yamltext_place yamltext_place(size_t line, size_t column, struct yamltext_place end)
{
    if (line >= (size_t)end.line)
        return end;
    return (struct yamltext_place){(int)line + 1, (int)column + 1};
}

/* Adds a problem at a byte of the text. */
static void add_at(struct problems *problems, const char *path, const char *text, size_t offset,
                   const char *message)
{
    struct yamltext_place place = yamltext_end(text, offset);

    problems_add(problems, path, place.line, place.column, "%s", message);
}

/* The first control character but tab and line ends: C0, DEL, C1. LENGTH when there is none. */
static size_t find_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f)
            return i;
        if (byte == 0xc2 && i + 1 < length && (unsigned char)text[i + 1] < 0xa0 &&
            (unsigned char)text[i + 1] != NEXT_LINE)
            return i;
    }
    return length;
}

/*
 * The first line end that only YAML 1.1 takes for one: U+0085, U+2028, U+2029, and a carriage
 * return alone. Editors and people do not, so what stands after it in a comment would count,
 * unseen. LENGTH when there is none.
 */
static size_t find_hidden_line_end(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char *at = (const unsigned char *)text + i;
        size_t left = length - i;

        if (at[0] == '\r' && (left == 1 || at[1] != '\n'))
            return i;
        if (at[0] == 0xc2 && left > 1 && at[1] == NEXT_LINE)
            return i;
        if (at[0] == 0xe2 && left > 2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9))
            return i;
    }
    return length;
}

bool yamltext_check(const char *path, const char *text, size_t length, struct problems *problems)
{
    const char *encoding = text_other_encoding(text, length);
    size_t bad = 0;

    if (encoding != NULL) {
        problems_add(problems, path, 1, 1, "the file is %s: save it as UTF-8", encoding);
        return false;
    }
    bad = find_control(text, length);
    if (bad < length && text[bad] == '\0') {
        add_at(problems, path, text, bad,
               "a NUL byte: this is not a text file, or it is UTF-16 (save it as UTF-8)");
        return false;
    }
    if (bad < length) {
        add_at(problems, path, text, bad,
               "a control character: remove it, or write it as an escape in double quotes");
        return false;
    }
    if (!text_is_utf8(text, length, &bad)) {
        add_at(problems, path, text, bad, "not UTF-8: save the file as UTF-8");
        return false;
    }
    bad = find_hidden_line_end(text, length);
    if (bad < length) {
        add_at(problems, path, text, bad,
               "a line end that editors do not show (U+0085, U+2028, U+2029 or a carriage return "
               "alone): end the line with LF or CRLF");
        return false;
    }
    return true;
}

static bool starts(const char *text, const char *start)
{
    return text != NULL && strncmp(text, start, strlen(start)) == 0;
}

static const struct explanation *find_explanation(const struct yamltext_complaint *complaint)
{
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
        const struct explanation *entry = &explanations[i];

        if (starts(complaint->problem, entry->problem) &&
            (entry->context == NULL || starts(complaint->context, entry->context)))
            return entry;
    }
    return NULL;
}

void yamltext_explain(const char *path, const char *text, size_t length,
                      const struct yamltext_complaint *complaint, struct problems *problems)
{
    const struct explanation *entry = find_explanation(complaint);
    char byte = byte_at(text, length, complaint->line, complaint->column);
    bool is_list = byte == '[' && starts(complaint->problem, "did not find expected ','");
    bool at_context = entry != NULL && entry->at_context && !is_list;
    struct yamltext_place place = yamltext_place(
        at_context ? complaint->context_line : complaint->line,
        at_context ? complaint->context_column : complaint->column, yamltext_end(text, length));

    if (starts(complaint->problem, "found character that cannot start any token")) {
        if (byte == '\t')
            problems_add(problems, path, place.line, place.column,
                         "a tab is used for indentation: use spaces");
        else
            problems_add(problems, path, place.line, place.column,
                         "a value cannot start with \"%c\": put it in quotes", byte);
    } else if (is_list) {
        problems_add(problems, path, place.line, place.column,
                     "a \"[\" inside a list or mapping in brackets starts a new list: put the "
                     "whole name in quotes, as in \"web-[01-30]\"");
    } else if (entry == NULL) {
        problems_add(problems, path, place.line, place.column, "not YAML: %s%s%s",
                     complaint->context != NULL ? complaint->context : "",
                     complaint->context != NULL ? ", " : "",
                     complaint->problem != NULL ? complaint->problem : "unreadable");
    } else {
        problems_add(problems, path, place.line, place.column, "%s", entry->text);
    }
}
