/* SPDX-License-Identifier: MIT */
/*
 * origin: where a run comes from: who started it, on which machine, and which
 * commit its files are.
 *
 * origin_find() runs git (where there is one) in the job
 * file's folder. Git takes no lock, asks nothing, reaches no network, and runs
 * no program that the repository's configuration names: whoever wrote a job
 * file that is checked here must not run things on this machine by it. What
 * cannot be found is NULL: a run never fails for it. Main thread, before other
 * threads start.
 */
#ifndef AZFAN_RUN_ORIGIN_H
#define AZFAN_RUN_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/number.h"

struct job;

/* How long git may take: more than it needs on a slow disk, less than anybody waits for. */
#define ORIGIN_PATIENCE (5 * NUMBER_SECOND)

/* Owns its strings; NULL: not known. */
struct origin {
    char *user; /* "anna"; behind sudo "root (anna)" */
    char *host;
    char *commit; /* of the work tree that holds the job file (of a link: what it leads to), 40 or
                     64 hexadecimal digits; NULL: none, or no git */
    bool dirty;   /* the job file or its script file is not as in that commit: changed, not
                     committed, ignored, or in another work tree or none */
    int64_t pid;  /* of a past run; 0: not known, or this azfan's own */
    char *az_version;   /* NULL before the login; likewise the next one, also where az has none */
    char *subscription; /* az's default one */
};

/* Fills in all but what a past run or the login knows. git has PATIENCE nanoseconds until it is
 * stopped. For origin_done(). */
void origin_find(struct origin *origin, const struct job *job, int64_t patience);

/* What this machine is called, as origin.host; NULL: nobody knows. free() it. */
char *origin_host(void);

/* Leaves it zeroed: a second time does no harm. */
void origin_done(struct origin *origin);

#endif
