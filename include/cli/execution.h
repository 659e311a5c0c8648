/* SPDX-License-Identifier: MIT */
/*
 * execution: what is to be run: a job, how, and what a rerun knows of its targets.
 */
#ifndef AZFAN_CLI_EXECUTION_H
#define AZFAN_CLI_EXECUTION_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct options;
struct result_operation;

struct execution {
    const struct options *options;
    struct job *job;   /* with at least one target; two that are one VM become one */
    const char *draft; /* the job's file, which is to be written into the run folder; NULL: it
                          is on disk */
    bool rehearsal;
    const char *rerun_of; /* the id of the run whose targets these are; NULL: none */
    const char **marks;   /* of each target: the earlier run whose mark its guard looks for;
                             NULL  as in struct conduct */
    const struct result_operation **questions; /* of each target: what Azure is asked became of it
                                                  first; NULL as in struct conduct */
    bool only_asks;                            /* likewise */
    int64_t *not_before; /* of each target, monotonic: it is not started earlier; NULL */
    bool ran;            /* execute_job() says so: something has happened, and it is kept */
};

/* Makes one target of those that are one VM where az's default subscription is SUBSCRIPTION: the
 * job as it should have been loaded. */
void execution_merge(struct execution *execution, const char *subscription);

#endif
