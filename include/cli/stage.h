/* SPDX-License-Identifier: MIT */
/*
 * stage: what a run needs besides its job: an az, real or simulated, a folder, a journal.
 *
 *   stage_open(&stage, &execution, error);   // also after an error:
 *   stage_close(&stage);
 *
 * Main thread.
 */
#ifndef AZFAN_CLI_STAGE_H
#define AZFAN_CLI_STAGE_H

#include "azure/az.h"
#include "base/error.h"
#include "run/folder.h"
#include "run/journal.h"
#include "sys/machine.h"
#include "sys/scratch.h"

struct execution;
struct live;
struct warden;

struct stage {
    struct az az;
    struct scratch simulation; /* the folder of the simulated Azure; not open: it is the real one */
    struct folder folder;
    struct journal journal;
    char *run;
    int *batches;
    struct machine_room room;
    struct warden *warden;
};

int stage_open(struct stage *stage, const struct execution *execution, struct error *error);
void stage_close(struct stage *stage);

/* Removes script files and the simulated Azure: nothing may be left of them, whatever comes next.
 * LIVE: it has the terminal, for what is wrong; NULL: nobody has. */
void stage_clear(struct stage *stage, struct live *live);

/* Nothing was started, and the job has fewer targets now: the journal begins anew. */
int stage_renew(struct stage *stage, const struct execution *execution, struct error *error);

/* Nothing was started, and so nothing is kept. */
int stage_remove_folder(struct stage *stage, struct error *error);

#endif
