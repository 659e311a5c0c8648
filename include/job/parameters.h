/* SPDX-License-Identifier: MIT */
/*
 * parameters: reads a mapping of script parameters. Part of job/jobfile.
 *
 * A parameter is NAME: value, or NAME: {env: VARIABLE} for a secret, which is
 * read from the environment here. No message ever holds a value. Main thread.
 */
#ifndef AZFAN_JOB_PARAMETERS_H
#define AZFAN_JOB_PARAMETERS_H

#include <stdbool.h>

#include "job/job.h"

struct loading;
struct yaml_node;

/*
 * Fills *RET (empty, for job_parameters_done()) from MAPPING, NULL for none.
 * With SETTINGS the command line's NAME=VALUE go over it: the variable of a
 * secret that is set there is not asked for.
 */
void parameters_load(const struct loading *loading, const struct yaml_node *mapping, bool settings,
                     struct job_parameters *ret);

#endif
