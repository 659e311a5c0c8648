/* SPDX-License-Identifier: MIT */
/*
 * execute: a job, run from the first word to the last: what run, rehearse and rerun do once they
 * know its targets.
 *
 * Prints the run, its summary and what is wrong, writes the reports, and
 * returns the exit status. *RET_SIGNAL is the signal that ended the run, which
 * azfan should die of once everything is written; else 0.
 */
#ifndef AZFAN_CLI_EXECUTE_H
#define AZFAN_CLI_EXECUTE_H

struct execution;

int execute_job(struct execution *execution, int *ret_signal);

#endif
