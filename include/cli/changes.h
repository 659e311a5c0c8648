/* SPDX-License-Identifier: MIT */
/*
 * changes: what of a job is another one than it was in a past run.
 */
#ifndef AZFAN_CLI_CHANGES_H
#define AZFAN_CLI_CHANGES_H

#include <stdbool.h>

struct job;
struct result;

/* Tells which of the job file, the script and its files have changed since PAST. False: none. */
bool changes_tell(const struct result *past, const struct job *job);

#endif
