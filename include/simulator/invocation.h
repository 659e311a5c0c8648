/* SPDX-License-Identifier: MIT */
/*
 * invocation: one request for a script's run, from its beginning to its answer.
 *
 * Says on standard output and standard error what an az or an azfan-rest would (simulator/voice).
 */
#ifndef AZFAN_SIMULATOR_INVOCATION_H
#define AZFAN_SIMULATOR_INVOCATION_H

#include <stdbool.h>

struct simulator_rehearsal;
struct simulator_request;
struct targets_id;

/* Plays REQUEST for the VM called ID by REHEARSAL, which was read from FOLDER. An exit status; it
 * may also end this process by a signal. */
int simulator_invoke(const struct simulator_rehearsal *rehearsal, const char *folder,
                     const struct simulator_request *request, const struct targets_id *id);

/* Has one met the fault that the login has expired? */
bool simulator_login_has_ended(void);

#endif
