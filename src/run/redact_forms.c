/* SPDX-License-Identifier: MIT */
#include "run/redact_forms.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "azure/guard.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/text.h"

/* Takes TEXT over. */
static void keep(struct strings *forms, char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '\\' || to == text || to[-1] != '\\')
            *to++ = *from;
    }
    *to = '\0';
    strings_adopt(forms, text);
}

/* ---- in strings of JSON and of Python ----------------------------------------------------- */

/* How characters that cannot, or need not, stand in a string as they are get written. */
enum letters {
    JSON,       /* \u001b, and what is not ASCII as it is */
    JSON_HTML,  /* likewise, but \u003c for <: Go's, in which the VM's agent is written */
    JSON_ASCII, /* \u00fc */
    JSON_UPPER, /* \u00FC */
    JSON_ASCII_HTML,
    JSON_WINDOWS, /* \u0027 for ' too: ConvertTo-Json of Windows PowerShell */
    PYTHON,       /* \x1b, and what is not ASCII as it is where it can be printed */
    PYTHON_ASCII, /* \xfc, \u20ac, \U0001f511 */
    PYTHON_BYTES, /* \xc3\xbc: b'…' */
    LETTERS
};

/* What C, JSON and Python agree on. */
static char short_escape(uint32_t character, enum letters letters)
{
    switch (character) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\b':
        return letters < PYTHON ? 'b' : '\0';
    case '\f':
        return letters < PYTHON ? 'f' : '\0';
    default:
        return '\0';
    }
}

/* Blanks but for the one, and what no font has. */
static bool is_unprintable(uint32_t character)
{
    return character < ' ' || text_is_harmful(character) || character == 0xa0 ||
           character == 0xad || character == 0x1680 ||
           (character >= 0x2000 && character <= 0x200a) || character == 0x202f ||
           character == 0x205f || character == 0x3000 ||
           (character >= 0xe000 && character <= 0xf8ff);
}

static bool is_escaped(uint32_t character, enum letters letters)
{
    bool html = character == '<' || character == '>' || character == '&' || character == 0x2028 ||
                character == 0x2029;

    switch (letters) {
    case JSON:
        return character < ' ';
    case JSON_HTML:
        return character < ' ' || html;
    case JSON_ASCII:
    case JSON_UPPER:
        return character < ' ' || character > '~';
    case JSON_ASCII_HTML:
        return character < ' ' || character > '~' || html;
    case JSON_WINDOWS:
        return character < ' ' || character == 0x85 || character == '\'' || html;
    case PYTHON:
        return is_unprintable(character);
    default:
        return character < ' ' || character > '~';
    }
}

static void add_json_units(struct buffer *buffer, uint32_t character, bool upper)
{
    if (character > 0xffff) {
        add_json_units(buffer, 0xd800 + ((character - 0x10000) >> 10), upper);
        character = 0xdc00 + ((character - 0x10000) & 0x3ff);
    }
    buffer_print(buffer, upper ? "\\u%04X" : "\\u%04x", (unsigned)character);
}

static void add_escape(struct buffer *buffer, uint32_t character, const char *bytes, size_t size,
                       enum letters letters)
{
    if (short_escape(character, letters) != '\0')
        buffer_print(buffer, "\\%c", short_escape(character, letters));
    else if (letters < PYTHON)
        add_json_units(buffer, character, letters == JSON_UPPER);
    else if (letters == PYTHON_BYTES)
        for (size_t i = 0; i < size; i++)
            buffer_print(buffer, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
    else
        buffer_print(buffer,
                     character < 0x100     ? "\\x%02x"
                     : character < 0x10000 ? "\\u%04x"
                                           : "\\U%08x",
                     (unsigned)character);
}

static char *escape(const char *text, const char *quoted, enum letters letters)
{
    struct buffer buffer = BUFFER_INIT;
    size_t length = strlen(text);
    size_t size;

    for (size_t at = 0; at < length; at += size) {
        uint32_t character = 0;

        size = text_read_character(text + at, length - at, &character);
        if (size == 0) { /* no text: as it is */
            size = 1;
            buffer_add_char(&buffer, text[at]);
            continue;
        }
        if (is_escaped(character, letters)) {
            add_escape(&buffer, character, text + at, size, letters);
            continue;
        }
        if (character == '\\' || (character < 0x80 && strchr(quoted, (int)character) != NULL))
            buffer_add_char(&buffer, '\\');
        buffer_append(&buffer, text + at, size);
    }
    return buffer_take(&buffer);
}

/* What a text has that not all strings write alike. */
enum trait {
    LINE_END = 1,   /* or a tab, or a backslash: all strings agree on these */
    DOUBLE = 2,     /* quotes */
    SINGLE = 4,     /* likewise */
    HTML = 8,       /* <, > and & */
    CONTROL = 16,   /* other control characters */
    NOT_ASCII = 32, /* DEL too */
};

static unsigned find_traits(const char *text)
{
    unsigned traits = 0;

    for (; *text != '\0'; text++) {
        if (*text == '"')
            traits |= DOUBLE;
        else if (*text == '\'')
            traits |= SINGLE;
        else if (strchr("<>&", *text) != NULL)
            traits |= HTML;
        else if (strchr("\n\r\t\\", *text) != NULL)
            traits |= LINE_END;
        else if ((unsigned char)*text < ' ')
            traits |= CONTROL;
        else if ((unsigned char)*text > '~')
            traits |= NOT_ASCII;
    }
    return traits;
}

/* Do LETTERS make of a text with TRAITS what others before them do not? */
static bool is_special(enum letters letters, unsigned traits)
{
    switch (letters) {
    case JSON:
        return true;
    case JSON_HTML:
        return (traits & (HTML | NOT_ASCII)) != 0;
    case JSON_ASCII_HTML:
        return (traits & HTML) != 0 && (traits & NOT_ASCII) != 0;
    case JSON_WINDOWS:
        return (traits & SINGLE) != 0;
    default:
        return (traits & (CONTROL | NOT_ASCII)) != 0;
    }
}

/* As azure/refusal writes what az said into a message. */
static char *with_blanks(const char *text, size_t length)
{
    char *copy = memory_copy(text, length);

    text_blank_controls(copy, length);
    return copy;
}

static void add_strings(struct strings *forms, const char *text)
{
    /* JSON's quote is ", Python's is ' where the whole string has both, else none has a backslash;
       and one string may stand within the other. */
    static const struct {
        const char *text;
        unsigned traits;
    } quotes[] = {{"", 0}, {"\"", DOUBLE}, {"'", SINGLE}, {"\"'", DOUBLE | SINGLE}};
    unsigned traits = find_traits(text);

    keep(forms, memory_string(text));
    if (traits == 0)
        return;
    keep(forms, with_blanks(text, strlen(text)));
    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        for (int letters = JSON; letters < LETTERS; letters++) {
            if ((traits & quotes[i].traits) == quotes[i].traits &&
                is_special((enum letters)letters, traits))
                keep(forms, escape(text, quotes[i].text, (enum letters)letters));
        }
    }
}

/* ---- texts -------------------------------------------------------------------------------- */

/* As PowerShell itself, SQL and many others quote; the guard writes what is not ASCII otherwise. */
static void add_doubled(struct strings *forms, const char *text)
{
    struct buffer doubled = BUFFER_INIT;

    if (strchr(text, '\'') == NULL)
        return;
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buffer_add_char(&doubled, '\'');
        buffer_add_char(&doubled, *text);
    }
    add_strings(forms, buffer_text(&doubled));
    buffer_done(&doubled);
}

/* The first LENGTH bytes of TEXT, and how the guards and others quote them. */
static void add_part(struct strings *forms, const char *text, size_t length)
{
    static const enum job_shell shells[] = {JOB_SH, JOB_POWERSHELL};
    char *copy = memory_copy(text, length);

    add_strings(forms, copy);
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        struct buffer quoted = BUFFER_INIT;

        guard_quote(&quoted, shells[i], copy);
        if (strcmp(buffer_text(&quoted), copy) != 0)
            add_strings(forms, buffer_text(&quoted));
        buffer_done(&quoted);
    }
    add_doubled(forms, copy);
    free(copy);
}

/* The text, and what a message that ends with it leaves of it. */
static void add_text(struct strings *forms, const char *text, size_t length)
{
    char *blank = with_blanks(text, length);
    size_t stem = length;

    add_part(forms, text, length);
    while (stem > 0 && strchr(" .", blank[stem - 1]) != NULL)
        stem--;
    free(blank);
    if (stem < length && stem >= REDACT_FORMS_SHORTEST)
        add_part(forms, text, stem);
}

/* TEXT with END, "\n" or "\r\n", at the end of each line. */
static void add_line_ends(struct strings *forms, const char *text, size_t length, const char *end)
{
    struct buffer copy = BUFFER_INIT;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            buffer_add(&copy, end);
        else if (text[i] != '\r' || text[i + 1] != '\n')
            buffer_add_char(&copy, text[i]);
    }
    add_text(forms, buffer_text(&copy), copy.length);
    buffer_done(&copy);
}

static void add_lines(struct strings *forms, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\r\n");

        if (length >= REDACT_FORMS_SHORTEST)
            add_text(forms, text, length);
        text += length;
        text += strspn(text, "\r\n");
    }
}

void redact_forms_add(struct strings *forms, const char *secret)
{
    size_t length = strlen(secret);

    /* Without the line ends after it: they tell nothing, and the lines of the text stay apart. */
    while (length > 0 && strchr("\r\n", secret[length - 1]) != NULL)
        length--;
    if (length == 0)
        return;
    add_text(forms, secret, length);
    if (strcspn(secret, "\r\n") < length) {
        add_line_ends(forms, secret, length, "\n");
        add_line_ends(forms, secret, length, "\r\n");
        add_lines(forms, secret);
    }
}
