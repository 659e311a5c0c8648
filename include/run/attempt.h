/* SPDX-License-Identifier: MIT */
/*
 * attempt: what one az process did, as the result keeps it.
 *
 * Pure readers of the engine's finish. Main thread.
 */
#ifndef AZFAN_RUN_ATTEMPT_H
#define AZFAN_RUN_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "run/result.h"

struct finish;
struct pool_task;

/* Reports have milliseconds: what is kept is what the journal brings back. */
int64_t attempt_whole_milliseconds(int64_t duration);

/* The attempt that TASK, which has finished, was; it came to OUTCOME. STARTED: the run's start. */
struct result_attempt attempt_of(const struct pool_task *task, const struct outcome *outcome,
                                 int64_t started);

/*
 * Could az not be started because the kernel is short of something that other processes will give
 * back (EAGAIN, ENOMEM, EMFILE, ENFILE)? Then another try is due, and this was none.
 */
bool attempt_had_no_room(const struct finish *finish);

#endif
