/* SPDX-License-Identifier: MIT */
/*
 * halting: when failures halt a run, and why they have, in words.
 *
 * The rules themselves are run/schedule's, and their numbers run/rules'. Pure. Main thread.
 */
#ifndef AZFAN_RUN_HALTING_H
#define AZFAN_RUN_HALTING_H

#include "run/schedule.h"

struct buffer;
struct job;

/*
 * Appends when the job's run halts, batch by batch: "the run halts after 1 failure in batch 1 (1
 * VM), 1 in batch 2 (3), 3 in batch 3 (26), or 4 in all (30); what is running then may finish".
 * Many batches are folded: the line is short however many there are. BATCHES: rules_batches(). No
 * newline.
 */
void halting_print(struct buffer *buffer, const struct job *job, const int *batches);

/* One sentence without its full stop: why the run has halted, and what would have been allowed.
 * free() it. */
char *halting_explain(const struct job *job, enum schedule_halt halt,
                      const struct schedule_tally *tally);

#endif
