/* SPDX-License-Identifier: MIT */
#include "cli/speed.h"

#include "azure/tempo.h"
#include "base/clock.h"
#include "base/number.h"
#include "cli/execution.h"
#include "cli/options.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "job/targets.h"
#include "run/forecast.h"
#include "run/rules.h"
#include "run/sharing.h"
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
        return (struct forecast_attempt){forecast.wait, forecast.outcome};
    return (struct forecast_attempt){
        job->timeout + (forecast.deaf ? job->kill_grace : 0),
        {.kind = OUTCOME_TIMEOUT, .reason = REASON_AZ, .script = SCRIPT_MAY_HAVE_STARTED}};
}

int speed_choose(const struct execution *execution, const struct simulator_plan *plan,
                 const int *batches)
{
    const struct job *job = execution->job;
    struct foreseer foreseer = {job, plan};
    int64_t now = clock_now();
    struct schedule_rules rules;
    struct sharing sharing;
    int64_t speed;

    if (execution->options->speed > 0 || plan->execute)
        return execution->options->speed > 1 ? execution->options->speed : 1;
    rules = rules_of(job, batches, execution->not_before, job_at_once(job), plan->seed, now);
    sharing_open(&sharing, job, NULL);
    rules.quota = sharing_rules(&sharing, tempo_of(NULL).starts);
    speed = (forecast_length(&rules, now, foresee, &foreseer) + WANTED - 1) / WANTED;
    sharing_close(&sharing);
    if (speed > LAPSE_SPEED_MOST)
        return LAPSE_SPEED_MOST;
    return speed > 1 ? (int)speed : 1;
}
