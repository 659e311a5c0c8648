/* SPDX-License-Identifier: MIT */
/*
 * record: what happens in a run, put on disk before it is shown.
 *
 * The way by which everything happens: an event becomes a line of the journal, is applied to the
 * result, and is kept; once the lines are on disk the watcher gets to see it. Main thread.
 *
 *   record_begin(&record)
 *   record_add(&record, record_event(&record, kind))…
 *   record_commit(&record, &error); record_show(&record, &error)      // for all since the last
 * time record_done(&record)
 */
#ifndef AZFAN_RUN_RECORD_H
#define AZFAN_RUN_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "run/event.h"

struct folder;
struct journal;
struct result;
struct watcher;

struct record_entry;

/* The first four are the caller's to set; the rest starts zeroed. */
struct record {
    struct journal *journal;
    const struct folder *folder; /* which keeps what the VMs print */
    struct result *result;
    const struct watcher *watcher;
    int64_t started;           /* of the run, monotonic */
    struct record_entry *list; /* that nobody has seen yet */
    size_t count;
};

/* The run's clock begins. */
void record_begin(struct record *record);

/* Nanoseconds since then. */
int64_t record_time(const struct record *record);

/* An event of KIND that happens now. */
struct event record_event(const struct record *record, enum event_kind kind);

/* It happens. EVENT, which must be possible, is taken over. */
void record_add(struct record *record, struct event event);

/* The attempt of target INDEX could not be begun after all, as WHY says. */
void record_put_back(struct record *record, size_t index, const char *why);

/* One write for all lines since the last one. Error: they are not on disk. */
int record_commit(struct record *record, struct error *error);

/* After that error: no attempt has begun, nor is to be shown, of those that were to be. */
void record_forget_starts(struct record *record);

/* Shows what has been added, and keeps the output of what has ended. What is added meanwhile is for
 * the next time. Error: an output could not be written, as the first of several says. */
int record_show(struct record *record, struct error *error);

void record_done(struct record *record);

#endif
