/* SPDX-License-Identifier: MIT */
/*
 * pen: one line of a terminal that is being written.
 *
 * What does not fit is left out. All that it writes takes one column a character, so that its width
 * is known. Appends to a buffer, and is of no more use once the line is full or done. Main thread.
 */
#ifndef AZFAN_SCREEN_PEN_H
#define AZFAN_SCREEN_PEN_H

#include <stdbool.h>

struct buffer;

struct pen {
    struct buffer *text;
    int *width; /* columns that are written */
    int most;
    bool colour;
    bool utf8; /* the terminal's text is */
};

/* TEXT in ASCII between two escape sequences, which stand there when there are colours. */
void pen_add(const struct pen *pen, const char *before, const char *text, const char *after);

/* ASCII. */
void pen_print(const struct pen *pen, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Somebody else's TEXT, harmless already; "…" after what fits, where the terminal has it. "?"
 * stands for what is not shown in one column by every terminal. */
void pen_add_text(const struct pen *pen, const char *text);

/* ASCII, which stands there as a whole, after a gap where it is not the first. False: it does not
 * fit, or is "". */
bool pen_add_piece(const struct pen *pen, const char *text);

/* The same between two escape sequences, which stand there when there are colours. */
bool pen_add_coloured_piece(const struct pen *pen, const char *before, const char *text,
                            const char *after);

#endif
