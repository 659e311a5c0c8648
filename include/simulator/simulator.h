/* SPDX-License-Identifier: MIT */
/*
 * simulator: an az, and the Azure behind it, inside azfan.
 *
 * For rehearsals. azfan starts itself with SIMULATOR_COMMAND as first argument
 * and az's arguments behind it; the process answers in az's exact formats
 * (reference: azfan(1), REHEARSAL). What it should do is in the folder that
 * the variable SIMULATOR_VARIABLE names. Runs in a process of its own, with
 * one thread.
 */
#ifndef AZFAN_SIMULATOR_SIMULATOR_H
#define AZFAN_SIMULATOR_SIMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct buffer;

#define SIMULATOR_COMMAND  "simulated-az"
#define SIMULATOR_VARIABLE "AZFAN_SIMULATION"

struct simulator_plan {
    const char *const
        *injections; /* each "SELECTORS=FAULT[:VALUE][@PERCENT]"; the last that means a VM wins */
    size_t injection_count;
    uint64_t seed; /* for durations and percentages: the same seed, the same rehearsal */
    bool execute;  /* run the guarded script with /bin/sh on this machine */
};

/* Is INJECTION well-formed? The error lists the faults there are. */
int simulator_check_injection(const char *injection, struct error *error);

/* Appends one line for each fault: its name, its value, what it does. For --help. */
void simulator_describe_faults(struct buffer *buffer);

/*
 * Writes PLAN to FOLDER/simulation.json for the processes to come and makes
 * the folder of the simulated VMs. *RET is the variable, "NAME=VALUE", to free().
 */
int simulator_prepare(const struct simulator_plan *plan, const char *folder, char **ret,
                      struct error *error);

/* The simulated az itself. ARGUMENTS are az's, NULL-terminated, without argv[0]. Its exit status.
 */
int simulator_main(char *const *arguments);

#endif
