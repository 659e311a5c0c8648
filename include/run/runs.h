/* SPDX-License-Identifier: MIT */
/*
 * runs: the past runs on this machine, and what is left to do of one.
 *
 * Reads run folders, changes nothing. Main thread.
 */
#ifndef AZFAN_RUN_RUNS_H
#define AZFAN_RUN_RUNS_H

#include <stddef.h>

#include "base/error.h"

struct result;

/* Run folders, newest first; for runs_done(). */
struct runs {
    char **folders; /* paths */
    size_t count;
};

/* The runs in the folder of runs; none where there is no such folder. */
int runs_list(struct runs *ret, struct error *error);

void runs_done(struct runs *runs);

/*
 * The folder of the run that WORD means: an id, a folder, or "latest" (NULL
 * likewise). free() *RET. The error says what there is instead.
 */
int runs_find(const char *word, char **ret, struct error *error);

/*
 * Puts over RESULT, which is a past run, what later reruns of it (and reruns of
 * those) came to: a target that has become ok there is ok, and where its script
 * may still run is known. Refuses when one of these is going on at this moment.
 * Runs that cannot be read are passed over.
 */
int runs_add_reruns(struct result *result, struct error *error);

#endif
