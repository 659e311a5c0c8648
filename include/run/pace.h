/* SPDX-License-Identifier: MIT */
/*
 * pace: how many attempts may run at once, and from when on the next may be started.
 *
 * Of run/schedule. Fewer at once when Azure throttles, one more whenever it takes a request; and
 * for a short while that grows nothing is started when the machine has no room.
 *
 * When Azure throttles, all that is in flight hears so; when the machine is full, all that is being
 * started is refused. Each such burst must count once: thirty answers would halve the limit down to
 * one. So starts are numbered, and a cut (or a longer pause) remembers how many there had been:
 * only what was started after it can cause another one. Pure. Main thread.
 */
#ifndef AZFAN_RUN_PACE_H
#define AZFAN_RUN_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct outcome;

/* All but `limit` and `starts_at` is private. */
struct pace {
    int workers;
    bool cuts;         /* it does so when Azure throttles */
    int limit;         /* so many may run at once, from 1 to `workers` */
    int64_t starts_at; /* nothing is started before; INT64_MIN: at any time */
    int64_t pause;     /* the last one; 0: none since an attempt ended */
    uint64_t starts;   /* so many have been */
    uint64_t last_cut; /* starts until then; likewise last_refusal */
    uint64_t last_refusal;
};

/* WORKERS: from 1. CUTS: fewer at once when Azure throttles; else that is somebody else's business
 * (run/quota). */
void pace_init(struct pace *pace, int workers, bool cuts);

/* One more is started. Returns its number, from 1. */
uint64_t pace_start(struct pace *pace);

/* The one with the number START was really started, and has ended with OUTCOME: it has left its
 * room. True: fewer may run at once from now on. */
bool pace_ended(struct pace *pace, uint64_t start, const struct outcome *outcome);

/* There was no room to start the one with the number START. */
void pace_refused(struct pace *pace, uint64_t start, int64_t now);

#endif
