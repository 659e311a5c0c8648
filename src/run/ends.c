/* SPDX-License-Identifier: MIT */
#include "run/ends.h"

#include <stdlib.h>

#include "azure/answer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/conduct.h"
#include "run/conducting.h"
#include "run/doubts.h"
#include "run/event.h"
#include "run/halting.h"
#include "run/redact.h"
#include "run/result.h"
#include "run/stopping.h"
#include "run/watcher.h"

/* A failure that every other target would meet likewise, or more of them than the job allows. */
static void see_halt(struct conducting *self, const struct schedule_verdict *verdict,
                     const struct outcome *outcome)
{
    enum result_ending ending = RESULT_HALTED;
    char *cause;

    if (outcome->fatal && self->stage == SCHEDULE_GOING) {
        cause = memory_string(outcome->message);
        ending = outcome->reason == REASON_LOGIN ? RESULT_LOGIN : RESULT_HALTED;
        schedule_halt(self->schedule);
    } else if (verdict->halt != SCHEDULE_NO_HALT) {
        cause = halting_explain(self->conduct->job, verdict->halt, &verdict->tally);
    } else {
        return;
    }
    stopping_end_early(self, ending, 0, cause);
    free(cause);
}

static void see_cut(struct conducting *self)
{
    struct event event = conducting_event(self, EVENT_LIMIT);

    event.limit = schedule_limit(self->schedule);
    conducting_happen(self, event);
}

void ends_keep(struct conducting *self, size_t index, struct result_attempt *attempt,
               struct answer *answer)
{
    struct schedule_verdict verdict =
        schedule_ended(self->schedule, index, &answer->outcome, clock_now());
    const struct result_target *target = &self->result->targets[index];
    struct event event = conducting_event(self, EVENT_END);

    event.target = index;
    event.end.attempt = *attempt;
    event.end.answer = *answer;
    event.end.number = (int)target->attempt_count + 1;
    event.end.settled = verdict.settled;
    if (!verdict.settled)
        event.end.again_at = attempt_whole_milliseconds(verdict.again_at - self->started);
    conducting_happen(self, event);
    if (verdict.cut)
        see_cut(self);
    see_halt(self, &verdict, &target->outcome);
}

/* Who stopped it: the engine only knows that somebody did. */
static enum outcome_reason cancelled_by(const struct conducting *self)
{
    switch (self->result->ending) {
    case RESULT_DEADLINE:
        return REASON_DEADLINE;
    case RESULT_HALTED:
    case RESULT_LOGIN:
        return REASON_HALTED;
    default:
        return REASON_SIGNAL;
    }
}

static void take_answer(struct conducting *self, struct flight *flight)
{
    const struct job *job = self->conduct->job;
    struct answer_question question = {.nonce = flight->command.nonce,
                                       .output_limit = job->output_limit,
                                       .timeout = job->timeout,
                                       .script_timeout = job->script_timeout,
                                       .ok = job->ok,
                                       .marked_by = self->result->targets[flight->target].mark_of};
    struct result_attempt attempt;
    struct answer answer;

    answer_read(&flight->task.finish, &question, &answer);
    if (answer.outcome.kind == OUTCOME_CANCELLED)
        answer.outcome.reason = cancelled_by(self);
    redact_answer(self->redact, &answer);
    attempt = attempt_of(&flight->task, &answer.outcome, self->started);
    if (!doubts_take(self, flight->target, &attempt, &answer))
        ends_keep(self, flight->target, &attempt, &answer);
}

void ends_tell_no_room(struct conducting *self, const struct error *error)
{
    const struct watcher *watcher = self->conduct->watcher;

    if (!self->told_no_room)
        watcher->no_room(watcher->context, error->text);
    self->told_no_room = true;
}

/* True: it will be started later. */
static bool put_back(struct conducting *self, const struct flight *flight)
{
    if (!attempt_had_no_room(&flight->task.finish) ||
        !schedule_no_room(self->schedule, flight->target, clock_now()))
        return false;
    conducting_put_back(self, flight->target, flight->task.finish.error.text);
    ends_tell_no_room(self, &flight->task.finish.error);
    return true;
}

void ends_take(struct conducting *self)
{
    struct flight *flight;

    while ((flight = flights_take_finished(&self->flights)) != NULL) {
        if (doubts_see_flight(self, flight, false))
            continue;
        if (!put_back(self, flight))
            take_answer(self, flight);
        finish_done(&flight->task.finish);
        flights_land(&self->flights, flight);
    }
}
