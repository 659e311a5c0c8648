/* SPDX-License-Identifier: MIT */
/*
 * overlap: runs that are going on and have targets in common with one that is to begin.
 *
 * Two runs on one VM are in each other's way: Azure runs one command at a time there, and refuses
 * the other. A run counts from the moment on when it may begin until its journal says that it has
 * ended, or nobody holds the journal's lock any more. Rehearsals do not count. Which runs can be
 * seen is the business of run/going. VMs are compared by their whole ids, so az's login must be
 * known. Main thread, or engine/aside.
 */
#ifndef AZFAN_RUN_OVERLAP_H
#define AZFAN_RUN_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "run/result.h"

struct overlap_run {
    struct result run;   /* as far as it has begun */
    const char **labels; /* of the targets in common, as the run that is to begin calls them */
    size_t count;
};

struct overlap {
    struct overlap_run *list;
    size_t count;
};

/* All those that RESULT, whose targets have their ids, would overlap with. For overlap_done(). */
void overlap_find(const struct result *result, struct overlap *ret);

enum overlap_answer {
    OVERLAP_ENTERED,  /* it may begin, and counts from now on: overlap_leave() */
    OVERLAP_FOUND,    /* *RET says with which runs, and it does not count */
    OVERLAP_HELD_UP,  /* another azfan is about to begin, and does not come to it; ERROR says it */
    OVERLAP_NOT_KEPT, /* it cannot be entered, as ERROR says: others will not see it */
};

/*
 * The same, and enters RESULT's run when there are none, or when REGARDLESS; of two that do this at
 * once, one sees the other. *RET is for overlap_done() whatever the answer is.
 */
enum overlap_answer overlap_enter(const struct result *result, bool regardless, struct overlap *ret,
                                  struct error *error);
void overlap_leave(const struct result *result);

void overlap_done(struct overlap *overlap);

#endif
