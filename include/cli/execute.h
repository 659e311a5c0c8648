/* SPDX-License-Identifier: MIT */
/*
 * execute: the commands that start something: run and rehearse.
 *
 * execute_run() prints the run, its summary and what is wrong, writes the
 * reports, and returns the exit status. *RET_SIGNAL is the signal that ended
 * the run, which azfan should die of once everything is written; else 0.
 */
#ifndef AZFAN_CLI_EXECUTE_H
#define AZFAN_CLI_EXECUTE_H

struct options;

int execute_run(const struct options *options, int *ret_signal);

#endif
