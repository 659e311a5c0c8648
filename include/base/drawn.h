/* SPDX-License-Identifier: MIT */
/*
 * drawn: what a terminal would show in the end of bytes that were made for one.
 *
 * A carriage return, a backspace, or a movement within the line lets what comes draw over what is
 * there; an erasing of the line erases. Colours, titles, links and all other whole escape sequences
 * are left out, also those that move to other lines: a line stays the line that it was printed as.
 * What is no whole sequence is written out ("\x1b"), and so is everything else that
 * text_append_plain() writes out. Blanks at the end of a line that was drawn over are left out:
 * they were printed to be seen nowhere.
 *
 * A line with a NUL as every second byte is UTF-16, as programs of Windows print it, and is read so
 * where all its letters are of Latin-1; other NULs are written out.
 *
 * Lines are independent of each other. Text that is drawn already stays as it is. Linear in time;
 * what comes out is at most some times longer than what goes in. Pure and thread-safe.
 */
#ifndef AZFAN_BASE_DRAWN_H
#define AZFAN_BASE_DRAWN_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/* Does text_append_plain() not do? Then BYTES hold an escape character, one that
 * moves back, or a NUL. */
bool drawn_is_needed(const char *bytes, size_t length);

/* Appends LENGTH BYTES (NULL when there are none) so. */
void drawn_append(struct buffer *buffer, const char *bytes, size_t length);

/* How many bytes of TEXT, a line that is drawn already, a terminal shows in so many COLUMNS. Escape
 * sequences of colours take none. */
size_t drawn_head(const char *text, size_t length, size_t columns);

#endif
