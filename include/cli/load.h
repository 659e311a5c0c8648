/* SPDX-License-Identifier: MIT */
/*
 * load: a job for a command, with everything that is wrong told on standard error.
 */
#ifndef AZFAN_CLI_LOAD_H
#define AZFAN_CLI_LOAD_H

struct job;
struct overrides;
struct options;

enum { LOAD_OK = 0, LOAD_WRONG = 2, LOAD_EMPTY = 7 }; /* exit statuses */

/* What it is loaded for. */
enum load_use {
    LOAD_TO_RUN,
    LOAD_TO_SHOW, /* secrets may be missing */
    LOAD_TO_LIST  /* likewise, and nobody looks at the script */
};

/*
 * Loads the job file PATH into *RET, for job_free(). LOAD_WRONG: problems,
 * or a script too large for Azure, were told. LOAD_EMPTY: the job selects no
 * target; told as well, and *RET is NULL in both cases. The remarks of a job that
 * is to be run are left to tell, all others were told.
 */
int load_job(const struct options *options, const char *path, enum load_use use, struct job **ret);

/* The same to run it, with OVERRIDES, for who puts more over the job than the command line does. */
int load_job_with(const struct overrides *overrides, const char *path, struct job **ret);

#endif
