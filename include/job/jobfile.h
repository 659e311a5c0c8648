/* SPDX-License-Identifier: MIT */
/*
 * jobfile: a job file, read and checked, as a struct job.
 *
 * The table of job/keytable says name, kind and range of every key;
 * unknown keys get a suggestion, keys of later versions are refused by name.
 * Reads the job file, the script file and the target file (each a regular
 * file, each with a limit), and the environment for {env: NAME}. Prints
 * nothing. Main thread.
 */
#ifndef AZFAN_JOB_JOBFILE_H
#define AZFAN_JOB_JOBFILE_H

#include <stddef.h>

struct job;
struct overrides;
struct problems;

/*
 * Loads PATH. NULL with at least one problem on any error (sorted; one about an
 * option has the option as its path); else a job for job_free(). A job whose
 * selection is empty (all excluded) is no error here: target_count is 0.
 * OVERRIDES may be NULL.
 */
struct job *jobfile_load(const char *path, const struct overrides *overrides,
                         struct problems *problems);

/* The same from memory, for tests and fuzzers: PATH names it in messages and anchors relative
 * files. */
struct job *jobfile_parse(const char *path, const char *text, size_t length,
                          const struct overrides *overrides, struct problems *problems);

#endif
