/* SPDX-License-Identifier: MIT */
/*
 * commandline: the words that a person typed, read and checked.
 */
#ifndef AZFAN_CLI_COMMANDLINE_H
#define AZFAN_CLI_COMMANDLINE_H

#include "base/error.h"

struct options;

/*
 * Reads ARGV into *RET, which points into it; -1: something is wrong, and the error says what, and
 * what to do. options_done() frees *RET, also then.
 */
int commandline_read(int argc, char **argv, struct options *ret, struct error *error);

#endif
