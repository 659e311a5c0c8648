/* SPDX-License-Identifier: MIT */
/*
 * panel: what a board looks like: lines at the bottom of a terminal, or one line of a log.
 *
 * Pure. What it prints takes one column a character (screen/pen), also what VMs and Azure
 * have written. Times are absolute monotonic nanoseconds. Main thread.
 */
#ifndef AZFAN_SCREEN_PANEL_H
#define AZFAN_SCREEN_PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct board;
struct result;

enum { PANEL_LINES_MOST = 12 };

/* How much room there is, and what it can show. */
struct panel_look {
    int width;  /* columns */
    int height; /* lines, at most; from 1 */
    bool colour;
    bool utf8;
};

struct panel_lines {
    struct buffer text[PANEL_LINES_MOST];
    int widths[PANEL_LINES_MOST]; /* in columns; all below the look's */
    int count;
};

/* Fills LINES, for panel_lines_done(). */
void panel_print(const struct board *board, const struct result *result,
                 const struct panel_look *look, int64_t now, struct panel_lines *lines);
void panel_lines_done(struct panel_lines *lines);

/* Appends one line for a log, without its newline: "1m30s: 12 of 30 have ended (11 ok, 1 failed),
 * 8 running, the longest web-07 for 1m12s of 3m40s, batch 2 of 3, about 25s left". */
void panel_print_state(const struct board *board, const struct result *result, int64_t now,
                       struct buffer *buffer);

#endif
