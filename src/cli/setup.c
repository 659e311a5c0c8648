/* SPDX-License-Identifier: MIT */
#include "cli/setup.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/execution.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/speed.h"
#include "engine/aside.h"
#include "engine/child.h"
#include "engine/lapse.h"
#include "engine/supervise.h"
#include "job/job.h"
#include "job/targets.h"
#include "run/conduct.h"
#include "run/room.h"
#include "run/rules.h"
#include "run/warden.h"
#include "screen/live.h"
#include "simulator/plan.h"
#include "simulator/simulator.h"
#include "sys/file.h"

/* Longer than an az that a killed azfan left behind takes to read its script. */
#define SWEEP_AGE (10 * NUMBER_MINUTE)

static int set_up_simulation(struct setup *setup, const struct execution *execution,
                             struct error *error)
{
    const struct options *options = execution->options;
    struct simulator_plan plan = {.injections = options->injections.list,
                                  .injection_count = options->injections.count,
                                  .seed = options->seed,
                                  .execute = options->execute};
    char *setting;
    int result;

    setup->speed = speed_choose(execution, &plan, setup->batches);
    plan.led = setup->speed > 1;
    if (scratch_open(&setup->simulation, error) < 0)
        return -1;
    if (simulator_prepare(&plan, setup->simulation.path, &setting, error) < 0)
        return -1;
    result = az_simulated(&setup->az, SIMULATOR_PROGRAM, SIMULATOR_COMMAND, setting, error);
    free(setting);
    if (result == 0 && execution->job->client == JOB_REST) {
        rest_simulate(&setup->rest, setup->az.program, SIMULATOR_REST);
        setup->az.rest = &setup->rest;
    }
    if (result == 0 && plan.led) {
        setup->az.led = true;
        result = simulator_load(setup->simulation.path, &setup->rehearsal, error);
    }
    return result;
}

/* Where az is asked for nothing, the cloud is the job's or Azure's first. */
static int set_identity(struct rest *rest, const struct job *job, struct error *error)
{
    struct cloud usual;
    int result;

    if (job->cloud.endpoint != NULL)
        return rest_set_identity(rest, job->identity, &job->cloud, error);
    if (job->identity == JOB_IDENTITY_AZ)
        return 0;
    if (cloud_read(CLOUD_USUAL, &usual, error) < 0)
        return -1;
    result = rest_set_identity(rest, job->identity, &usual, error);
    cloud_done(&usual);
    return result;
}

/* Whoever has no az may not know that there is a way without. */
static int find_az(struct az *az, const struct job *job, struct error *error)
{
    struct error why;
    char *program;

    if (job->identity != JOB_IDENTITY_AZ)
        return az_absent(az, error);
    if (az_find(az, job->az, error) == 0)
        return 0;
    if (file_find_program(job->az, &program, &why) == 0) {
        free(program);
        return -1;
    }
    return error_set(error,
                     "%s; install the Azure CLI, or go without it: client: rest, with identity: "
                     "managed, workload or environment (azfan(1), IDENTITY)",
                     why.text);
}

static int set_up_rest(struct setup *setup, const struct job *job, struct error *error)
{
    if (job->client != JOB_REST)
        return 0;
    setup->az.rest = &setup->rest;
    az_set_client(&setup->az, job->client);
    if (rest_open(&setup->rest, error) < 0)
        return -1;
    return set_identity(&setup->rest, job, error);
}

static int set_up_az(struct setup *setup, const struct execution *execution, struct error *error)
{
    if (execution->rehearsal)
        return set_up_simulation(setup, execution, error);
    if (find_az(&setup->az, execution->job, error) < 0)
        return -1;
    return set_up_rest(setup, execution->job, error);
}

static int name_run(struct setup *setup, const struct execution *execution, struct error *error)
{
    if (execution->options->run_id == NULL)
        return folder_name_run(execution->job->name, clock_wall(), &setup->run, error);
    setup->run = memory_string(execution->options->run_id);
    return 0;
}

/* From now on the job has its file there. */
static int keep_draft(const struct setup *setup, const struct execution *execution,
                      struct error *error)
{
    if (execution->draft == NULL)
        return 0;
    if (folder_write_job(&setup->folder, execution->draft, error) < 0)
        return -1;
    free(execution->job->path);
    execution->job->path = memory_string(setup->folder.job);
    return 0;
}

/* Who waits for the run's clock are the workers and the main thread. */
static int begin_lapse(const struct setup *setup, struct error *error)
{
    return setup->speed > 1 ? lapse_begin(setup->speed, (size_t)setup->room.children + 1, error)
                            : 0;
}

int setup_open(struct setup *setup, const struct execution *execution, struct error *error)
{
    *setup =
        (struct setup){.journal = {.fd = -1}, .batches = rules_batches(execution->job), .speed = 1};
    child_adopt_orphans();
    if (warden_open(&setup->warden, error) < 0)
        return -1;
    (void)scratch_sweep(SWEEP_AGE);
    if (set_up_az(setup, execution, error) < 0)
        return -1;
    if (name_run(setup, execution, error) < 0)
        return -1;
    if (folder_open(&setup->folder, execution->options->run_dir, setup->run, error) < 0)
        return -1;
    if (keep_draft(setup, execution, error) < 0)
        return -1;
    setup->room = room_for_targets(execution->job, &setup->az);
    if (begin_lapse(setup, error) < 0)
        return -1;
    return journal_create(&setup->journal, setup->folder.journal, error);
}

static void foresee(void *foreseer, const char *id, int attempt, struct supervise_limits *limits)
{
    const struct simulator_rehearsal *rehearsal = foreseer;
    struct simulator_forecast forecast;
    struct targets_id parts;
    struct error ignored;

    if (targets_parse_id(id, &parts, &ignored) < 0)
        return; /* az refuses it at once */
    forecast = simulator_foresee(&rehearsal->plan, &parts, attempt);
    limits->needs = forecast.wait;
    limits->deaf = forecast.deaf;
    free(parts.subscription);
    free(parts.resource_group);
    free(parts.name);
}

void setup_foresee(struct setup *setup, struct conduct *conduct)
{
    if (setup->speed == 1)
        return;
    conduct->foresee = foresee;
    conduct->foreseer = &setup->rehearsal;
}

/* LIVE: it has the terminal; NULL: nobody has. */
static void print_or_note(struct live *live, const char *text)
{
    if (live != NULL)
        live_note(live, text);
    else
        (void)message_fail(0, text);
}

void setup_clear(struct setup *setup, struct live *live)
{
    struct error error;

    if (az_done(&setup->az, &error) < 0)
        print_or_note(live, error.text);
    if (scratch_close(&setup->simulation, &error) < 0)
        print_or_note(live, error.text);
}

void setup_close(struct setup *setup)
{
    setup_clear(setup, NULL);
    simulator_unload(&setup->rehearsal);
    lapse_end();
    rest_close(&setup->rest);
    journal_close(&setup->journal);
    folder_close(&setup->folder);
    free(setup->batches);
    free(setup->run);
    (void)warden_close(setup->warden);
}

/* ---- when nothing was started: aside, as reports are --------------------------------------- */

static void remove_journal(void *context)
{
    const struct folder *folder = context;

    (void)unlink(folder->journal); /* that it is still there is told by who makes it anew */
}

int setup_renew(struct setup *setup, const struct execution *execution, struct error *error)
{
    journal_close(&setup->journal);
    (void)aside_call(remove_journal, &setup->folder);
    free(setup->batches);
    setup->batches = rules_batches(execution->job);
    setup->room = room_for_targets(execution->job, &setup->az);
    lapse_end();
    if (begin_lapse(setup, error) < 0)
        return -1;
    return journal_create(&setup->journal, setup->folder.journal, error);
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

int setup_remove_folder(struct setup *setup, struct error *error)
{
    struct removal removal = {.folder = &setup->folder, .error = error};

    journal_close(&setup->journal);
    return aside_call(remove_folder, &removal) == 0 ? removal.status : 0;
}
