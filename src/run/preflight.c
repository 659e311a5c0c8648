/* SPDX-License-Identifier: MIT */
#include "run/preflight.h"

#include "azure/command.h"
#include "azure/rest.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/calls.h"
#include "run/room.h"

#define PAUSE (NUMBER_SECOND / 4) /* before another try */

/* The commands of the login, each with the call that it has. */
enum question { TOKEN, VERSION, CLOUD };

struct questions {
    struct call *calls[CALLS_OF_LOGIN];
    size_t count; /* the cloud is asked for where clients of REST are to know it */
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

static struct questions take_questions(struct preflight *self)
{
    struct questions questions = {.count = self->az->rest != NULL ? CALLS_OF_LOGIN : CLOUD};

    for (size_t i = 0; i < questions.count; i++)
        questions.calls[i] = calls_take(self->calls);
    command_token(&questions.calls[TOKEN]->command, self->az, job_only_subscription(self->job));
    command_version(&questions.calls[VERSION]->command, self->az);
    if (questions.count > CLOUD)
        command_cloud(&questions.calls[CLOUD]->command, self->az);
    return questions;
}

static void run_questions(struct preflight *self, const struct questions *questions)
{
    size_t finished = 0;

    for (size_t i = 0; i < questions->count; i++)
        calls_launch(self->calls, questions->calls[i], LOGIN_TIMEOUT);
    while (finished < questions->count) {
        wait_for_something(self, is_going(self) ? self->deadline : CLOCK_NEVER);
        (void)inquiry_has_landed(&self->inquiry);
        while (calls_take_finished(self->calls) != NULL)
            finished++;
    }
}

static void forget_questions(const struct questions *questions)
{
    for (size_t i = 0; i < questions->count; i++)
        finish_done(&questions->calls[i]->task.finish);
}

/* The first that could not be started for want of room; NULL: all could. */
static const struct finish *find_one_without_room(const struct questions *questions)
{
    for (size_t i = 0; i < questions->count; i++) {
        if (attempt_had_no_room(&questions->calls[i]->task.finish))
            return &questions->calls[i]->task.finish;
    }
    return NULL;
}

/* Not the login has failed but this machine, for a moment: another try is due. */
static bool wants_another_try(struct preflight *self, const struct questions *questions,
                              int64_t patience)
{
    const struct finish *without_room = find_one_without_room(questions);
    int64_t pause = lapse_now() + PAUSE;

    if (without_room == NULL || !is_going(self) || lapse_now() >= patience)
        return false;
    self->no_room(self->context, &without_room->error);
    forget_questions(questions);
    while (lapse_now() < pause && is_going(self))
        wait_for_something(self, pause);
    return true;
}

static enum login_result read_answers(const struct preflight *self,
                                      const struct questions *questions, struct login *ret,
                                      struct error *error)
{
    enum login_result result = login_read(ret, &questions->calls[TOKEN]->task.finish,
                                          &questions->calls[VERSION]->task.finish,
                                          job_needs_subscription(self->job), error);

    if (result == LOGIN_OK && questions->count > CLOUD)
        result = login_read_cloud(ret, &questions->calls[CLOUD]->task.finish, error);
    return result;
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

/* ---- pages of clients of REST ------------------------------------------------------------- */

/* Of each subscription that the job names; az's default has one once az has said which it is. */
static int open_pages(const struct preflight *self, struct error *error)
{
    for (size_t i = 0; self->az->rest != NULL && i < self->job->target_count; i++) {
        const char *subscription = self->job->targets[i].subscription;

        if (subscription != NULL && rest_open_page(self->az->rest, subscription, error) < 0)
            return -1;
    }
    return 0;
}

/* ---- both --------------------------------------------------------------------------------- */

enum login_result preflight_run(struct preflight *preflight, struct login *ret, struct error *error)
{
    struct questions questions;
    int64_t patience = lapse_now() + LOGIN_TIMEOUT;
    enum login_result result;

    if (open_pages(preflight, error) < 0)
        return LOGIN_NO_AZ;
    questions = take_questions(preflight);
    ret->rest = preflight->az->rest;
    ask_for_accounts(preflight, ret);
    do
        run_questions(preflight, &questions);
    while (wants_another_try(preflight, &questions, patience));
    result = read_answers(preflight, &questions, ret, error);
    forget_questions(&questions);
    for (size_t i = 0; i < questions.count; i++)
        calls_release(preflight->calls, questions.calls[i]);
    if (result == LOGIN_OK)
        wait_for_accounts(preflight, ret);
    return result;
}

void preflight_close(struct preflight *preflight)
{
    inquiry_close(&preflight->inquiry);
}
