/* SPDX-License-Identifier: MIT */
/*
 * screen: a few lines at the bottom of a terminal that are drawn again and again.
 *
 * The cursor always rests below the lines, at the left margin. No mode of the
 * terminal is ever changed: no cursor is hidden, no echo switched off, no line
 * wrapping. So there is nothing to restore, whatever ends azfan. What erases
 * and draws only appends bytes to a buffer, and remembers what is on the screen
 * once these have been written; the kernel is asked about the terminal.
 * Main thread.
 */
#ifndef AZFAN_SCREEN_SCREEN_H
#define AZFAN_SCREEN_SCREEN_H

#include <stdbool.h>

#include "screen/panel.h"

struct buffer;

struct screen {
    int fd;
    int columns;
    int rows;
    int drawn; /* lines that are on the screen now */
    int widths[PANEL_LINES_MOST];
    int typed; /* bytes of whole lines that wait on standard input, when it is the same terminal */
};

/* FD: a terminal. */
void screen_open(struct screen *screen, int fd);

/* Asks how large the terminal is now; what is unknown is 80 columns and 24 rows. */
void screen_measure(struct screen *screen);

/* How many lines may be drawn: a third of the rows, or a little more where they are few, so that
 * what scrolls by can be read; 0: none. */
int screen_height(const struct screen *screen);

/*
 * Appends what takes the lines away. A terminal that has become narrower has wrapped them, and one
 * into which somebody has typed a line has moved them up.
 */
void screen_erase(struct screen *screen, struct buffer *bytes);

/* Appends what draws LINES where the cursor is; those before must have been erased. */
void screen_draw(struct screen *screen, const struct panel_lines *lines, struct buffer *bytes);

/* The lines are not ours to erase any more: somebody else has written to the terminal. */
void screen_forget(struct screen *screen);

#endif
