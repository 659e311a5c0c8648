/* SPDX-License-Identifier: MIT */
/*
 * going: which of the caller's runs are going on on this machine.
 *
 * A run that may begin is entered in a register, a folder beside the folder of runs: a link that is
 * called as the run and leads to its run folder, wherever that is. Whoever was killed leaves one
 * behind, and the lock of its journal says that nobody is there any more. Runs of other users, and
 * those of another folder of runs (XDG_STATE_HOME, HOME), are not seen.
 *
 *   lock = going_lock(&error); going_list(&runs, …); going_enter(run, folder, …); close(lock);
 *   …
 *   going_leave(run);
 *
 * Main thread, or engine/aside.
 */
#ifndef AZFAN_RUN_GOING_H
#define AZFAN_RUN_GOING_H

#include <stdbool.h>

#include "base/error.h"

struct strings;

/*
 * A lock that only one azfan of this register has, for as long as it is open: of two that list and
 * then enter, one sees the other. -1 with an error: there can be no register, or somebody has the
 * lock for longer than anybody should; *RET_TAKEN says which.
 */
int going_lock(bool *ret_taken, struct error *error);

/*
 * The folders of all runs that are entered, and of those in the folder of runs, that have a live
 * journal. Entries of others are removed. For strings_done(). What cannot be read is passed over.
 */
void going_list(struct strings *ret);

/* Is the run ID entered? */
bool going_has(const char *id);

int going_enter(const char *id, const char *folder, struct error *error);
void going_leave(const char *id);

#endif
