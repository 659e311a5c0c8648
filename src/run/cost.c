/* SPDX-License-Identifier: MIT */
#include "run/cost.h"

#include "base/buffer.h"
#include "base/number.h"
#include "job/limits.h"
#include "run/rules.h"

static const struct price {
    int64_t processor;
    int64_t memory;
    int64_t stay; /* of a VM in one place of the pool */
} prices[] = {
    [JOB_AZ] = {LIMITS_AZ_PROCESSOR, LIMITS_AZ_MEMORY, LIMITS_AZ_LEAST},
    [JOB_REST] = {LIMITS_REST_PROCESSOR, LIMITS_REST_MEMORY, LIMITS_REST_LEAST},
};

struct cost cost_of(const struct job *job, const int *batches, enum job_client client, int workers,
                    int processors)
{
    const struct price *price = &prices[client];
    struct rules_duration duration = rules_duration(job, batches, workers);
    struct cost cost = {.at_once = rules_at_once(job, batches, workers)};
    int64_t busy;

    cost.processor = (int64_t)job->target_count * price->processor;
    cost.memory = (int64_t)cost.at_once * price->memory;
    cost.length = (int64_t)duration.rounds * price->stay;
    busy = cost.processor / (processors > 0 ? processors : 1);
    if (cost.length < busy)
        cost.length = busy;
    cost.length += duration.pauses;
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
    buffer_add(buffer, " of processor time and ");
    number_print_size(buffer, cost->memory);
    buffer_add(buffer, " of memory");
}
