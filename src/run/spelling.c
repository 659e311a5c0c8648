/* SPDX-License-Identifier: MIT */
#include "run/spelling.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

/* Takes TEXT over. */
static void keep(struct spelling *spelling, char *text)
{
    if (spelling->count == spelling->capacity) {
        spelling->capacity = spelling->capacity > 0 ? 2 * spelling->capacity : 8;
        spelling->list = memory_resize(spelling->list, spelling->capacity, sizeof *spelling->list);
    }
    spelling->list[spelling->count++] = text;
}

void spelling_done(struct spelling *spelling)
{
    for (size_t i = 0; i < spelling->count; i++)
        free(spelling->list[i]);
    free(spelling->list);
}

/* Is it written in JSON, and in a message, as it stands? */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            return false;
    }
    return true;
}

/* As azure/refusal writes what az said into a message. */
static char *with_blanks(const char *text)
{
    char *copy = memory_string(text);

    for (char *at = copy; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at))
            *at = ' ';
    }
    return copy;
}

/* jansson writes \u001B; az, which is Python, \u001b. */
static void lower_escapes(char *json)
{
    for (char *at = strchr(json, '\\'); at != NULL; at = strchr(at, '\\')) {
        char *digits = at + 2;

        /* What is behind the backslash may be one too, and begins nothing then. */
        for (at += 2; digits[-1] == 'u' && at < digits + 4; at++)
            *at = (char)tolower((unsigned char)*at);
    }
}

static void keep_escaped(struct spelling *spelling, const char *text, size_t flags)
{
    json_t *string = json_string(text);
    char *quoted = json_dumps(string, JSON_ENCODE_ANY | flags);
    char *lower;

    json_decref(string);
    if (quoted == NULL)
        return;
    keep(spelling, memory_copy(quoted + 1, strlen(quoted) - 2));
    lower = memory_copy(quoted + 1, strlen(quoted) - 2);
    lower_escapes(lower);
    keep(spelling, lower);
    free(quoted);
}

static void keep_text(struct spelling *spelling, const char *text, size_t length)
{
    char *copy = memory_copy(text, length);

    if (!is_plain(copy)) {
        keep_escaped(spelling, copy, 0);
        keep_escaped(spelling, copy, JSON_ENSURE_ASCII);
        keep(spelling, with_blanks(copy));
    }
    keep(spelling, copy);
}

/* The text, and what a message that ends with it leaves of it. */
static void spell_text(struct spelling *spelling, const char *text, size_t length)
{
    size_t stem = length;

    keep_text(spelling, text, length);
    while (stem > 0 && (iscntrl((unsigned char)text[stem - 1]) || text[stem - 1] == ' ' ||
                        text[stem - 1] == '.'))
        stem--;
    if (stem < length && stem >= SPELLING_SHORTEST_PIECE)
        keep_text(spelling, text, stem);
}

/* TEXT with END, "\n" or "\r\n", at the end of each line. */
static void spell_line_ends(struct spelling *spelling, const char *text, size_t length,
                            const char *end)
{
    struct buffer copy = BUFFER_INIT;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            buffer_add(&copy, end);
        else if (text[i] != '\r' || text[i + 1] != '\n')
            buffer_add_char(&copy, text[i]);
    }
    spell_text(spelling, buffer_text(&copy), copy.length);
    buffer_done(&copy);
}

static void spell_lines(struct spelling *spelling, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\r\n");

        if (length >= SPELLING_SHORTEST_PIECE)
            spell_text(spelling, text, length);
        text += length;
        text += strspn(text, "\r\n");
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Most spellings of most secrets are the same. */
static void drop_doubles(struct spelling *spelling)
{
    size_t kept = 1;

    qsort(spelling->list, spelling->count, sizeof *spelling->list, compare_texts);
    for (size_t i = 1; i < spelling->count; i++) {
        if (strcmp(spelling->list[i], spelling->list[kept - 1]) == 0)
            free(spelling->list[i]);
        else
            spelling->list[kept++] = spelling->list[i];
    }
    spelling->count = kept;
}

bool spelling_of(struct spelling *spelling, const char *secret)
{
    size_t length = strlen(secret);

    /* Without the line ends behind it: they tell nothing, and the lines of the text stay apart. */
    while (length > 0 && strchr("\r\n", secret[length - 1]) != NULL)
        length--;
    if (length == 0)
        return false;
    spell_text(spelling, secret, length);
    if (strcspn(secret, "\r\n") < length) {
        spell_line_ends(spelling, secret, length, "\n");
        spell_line_ends(spelling, secret, length, "\r\n");
        spell_lines(spelling, secret);
    }
    drop_doubles(spelling);
    return true;
}
