/* SPDX-License-Identifier: MIT */
/*
 * round: the loop of a run, once round and again.
 *
 * A round takes what has happened, asks the schedule who is next, puts all of it on disk, and then
 * starts and shows. Of run/conduct, which makes the parts and frees them. Main thread.
 */
#ifndef AZFAN_RUN_ROUND_H
#define AZFAN_RUN_ROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "azure/login.h"
#include "run/calls.h"
#include "run/doubts.h"
#include "run/record.h"
#include "run/renewal.h"
#include "run/schedule.h"

struct az;
struct error;
struct job;
struct redact;
struct result;
struct sharing;
struct warden;
struct watcher;

struct round {
    const struct job *job;
    struct az *az;
    const struct watcher *watcher;
    struct warden *warden;
    const char *const *marks; /* as struct conduct has them; likewise */
    const struct result_operation *const *questions;
    void (*foresee)(void *foreseer, const char *id, int attempt, struct supervise_limits *limits);
    void *foreseer;
    const struct result *result; /* `record` changes it */
    struct record record;
    struct redact *redact;
    struct schedule *schedule;
    const struct sharing *sharing; /* of what the schedule's quota is made */
    struct calls calls;
    struct login *login;    /* with the tokens that it had at first */
    struct renewal renewal; /* … and what becomes of them */
    bool logging_in;        /* what runs is the login's, and no target's */

    /* Its own, zeroed at the start. */
    struct doubts doubts;
    size_t asked_token;        /* which one the question is about */
    struct call *question;     /* of the doubts, on its way; NULL: none is */
    enum schedule_stage stage; /* that the pool knows of */
    int64_t next_reaping;
    bool told_no_room;
    bool asked;     /* who is running: answered at the end of the round, when all is known */
    bool continued; /* likewise told at the end of the round */
};

/* The loop: until every target is settled, or nothing is started any more and nothing runs. */
void round_run(struct round *round);

/* Waits until UNTIL at the latest, or FD (-1: none) can be read, or something else happens, and
 * sees to signals and the deadline. */
void round_wait(struct round *round, int fd, int64_t until);

/* All signals that have come; those that end nothing are obeyed, or answered at the end of the
 * round. */
void round_handle_signals(struct round *round);

/* The second half of a round: puts on disk what has happened, starts and shows. */
void round_act(struct round *round);

/* The login is not good, as ERROR says, which is redacted: nothing more is started. */
void round_end_by_login(struct round *round, enum login_result result, struct error *error);

/* No process could be started for want of room: said once a run. */
void round_report_no_room(struct round *round, const struct error *error);

#endif
