/* SPDX-License-Identifier: MIT */
/*
 * pastrun: the run that stands on a command line.
 */
#ifndef AZFAN_CLI_PASTRUN_H
#define AZFAN_CLI_PASTRUN_H

struct error;
struct options;
struct result;

/* runs_find() of the word among OPTIONS, if any; what is to be said of it goes to standard error.
 * free() *RET, the run folder. */
int pastrun_find(const struct options *options, char **ret, struct error *error);

/*
 * Reads into *RET, for result_done(), the run that goes on and that the word means, or without a
 * word the only one. Where none is meant that goes on, the word means what it means to
 * pastrun_find(), and the run is over. Returns STATUS_OK, or what azfan is to exit with, and then
 * *RET is zeroed and why was told.
 */
int pastrun_read_going(const struct options *options, struct result *ret);

#endif
