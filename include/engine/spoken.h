/* SPDX-License-Identifier: MIT */
/*
 * spoken: what a child says on standard error while it runs, line by line, for who acts on it.
 *
 * The worker that watches the child adds what comes, and raises an event for each line that has
 * ended; the main thread takes the lines, in their order. Of what is longer or more than
 * SPOKEN_MOST bytes the rest is lost: a child of azfan's own says a few lines, and what it says is
 * in the finish as well. Bytes as they came.
 *
 * spoken_init(), spoken_clear(), spoken_take() and spoken_destroy() are the main thread's, the last
 * and spoken_clear() while no worker has the child.
 */
#ifndef AZFAN_ENGINE_SPOKEN_H
#define AZFAN_ENGINE_SPOKEN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum { SPOKEN_MOST = 16 * 1024 };

struct spoken {
    pthread_mutex_t mutex;
    struct buffer text;
    size_t taken; /* bytes of it */
    int event;    /* an eventfd, not owned */
};

void spoken_init(struct spoken *spoken, int event);
void spoken_destroy(struct spoken *spoken);

/* Nothing has been said: another child begins. */
void spoken_clear(struct spoken *spoken);

/* A worker's. */
void spoken_add(struct spoken *spoken, const char *bytes, size_t count);

/* Appends the next line, without its end; false: there is none now. */
bool spoken_take(struct spoken *spoken, struct buffer *line);

#endif
