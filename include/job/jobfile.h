/* SPDX-License-Identifier: MIT */
/*
 * jobfile: a job file, read and checked, as a struct job.
 *
 * The table of keys in jobkeys.c says name, kind and range of every key;
 * unknown keys get a suggestion, keys of later versions are refused by name.
 * Reads the job file, the script file and the target file (each a regular
 * file, each with a limit), and the environment for {env: NAME}. Prints
 * nothing. Main thread.
 */
#ifndef AZFAN_JOB_JOBFILE_H
#define AZFAN_JOB_JOBFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct job;
struct problems;
struct targets_wanted;

/* What the command line puts over the job file. Zeroed: nothing. Strings are the caller's. */
struct jobfile_overrides {
    int concurrency; /* 0: as the file says, and so below; the caller has checked the ranges */
    int64_t timeout; /* a script_timeout that the file does not give follows it */
    int64_t deadline;
    bool has_confirm;
    size_t confirm;
    const char *az;
    const char *const *settings; /* NAME=VALUE, of parameters that the job declares */
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
    const char *standard_input; /* stands in for what is read from there; NULL: nothing does */
};

/*
 * Loads PATH. NULL with at least one problem on any error (sorted; one about an
 * option has the option as its path); else a job for job_free(). A job whose
 * selection is empty (all excluded) is no error here: target_count is 0.
 * OVERRIDES may be NULL.
 */
struct job *jobfile_load(const char *path, const struct jobfile_overrides *overrides,
                         struct problems *problems);

/* The same from memory, for tests and fuzzers: PATH names it in messages and anchors relative
 * files. */
struct job *jobfile_parse(const char *path, const char *text, size_t length,
                          const struct jobfile_overrides *overrides, struct problems *problems);

#endif
