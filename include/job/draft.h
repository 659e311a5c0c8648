/* SPDX-License-Identifier: MIT */
/*
 * draft: the job file of a job that nobody wrote, made of what a command line says.
 *
 * It is a job file like any other: loaded by job/jobfile, kept with its run, and loaded again for a
 * rerun. Main thread.
 */
#ifndef AZFAN_JOB_DRAFT_H
#define AZFAN_JOB_DRAFT_H

#include <stddef.h>

#include "base/error.h"
#include "job/job.h"

struct buffer;

struct draft {
    const char *name;
    enum job_shell shell;
    const char *script_file; /* absolute; NULL: the script is the text below */
    const char *script;
    const char *resource_group; /* of targets that name none; NULL: all do */
    const char *subscription;   /* likewise; NULL: az's own */
    const char *const *targets; /* texts of job/selectors, with what stands in their files; each
                                   names its VMs: no globs, and no "!" */
    size_t target_count;
};

/*
 * Appends the job file's text. -1: a target is wrong; *RET_TARGET is the text that it is in. What
 * else may be wrong is told by who loads it.
 */
int draft_write(const struct draft *draft, struct buffer *buffer, const char **ret_target,
                struct error *error);

#endif
