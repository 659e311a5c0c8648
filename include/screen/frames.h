/* SPDX-License-Identifier: MIT */
/*
 * frames: text on a terminal, and below it the board, drawn anew again and again.
 *
 * Text is kept until the next frame, at most a tenth of a second. A frame is one piece of bytes:
 * it takes away the lines at the bottom, prints what has been kept, and draws the lines anew below.
 * When nothing happens there is one a second, for the ages. While the terminal does not take what
 * it was given (Ctrl-S) there is none, nor while its size changes, and while azfan is in the
 * background none has lines. A terminal that has become so low that a part of the lines has
 * scrolled away gets no text for a while: when it is as high again the lines are where they were.
 *
 *   frames_open(&frames, &outlet, &board, result, colour, now);
 *   frames_add(&frames, &text, now)…; frames_outdate(&frames); frames_refresh(&frames, now)…
 *   frames_close(&frames, now);
 *
 * Times are absolute nanoseconds of the machine's clock, for they are those of who looks; only the
 * board has those of the run (engine/lapse). Main thread.
 */
#ifndef AZFAN_SCREEN_FRAMES_H
#define AZFAN_SCREEN_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "screen/screen.h"

struct board;
struct outlet;
struct result;

struct frames {
    struct outlet *outlet; /* the way to the terminal */
    const struct board *board;
    const struct result *result;
    struct screen screen;
    bool colour;
    bool utf8;             /* the terminal's text is */
    struct buffer pending; /* lines that wait for the next frame */
    bool stale;            /* what is drawn is out of date */
    int64_t next;          /* when stale: not earlier, for a terminal is slow */
    int64_t next_second;   /* else: ages change */
    int64_t settled;       /* from when on the terminal's size can be relied on */
    bool late;             /* the next one is, by more than a second, and has been put off */
    int64_t text_from;     /* text is kept until then; CLOCK_NEVER: it is not */
};

/* All but COLOUR stay where they are until frames_close(). */
void frames_open(struct frames *frames, struct outlet *outlet, const struct board *board,
                 const struct result *result, bool colour, int64_t now);

/* TEXT, a line or more of them, for the next frame, which is drawn when it is due; is emptied. */
void frames_add(struct frames *frames, struct buffer *text, int64_t now);

/* The board has changed. */
void frames_outdate(struct frames *frames);

/* Draws a frame when one is due. */
void frames_refresh(struct frames *frames, int64_t now);

/* When the next one is due; CLOCK_NEVER: not before the terminal takes what it was given. */
int64_t frames_next(const struct frames *frames);

/* A frame without lines: what has been kept, and after it TEXT, which may be NULL. At once, but for
 * the third of a second that a changing size takes to settle. */
void frames_clear(struct frames *frames, const char *text, int64_t now);

/* The terminal may have another size by now. */
void frames_measure(struct frames *frames);

/* The terminal has another size, and may get yet another one. */
void frames_resize(struct frames *frames, int64_t now);

/* Something has been typed: frames_watch() can be read. */
void frames_check_typing(struct frames *frames);
int frames_watch(const struct frames *frames); /* -1: there is none */

/* azfan was stopped, and goes on. */
void frames_continue(struct frames *frames, int64_t now);

/* A last frame without lines; frees. */
void frames_close(struct frames *frames, int64_t now);

#endif
