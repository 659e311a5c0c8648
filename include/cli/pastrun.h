/* SPDX-License-Identifier: MIT */
/*
 * pastrun: the run that stands on a command line.
 */
#ifndef AZFAN_CLI_PASTRUN_H
#define AZFAN_CLI_PASTRUN_H

struct error;
struct options;

/* runs_find() of the word among OPTIONS, if any; what is to be said of it goes to standard error.
 * free() *RET, the run folder. */
int pastrun_find(const struct options *options, char **ret, struct error *error);

#endif
