/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Most lines have nothing to be drawn, and are appended as they are. The
 * others are put into a row of cells, one a column. A cell holds a character's place in the line,
 * and is turned to text when the row is done. A row that is full is done, as on a terminal, which
 * goes on in the next one: so no operation costs more than a row, however long the line is.
 */
#include "base/drawn.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

enum {
    COLUMNS = 1024, /* of a row: no terminal has more */
    TAB = 8,
    GRANT = 4096,       /* columns that may be skipped, besides one for each byte */
    NUMBER_MOST = 10000 /* a parameter: more than any row has columns */
};

#define ESCAPE '\033'

/* A character of SIZE bytes; 0: a blank that nobody printed, or, COVERED, a further column of the
 * character before it. */
struct cell {
    uint32_t at;
    uint32_t size;
    bool covered;
};

struct drawn {
    struct buffer *out;
    size_t room;      /* columns that may be skipped */
    const char *line; /* which is drawn */
    size_t length;    /* of it */
    size_t at;        /* what is before it is drawn */
    size_t count;     /* of cells in use */
    size_t cursor;    /* the column, COLUMNS at most */
    bool drawn_over;  /* the cursor was moved back */
    bool wide;        /* the line before was UTF-16 */
    struct cell cells[COLUMNS];
};

/* ---- characters --------------------------------------------------------------------------- */

struct range {
    uint32_t first;
    uint32_t last;
};

static bool is_among(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

/* Two columns wide: East Asia's scripts and pictures (UAX 11, W and F). */
static bool is_wide(uint32_t character)
{
    static const struct range ranges[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
        {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
        {0x1f300, 0x1f3fa}, {0x1f400, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
        {0x20000, 0x3fffd}};

    return character >= ranges[0].first &&
           is_among(ranges, sizeof ranges / sizeof ranges[0], character);
}

/* In the column of the character before it. */
static bool is_combining(uint32_t character)
{
    static const struct range ranges[] = {
        {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},
        {0xe31, 0xe31},   {0xe34, 0xe3a},   {0xe47, 0xe4e},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
        {0x20d0, 0x20ff}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff}};

    return character >= ranges[0].first &&
           is_among(ranges, sizeof ranges / sizeof ranges[0], character);
}

/* ---- the row ------------------------------------------------------------------------------ */

static bool is_blank(const struct drawn *self, const struct cell *cell)
{
    return !cell->covered && (cell->size == 0 || (cell->size == 1 && self->line[cell->at] == ' '));
}

/* Appends the row's text and empties it. */
static void end_row(struct drawn *self)
{
    size_t start = 0; /* what is from it to END of the line is to be appended */
    size_t end = 0;

    for (size_t i = 0; i < self->count; i++) {
        const struct cell *cell = &self->cells[i];

        if (cell->covered)
            continue;
        if (cell->size == 0 || cell->at != end) {
            text_append_plain(self->out, self->line + start, end - start);
            start = end = cell->at;
        }
        if (cell->size == 0)
            buffer_add_char(self->out, ' ');
        end += cell->size;
    }
    text_append_plain(self->out, self->line + start, end - start);
    self->count = self->cursor = 0;
}

static void blank(struct drawn *self, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        self->cells[i] = (struct cell){.size = 0};
}

/* A character of which one column is written over is gone. */
static void break_character(struct drawn *self, size_t column)
{
    size_t from = column;
    size_t to = column + 1;

    if (column >= self->count)
        return;
    while (from > 0 && self->cells[from].covered)
        from--;
    while (to < self->count && self->cells[to].covered)
        to++;
    if (to - from > 1)
        blank(self, from, to);
}

/* There may be more columns to the left of the cursor than there are cells. */
static void reach_cursor(struct drawn *self)
{
    if (self->count < self->cursor) {
        blank(self, self->count, self->cursor);
        self->count = self->cursor;
    }
}

/* Puts a character of WIDTH columns, 1 at least, at the cursor. */
static void put(struct drawn *self, size_t size, size_t width)
{
    if (self->cursor + width > COLUMNS)
        end_row(self);
    reach_cursor(self);
    for (size_t i = 0; i < width; i++) {
        size_t column = self->cursor + i;

        break_character(self, column);
        self->cells[column] = (struct cell){
            .at = (uint32_t)self->at, .size = i == 0 ? (uint32_t)size : 0, .covered = i > 0};
        if (column >= self->count)
            self->count = column + 1;
    }
    self->cursor += width;
}

/* False: there is no character right before it. */
static bool put_on_last(struct drawn *self, size_t size)
{
    size_t column = self->cursor;

    while (column > 0 && column <= self->count && self->cells[column - 1].covered)
        column--;
    if (column == 0 || column > self->count ||
        self->cells[column - 1].at + self->cells[column - 1].size != self->at ||
        self->cells[column - 1].size == 0)
        return false;
    self->cells[column - 1].size += (uint32_t)size;
    return true;
}

static void put_character(struct drawn *self)
{
    uint32_t character = 0;
    size_t size = text_read_character(self->line + self->at, self->length - self->at, &character);

    if (size == 0)
        put(self, size = 1, 1);
    else if (!is_combining(character) || !put_on_last(self, size))
        put(self, size, is_wide(character) ? 2 : 1);
    self->at += size;
}

/* ---- movements ---------------------------------------------------------------------------- */

static void move_to(struct drawn *self, size_t column)
{
    self->drawn_over |= column < self->cursor;
    self->cursor = column;
}

/* What lies between is blank, and must not be much more than what was printed. */
static void skip_to(struct drawn *self, size_t column)
{
    size_t end = self->count > self->cursor ? self->count : self->cursor;

    column = column < COLUMNS ? column : COLUMNS - 1;
    if (column > end) {
        if (column - end > self->room)
            return;
        self->room -= column - end;
    }
    move_to(self, column);
}

static void put_tab(struct drawn *self)
{
    size_t rest = TAB - self->cursor % TAB;

    if (self->cursor < self->count)
        self->cursor += rest; /* what is there stays */
    else
        put(self, 1, rest);
    self->at++;
}

static void erase(struct drawn *self, size_t from, size_t to)
{
    to = to < self->count ? to : self->count;
    if (from >= to)
        return;
    break_character(self, from);
    break_character(self, to - 1);
    if (to == self->count)
        self->count = from;
    else
        blank(self, from, to);
}

/* "K" and "J", of which only the cursor's own line counts. */
static void erase_line(struct drawn *self, size_t mode)
{
    if (mode == 0)
        erase(self, self->cursor, COLUMNS);
    else if (mode == 1)
        erase(self, 0, self->cursor + 1);
    else if (mode == 2)
        erase(self, 0, COLUMNS);
}

/* ---- escape sequences --------------------------------------------------------------------- */

static size_t read_number(const char *text, size_t length)
{
    size_t number = 0;

    for (size_t i = 0; i < length && text[i] >= '0' && text[i] <= '9' && number < NUMBER_MOST; i++)
        number = number * 10 + (size_t)(text[i] - '0');
    return number;
}

/* Of "ESC [ … LETTER" the parameters are in LENGTH bytes at TEXT. */
static void obey(struct drawn *self, const char *text, size_t length, char letter)
{
    size_t number = read_number(text, length);
    size_t count = number > 0 ? number : 1;

    switch (letter) {
    case 'C':
        skip_to(self, self->cursor + count);
        break;
    case 'D':
        move_to(self, count < self->cursor ? self->cursor - count : 0);
        break;
    case 'G':
    case '`':
        skip_to(self, count - 1);
        break;
    case 'J':
        if (number < 2)
            erase_line(self, number);
        break;
    case 'K':
        erase_line(self, number);
        break;
    case 'X':
        erase(self, self->cursor, self->cursor + count);
        break;
    default:
        break;
    }
}

static size_t skip_range(const struct drawn *self, size_t at, char first, char last)
{
    while (at < self->length && self->line[at] >= first && self->line[at] <= last)
        at++;
    return at;
}

/* Behind the sequence that begins with "ESC [" at the cursor's place; 0: it has no end. */
static size_t take_control(struct drawn *self)
{
    size_t start = self->at + 2;
    size_t end = skip_range(self, skip_range(self, start, '0', '?'), ' ', '/');

    if (end >= self->length || self->line[end] < '@' || self->line[end] > '~')
        return 0;
    obey(self, self->line + start, end - start, self->line[end]);
    return end + 1;
}

/* Likewise one that holds a text, which BEL or "ESC \" ends and no other control character is in.
 */
static size_t take_string(const struct drawn *self)
{
    size_t end = self->at + 2;

    while (end < self->length && (unsigned char)self->line[end] >= ' ' && self->line[end] != 0x7f)
        end++;
    if (end < self->length && self->line[end] == '\a')
        return end + 1;
    return end + 1 < self->length && self->line[end] == ESCAPE && self->line[end + 1] == '\\'
               ? end + 2
               : 0;
}

static size_t take_sequence(struct drawn *self)
{
    size_t end = skip_range(self, self->at + 1, ' ', '/');

    if (end >= self->length)
        return 0;
    if (end == self->at + 1 && self->line[end] == '[')
        return take_control(self);
    if (end == self->at + 1 && strchr("]P_^X", self->line[end]) != NULL && self->line[end] != '\0')
        return take_string(self);
    return self->line[end] >= '0' && self->line[end] <= '~' ? end + 1 : 0;
}

/* ---- lines -------------------------------------------------------------------------------- */

static void draw(struct drawn *self)
{
    while (self->at < self->length) {
        size_t end;

        switch (self->line[self->at]) {
        case '\r':
            move_to(self, 0);
            self->at++;
            break;
        case '\b':
            move_to(self, self->cursor > 0 ? self->cursor - 1 : 0);
            self->at++;
            break;
        case '\t':
            put_tab(self);
            break;
        case ESCAPE:
            end = take_sequence(self);
            if (end > 0)
                self->at = end;
            else
                put_character(self);
            break;
        default:
            put_character(self);
        }
    }
    while (self->drawn_over && self->count > 0 && is_blank(self, &self->cells[self->count - 1]))
        self->count--;
    end_row(self);
}

bool drawn_is_needed(const char *bytes, size_t length)
{
    return length > 0 &&
           (memchr(bytes, ESCAPE, length) != NULL || memchr(bytes, '\r', length) != NULL ||
            memchr(bytes, '\b', length) != NULL || memchr(bytes, '\0', length) != NULL);
}

static void draw_line(struct drawn *self, const char *line, size_t length)
{
    while (length > 0 && line[length - 1] == '\r')
        length--;
    if (!drawn_is_needed(line, length)) {
        text_append_plain(self->out, line, length);
        return;
    }
    self->line = line;
    self->length = length;
    self->at = 0;
    self->drawn_over = false;
    draw(self);
}

/* ---- UTF-16 -------------------------------------------------------------------------------- */

/* Is every second byte a NUL, and no other: UTF-16 of letters of Latin-1? */
static bool alternates(const char *line, size_t length, size_t least)
{
    size_t nuls = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (line[i] == '\0') == (line[i - 1] == '\0'))
            return false;
        nuls += line[i] == '\0';
    }
    return nuls >= least;
}

static void draw_wide(struct drawn *self, const char *line, size_t length)
{
    struct buffer text = BUFFER_INIT;

    for (size_t i = 0; i < length; i++) {
        unsigned char letter = (unsigned char)line[i];

        if (letter >= 0x80) {
            buffer_add_char(&text, (char)(0xc0 | letter >> 6));
            buffer_add_char(&text, (char)(0x80 | (letter & 0x3f)));
        } else if (letter != '\0') {
            buffer_add_char(&text, line[i]);
        }
    }
    draw_line(self, buffer_text(&text), text.length);
    buffer_done(&text);
}

/* ---- texts --------------------------------------------------------------------------------- */

static void append_line(struct drawn *self, const char *line, size_t length)
{
    bool went_on = self->wide;

    if (went_on && length > 0 && line[0] == '\0') { /* the other half of the newline */
        line++;
        length--;
    }
    self->wide = alternates(line, length, went_on ? 1 : 2);
    if (self->wide)
        draw_wide(self, line, length);
    else
        draw_line(self, line, length);
}

void drawn_append(struct buffer *buffer, const char *bytes, size_t length)
{
    struct drawn self; /* the cells are not looked at before they are written */
    const char *end = length > 0 ? bytes + length : bytes;

    if (!drawn_is_needed(bytes, length)) {
        text_append_plain(buffer, bytes, length);
        return;
    }
    self.out = buffer;
    self.room = GRANT;
    self.count = self.cursor = 0;
    self.wide = false;
    while (bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        const char *stop = newline != NULL ? newline : end;

        append_line(&self, bytes, (size_t)(stop - bytes));
        self.room += (size_t)(stop - bytes);
        if (newline != NULL)
            buffer_add_char(buffer, '\n');
        bytes = newline != NULL ? newline + 1 : end;
    }
}

size_t drawn_head(const char *text, size_t length, size_t columns)
{
    bool is_colour = false;
    size_t at = 0;
    size_t size;

    for (; at < length; at += size) {
        uint32_t character = 0;
        size_t width = 1;

        size = text_read_character(text + at, length - at, &character);
        is_colour |= character == ESCAPE;
        if (size > 0)
            width = is_colour || is_combining(character) ? 0 : is_wide(character) ? 2 : 1;
        is_colour &= character != 'm';
        size = size > 0 ? size : 1;
        if (width > columns)
            break;
        columns -= width;
    }
    return at;
}
