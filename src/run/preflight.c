/* SPDX-License-Identifier: MIT */
#include "run/preflight.h"

#include "azure/command.h"
#include "azure/rest.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "job/keytable.h"
#include "run/attempt.h"
#include "run/calls.h"
#include "run/room.h"

#define PAUSE (NUMBER_SECOND / 4) /* before another try */

enum kind { TOKEN, VERSION, CLOUD, ACCOUNTS };

/* A command of the login, with the call that it has. */
struct question {
    enum kind kind;
    size_t token; /* its number */
    struct call *call;
};

/* That are asked side by side, each kind but tokens once. */
struct questions {
    struct question list[CALLS_OF_LOGIN];
    size_t count;
};

static bool is_going(const struct preflight *self)
{
    return self->is_going(self->context);
}

static void wait_for_something(const struct preflight *self, int64_t until)
{
    self->wait(self->context, inquiry_fd(&self->inquiry), until);
}

/* ---- the login ---------------------------------------------------------------------------- */

static const struct rest *rest_of(const struct preflight *self)
{
    return self->az->rest;
}

static bool has_own_identity(const struct preflight *self)
{
    return rest_of(self) != NULL && rest_of(self)->identity != JOB_IDENTITY_AZ;
}

/* Does the run's client need to know which tenant each subscription is of? In a rehearsal one token
 * opens all. */
static bool has_several_subscriptions(const struct preflight *self)
{
    const struct job *job = self->job;
    bool named = false;

    for (size_t i = 0; i < job->target_count; i++)
        named = named || job->targets[i].subscription != NULL;
    return rest_of(self) != NULL && rest_of(self)->prefix == NULL && !has_own_identity(self) &&
           named && job_only_subscription(job) == NULL;
}

/* The subscription that the first token is for; NULL: az's default. */
static const char *choose_first(const struct preflight *self)
{
    if (has_several_subscriptions(self) && !job_needs_subscription(self->job))
        return self->job->targets[0].subscription;
    return job_only_subscription(self->job);
}

static int add_question(struct preflight *self, struct questions *questions, enum kind kind,
                        const struct login *login, size_t token, struct error *error)
{
    struct question *question = &questions->list[questions->count];
    struct command *command;

    *question = (struct question){kind, token, calls_take(self->calls)};
    questions->count++;
    command = &question->call->command;
    if (kind == TOKEN)
        return command_token(command, self->az, login->tokens[token].asked, error);
    if (kind == VERSION)
        command_version(command, self->az);
    else if (kind == CLOUD)
        command_cloud(command, self->az);
    else
        command_accounts(command, self->az);
    return 0;
}

/* Without an az there is none to be asked about itself. */
static int add_questions_about_az(struct preflight *self, struct questions *questions,
                                  const struct login *login, struct error *error)
{
    if (has_own_identity(self))
        return 0;
    /* Of which version it is does not matter where it hands over no script. */
    if (rest_of(self) == NULL && add_question(self, questions, VERSION, login, 0, error) < 0)
        return -1;
    if (rest_of(self) != NULL && rest_of(self)->endpoint == NULL &&
        add_question(self, questions, CLOUD, login, 0, error) < 0)
        return -1;
    return has_several_subscriptions(self)
               ? add_question(self, questions, ACCOUNTS, login, 0, error)
               : 0;
}

static struct finish *find_answer(const struct questions *questions, enum kind kind)
{
    for (size_t i = 0; i < questions->count; i++) {
        if (questions->list[i].kind == kind)
            return &questions->list[i].call->task.finish;
    }
    return NULL;
}

static void run_questions(struct preflight *self, const struct questions *questions)
{
    size_t finished = 0;

    for (size_t i = 0; i < questions->count; i++)
        calls_launch(self->calls, questions->list[i].call, LOGIN_TIMEOUT);
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
        finish_done(&questions->list[i].call->task.finish);
}

/* The first that could not be started for want of room; NULL: all could. */
static const struct finish *find_one_without_room(const struct questions *questions)
{
    for (size_t i = 0; i < questions->count; i++) {
        if (attempt_had_no_room(&questions->list[i].call->task.finish))
            return &questions->list[i].call->task.finish;
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

/* Asks, as often as it is for want of room that there is no answer. */
static void ask(struct preflight *self, const struct questions *questions)
{
    int64_t patience = lapse_now() + LOGIN_TIMEOUT;

    do
        run_questions(self, questions);
    while (wants_another_try(self, questions, patience));
}

static void release(struct preflight *self, struct questions *questions)
{
    forget_questions(questions);
    for (size_t i = 0; i < questions->count; i++)
        calls_release(self->calls, questions->list[i].call);
    questions->count = 0;
}

/* ---- which token opens which subscription ------------------------------------------------- */

/* A page for each subscription that the job names; az's default has one once az has said which it
 * is. */
static int open_pages(const struct preflight *self, struct login *login, struct error *error)
{
    const struct account *standard = accounts_default(&login->accounts);
    bool several = has_several_subscriptions(self);

    if (standard != NULL && several && login->tokens[0].asked == NULL)
        login->tokens[0].tenant = memory_string(standard->tenant);
    for (size_t i = 0; rest_of(self) != NULL && i < self->job->target_count; i++) {
        const char *subscription = self->job->targets[i].subscription;
        size_t token =
            several && subscription != NULL ? login_find(login, &login->accounts, subscription) : 0;

        if (subscription != NULL && rest_open_page(self->az->rest, subscription, token, error) < 0)
            return -1;
    }
    return 0;
}

static enum login_result read_answers(struct preflight *self, const struct questions *questions,
                                      struct login *ret, struct error *error)
{
    struct finish *accounts = find_answer(questions, ACCOUNTS);
    struct finish *cloud = find_answer(questions, CLOUD);
    struct error cause = {""};
    bool known =
        accounts == NULL || accounts_read(&ret->accounts, accounts, LOGIN_TIMEOUT, &cause) == 0;
    bool paged = open_pages(self, ret, &cause) == 0;
    enum login_result result =
        login_read(ret, find_answer(questions, TOKEN), find_answer(questions, VERSION),
                   job_needs_subscription(self->job), error);

    if (result == LOGIN_OK && cloud != NULL)
        result = login_read_cloud(ret, cloud, error);
    if (result != LOGIN_OK || (known && paged))
        return result;
    *error = cause;
    return paged ? LOGIN_NO_ANSWER : LOGIN_NO_AZ;
}

/* Of other tenants than the first one's, some at a time. */
static enum login_result get_more_tokens(struct preflight *self, struct login *ret,
                                         struct error *error)
{
    struct questions questions = {.count = 0};
    enum login_result result = LOGIN_OK;

    for (size_t next = 1; next < ret->token_count && result == LOGIN_OK && is_going(self);) {
        while (next < ret->token_count && questions.count < CALLS_OF_LOGIN && result == LOGIN_OK) {
            if (add_question(self, &questions, TOKEN, ret, next++, error) < 0)
                result = LOGIN_NO_AZ;
        }
        if (result == LOGIN_OK)
            ask(self, &questions);
        for (size_t i = 0; i < questions.count && result == LOGIN_OK; i++)
            result = login_read_token(ret, questions.list[i].token,
                                      &questions.list[i].call->task.finish, error);
        release(self, &questions);
    }
    return result;
}

static enum login_result log_in(struct preflight *self, struct login *ret, struct error *error)
{
    struct questions questions = {.count = 0};
    enum login_result result = LOGIN_NO_AZ;

    (void)login_add(ret, choose_first(self), NULL);
    if (add_question(self, &questions, TOKEN, ret, 0, error) == 0 &&
        add_questions_about_az(self, &questions, ret, error) == 0) {
        ask(self, &questions);
        result = read_answers(self, &questions, ret, error);
    }
    release(self, &questions);
    return result == LOGIN_OK ? get_more_tokens(self, ret, error) : result;
}

/* ---- the subscriptions -------------------------------------------------------------------- */

/* One more az beside the login's two, or beside the one where there is one worker: not where the
 * machine has no room for it. */
static void ask_for_accounts(struct preflight *self, struct login *login)
{
    int beside = self->workers < CALLS_OF_LOGIN ? self->workers : CALLS_OF_LOGIN;
    struct machine_room room;

    if (self->patience == 0 || has_several_subscriptions(self))
        return; /* the login asks by itself */
    if (has_own_identity(self)) {
        login->no_accounts = memory_print("identity: %s asks no az",
                                          keytable[KEY_IDENTITY].words[rest_of(self)->identity]);
        return;
    }
    room = room_for(self->job, self->az, beside + 1);
    if (room.bound == MACHINE_ENOUGH)
        inquiry_open(&self->inquiry, self->az, self->patience);
    else
        login->no_accounts = memory_print("az was not asked: %s", room.text);
}

/* They are only shown: nobody waits for them for long, and nothing fails without them. */
static void wait_for_accounts(struct preflight *self, struct login *login)
{
    int64_t until = number_smaller(inquiry_deadline(&self->inquiry), self->deadline);
    struct error error;

    if (self->patience == 0 || login->no_accounts != NULL || has_several_subscriptions(self))
        return;
    while (!inquiry_has_landed(&self->inquiry) && is_going(self) && lapse_now() < until)
        wait_for_something(self, until);
    if (inquiry_take(&self->inquiry, &login->accounts, &error) < 0)
        login->no_accounts = memory_string(error.text);
}

/* ---- both --------------------------------------------------------------------------------- */

enum login_result preflight_run(struct preflight *preflight, struct login *ret, struct error *error)
{
    enum login_result result;

    ret->rest = preflight->az->rest;
    ask_for_accounts(preflight, ret);
    result = log_in(preflight, ret, error);
    if (result == LOGIN_OK)
        wait_for_accounts(preflight, ret);
    return result;
}

void preflight_close(struct preflight *preflight)
{
    inquiry_close(&preflight->inquiry);
}
