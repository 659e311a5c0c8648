/* SPDX-License-Identifier: MIT */
/*
 * overrides: what the command line puts over the job file.
 *
 * Zeroed: nothing. Strings and arrays are the caller's. Each part of job/jobfile reads its own.
 */
#ifndef AZFAN_JOB_OVERRIDES_H
#define AZFAN_JOB_OVERRIDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct targets_wanted;

struct overrides {
    int concurrency; /* 0: as the file says, and so below; the caller has checked the ranges */
    int64_t timeout; /* a script_timeout that the file does not give follows it */
    int64_t deadline;
    int64_t script_timeout;
    int attempts;             /* of one target, in all */
    const char *batches;      /* shares, with commas between them; NULL: as the file says */
    const char *max_failures; /* a share; likewise */
    const char *targets;      /* a file of VMs that are meant instead of the job's, "-" is standard
                                 input; likewise */
    bool has_confirm;
    size_t confirm;
    const char *az;
    const char *client;            /* "az" or "rest" */
    const char *identity;          /* "az", "managed", "workload" or "environment" */
    const char *identity_variable; /* AZFAN_IDENTITY's, which is for the client rest alone */
    const char *const *settings;   /* NAME=VALUE, of parameters that the job declares */
    size_t setting_count;
    size_t settings_kept; /* the first so many are a past run's: the job need not declare them */
    bool has_args; /* these count instead of all that the file has, also when there are none */
    const char *const *args;
    size_t arg_count;
    const char *const *limits; /* texts of job/selectors: keep only targets that one means */
    size_t limit_count;
    const char *const *excludes; /* likewise: drop targets that one means */
    size_t exclude_count;
    const char *const *injections; /* of a rehearsal, "SELECTORS=…": these must be there */
    size_t injection_count;
    bool only_wanted; /* keep no others than these; they are changed as targets_keep()
                         says */
    struct targets_wanted *wanted;
    size_t wanted_count;
    bool secrets_may_miss;      /* nothing will run: a variable that is not set is a remark */
    int concurrency_percent;    /* of the targets that are kept; 0: `concurrency` counts */
    const char *standard_input; /* stands in for what is read from there, and for `targets`; NULL:
                                   nothing does */
};

#endif
