/* SPDX-License-Identifier: MIT */
/*
 * conducting: what the parts of run/conduct share while one run goes on.
 *
 * run/conduct owns it and is the loop; run/starts, run/ends and run/stopping are
 * its hands. Main thread.
 */
#ifndef AZFAN_RUN_CONDUCTING_H
#define AZFAN_RUN_CONDUCTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/login.h"
#include "run/doubts.h"
#include "run/flights.h"
#include "run/inquiry.h"
#include "run/notes.h"
#include "run/schedule.h"

struct buffer;
struct conduct;
struct redact;
struct result;

struct conducting {
    const struct conduct *conduct;
    struct result *result;
    struct redact *redact;
    struct schedule *schedule;
    struct flights flights;
    struct login login;
    struct inquiry inquiry; /* beside the login */
    struct doubts doubts;
    struct flight **starting; /* to be launched at the end of the round */
    size_t starting_count;
    struct notes notes;        /* of this round, to be shown at its end */
    enum schedule_stage stage; /* that the pool knows of */
    int64_t started;
    int64_t next_reaping;
    bool logging_in;
    bool told_no_room;
    bool asked;     /* who is running: answered at the end of the round, when all is known */
    bool continued; /* likewise told at the end of the round */
};

/* Nanoseconds since the start of the run. */
int64_t conducting_time(const struct conducting *self);

/* Puts LINE, which is emptied, into the journal, and keeps it for the watcher. OF_START: an attempt
 * begins, unless the line cannot be put on disk. */
void conducting_add_line(struct conducting *self, struct buffer *line, bool of_start);
void conducting_journal(struct conducting *self, struct buffer *line);

/* Something to be shown once it is on disk. */
void conducting_note(struct conducting *self, struct note note);

#endif
