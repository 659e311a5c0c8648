/* SPDX-License-Identifier: MIT */
/*
 * load: a job for a command, with everything that is wrong told on standard error.
 */
#ifndef AZFAN_CLI_LOAD_H
#define AZFAN_CLI_LOAD_H

struct job;
struct jobfile_overrides;
struct options;

enum { LOAD_OK = 0, LOAD_WRONG = 2, LOAD_EMPTY = 7 }; /* exit statuses */

/*
 * Loads the job file PATH into *RET, for job_free(). LOAD_WRONG: problems,
 * or a script too large for Azure, were told. LOAD_EMPTY: the job selects no
 * target; told as well, and *RET is NULL in both cases. The remarks of a job that
 * is to be run are left to tell, all others were told.
 */
int load_job(const struct options *options, const char *path, struct job **ret);

/* The same with OVERRIDES, for who puts more over the job than the command line does. */
int load_job_with(const struct jobfile_overrides *overrides, const char *path, struct job **ret);

#endif
