/* SPDX-License-Identifier: MIT */
/*
 * lastline: the last line that a child has printed so far.
 *
 * The worker that watches the child tells it what comes, the main thread may
 * look at any moment: it is what tells a person where a command hangs, long
 * before it ends. Keeps the first LASTLINE_LONGEST bytes of a line, of both
 * streams together; a line that has not ended yet counts once it holds
 * something. Bytes as they came: a reader makes them harmless.
 *
 * lastline_init() and lastline_destroy() are one thread's; the others may be
 * called by any.
 */
#ifndef AZFAN_ENGINE_LASTLINE_H
#define AZFAN_ENGINE_LASTLINE_H

#include <pthread.h>
#include <stddef.h>

struct buffer;

enum { LASTLINE_LONGEST = 240 };

struct lastline {
    pthread_mutex_t mutex;
    size_t length; /* of the line that is being printed */
    size_t last;   /* of the one before it that was not blank */
    char line[LASTLINE_LONGEST];
    char last_line[LASTLINE_LONGEST];
};

void lastline_init(struct lastline *lastline);
void lastline_destroy(struct lastline *lastline);

/* Nothing has been printed: another command begins. */
void lastline_clear(struct lastline *lastline);

void lastline_add(struct lastline *lastline, const char *bytes, size_t count);

/* Appends the last line that is not blank, without its end; nothing when there is none. */
void lastline_copy(struct lastline *lastline, struct buffer *buffer);

#endif
