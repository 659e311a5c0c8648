/* SPDX-License-Identifier: MIT */
/*
 * recovery: what Azure can still say of a past run, and what the run comes to by that.
 *
 * What is told goes to standard error, but the run's own state, which is an answer.
 */
#ifndef AZFAN_CLI_RECOVERY_H
#define AZFAN_CLI_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>

struct options;
struct result;
struct result_target;

/* Can Azure be asked what became of TARGET in PAST, or in a run that PAST goes back to? */
bool recovery_can_ask(const struct result *past, const struct result_target *target);

/* Before a rerun, or a DRY one: so many are asked first; or could be, by another client. */
void recovery_tell_asked(size_t count, bool dry);
void recovery_tell_unasked(size_t count);

/* Says why there is nothing to ask of PAST, and returns as recovery_tell_now() does. */
int recovery_tell_nothing(const struct options *options, const struct result *past,
                          const struct result *whole);

/*
 * Reads the run in FOLDER again, with all its reruns over it, says what it has come to by now, and
 * returns the exit status that such a run has. STATUS is that of what was asked: it stays where the
 * run cannot be read.
 */
int recovery_tell_now(const struct options *options, const char *folder, int status);

#endif
