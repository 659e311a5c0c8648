/* SPDX-License-Identifier: MIT */
/*
 * text: what azfan knows about bytes that should be text.
 *
 * What a VM or az prints is data: it may hold NUL, escape sequences and broken
 * UTF-8, and so every function here takes a length; of 0 bytes the address may be NULL. Pure and
 * thread-safe.
 */
#ifndef AZFAN_BASE_TEXT_H
#define AZFAN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/*
 * Reads one character of BYTES, one at least, into *RET. Returns how many bytes it has, or 0 when
 * the first byte begins no valid character.
 */
size_t text_read_character(const char *bytes, size_t length, uint32_t *ret);

/* Would CHARACTER move the cursor, change the terminal, hide or reorder its neighbours, or spoil a
 * file of XML? Not newline and tab. */
bool text_is_harmful(uint32_t character);

/* Is BYTE, of UTF-8, within a character: not its first? A text is not cut before such a byte. */
bool text_is_within_character(char byte);

/* How many bytes the whole characters have, at the beginning of BYTES, which are UTF-8, that fit
 * into MOST. */
size_t text_head(const char *bytes, size_t length, size_t most);

/* Where the whole characters begin, at the end of BYTES, that fit into MOST. */
size_t text_tail(const char *bytes, size_t length, size_t most);

/* Appends the first HEAD bytes, a line that says how many are left out, and those from TAIL on. */
void text_cut_middle(struct buffer *buffer, const char *bytes, size_t length, size_t head,
                     size_t tail);

/* Is it UTF-8 (no surrogates, no overlong forms)? If not, *RET_BAD is the first bad byte. */
bool text_is_utf8(const char *bytes, size_t length, size_t *ret_bad);

/* What BYTES are in, "UTF-16" or "UTF-32", where their first ones say so: by a byte order mark, or
 * by NULs where the first characters are ASCII. NULL: neither. */
const char *text_other_encoding(const char *bytes, size_t length);

/* Appends BYTES as valid UTF-8: each byte that is part of no character becomes U+FFFD. */
void text_append_utf8(struct buffer *buffer, const char *bytes, size_t length);

/*
 * Appends BYTES fit for a terminal: valid UTF-8, newline and tab kept, every
 * other control character (C0, DEL, C1), every character that reorders or
 * hides text (bidirectional controls, zero-width) and every noncharacter
 * (U+FFFE: not legal in XML) written as \x1b or \u202e. A carriage return before a newline is
 * dropped.
 */
void text_append_plain(struct buffer *buffer, const char *bytes, size_t length);

/* The same for a C string. */
void text_add_plain(struct buffer *buffer, const char *text);

/* The same as a part of one line: newline and tab are written out as well. */
void text_add_line(struct buffer *buffer, const char *text);

/* Overwrites each byte of a control character (C0, DEL, C1) in TEXT, which is UTF-8, by a blank. */
void text_blank_controls(char *text, size_t length);

/*
 * Appends JSON text, with each character that text_append_plain() would write out as JSON's own
 * \u escape: it means the same, and does nothing to a terminal.
 */
void text_append_json(struct buffer *buffer, const char *bytes, size_t length);

/*
 * Appends TEXT, words in UTF-8, each character a column, broken between them so that no line is
 * longer than WIDTH columns; the first line begins in column START, the others are indented by
 * INDENT. A word that is too long by itself is not broken. WIDTH 0: nothing is. Escape sequences of
 * colours take no column.
 */
void text_add_wrapped(struct buffer *buffer, const char *text, int start, int indent, int width);

/* Appends TEXT as one word of a shell, in quotes where it needs them, fit for a terminal and in one
 * line. */
void text_add_word(struct buffer *buffer, const char *text);

/* Where the last COUNT lines of BYTES begin. A newline at the very end ends a line, it starts none.
 */
size_t text_last_lines(const char *bytes, size_t length, size_t count);

#endif
