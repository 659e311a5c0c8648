/* SPDX-License-Identifier: MIT */
/*
 * notes: what has happened in a round, kept until it is on disk and may be shown.
 *
 * Starts zeroed. Main thread.
 */
#ifndef AZFAN_RUN_NOTES_H
#define AZFAN_RUN_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/schedule.h"

struct buffer;

struct note {
    enum {
        NOTE_LINE, /* of the journal */
        NOTE_STARTED,
        NOTE_PUT_BACK,
        NOTE_SETTLED,
        NOTE_WAITS,
        NOTE_LIMITED,
        NOTE_STOPPING
    } kind;
    size_t target;  /* of STARTED, PUT_BACK, SETTLED and WAITS */
    int64_t wait;   /* of WAITS */
    int limit;      /* of LIMITED */
    size_t running; /* of STOPPING, like the next */
    enum schedule_stage stage;
    char *line; /* of LINE, with its newline; owned */
    size_t length;
    bool of_start; /* of LINE: it says that an attempt begins */
};

struct notes {
    struct note *list;
    size_t count;
    size_t capacity;
};

void notes_add(struct notes *notes, struct note note);

/* A copy of LINE, which has no newline yet. */
void notes_add_line(struct notes *notes, const struct buffer *line, bool of_start);

/* Drops all starts, and the lines that say so: they were never begun. */
void notes_forget_starts(struct notes *notes);

/* Moves all of them to the caller, for notes_done(); NOTES is empty then. */
struct notes notes_take(struct notes *notes);

void notes_done(struct notes *notes);

#endif
