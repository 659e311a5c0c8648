/* SPDX-License-Identifier: MIT */
/*
 * az: the program az, as this run uses it.
 *
 * Found once, before any thread starts: its absolute path, the environment of
 * its processes (the caller's, and settings that make az quiet, offline apart
 * from Azure, and read-only in ~/.azure), and the private folder for script
 * files, which goes with az_done(). Immutable afterwards but for that folder, which
 * is the main thread's; any thread may read the rest.
 */
#ifndef AZFAN_AZURE_AZ_H
#define AZFAN_AZURE_AZ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strings.h"
#include "job/job.h"
#include "sys/scratch.h"

struct rest;

struct az {
    char *program;      /* absolute; NULL: there is none, and none is needed */
    const char *prefix; /* an argument before its own; NULL: none. The simulated az has one */
    struct strings environment;
    struct scratch folder; /* for command files */
    struct scratch former; /* the one before, see az_renew_folder() */
    const char *called;    /* what asks Azure for a script, for people: "az" */
    uint64_t memory;       /* bytes that one process of that takes, about */
    int processes;         /* processes and threads of one, about */
    struct rest *rest;     /* sends scripts in its place; NULL: az does itself */
    int files;             /* descriptors that one takes of us, beside its streams */
    bool led;              /* its processes are (engine/child): simulated, in time-lapse */
};

/* What one process of CLIENT is called, and takes. */
void az_set_client(struct az *az, enum job_client client);

/* PROGRAM: a name to look for in PATH, or a path. */
int az_find(struct az *az, const char *program, struct error *error);

/* None: nothing of the run needs it (azure/rest does all). */
int az_absent(struct az *az, struct error *error);

/*
 * HELPER (file_own_helper()), or where that is not at hand this program itself, as a simulated az:
 * with COMMAND, which stays the caller's, before az's own arguments, and SIMULATION ("NAME=VALUE",
 * what is simulated) in the environment.
 */
int az_simulated(struct az *az, const char *helper, const char *command, const char *simulation,
                 struct error *error);

/*
 * Another folder for command files, because the first is gone, or cannot be written any more: once.
 * The first stays until az_done(), since processes that were started may still read there. On error
 * all is as it was.
 */
int az_renew_folder(struct az *az, struct error *error);

/* Removes the folders. An error says what was left behind. */
int az_done(struct az *az, struct error *error);

#endif
