/* SPDX-License-Identifier: MIT */
/*
 * screen: a few lines at the bottom of a terminal that are drawn again and again.
 *
 * The cursor always rests below the lines, at the left margin. No mode of the
 * terminal is ever changed: no cursor is hidden, no echo switched off, no line
 * wrapping, no other screen. So there is nothing to restore, whatever ends
 * azfan. What erases and draws only appends bytes to a buffer, and remembers
 * what is on the terminal once these have been written; the kernel is asked
 * about the terminal. Main thread.
 *
 *   screen_open(&screen, fd);
 *   screen_erase(&screen, &bytes)…  screen_forget(&screen), text…  screen_draw(&screen, …)…
 *   screen_close(&screen);
 */
#ifndef AZFAN_SCREEN_SCREEN_H
#define AZFAN_SCREEN_SCREEN_H

#include <stdbool.h>

#include "screen/panel.h"

struct buffer;

enum { SCREEN_LINES_MOST = 128 };

struct screen {
    int fd;
    int columns;
    int rows;
    int widths[SCREEN_LINES_MOST]; /* of the lines, from the first that has scrolled away */
    int count;                     /* of them */
    int watch; /* for lines that are typed on standard input, when it is the same terminal; or -1 */
    int typed_bytes; /* of those that wait there */
    int typed_rows;  /* which they have taken since the lines were drawn */
};

/* FD: a terminal. */
void screen_open(struct screen *screen, int fd);
void screen_close(struct screen *screen);

/* Asks how large the terminal is now; what is unknown is 80 columns and 24 rows. False: as large as
 * it was. */
bool screen_measure(struct screen *screen);

/* Has something been typed? Is to be called as soon as WATCH can be read. */
void screen_check_typing(struct screen *screen);

/* How many lines may be drawn: a third of the rows, or a little more where they are few, so that
 * what scrolls by can be read; 0: none. */
int screen_height(const struct screen *screen);

/*
 * Appends what takes the lines away. A terminal that has become narrower has wrapped them, and one
 * into which somebody has typed a line has moved them up. One that has become lower may have
 * scrolled the first of them away: those stay known, and are erased when it has become higher, for
 * it brings them back.
 */
void screen_erase(struct screen *screen, struct buffer *bytes);

/* Once erased: has something scrolled away that will come back? */
bool screen_has_lost(const struct screen *screen);

/* Appends what draws LINES where the cursor is; those before must have been erased. */
void screen_draw(struct screen *screen, const struct panel_lines *lines, struct buffer *bytes);

/* The lines are not ours to erase any more: somebody else has written to the terminal; or text
 * comes after those that have scrolled away. */
void screen_forget(struct screen *screen);

#endif
