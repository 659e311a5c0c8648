/* SPDX-License-Identifier: MIT */
#include "run/starts.h"

#include "azure/az.h"
#include "azure/guard.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/conduct.h"
#include "run/conducting.h"
#include "run/event.h"
#include "run/result.h"
#include "run/stopping.h"

static void begin_attempt(struct conducting *self, size_t index, int attempt, const char *mark)
{
    struct event event = conducting_event(self, EVENT_START);

    event.target = index;
    event.start.attempt = attempt;
    event.start.mark = memory_string(mark);
    conducting_happen(self, event);
}

/* A folder that is gone, full or read-only in the middle of a run is made anew, once. */
static int make_command(struct conducting *self, struct flight *flight, const struct guard *guard,
                        const char *id, struct error *error)
{
    struct az *az = self->conduct->az;
    struct error renewal;
    struct error first;

    if (command_invoke(&flight->command, az, guard, id, flight->slot, error) == 0)
        return 0;
    first = *error;
    if (az_renew_folder(az, &renewal) == 0)
        return command_invoke(&flight->command, az, guard, id, flight->slot, error);
    return error_set(error, "%s; %s", first.text, renewal.text);
}

/*
 * The script's file could not be written. That is this machine's trouble, and every other target
 * would meet it likewise: it was no attempt, and there will be no other.
 */
static void fail_start(struct conducting *self, size_t index, const struct error *error)
{
    schedule_taken_back(self->schedule, index);
    stopping_see_trouble(self, error);
}

/*
 * The run whose mark the guard of target INDEX looks for; NULL: for none. Every VM of a rehearsal
 * is this machine, and its Azure starts no script that it refuses.
 */
static const char *find_mark(const struct conducting *self, size_t index)
{
    const struct conduct *conduct = self->conduct;

    if (!guard_needs_once(conduct->job) || self->result->rehearsal)
        return NULL;
    return conduct->marks != NULL && conduct->marks[index] != NULL ? conduct->marks[index]
                                                                   : self->result->run;
}

static void plan_start(struct conducting *self, size_t index, int attempt)
{
    const struct conduct *conduct = self->conduct;
    const struct result_target *target = &self->result->targets[index];
    struct guard guard = {.job = conduct->job,
                          .target = &conduct->job->targets[index],
                          .run = self->result->run,
                          .batch = target->batch};
    const char *mark = find_mark(self, index);
    char once[GUARD_ONCE_SIZE];
    struct flight *flight = flights_free(&self->flights);
    struct error error;

    if (mark != NULL) {
        guard_name_once(mark, target->id, once);
        guard.once = once;
    }
    if (make_command(self, flight, &guard, target->id, &error) < 0) {
        flights_land(&self->flights, flight);
        fail_start(self, index, &error);
        return;
    }
    begin_attempt(self, index, attempt, mark);
    flight->target = index;
    self->starting[self->starting_count++] = flight;
}

struct schedule_decision starts_plan(struct conducting *self)
{
    struct schedule_decision decision;

    while ((decision = schedule_next(self->schedule, clock_now())).step == SCHEDULE_START)
        plan_start(self, decision.target, decision.attempt);
    return decision;
}

void starts_launch(struct conducting *self)
{
    for (size_t i = 0; i < self->starting_count; i++)
        flights_launch(&self->flights, self->starting[i], self->conduct->job->timeout);
    self->starting_count = 0;
}

/* Their lines are not on disk, nor is this. */
static void forget(struct conducting *self, size_t index)
{
    struct event event = conducting_event(self, EVENT_PUT_BACK);
    struct error error;

    event.target = index;
    (void)result_apply(self->result, &event, &error); /* it was started a moment ago */
    schedule_taken_back(self->schedule, index);
}

static void forget_starts(struct conducting *self)
{
    size_t kept = 0;

    for (size_t i = 0; i < self->happening_count; i++) {
        struct happening *happening = &self->happenings[i];

        if (happening->event.kind == EVENT_START)
            happening_done(happening);
        else
            self->happenings[kept++] = *happening;
    }
    self->happening_count = kept;
}

void starts_forget(struct conducting *self)
{
    for (size_t i = 0; i < self->starting_count; i++) {
        forget(self, self->starting[i]->target);
        flights_land(&self->flights, self->starting[i]);
    }
    self->starting_count = 0;
    forget_starts(self);
}
