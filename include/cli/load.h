/* SPDX-License-Identifier: MIT */
/*
 * load: a job for a command, with everything that is wrong told on standard error.
 */
#ifndef AZFAN_CLI_LOAD_H
#define AZFAN_CLI_LOAD_H

struct job;
struct overrides;
struct options;

/* What it is loaded for. */
enum load_use {
    LOAD_TO_RUN,
    LOAD_TO_SHOW, /* secrets may be missing */
    LOAD_TO_LIST  /* likewise, and nobody looks at the script */
};

/*
 * Loads the job file PATH into *RET, for job_free(), and returns STATUS_OK, or what azfan is to
 * exit with (run/status), *RET being NULL: STATUS_USAGE where there are problems, or the script is
 * too large for Azure; STATUS_NOTHING where the job selects no target. That was told, and so were
 * the job's remarks, but for those of a job that is to be run.
 */
int load_job(const struct options *options, const char *path, enum load_use use, struct job **ret);

/* The same to run it, with OVERRIDES, for who puts more over the job than the command line does. */
int load_job_with(const struct overrides *overrides, const char *path, struct job **ret);

/*
 * The same of a DRAFT (job/draft), to run it. What is wrong with it has no place: nobody wrote it.
 */
int load_draft(const struct options *options, const char *draft, struct job **ret);

#endif
