/* SPDX-License-Identifier: MIT */
#include "cli/stage.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/tell.h"
#include "engine/aside.h"
#include "engine/child.h"
#include "job/job.h"
#include "run/room.h"
#include "run/rules.h"
#include "run/warden.h"
#include "screen/live.h"
#include "simulator/plan.h"
#include "simulator/simulator.h"

/* Longer than an az that a killed azfan left behind takes to read its script. */
#define SWEEP_AGE (10 * NUMBER_MINUTE)

static int set_up_simulation(struct stage *stage, const struct options *options,
                             struct error *error)
{
    struct simulator_plan plan = {.injections = options->injections.list,
                                  .injection_count = options->injections.count,
                                  .seed = options->seed,
                                  .execute = options->execute};
    char *setting;
    int result;

    if (scratch_open(&stage->simulation, error) < 0)
        return -1;
    if (simulator_prepare(&plan, stage->simulation.path, &setting, error) < 0)
        return -1;
    result = az_simulated(&stage->az, SIMULATOR_COMMAND, setting, error);
    free(setting);
    return result;
}

static int set_up_az(struct stage *stage, const struct execution *execution, struct error *error)
{
    if (execution->rehearsal)
        return set_up_simulation(stage, execution->options, error);
    return az_find(&stage->az, execution->job->az, error);
}

int stage_open(struct stage *stage, const struct execution *execution, struct error *error)
{
    *stage = (struct stage){.journal = {.fd = -1}, .batches = rules_batches(execution->job)};
    child_adopt_orphans();
    if (warden_open(&stage->warden, error) < 0)
        return -1;
    (void)scratch_sweep(SWEEP_AGE);
    if (set_up_az(stage, execution, error) < 0)
        return -1;
    if (folder_name_run(execution->job->name, clock_wall(), &stage->run, error) < 0)
        return -1;
    if (folder_open(&stage->folder, execution->options->run_dir, stage->run, error) < 0)
        return -1;
    stage->room = room_for_targets(execution->job, &stage->az);
    return journal_create(&stage->journal, stage->folder.journal, error);
}

/* LIVE: it has the terminal; NULL: nobody has. */
static void tell_or_note(struct live *live, const char *text)
{
    if (live != NULL)
        live_note(live, text);
    else
        (void)tell(0, text);
}

void stage_clear(struct stage *stage, struct live *live)
{
    struct error error;

    if (az_done(&stage->az, &error) < 0)
        tell_or_note(live, error.text);
    if (scratch_close(&stage->simulation, &error) < 0)
        tell_or_note(live, error.text);
}

void stage_close(struct stage *stage)
{
    stage_clear(stage, NULL);
    journal_close(&stage->journal);
    folder_close(&stage->folder);
    free(stage->batches);
    free(stage->run);
    (void)warden_close(stage->warden);
}

/* ---- when nothing was started: aside, as reports are --------------------------------------- */

static void remove_journal(void *context)
{
    const struct folder *folder = context;

    (void)unlink(folder->journal); /* that it is still there is told by who makes it anew */
}

int stage_renew(struct stage *stage, const struct execution *execution, struct error *error)
{
    journal_close(&stage->journal);
    (void)aside_call(remove_journal, &stage->folder);
    free(stage->batches);
    stage->batches = rules_batches(execution->job);
    stage->room = room_for_targets(execution->job, &stage->az);
    return journal_create(&stage->journal, stage->folder.journal, error);
}

struct removal {
    struct folder *folder;
    int status;
    struct error *error;
};

static void remove_folder(void *context)
{
    struct removal *removal = context;

    removal->status = folder_remove(removal->folder, removal->error);
}

int stage_remove_folder(struct stage *stage, struct error *error)
{
    struct removal removal = {.folder = &stage->folder, .error = error};

    journal_close(&stage->journal);
    return aside_call(remove_folder, &removal) == 0 ? removal.status : 0;
}
