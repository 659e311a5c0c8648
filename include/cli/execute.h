/* SPDX-License-Identifier: MIT */
/*
 * execute: a job, run from the first word to the last: what run, rehearse and rerun do once they
 * know its targets.
 *
 * Prints the run, its summary and what is wrong, writes the reports, and
 * returns the exit status. *RET_SIGNAL is the signal that ended the run, which
 * azfan should die of once everything is written; else 0.
 */
#ifndef AZFAN_CLI_EXECUTE_H
#define AZFAN_CLI_EXECUTE_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct options;

struct execution {
    const struct options *options;
    struct job *job; /* with at least one target; two that are one VM become one */
    bool rehearsal;
    const char *rerun_of; /* the id of the run whose targets these are; NULL: none */
    const char **marks;   /* of each target: the earlier run whose mark its guard looks for;
                             NULL  as in struct conduct */
    int64_t *not_before;  /* of each target, monotonic: it is not started earlier; NULL */
};

int execute_job(struct execution *execution, int *ret_signal);

#endif
