/* SPDX-License-Identifier: MIT */
#include "run/cost.h"

#include "azure/tempo.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/number.h"
#include "job/limits.h"
#include "run/forecast.h"
#include "run/rules.h"
#include "run/schedule.h"
#include "run/sharing.h"

static const struct price {
    int64_t processor;
    int64_t memory;
    int64_t stay; /* of a VM in one place of the pool */
} prices[] = {
    [JOB_AZ] = {LIMITS_AZ_PROCESSOR, LIMITS_AZ_MEMORY, LIMITS_AZ_LEAST},
    [JOB_REST] = {LIMITS_REST_PROCESSOR, LIMITS_REST_MEMORY, LIMITS_REST_LEAST},
};

/* Each VM takes its place for CONTEXT's time, and is ok. */
static struct forecast_attempt stay(void *context, size_t target, int attempt)
{
    const struct price *price = context;

    (void)target;
    (void)attempt;
    return (struct forecast_attempt){.takes = price->stay, .outcome = {.kind = OUTCOME_OK}};
}

/* With the batches and what is between them, and no faster than Azure lets scripts be started. */
static int64_t length_of(const struct job *job, const int *batches, enum job_client client,
                         int workers)
{
    struct price price = prices[client];
    struct job by_client = *job;
    struct schedule_rules rules = rules_of(job, batches, NULL, workers, 0, 0);
    struct sharing sharing;
    int64_t length;

    by_client.client = client;
    sharing_open(&sharing, &by_client, NULL);
    rules.quota = sharing_rules(&sharing, tempo_of(NULL).starts);
    rules.deadline = CLOCK_NEVER;
    length = forecast_length(&rules, 0, stay, &price);
    sharing_close(&sharing);
    return length;
}

struct cost cost_of(const struct job *job, const int *batches, enum job_client client, int workers,
                    int processors)
{
    const struct price *price = &prices[client];
    struct cost cost = {.at_once = rules_at_once(job, batches, workers)};
    int64_t pauses = rules_duration(job, batches, workers).pauses;
    int64_t busy;

    cost.processor = (int64_t)job->target_count * price->processor;
    cost.memory = (int64_t)cost.at_once * price->memory;
    cost.length = length_of(job, batches, client, workers);
    busy = cost.processor / (processors > 0 ? processors : 1) + pauses;
    if (cost.length < busy)
        cost.length = busy;
    if (cost.length > NUMBER_LONGEST)
        cost.length = NUMBER_LONGEST;
    return cost;
}

static int64_t round_up(int64_t duration, int64_t unit)
{
    return (duration + unit - 1) / unit * unit;
}

/* With two figures or so: it is a guess. */
static void print_about(struct buffer *buffer, int64_t duration)
{
    if (duration < 10 * NUMBER_SECOND)
        number_print_duration(buffer, round_up(duration, NUMBER_SECOND / 10));
    else if (duration < 2 * NUMBER_MINUTE)
        number_print_exact_duration(buffer, round_up(duration, NUMBER_SECOND));
    else if (duration < 10 * NUMBER_MINUTE)
        number_print_exact_duration(buffer, round_up(duration, 10 * NUMBER_SECOND));
    else
        number_print_exact_duration(buffer, round_up(duration, NUMBER_MINUTE));
}

void cost_print(struct buffer *buffer, const struct cost *cost)
{
    buffer_add(buffer, "about ");
    print_about(buffer, cost->length);
    buffer_add(buffer, ", ");
    print_about(buffer, cost->processor);
    buffer_add(buffer, " of processor time, ");
    number_print_size(buffer, cost->memory);
    buffer_add(buffer, " of memory");
}
