/* SPDX-License-Identifier: MIT */
#include "cli/speed.h"

#include "base/clock.h"
#include "base/number.h"
#include "cli/execution.h"
#include "cli/options.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "job/targets.h"
#include "run/forecast.h"
#include "run/rules.h"
#include "simulator/plan.h"

#define WANTED (20 * NUMBER_SECOND)

struct foreseer {
    const struct job *job;
    const struct simulator_plan *plan;
};

int speed_check(const struct execution *execution, struct error *error)
{
    const struct options *options = execution->options;

    if (!options->execute || options->speed <= 1)
        return 0;
    return error_set(error, "--execute really runs the script, which takes the time that it takes: "
                            "leave out --speed, or say --speed 1");
}

/* Of those, the reason is enough: their script has not begun. */
static struct outcome refused(enum outcome_reason reason)
{
    return (struct outcome){
        .kind = OUTCOME_ERROR, .reason = reason, .fatal = reason == REASON_LOGIN};
}

static struct outcome ran(enum outcome_kind kind, enum outcome_reason reason)
{
    return (struct outcome){.kind = kind, .reason = reason, .script = SCRIPT_MAY_HAVE_STARTED};
}

/* As far as the schedule needs to know. */
static struct outcome outcome_of(enum simulator_fault fault)
{
    switch (fault) {
    case SIMULATOR_BUSY:
        return refused(REASON_BUSY);
    case SIMULATOR_THROTTLED:
        return refused(REASON_THROTTLED);
    case SIMULATOR_NOT_RUNNING:
        return refused(REASON_NOT_RUNNING);
    case SIMULATOR_NOT_FOUND:
        return refused(REASON_NOT_FOUND);
    case SIMULATOR_FORBIDDEN:
        return refused(REASON_FORBIDDEN);
    case SIMULATOR_LOGIN:
        return refused(REASON_LOGIN);
    case SIMULATOR_NETWORK:
        return refused(REASON_NETWORK);
    case SIMULATOR_AGENT:
        return refused(REASON_AGENT);
    case SIMULATOR_EXTENSION:
        return refused(REASON_EXTENSION);
    case SIMULATOR_EXIT:
        return ran(OUTCOME_FAILED, REASON_EXIT);
    case SIMULATOR_SCRIPT_TIMEOUT:
        return ran(OUTCOME_TIMEOUT, REASON_SCRIPT);
    case SIMULATOR_HANG:
    case SIMULATOR_STUBBORN:
        return ran(OUTCOME_TIMEOUT, REASON_AZ);
    case SIMULATOR_NO_TRAILER:
        return ran(OUTCOME_UNKNOWN, REASON_NO_TRAILER);
    case SIMULATOR_REBOOT:
        return ran(OUTCOME_UNKNOWN, REASON_INTERRUPTED);
    case SIMULATOR_CRASH:
    case SIMULATOR_GARBAGE:
        return ran(OUTCOME_UNKNOWN, REASON_ANSWER);
    case SIMULATOR_SLOW:
    case SIMULATOR_NO_FAULT:
        break;
    }
    return ran(OUTCOME_OK, REASON_NONE);
}

static struct forecast_attempt foresee(void *context, size_t index, int attempt)
{
    static char unknown[] = "";
    const struct foreseer *self = context;
    const struct job *job = self->job;
    const struct job_target *target = &job->targets[index];
    struct targets_id id = {target->subscription != NULL ? target->subscription : unknown,
                            target->resource_group, target->name};
    struct simulator_forecast forecast = simulator_foresee(self->plan, &id, attempt);

    if (forecast.wait <= job->timeout)
        return (struct forecast_attempt){forecast.wait, outcome_of(forecast.fault)};
    return (struct forecast_attempt){job->timeout + (forecast.deaf ? job->kill_grace : 0),
                                     outcome_of(SIMULATOR_HANG)};
}

int speed_choose(const struct execution *execution, const struct simulator_plan *plan,
                 const int *batches)
{
    const struct job *job = execution->job;
    struct foreseer foreseer = {job, plan};
    int64_t now = clock_now();
    struct schedule_rules rules;
    int64_t speed;

    if (execution->options->speed > 0 || plan->execute)
        return execution->options->speed > 1 ? execution->options->speed : 1;
    rules = rules_of(job, batches, execution->not_before, job_at_once(job), plan->seed, now);
    speed = (forecast_length(&rules, now, foresee, &foreseer) + WANTED - 1) / WANTED;
    if (speed > LAPSE_SPEED_MOST)
        return LAPSE_SPEED_MOST;
    return speed > 1 ? (int)speed : 1;
}
