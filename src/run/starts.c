/* SPDX-License-Identifier: MIT */
#include "run/starts.h"

#include "azure/answer.h"
#include "azure/guard.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/conduct.h"
#include "run/conducting.h"
#include "run/ends.h"
#include "run/event.h"
#include "run/result.h"

/* The script's file could not be written: a trouble of this machine's, not of the target's. */
static void fail_start(struct conducting *self, size_t index, const struct error *error)
{
    struct answer answer = {.outcome = {.kind = OUTCOME_ERROR,
                                        .reason = REASON_START,
                                        .script = SCRIPT_NOT_STARTED,
                                        .exit_code = -1,
                                        .message = memory_string(error->text)}};
    struct result_attempt attempt = {.at = attempt_whole_milliseconds(conducting_time(self)),
                                     .wall_started = attempt_whole_milliseconds(clock_wall()),
                                     .outcome = OUTCOME_ERROR,
                                     .reason = REASON_START,
                                     .message = memory_string(error->text),
                                     .az_exit = -1};

    ends_keep(self, index, &attempt, &answer);
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
    int64_t at = attempt_whole_milliseconds(conducting_time(self));
    struct flight *flight = flights_free(&self->flights);
    struct buffer line = BUFFER_INIT;
    struct error error;

    event_start(&line, self->result, index, attempt, at);
    conducting_add_line(self, &line, true);
    conducting_note(self, (struct note){.kind = NOTE_STARTED, .target = index});
    result_start(self->result, index, clock_wall(), at);
    flight->target = index;
    /* Every VM of a rehearsal is this machine, and its Azure starts no script that it refuses. */
    if (guard_needs_once(conduct->job) && !self->result->rehearsal) {
        guard_name_once(self->result->run, target->id, once);
        guard.once = once;
    }
    if (command_invoke(&flight->command, conduct->az, &guard, target->id, flight->slot, &error) <
        0) {
        flights_land(&self->flights, flight);
        fail_start(self, index, &error);
        return;
    }
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
