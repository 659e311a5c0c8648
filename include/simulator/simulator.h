/* SPDX-License-Identifier: MIT */
/*
 * simulator: an az, and the Azure behind it, inside azfan.
 *
 * For rehearsals. azfan starts SIMULATOR_PROGRAM, or where that is not at hand itself, with
 * SIMULATOR_COMMAND as first argument and az's arguments after it; the process answers in az's
 * exact formats (reference: azfan(1), REHEARSAL). What it should do is simulator/plan's, in the
 * folder that the variable SIMULATOR_VARIABLE names. Runs in a process of its own, with
 * one thread.
 */
#ifndef AZFAN_SIMULATOR_SIMULATOR_H
#define AZFAN_SIMULATOR_SIMULATOR_H

#define SIMULATOR_PROGRAM "azfan-simulator"
#define SIMULATOR_COMMAND "simulated-az"

/* The simulated az itself. ARGUMENTS are az's, NULL-terminated, without argv[0]. Its exit status.
 */
int simulator_main(char *const *arguments);

#endif
