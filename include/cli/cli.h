/* SPDX-License-Identifier: MIT */
/*
 * cli: what azfan does for each command that a person types.
 *
 * cli_NAME() stands in src/cli/NAME.c; cli_rehearse() in run.c, cli_recover() in rerun.c,
 * cli_version() in help.c. Each prints its answer on standard output, what is wrong on standard
 * error, and returns the exit status. *RET_SIGNAL is the signal that ended it, which azfan should
 * die of once everything is written; it stays as it is where there was none.
 */
#ifndef AZFAN_CLI_CLI_H
#define AZFAN_CLI_CLI_H

struct options;

/* Those that run a job. */
int cli_run(const struct options *options, int *ret_signal);
int cli_rehearse(const struct options *options, int *ret_signal);
int cli_exec(const struct options *options, int *ret_signal);
int cli_rerun(const struct options *options, int *ret_signal);
int cli_recover(const struct options *options, int *ret_signal);

/* Those that run nothing. plan and targets may ask az which subscription is its default one. */
int cli_plan(const struct options *options, int *ret_signal);
int cli_check(const struct options *options, int *ret_signal);
int cli_targets(const struct options *options, int *ret_signal);
int cli_schema(const struct options *options, int *ret_signal);
int cli_mk(const struct options *options, int *ret_signal);
int cli_help(const struct options *options, int *ret_signal);
int cli_version(const struct options *options, int *ret_signal);

/* Those that look at past runs: 0 when they could show them, however the runs ended. */
int cli_report(const struct options *options, int *ret_signal);
int cli_runs(const struct options *options, int *ret_signal);

/* … and the one that deletes them. */
int cli_prune(const struct options *options, int *ret_signal);

/* Those that look at a run that goes on, until it is over. */
int cli_watch(const struct options *options, int *ret_signal);
int cli_stop(const struct options *options, int *ret_signal);

#endif
