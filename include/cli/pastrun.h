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

/*
 * The same, of the runs that go on: the one that the word means, or without a word the only one.
 * Where none is meant that goes on, the word means what it means to pastrun_find(). Returns
 * STATUS_OK, or what azfan is to exit with, and then *RET is NULL and why was told.
 */
int pastrun_find_going(const struct options *options, char **ret);

#endif
