/* SPDX-License-Identifier: MIT */
/*
 * inspect: the commands that start nothing: check, targets, plan and schema.
 *
 * Each prints its answer on standard output, what is wrong on standard error,
 * and returns the exit status. targets and plan may ask az which subscription is its default one: a
 * signal that ended that is in *RET_SIGNAL, for azfan to die of.
 */
#ifndef AZFAN_CLI_INSPECT_H
#define AZFAN_CLI_INSPECT_H

struct options;

int inspect_check(const struct options *options);
int inspect_targets(const struct options *options, int *ret_signal);
int inspect_plan(const struct options *options, int *ret_signal);
int inspect_schema(void);

#endif
