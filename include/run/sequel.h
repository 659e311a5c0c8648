/* SPDX-License-Identifier: MIT */
/*
 * sequel: what a rerun came to, put over the run that it repeats.
 *
 * Of each VM the later word counts, unless it only says that nothing was done; and what an earlier
 * attempt may have started is not forgotten over a later one that starts nothing. Main thread.
 */
#ifndef AZFAN_RUN_SEQUEL_H
#define AZFAN_RUN_SEQUEL_H

struct result;

/* Targets of RERUN that RESULT does not have are passed over. */
void sequel_add(struct result *result, const struct result *rerun);

#endif
