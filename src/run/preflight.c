/* SPDX-License-Identifier: MIT */
#include "run/preflight.h"

#include "azure/command.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/calls.h"
#include "run/room.h"

#define PAUSE (NUMBER_SECOND / 4) /* before another try */

/* The two commands of the login. */
struct pair {
    struct call *token;
    struct call *version;
};

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static bool is_going(const struct preflight *self)
{
    return self->is_going(self->context);
}

static void wait_for_something(const struct preflight *self, int64_t until)
{
    self->wait(self->context, inquiry_fd(&self->inquiry), until);
}

/* ---- the login ---------------------------------------------------------------------------- */

static void run_pair(struct preflight *self, const struct pair *pair)
{
    int finished = 0;

    calls_launch(self->calls, pair->token, LOGIN_TIMEOUT);
    calls_launch(self->calls, pair->version, LOGIN_TIMEOUT);
    while (finished < CALLS_OF_LOGIN) {
        wait_for_something(self, is_going(self) ? self->deadline : CLOCK_NEVER);
        (void)inquiry_has_landed(&self->inquiry);
        while (calls_take_finished(self->calls) != NULL)
            finished++;
    }
}

static void forget_pair(const struct pair *pair)
{
    finish_done(&pair->token->task.finish);
    finish_done(&pair->version->task.finish);
}

/* Not the login has failed but this machine, for a moment: another try is due. */
static bool wants_another_try(struct preflight *self, const struct pair *pair, int64_t patience)
{
    bool token_had_none = attempt_had_no_room(&pair->token->task.finish);
    int64_t pause = lapse_now() + PAUSE;

    if (!token_had_none && !attempt_had_no_room(&pair->version->task.finish))
        return false;
    if (!is_going(self) || lapse_now() >= patience)
        return false;
    self->no_room(self->context, token_had_none ? &pair->token->task.finish.error
                                                : &pair->version->task.finish.error);
    forget_pair(pair);
    while (lapse_now() < pause && is_going(self))
        wait_for_something(self, pause);
    return true;
}

/* ---- the subscriptions -------------------------------------------------------------------- */

/* One more az beside the login's two, or beside the one where there is one worker: not where the
 * machine has no room for it. */
static void ask_for_accounts(struct preflight *self, struct login *login)
{
    int beside = self->workers < CALLS_OF_LOGIN ? self->workers : CALLS_OF_LOGIN;
    struct machine_room room;

    if (self->patience == 0)
        return;
    room = room_for(self->job, self->az, beside + 1);
    if (room.bound == MACHINE_ENOUGH)
        inquiry_open(&self->inquiry, self->az, self->patience);
    else
        login->no_accounts = memory_print("az was not asked: %s", room.text);
}

/* They are only shown: nobody waits for them for long, and nothing fails without them. */
static void wait_for_accounts(struct preflight *self, struct login *login)
{
    int64_t until = earlier(inquiry_deadline(&self->inquiry), self->deadline);
    struct error error;

    if (self->patience == 0 || login->no_accounts != NULL)
        return;
    while (!inquiry_has_landed(&self->inquiry) && is_going(self) && lapse_now() < until)
        wait_for_something(self, until);
    if (inquiry_take(&self->inquiry, &login->accounts, &error) < 0)
        login->no_accounts = memory_string(error.text);
}

/* ---- both --------------------------------------------------------------------------------- */

enum login_result preflight_run(struct preflight *preflight, struct login *ret, struct error *error)
{
    struct pair pair = {calls_take(preflight->calls), calls_take(preflight->calls)};
    int64_t patience = lapse_now() + LOGIN_TIMEOUT;
    enum login_result result;

    ret->rest = preflight->az->rest;
    ask_for_accounts(preflight, ret);
    command_token(&pair.token->command, preflight->az, job_only_subscription(preflight->job));
    command_version(&pair.version->command, preflight->az);
    do
        run_pair(preflight, &pair);
    while (wants_another_try(preflight, &pair, patience));
    result = login_read(ret, &pair.token->task.finish, &pair.version->task.finish,
                        job_needs_subscription(preflight->job), error);
    forget_pair(&pair);
    calls_release(preflight->calls, pair.token);
    calls_release(preflight->calls, pair.version);
    if (result == LOGIN_OK)
        wait_for_accounts(preflight, ret);
    return result;
}

void preflight_close(struct preflight *preflight)
{
    inquiry_close(&preflight->inquiry);
}
