/* SPDX-License-Identifier: MIT */
/*
 * attempt: one az on one VM, from its command to what the result keeps of it. Main thread.
 */
#ifndef AZFAN_RUN_ATTEMPT_H
#define AZFAN_RUN_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "run/result.h"

struct answer;
struct az;
struct call;
struct error;
struct finish;
struct guard;
struct job;

/* Reports have milliseconds: what is kept is what the journal brings back. */
int64_t attempt_whole_milliseconds(int64_t duration);

/*
 * Makes the command that sends GUARD's script to the VM of ID. A folder that is gone, full or
 * read-only in the middle of a run is made anew, once.
 */
int attempt_prepare(struct call *call, struct az *az, const struct guard *guard, const char *id,
                    struct error *error);

/* Makes the command that asks Azure what became of OPERATION, which it has accepted for the VM of
 * ID. Returns how long that may take; -1 on error. */
int64_t attempt_prepare_question(struct call *call, const struct az *az,
                                 const struct result_operation *operation, const char *id,
                                 int64_t wall, struct error *error);

/*
 * What CALL, which has finished, was and came to: *RET has no outcome yet, *RET_ANSWER is for
 * answer_done(). RESULT says who stopped it, where somebody has. STARTED: the run's start.
 */
void attempt_read(struct call *call, const struct job *job, const struct result *result,
                  int64_t started, struct result_attempt *ret, struct answer *ret_answer);

/* ATTEMPT came to OUTCOME, without its secrets. */
void attempt_say(struct result_attempt *attempt, const struct outcome *outcome);

/*
 * Could az not be started because the kernel is short of something that other processes will give
 * back (EAGAIN, ENOMEM, EMFILE, ENFILE)? Then another try is due, and this was none.
 */
bool attempt_had_no_room(const struct finish *finish);

#endif
