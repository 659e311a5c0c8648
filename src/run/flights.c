/* SPDX-License-Identifier: MIT */
#include "run/flights.h"

#include <stdlib.h>

#include "azure/answer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "engine/child.h"
#include "job/job.h"

int flights_open(struct flights *flights, int workers, const struct job *job, struct error *error)
{
    *flights = (struct flights){.job = job};
    if (pool_start(&flights->pool, workers, error) < 0)
        return -1;
    flights->count = (size_t)workers + LOGIN_FLIGHTS;
    flights->list = memory_zeroed(flights->count, sizeof *flights->list);
    while (flights->next_slot < flights->count) {
        flights->list[flights->next_slot].slot = flights->next_slot;
        lastline_init(&flights->list[flights->next_slot].said);
        flights->next_slot++;
    }
    return 0;
}

struct flight *flights_free(struct flights *flights)
{
    for (size_t i = 0; i < flights->count; i++) {
        if (!flights->list[i].in_use) {
            flights->list[i].in_use = true;
            flights->list[i].gone = true;
            return &flights->list[i];
        }
    }
    return NULL;
}

void flights_launch(struct flights *flights, struct flight *flight, int64_t timeout)
{
    flight->task.command = flight->command.child;
    flight->task.limits.timeout = timeout;
    flight->task.limits.kill_grace = flights->job->kill_grace;
    flight->task.limits.output_limit = flights->job->output_limit < ANSWER_READ_MOST
                                           ? ANSWER_READ_MOST
                                           : flights->job->output_limit;
    flight->task.said = &flight->said;
    lastline_clear(&flight->said);
    flight->launched = clock_now();
    pool_put(&flights->pool, &flight->task);
}

static int compare_launches(const void *a, const void *b)
{
    const struct flight *const *one = a;
    const struct flight *const *other = b;

    return ((*one)->launched > (*other)->launched) - ((*one)->launched < (*other)->launched);
}

size_t flights_list_flying(struct flights *flights, struct flight **list)
{
    size_t count = 0;

    for (size_t i = 0; i < flights->count; i++) {
        if (flights->list[i].launched > 0)
            list[count++] = &flights->list[i];
    }
    qsort(list, count, sizeof(struct flight *), compare_launches);
    return count;
}

struct flight *flights_take_finished(struct flights *flights)
{
    struct flight *flight = (struct flight *)pool_take_finished(&flights->pool);
    const struct finish *finish;

    if (flight == NULL)
        return NULL;
    finish = &flight->task.finish;
    flight->gone =
        finish->end == FINISH_NOT_STARTED ||
        (finish->stop == FINISH_UNSTOPPED && finish->output.complete && finish->errors.complete);
    return flight;
}

struct flight *flights_take_back(struct flights *flights)
{
    return (struct flight *)pool_take_back(&flights->pool);
}

void flights_land(struct flights *flights, struct flight *flight)
{
    command_done(&flight->command, flight->gone);
    if (!flight->gone)
        flight->slot = flights->next_slot++; /* a file of that name is never made again */
    flight->launched = 0;
    flight->in_use = false;
}

void flights_close(struct flights *flights)
{
    pool_join(&flights->pool);
    (void)child_sweep();
    for (size_t i = 0; i < flights->count; i++)
        lastline_destroy(&flights->list[i].said);
    free(flights->list);
}
