/* SPDX-License-Identifier: MIT */
/*
 * origin: where a run comes from: who started it, on which machine, and which
 * commit its files are.
 *
 * origin_find() runs git (where there is one, for at most 5 s) in the job
 * file's folder, with no lock taken and no prompt. What cannot be found is
 * NULL: a run never fails for it. Main thread, before other threads start.
 */
#ifndef AZFAN_RUN_ORIGIN_H
#define AZFAN_RUN_ORIGIN_H

#include <stdbool.h>

struct job;

struct origin {
    char *user;   /* "anna"; behind sudo "root (anna)" */
    char *host;
    char *commit; /* of the work tree that holds the job file; NULL: none, or no git */
    bool dirty;   /* the job file or its script file is not as in that commit */
};

void origin_find(struct origin *origin, const struct job *job);
void origin_done(struct origin *origin);

#endif
