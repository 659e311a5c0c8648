/* SPDX-License-Identifier: MIT */
/*
 * setup: what a run needs besides its job: an az, real or simulated, a folder, a journal.
 *
 *   setup_open(&setup, &execution, error);   // also after an error:
 *   setup_close(&setup);
 *
 * Main thread.
 */
#ifndef AZFAN_CLI_SETUP_H
#define AZFAN_CLI_SETUP_H

#include "azure/az.h"
#include "azure/rest.h"
#include "base/error.h"
#include "run/folder.h"
#include "run/journal.h"
#include "simulator/plan.h"
#include "sys/machine.h"
#include "sys/scratch.h"

struct conduct;
struct execution;
struct live;
struct warden;

struct setup {
    struct az az;
    struct rest rest;          /* where the run's client is that */
    struct scratch simulation; /* the folder of the simulated Azure; not open: it is the real one */
    struct simulator_rehearsal rehearsal; /* what its processes read there */
    int speed;                            /* above 1: the run is in time-lapse (engine/lapse) */
    struct folder folder;
    struct journal journal;
    char *run;
    int *batches;
    struct machine_room room;
    struct warden *warden;
};

int setup_open(struct setup *setup, const struct execution *execution, struct error *error);
void setup_close(struct setup *setup);

/* Lets CONDUCT know beforehand what the simulated az does, where it needs to. */
void setup_foresee(struct setup *setup, struct conduct *conduct);

/* Removes script files and the simulated Azure: nothing may be left of them, whatever comes next.
 * LIVE: it has the terminal, for what is wrong; NULL: nobody has. */
void setup_clear(struct setup *setup, struct live *live);

/* Nothing was started, and the job has fewer targets now: the journal begins anew. */
int setup_renew(struct setup *setup, const struct execution *execution, struct error *error);

/* Nothing was started, and so nothing is kept. */
int setup_remove_folder(struct setup *setup, struct error *error);

#endif
