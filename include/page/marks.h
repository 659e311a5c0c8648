/* SPDX-License-Identifier: MIT */
/*
 * marks: how the bars of an outcome differ where colours do not: lines of a number and a kind of
 * its own. Along bars they are slits, but for bars of a few pixels, which have one dark line; from
 * the top of a column to its foot, where a slit would look like the gap to the next, dark ones too.
 * ok has none.
 *
 *   marks_add_along(&path, OUTCOME_ERROR, x, y, width, height);   // for each bar
 *   marks_write_along(page, OUTCOME_ERROR, &path, height);
 *
 * Main thread.
 */
#ifndef AZFAN_PAGE_MARKS_H
#define AZFAN_PAGE_MARKS_H

#include <stdbool.h>

struct buffer;
struct page;

/* Has STATE (page_state()) a mark? */
bool marks_has(int state);

/* Appends the lines of one bar, or column, to PATH; all bars of a path are equally high. */
void marks_add_along(struct buffer *path, int state, int x, int y, int width, int height);
void marks_add_down(struct buffer *path, int state, int x, int y, int width, int height);

/* Writes PATH, unless it is empty, and frees it. */
void marks_write_along(struct page *page, int state, struct buffer *path, int height);
void marks_write_down(struct page *page, int state, struct buffer *path);

/* A small bar with its mark, and the name of STATE: an entry of a legend. */
void marks_write_key(struct page *page, int state);

#endif
