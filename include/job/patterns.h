/* SPDX-License-Identifier: MIT */
/*
 * patterns: drops and keeps targets as the job file and the command line say.
 *
 * What is no pattern becomes a problem where it stands, and so does the pattern at which the work
 * is more than a job may cost: STEPS, which begin with PATTERNS_STEPS_MOST, are for all patterns of
 * one job, and become fewer. After a problem the targets do not count. Part of job/selection.
 */
#ifndef AZFAN_JOB_PATTERNS_H
#define AZFAN_JOB_PATTERNS_H

#include <stddef.h>
#include <stdint.h>

struct loading;
struct targets;
struct yaml_node;

enum { PATTERNS_STEPS_MOST = 50 * 1000 * 1000 }; /* less than a tenth of a second */

/* VALUE: a pattern, or a list of them. */
void patterns_exclude_nodes(const struct loading *loading, const struct yaml_node *value,
                            struct targets *targets, uint64_t *steps);

/* The values of OPTION. */
void patterns_exclude(const struct loading *loading, const char *option, const char *const *list,
                      size_t count, struct targets *targets, uint64_t *steps);
void patterns_limit(const struct loading *loading, const char *option, const char *const *list,
                    size_t count, struct targets *targets, uint64_t *steps);

#endif
