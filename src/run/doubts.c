/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. While there are doubts the schedule is held: what runs
 * goes on, nothing is started. The question needs no worker of its own, since
 * the attempt that raised it has left one free. A first answer that is no token
 * may have lost the same race: there is a second question a moment later, and
 * its answer counts. A token is good for every attempt that began before it
 * came, and for a while nobody asks again: what ends so in that time is an error
 * of its own, too.
 */
#include "run/doubts.h"

#include <stdlib.h>

#include "azure/answer.h"
#include "azure/login.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/conduct.h"
#include "run/conducting.h"
#include "run/ends.h"
#include "run/redact.h"
#include "run/result.h"
#include "run/stopping.h"

enum { MOST_QUESTIONS = 2 };

#define SECOND_QUESTION NUMBER_SECOND
#define ASK_PAUSE       (10 * NUMBER_SECOND) /* from a good answer to the next question */

struct doubt {
    size_t target;
    struct result_attempt attempt;
    struct answer answer;
};

bool doubts_are_about(const struct outcome *outcome)
{
    if (!outcome->fatal)
        return false;
    /* Of az itself: a cache that cannot be read. An az that knows no such command needs no proof.
     */
    return outcome->reason == REASON_LOGIN ||
           (outcome->reason == REASON_AZ_BROKEN && outcome->script != SCRIPT_NOT_STARTED);
}

/* The login is good: it befell this one az. Whether that had sent anything, the mark knows. */
static void clear(struct result_attempt *attempt, struct outcome *outcome)
{
    char *message = memory_print("%s (asked afterwards, az's login is good: it befell this one az)",
                                 outcome->message);

    free(outcome->message);
    outcome->message = message;
    free(attempt->message);
    attempt->message = memory_string(message);
    outcome->fatal = false;
    outcome->passing = true;
    /* Nobody needs to log in again for it. */
    outcome->cause = outcome->cause == CAUSE_TOKEN_CACHE || outcome->script == SCRIPT_NOT_STARTED
                         ? CAUSE_CACHE_LOCK
                         : CAUSE_LOGIN_SERVICE;
    outcome->mark_decides = outcome->script == SCRIPT_MAY_HAVE_STARTED;
}

static bool is_answered(const struct conducting *self, const struct result_attempt *attempt)
{
    const struct doubts *doubts = &self->doubts;

    return doubts->was_good && (self->started + attempt->at < doubts->good_at ||
                                clock_now() < doubts->good_at + ASK_PAUSE);
}

static void ask(struct conducting *self)
{
    struct doubts *doubts = &self->doubts;
    const struct conduct *conduct = self->conduct;

    doubts->flight = flights_free(&self->flights);
    doubts->questions++;
    doubts->again_at = 0;
    command_token(&doubts->flight->command, conduct->az, job_only_subscription(conduct->job));
    flights_launch(&self->flights, doubts->flight, LOGIN_TIMEOUT);
    schedule_hold(self->schedule, true);
}

/* GOOD: each is an error of its own; else they stay what their az had said. */
static void let_go(struct conducting *self, bool good)
{
    struct doubts *doubts = &self->doubts;
    struct doubt *list = doubts->list;
    size_t count = doubts->count;

    doubts->list = NULL;
    doubts->count = 0;
    doubts->questions = 0;
    doubts->again_at = 0;
    schedule_hold(self->schedule, false);
    for (size_t i = 0; i < count; i++) {
        if (good)
            clear(&list[i].attempt, &list[i].answer.outcome);
        ends_keep(self, list[i].target, &list[i].attempt, &list[i].answer);
    }
    free(list);
}

bool doubts_take(struct conducting *self, size_t index, struct result_attempt *attempt,
                 struct answer *answer)
{
    struct doubts *doubts = &self->doubts;

    if (!doubts_are_about(&answer->outcome) || self->stage != SCHEDULE_GOING)
        return false;
    if (is_answered(self, attempt)) {
        clear(attempt, &answer->outcome);
        return false;
    }
    doubts->list = memory_resize(doubts->list, doubts->count + 1, sizeof *doubts->list);
    doubts->list[doubts->count++] = (struct doubt){index, *attempt, *answer};
    if (doubts->flight == NULL && doubts->again_at == 0)
        ask(self);
    return true;
}

static void halt(struct conducting *self, enum login_result result, struct error *error)
{
    redact_error(self->redact, error); /* az may have echoed a secret */
    schedule_halt(self->schedule);
    stopping_end_early(self, result == LOGIN_BROKEN ? RESULT_LOGIN : RESULT_HALTED, 0, error->text);
}

static void see_answer(struct conducting *self, enum login_result result, struct error *error)
{
    struct doubts *doubts = &self->doubts;

    doubts->was_good = result == LOGIN_OK;
    doubts->good_at = clock_now();
    if (result != LOGIN_OK && self->stage == SCHEDULE_GOING) {
        if (doubts->questions < MOST_QUESTIONS) {
            doubts->again_at = clock_now() + SECOND_QUESTION;
            return;
        }
        halt(self, result, error);
    }
    let_go(self, result == LOGIN_OK);
}

bool doubts_see_flight(struct conducting *self, struct flight *flight, bool taken_back)
{
    struct login login = {.subscription = NULL};
    struct error error = {""};
    enum login_result result = LOGIN_CANCELLED;
    bool had_no_room = !taken_back && attempt_had_no_room(&flight->task.finish);

    if (flight != self->doubts.flight)
        return false;
    self->doubts.flight = NULL;
    if (!taken_back) {
        result = login_read_token(&login, &flight->task.finish, &error);
        finish_done(&flight->task.finish);
    }
    flights_land(&self->flights, flight);
    login_done(&login);
    /* Where others run there will be room. */
    if (had_no_room && schedule_running(self->schedule) > self->doubts.count)
        self->doubts.questions--;
    if (!taken_back) /* else the run is being stopped, and doubts_see_time() lets go */
        see_answer(self, result, &error);
    return true;
}

void doubts_see_time(struct conducting *self)
{
    struct doubts *doubts = &self->doubts;

    if (doubts->flight != NULL || doubts->count == 0)
        return;
    if (self->stage != SCHEDULE_GOING)
        let_go(self, false);
    else if (clock_now() >= doubts->again_at)
        ask(self);
}

int64_t doubts_due(const struct conducting *self)
{
    return self->doubts.again_at > 0 ? self->doubts.again_at : CLOCK_NEVER;
}
