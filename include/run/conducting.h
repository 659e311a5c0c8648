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
#include "run/event.h"
#include "run/flights.h"
#include "run/inquiry.h"
#include "run/schedule.h"

struct conduct;
struct redact;
struct result;

/* An event that has been applied. */
struct happening {
    struct event event;
    char *line; /* of the journal, with its newline; NULL: it has none, or nobody wants it */
    size_t length;
};

void happening_done(struct happening *happening);

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
    struct happening *happenings; /* of this round, to be shown at its end */
    size_t happening_count;
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

/* An event of KIND that happens now. */
struct event conducting_event(const struct conducting *self, enum event_kind kind);

/* The one way in: what happens is put into the journal, applied to the result, and kept until it
 * is on disk and may be shown. Takes EVENT over. */
void conducting_happen(struct conducting *self, struct event event);

/* The attempt of target INDEX could not be begun after all, as WHY says. */
void conducting_put_back(struct conducting *self, size_t index, const char *why);

#endif
