/* SPDX-License-Identifier: MIT */
/*
 * past: the commands that look at past runs: report and runs.
 *
 * Each prints its answer on standard output, what is wrong on standard error,
 * and returns the exit status: 0 when it could show what it was asked for,
 * however the run ended.
 */
#ifndef AZFAN_CLI_PAST_H
#define AZFAN_CLI_PAST_H

struct options;

int past_report(const struct options *options);
int past_runs(const struct options *options);

#endif
