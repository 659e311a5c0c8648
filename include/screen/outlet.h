/* SPDX-License-Identifier: MIT */
/*
 * outlet: text on its way to a reader who may not be reading.
 *
 * A pager that waits, or a terminal stopped with Ctrl-S, must not hold up a
 * run: its clocks go on. So text is queued here and written only as far as the
 * reader takes it. Memory grows with what the reader leaves.
 *
 * A pipe or terminal is opened once more for that, non-blocking: to make the
 * caller's own descriptor so would do it to everybody who shares it.
 *
 *   outlet_open(&outlet, STDOUT_FILENO);
 *   outlet_add(&outlet, text, length)…; outlet_push(&outlet)…
 *   outlet_close(&outlet);     // waits for the reader
 *
 * After an error of writing everything else is dropped. Main thread.
 */
#ifndef AZFAN_SCREEN_OUTLET_H
#define AZFAN_SCREEN_OUTLET_H

#include <stdbool.h>

#include "base/buffer.h"

struct outlet {
    int fd;
    bool owned;  /* FD is our own way to what the caller's descriptor leads to */
    bool socket; /* written with send() */
    bool broken;
    struct buffer waiting;
    size_t written; /* of what is waiting */
};

void outlet_open(struct outlet *outlet, int fd);

/* Queues TEXT (emptied) and writes what can be written without waiting. */
void outlet_add(struct outlet *outlet, struct buffer *text);

/* Writes what can be written without waiting. */
void outlet_push(struct outlet *outlet);

/* Is there something left to write? Then FD can be polled for POLLOUT. */
bool outlet_is_waiting(const struct outlet *outlet);

/* Writes the rest, however long it takes, and frees. */
void outlet_close(struct outlet *outlet);

#endif
