/* SPDX-License-Identifier: MIT */
/*
 * sequel: what a rerun came to, put over the run that it repeats.
 *
 * Of each VM the later word counts, unless it only says that nothing was done; and what an earlier
 * attempt may have started is not forgotten over a later one that starts nothing. Main thread.
 */
#ifndef AZFAN_RUN_SEQUEL_H
#define AZFAN_RUN_SEQUEL_H

#include <stddef.h>

struct result;

/*
 * The last thing that RERUN did to its target INDEX was to ask what became of an operation: where
 * that is one of RESULT's, what Azure said is RESULT's outcome, with all that the script printed;
 * and what Azure has forgotten is not asked again.
 */
void sequel_recover(struct result *result, const struct result *rerun, size_t index);

/* Targets of RERUN that RESULT does not have are passed over. */
void sequel_add(struct result *result, const struct result *rerun);

#endif
