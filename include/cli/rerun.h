/* SPDX-License-Identifier: MIT */
/*
 * rerun: the targets of a past run that are not ok, again.
 */
#ifndef AZFAN_CLI_RERUN_H
#define AZFAN_CLI_RERUN_H

struct options;

/* As execute_run(). 0 too when all targets of the run are ok by now: nothing is left. */
int rerun_run(const struct options *options, int *ret_signal);

#endif
