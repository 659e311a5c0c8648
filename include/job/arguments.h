/* SPDX-License-Identifier: MIT */
/*
 * arguments: reads a list of positional arguments of the script. Part of job/jobfile.
 *
 * They are kept as parameters whose names are their positions, "1" and so on,
 * which no parameter can have. So what job/parameters says of secrets holds for
 * them too: a position that has a variable once in a job file is a secret on
 * every VM, and on the command line. Main thread.
 */
#ifndef AZFAN_JOB_ARGUMENTS_H
#define AZFAN_JOB_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "job/job.h"

struct loading;
struct yaml_node;

/* Fills *RET (empty, for job_parameters_done()) from LIST, NULL for none: the arguments of a VM.
 * Where the command line gives some they count instead, and *RET stays empty. */
void arguments_load(const struct loading *loading, const struct yaml_node *list,
                    struct job_parameters *ret);

/* The same for those of the script, which are the command line's where it gives some. */
void arguments_load_common(const struct loading *loading, const struct yaml_node *list,
                           struct job_parameters *ret);

/* After loading: is the argument at INDEX, from 0, which the job need not have, a secret? */
bool arguments_is_secret(const struct job *job, size_t index);

#endif
