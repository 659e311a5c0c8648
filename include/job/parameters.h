/* SPDX-License-Identifier: MIT */
/*
 * parameters: reads a mapping of script parameters. Part of job/jobfile.
 *
 * A parameter is NAME: value, or NAME: {env: VARIABLE} for a secret, which is
 * read from the environment here. Secret is the name, not the place: where a
 * name has a variable once in a job file, for whichever VM, also for one that
 * is left out, each of its values is a secret, the command line's too. A
 * positional argument's name is its position (job/arguments). No message ever holds a value. Main
 * thread.
 */
#ifndef AZFAN_JOB_PARAMETERS_H
#define AZFAN_JOB_PARAMETERS_H

#include <stdbool.h>

#include "base/error.h"
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

/* What a value is called. */
struct parameters_name {
    const char *name; /* the parameter's */
    const char *what; /* in messages */
};

/*
 * Reads one value at NODE, which is not empty, and appends it to RET, which has room. SETTING is
 * the value that the command line gives instead, NULL: none. parameters_check_kind() says first
 * whether it is of a kind that can be one; if not, it adds a problem.
 */
bool parameters_check_kind(const struct loading *loading, const struct parameters_name *name,
                           const struct yaml_node *node);
void parameters_load_value(const struct loading *loading, const struct parameters_name *name,
                           const struct yaml_node *node, const char *setting,
                           struct job_parameters *ret);

/* Is VALUE short enough, and UTF-8? The error says nothing of the value: it may be a secret. */
int parameters_check_value(const char *what, const char *value, struct error *error);

/* RET has room. */
void parameters_append(struct job_parameters *ret, const char *name, const char *value);

/*
 * When all of the job is loaded: a setting of a parameter that is declared nowhere in it, neither
 * for the script nor for a VM, is a problem.
 */
void parameters_check_settings(const struct loading *loading);

/* When all of JOB is loaded: makes a secret of each parameter that has the name of one. */
void parameters_keep_secrets(struct job *job);

/* After that: is the parameter NAME, which JOB need not have, a secret? */
bool parameters_is_secret(const struct job *job, const char *name);

#endif
