/* SPDX-License-Identifier: MIT */
#include "run/starts.h"

#include "azure/az.h"
#include "azure/guard.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/conduct.h"
#include "run/conducting.h"
#include "run/event.h"
#include "run/result.h"
#include "run/stopping.h"

static void journal_start(struct conducting *self, size_t index, int attempt)
{
    int64_t at = attempt_whole_milliseconds(conducting_time(self));
    struct buffer line = BUFFER_INIT;

    event_start(&line, self->result, index, attempt, at);
    conducting_add_line(self, &line, true);
    conducting_note(self, (struct note){.kind = NOTE_STARTED, .target = index});
    result_start(self->result, index, clock_wall(), at);
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
    static const struct outcome none = {.kind = OUTCOME_SKIPPED, .reason = REASON_HALTED};

    (void)schedule_ended(self->schedule, index, &none, clock_now());
    stopping_see_trouble(self, error);
}

/*
 * The mark that the guard of target INDEX looks for; NULL: for none. Every VM of a rehearsal is
 * this machine, and its Azure starts no script that it refuses.
 */
static const char *name_mark(struct conducting *self, size_t index, char once[GUARD_ONCE_SIZE])
{
    const struct conduct *conduct = self->conduct;
    const char *run = conduct->marks != NULL ? conduct->marks[index] : NULL;

    if (!guard_needs_once(conduct->job) || self->result->rehearsal)
        return NULL;
    if (run == NULL)
        run = self->result->run;
    result_take_mark(self->result, index, run);
    guard_name_once(run, self->result->targets[index].id, once);
    return once;
}

static void plan_start(struct conducting *self, size_t index, int attempt)
{
    const struct conduct *conduct = self->conduct;
    const struct result_target *target = &self->result->targets[index];
    struct guard guard = {.job = conduct->job,
                          .target = &conduct->job->targets[index],
                          .run = self->result->run,
                          .batch = target->batch};
    char once[GUARD_ONCE_SIZE];
    struct flight *flight = flights_free(&self->flights);
    struct error error;

    guard.once = name_mark(self, index, once);
    if (make_command(self, flight, &guard, target->id, &error) < 0) {
        flights_land(&self->flights, flight);
        fail_start(self, index, &error);
        return;
    }
    journal_start(self, index, attempt);
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

void starts_forget(struct conducting *self)
{
    static const struct outcome none = {.kind = OUTCOME_SKIPPED, .reason = REASON_HALTED};

    for (size_t i = 0; i < self->starting_count; i++) {
        struct flight *flight = self->starting[i];

        result_unstart(self->result, flight->target);
        (void)schedule_ended(self->schedule, flight->target, &none, clock_now());
        flights_land(&self->flights, flight);
    }
    self->starting_count = 0;
    notes_forget_starts(&self->notes);
}
