/* SPDX-License-Identifier: MIT */
/*
 * starts: attempts, from the schedule's word to the engine. Part of run/conduct.
 *
 * A start is planned in the first half of a round, and launched in the second,
 * once its line is on disk. Main thread.
 */
#ifndef AZFAN_RUN_STARTS_H
#define AZFAN_RUN_STARTS_H

#include "run/schedule.h"

struct conducting;

/* Plans all that may start now. Returns what the schedule says when no more may. */
struct schedule_decision starts_plan(struct conducting *self);

/* Launches what was planned. */
void starts_launch(struct conducting *self);

/* The lines of what was planned are not on disk: it is as good as never decided. */
void starts_forget(struct conducting *self);

#endif
