/* SPDX-License-Identifier: MIT */
/*
 * stopping: how a run ends before its work is done. Part of run/conduct.
 *
 * Signals, the deadline, a halt, and what azfan itself cannot do. Main thread.
 */
#ifndef AZFAN_RUN_STOPPING_H
#define AZFAN_RUN_STOPPING_H

#include "run/result.h"

struct conducting;
struct error;

/* The schedule knows already that no more is started: takes back what no worker has begun, stops
 * what the schedule's stage says, and settles what waits. CAUSE may be NULL. */
void stopping_end_early(struct conducting *self, enum result_ending ending, int signal,
                        const char *cause);

/* azfan itself cannot go on as it should: what runs may end, nothing more is started. */
void stopping_see_trouble(struct conducting *self, const struct error *error);

/* All signals that have come; those that end nothing are obeyed, or remembered for
 * stopping_answer(). */
void stopping_see_signals(struct conducting *self);

/* At the end of a round, when what has happened is on disk and shown: answers the signals that ask.
 */
void stopping_answer(struct conducting *self);

/* The deadline, if it has just passed. */
void stopping_see_time(struct conducting *self);

#endif
