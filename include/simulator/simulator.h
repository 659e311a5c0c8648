/* SPDX-License-Identifier: MIT */
/*
 * simulator: an az or an azfan-rest, and the Azure behind it, inside azfan.
 *
 * For rehearsals. azfan starts SIMULATOR_PROGRAM, or where that is not at hand itself, with
 * SIMULATOR_COMMAND as first argument and az's arguments after it, or with SIMULATOR_REST and what
 * azfan-rest gets; the process answers in their exact formats (reference: azfan(1), REHEARSAL).
 * What it should do is simulator/plan's, in the folder that the variable SIMULATOR_VARIABLE names.
 * Runs in a process of its own, with one thread.
 */
#ifndef AZFAN_SIMULATOR_SIMULATOR_H
#define AZFAN_SIMULATOR_SIMULATOR_H

#include <stdbool.h>

#define SIMULATOR_PROGRAM "azfan-simulator"
#define SIMULATOR_COMMAND "simulated-az"
#define SIMULATOR_REST    "simulated-rest"

/* Is WORD, this program's first argument, one that makes it a simulator? */
bool simulator_is_meant(const char *word);

/* The simulator itself. ARGUMENTS begin with such a word, and after az's come az's own;
 * NULL-terminated. Its exit status. */
int simulator_main(char *const *arguments);

#endif
