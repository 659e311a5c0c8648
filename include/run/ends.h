/* SPDX-License-Identifier: MIT */
/*
 * ends: what the ends of attempts mean. Part of run/conduct.
 *
 * Main thread.
 */
#ifndef AZFAN_RUN_ENDS_H
#define AZFAN_RUN_ENDS_H

#include <stddef.h>

struct answer;
struct conducting;
struct error;
struct result_attempt;

/* Reads all attempts that have ended, and tells the schedule, the journal and the result. */
void ends_take(struct conducting *self);

/* The attempt of target INDEX came to ANSWER; takes over what both hold. */
void ends_keep(struct conducting *self, size_t index, struct result_attempt *attempt,
               struct answer *answer);

/* No process could be started for want of room: said once a run. */
void ends_tell_no_room(struct conducting *self, const struct error *error);

#endif
