/* SPDX-License-Identifier: MIT */
/*
 * lookup: what a job leaves to az and its file does not say, for commands that start nothing.
 *
 *   lookup_ask(&lookup, job);
 *   if (lookup.signal == 0) …     // else it is to be died of
 *   lookup_done(&lookup);
 */
#ifndef AZFAN_CLI_LOOKUP_H
#define AZFAN_CLI_LOOKUP_H

#include "azure/accounts.h"
#include "cli/scope.h"

struct job;

struct lookup {
    struct accounts accounts; /* none when nobody asked */
    const char *subscription; /* az's default one, in ACCOUNTS; NULL: not known */
    char *unknown;            /* why not; NULL: it is known, or the job names all its own */
    int signal;               /* that ended the question; 0: none */
};

/*
 * Asks az, once, where JOB names no subscription for a target; else nothing is started. What turns
 * out to be one VM is one target of JOB from then on.
 */
void lookup_ask(struct lookup *ret, struct job *job);

/* Where JOB goes, by what az has said; BATCHES as in struct scope. It points into all three. */
struct scope lookup_scope(const struct lookup *lookup, const struct job *job, const int *batches);

void lookup_done(struct lookup *lookup);

#endif
