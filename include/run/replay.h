/* SPDX-License-Identifier: MIT */
/*
 * replay: a journal, read back into a result.
 *
 * There is one way to build a report: from a result. A past run's is rebuilt
 * here from nothing but its journal, by the same functions that built it while
 * the run went on. A journal that another azfan is writing at this moment, or
 * that one which was killed has left, is read as far as it goes. Main thread.
 */
#ifndef AZFAN_RUN_REPLAY_H
#define AZFAN_RUN_REPLAY_H

#include <stddef.h>

#include "base/error.h"

struct result;

/*
 * Rebuilds *RET, for result_done(), from the journal in the run folder FOLDER.
 * Without its last line the run is RESULT_GOING while somebody holds the
 * journal's lock; else RESULT_INTERRUPTED, and what was under way is settled as
 * unknown. Errors (*RET is zeroed): no journal, an empty one, one of
 * something else, one of a newer azfan, a damaged one; the error says which.
 */
int replay_run(const char *folder, struct result *ret, struct error *error);

/*
 * The same without the targets, and quickly when the run has finished: what a
 * list of runs shows. RET has no targets then (no result_exit_status() can be
 * made of it); *RET_TARGETS is how many there were, and settled and counts say
 * what became of them. Of a run that has finished only the first and the last
 * line are read: damage between them is not seen, and why it was halted, and
 * how Azure throttled it, is not known.
 */
int replay_summary(const char *folder, struct result *ret, size_t *ret_targets,
                   struct error *error);

/*
 * What the first line alone says: which run it is, what it was to do, and of which one it is a
 * rerun. As quick with 100,000 targets as with one. RET, for result_done(), has no targets and no
 * ending.
 */
int replay_head(const char *folder, struct result *ret, struct error *error);

/*
 * What a run is to do, as far as its first start: its targets, whether one of them was started (its
 * state says so), and their ids when az's login was known by then. RET, for result_done(), is
 * RESULT_GOING unless the journal's last line is there; nobody asks for the lock.
 */
int replay_beginning(const char *folder, struct result *ret, struct error *error);

#endif
