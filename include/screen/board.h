/* SPDX-License-Identifier: MIT */
/*
 * board: who runs and who waits at this moment.
 *
 * Knows who runs since when, who waits until when, and what has ended and how, as it is
 * told. Pure: no clock, no I/O. screen/panel shows it, screen/estimate knows how long the rest
 * takes.
 *
 *   board_open(&board, result, job, not_before, now);
 *   board_start(…), board_wait(…), board_settle(…)…
 *   board_close(&board);
 *
 * Every call costs the same however many targets there are; only board_next_waiting()
 * looks at all that wait, of whom there are few. Times are absolute monotonic
 * nanoseconds. Main thread.
 */
#ifndef AZFAN_SCREEN_BOARD_H
#define AZFAN_SCREEN_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/outcome.h"
#include "run/schedule.h"

struct job;
struct result;

#define BOARD_NONE SIZE_MAX /* no target */

enum { BOARD_FAILED_MOST = 8 }; /* so many of those that failed are known by name */

struct board_target {
    int64_t began;    /* of the attempt that runs; CLOCK_NEVER: none does */
    size_t before;    /* in the list of those that run; BOARD_NONE: there is none */
    size_t behind;    /* likewise */
    int64_t again_at; /* of one that waits */
    size_t place;     /* in the list of those that wait; BOARD_NONE: it does not */
};

struct board {
    const struct job *job;
    char *place; /* where the run goes, in words; NULL: not known yet */
    struct board_target *targets;
    size_t target_count;
    size_t oldest; /* of those that run, in the order in which they began */
    size_t newest;
    size_t running;
    size_t *waiting;
    size_t waiting_count;
    size_t counts[OUTCOME_KINDS]; /* of those that are settled, and have been told to be */
    size_t settled;
    size_t done;                      /* of them, those that were not skipped */
    size_t failures;                  /* and those that max_failures counts */
    size_t failed[BOARD_FAILED_MOST]; /* the last of these: a ring, as FAILURES turns */
    size_t *left;                     /* of each batch, how many are not settled */
    int batches;
    int batch; /* the current one, from 1 */
    size_t batch_targets;
    size_t batch_failures;
    size_t batch_ok;
    int64_t batch_from; /* when it could begin: the one before has ended, and the pause is over */
    int64_t pause_between;
    int workers; /* so many may run at once, as far as is known */
    int64_t timeout;
    int64_t started;
    double durations; /* the sum, of attempts that settled their target */
    size_t ended;     /* how many; of them those that no clock has ended, … */
    size_t usual;
    int64_t shortest; /* … and of these the shortest and the longest */
    int64_t longest;
    size_t repeats;        /* how often a target was to be tried again, … */
    int64_t rest;          /* … and the longest time until then */
    int64_t limited_until; /* so long Azure's limit of starts holds back the next one; CLOCK_NEVER:
                              it does not */
    int64_t last_start;
    int64_t start_gap; /* between two starts while it did, the last ones most; 0: there were none */
    bool logged_in;
    bool watched; /* it is another azfan's, which no key reaches here */
    enum schedule_stage stage;
};

/* JOB stays where it is until board_close(). NOT_BEFORE: of each target, when it may start; may be
 * NULL. */
void board_open(struct board *board, const struct result *result, const struct job *job,
                const int64_t *not_before, int64_t now);
void board_close(struct board *board);

/* PLACE: where the run goes, in words of any kind, which are copied; NULL: nobody knows. */
void board_log_in(struct board *board, const char *place);
void board_start(struct board *board, size_t index, int64_t now);

/* The attempt could not be begun: it was none. */
void board_put_back(struct board *board, size_t index);

/* The attempt of INDEX has ended, and there is another one at AGAIN_AT. */
void board_wait(struct board *board, size_t index, int64_t again_at, int64_t now);

/* INDEX is settled, after an attempt or without one. */
void board_settle(struct board *board, const struct result *result, size_t index, int64_t now);

/* Azure throttles: no more than LIMIT are started for now. */
void board_limit(struct board *board, int limit);

/* A place is free, and Azure's limit of starts holds back the next one until UNTIL; CLOCK_NEVER: it
 * does not. */
void board_hold_starts(struct board *board, int64_t until);

void board_set_stage(struct board *board, enum schedule_stage stage);

/* The target that failed NTH last, from 0; BOARD_NONE: there is none, or it is not known any more.
 */
size_t board_failed(const struct board *board, size_t nth);

/* The first of those that wait, after the moment AFTER and, of those of that moment, after the
 * target AFTER_INDEX (BOARD_NONE: all of them); BOARD_NONE: there is no other. */
size_t board_next_waiting(const struct board *board, int64_t after, size_t after_index);

#endif
