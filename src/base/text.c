/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

size_t text_read_character(const char *bytes, size_t length, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)bytes;
    uint32_t character;
    size_t size;

    if (byte[0] < 0x80) {
        *ret = byte[0];
        return 1;
    }
    size = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
    if (byte[0] < 0xc2 || byte[0] > 0xf4 || size > length)
        return 0;
    character = byte[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (byte[i] & 0x3fU);
    }
    if (character < least[size] || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *ret = character;
    return size;
}

bool text_is_within_character(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t text_head(const char *bytes, size_t length, size_t most)
{
    if (length <= most)
        return length;
    while (most > 0 && text_is_within_character(bytes[most]))
        most--;
    return most;
}

size_t text_tail(const char *bytes, size_t length, size_t most)
{
    size_t start = length > most ? length - most : 0;

    while (start > 0 && start < length && text_is_within_character(bytes[start]))
        start++;
    return start;
}

void text_cut_middle(struct buffer *buffer, const char *bytes, size_t length, size_t head,
                     size_t tail)
{
    buffer_append(buffer, bytes, head);
    buffer_print(buffer, "\n[… %zu bytes left out …]\n", tail - head);
    buffer_append(buffer, bytes + tail, length - tail);
}

bool text_is_utf8(const char *bytes, size_t length, size_t *ret_bad)
{
    uint32_t character;

    for (size_t at = 0; at < length;) {
        size_t size = text_read_character(bytes + at, length - at, &character);

        if (size == 0) {
            *ret_bad = at;
            return false;
        }
        at += size;
    }
    return true;
}

/* As RFC 4627, section 3, knows them: by which of the first bytes are NUL. */
static const char *encoding_by_nuls(const char *bytes)
{
    unsigned nuls = 0;

    for (size_t i = 0; i < 4; i++)
        nuls = nuls << 1 | (bytes[i] == '\0');
    if (nuls == 07 || nuls == 016) /* x 0 0 0, 0 0 0 x */
        return "UTF-32";
    return nuls == 05 || nuls == 012 ? "UTF-16" : NULL; /* x 0 x 0, 0 x 0 x */
}

const char *text_other_encoding(const char *bytes, size_t length)
{
    if (length >= 4 &&
        (memcmp(bytes, "\xff\xfe\0\0", 4) == 0 || memcmp(bytes, "\0\0\xfe\xff", 4) == 0))
        return "UTF-32";
    if (length >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        return "UTF-16";
    return length >= 4 ? encoding_by_nuls(bytes) : NULL;
}

void text_append_utf8(struct buffer *buffer, const char *bytes, size_t length)
{
    size_t start = 0;
    size_t bad = 0;

    if (length == 0) /* BYTES may be NULL then, and nothing is added to NULL, not even 0; yet a
                        buffer that was emptied gets its end */
        bytes = "";
    while (!text_is_utf8(bytes + start, length - start, &bad)) {
        buffer_append(buffer, bytes + start, bad);
        buffer_add(buffer, "\xef\xbf\xbd");
        start += bad + 1;
    }
    buffer_append(buffer, bytes + start, length - start);
}

/* One of the 66 that Unicode keeps for no character at all. */
static bool is_noncharacter(uint32_t character)
{
    return (character & 0xfffe) == 0xfffe || (character >= 0xfdd0 && character <= 0xfdef);
}

bool text_is_harmful(uint32_t character)
{
    return (character < 0x20 && character != '\n' && character != '\t') ||
           (character >= 0x7f && character < 0xa0) || character == 0x61c ||
           (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
           (character >= 0xfff9 && character <= 0xfffb) ||
           (character >= 0xe0000 && character <= 0xe0fff) || is_noncharacter(character);
}

void text_blank_controls(char *text, size_t length)
{
    uint32_t character = 0;
    size_t size;

    for (size_t at = 0; at<length; at += size> 0 ? size : 1) {
        size = text_read_character(text + at, length - at, &character);
        if (size > 0 && (character < 0x20 || (character >= 0x7f && character < 0xa0)))
            memset(text + at, ' ', size);
    }
}

/* Appends what stands for the SIZE bytes of CHARACTER, which are not to be shown as they are. */
static void append_instead(struct buffer *buffer, uint32_t character, size_t size)
{
    if (size == 0)
        buffer_add(buffer, "\xef\xbf\xbd");
    else
        buffer_print(buffer, character < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)character);
}

/* Most of any text, and told at once. */
static bool is_printable(char byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

void text_append_plain(struct buffer *buffer, const char *bytes, size_t length)
{
    size_t done = 0; /* what is before it is appended, what is from it to AT can stay as it is */
    size_t size;

    if (length == 0)
        bytes = "";
    for (size_t at = 0; at<length; at += size> 0 ? size : 1) {
        uint32_t character = 0;
        bool line_end;

        size = 1;
        if (is_printable(bytes[at]))
            continue;
        size = text_read_character(bytes + at, length - at, &character);
        if (size > 0 && !text_is_harmful(character))
            continue;
        /* A Windows line end: the newline alone is enough. */
        line_end = character == '\r' && at + 1 < length && bytes[at + 1] == '\n';
        buffer_append(buffer, bytes + done, at - done);
        if (!line_end)
            append_instead(buffer, character, size);
        done = at + (size > 0 ? size : 1);
    }
    buffer_append(buffer, bytes + done, length - done);
}

static void add_json_escape(struct buffer *buffer, uint32_t character)
{
    if (character < 0x10000) {
        buffer_print(buffer, "\\u%04x", (unsigned)character);
        return;
    }
    character -= 0x10000;
    buffer_print(buffer, "\\u%04x\\u%04x", (unsigned)(0xd800 + (character >> 10)),
                 (unsigned)(0xdc00 + (character & 0x3ff)));
}

void text_append_json(struct buffer *buffer, const char *bytes, size_t length)
{
    size_t start = 0;

    if (length == 0)
        bytes = "";
    for (size_t at = 0; at < length;) {
        uint32_t character = 0;
        size_t size = 1;

        if (!is_printable(bytes[at]))
            size = text_read_character(bytes + at, length - at, &character);
        if (size > 0 && character >= 0x7f &&
            text_is_harmful(character)) { /* JSON has escaped the rest */
            buffer_append(buffer, bytes + start, at - start);
            add_json_escape(buffer, character);
            start = at + size;
        }
        at += size > 0 ? size : 1;
    }
    buffer_append(buffer, bytes + start, length - start);
}

void text_add_plain(struct buffer *buffer, const char *text)
{
    text_append_plain(buffer, text, strlen(text));
}

static void append_line(struct buffer *buffer, const char *bytes, size_t length)
{
    struct buffer plain = BUFFER_INIT;

    text_append_plain(&plain, bytes, length);
    for (size_t i = 0; i < plain.length; i++) {
        if (plain.data[i] == '\n' || plain.data[i] == '\t')
            append_instead(buffer, (uint32_t)plain.data[i], 1);
        else
            buffer_add_char(buffer, plain.data[i]);
    }
    buffer_done(&plain);
}

void text_add_line(struct buffer *buffer, const char *text)
{
    append_line(buffer, text, strlen(text));
}

/* How many characters the word at the beginning of TEXT has. */
static int word_width(const char *text)
{
    bool is_colour = false;
    int width = 0;

    for (; *text != '\0' && *text != ' '; text++) {
        is_colour |= *text == '\033';
        width += is_colour || text_is_within_character(*text) ? 0 : 1;
        is_colour &= *text != 'm';
    }
    return width;
}

/* Does a word of so many COLUMNS, which would begin in COLUMN, begin the next line instead? */
static bool is_broken_before(int columns, int column, int indent, int width)
{
    return width > 0 && columns > 0 && column > indent && column + columns > width;
}

void text_add_wrapped(struct buffer *buffer, const char *text, int start, int indent, int width)
{
    int column = start;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        int columns = word_width(text);

        if (is_broken_before(columns, column, indent, width)) {
            buffer_print(buffer, "\n%*s", indent, "");
            column = indent;
        }
        buffer_append(buffer, text, length);
        text += length;
        column += columns;
        if (*text == ' ') {
            text++;
            column++;
            if (!is_broken_before(word_width(text), column, indent, width))
                buffer_add(buffer, " ");
        }
    }
}

void text_add_word(struct buffer *buffer, const char *text)
{
    static const char safe[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+-";

    if (text[0] != '\0' && text[strspn(text, safe)] == '\0') {
        buffer_add(buffer, text);
        return;
    }
    buffer_add(buffer, "'");
    while (*text != '\0') {
        size_t length = strcspn(text, "'");

        append_line(buffer, text, length);
        text += length;
        if (*text == '\'') {
            buffer_add(buffer, "'\\''");
            text++;
        }
    }
    buffer_add(buffer, "'");
}

size_t text_last_lines(const char *bytes, size_t length, size_t count)
{
    size_t at = length;

    if (at > 0 && bytes[at - 1] == '\n')
        at--;
    for (; at > 0; at--) {
        if (bytes[at - 1] == '\n' && --count == 0)
            return at;
    }
    return 0;
}
