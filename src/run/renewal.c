/* SPDX-License-Identifier: MIT */
#include "run/renewal.h"

#include <stdlib.h>
#include <sys/random.h>

#include "azure/az.h"
#include "azure/rest.h"
#include "base/clock.h"
#include "base/memory.h"
#include "engine/lapse.h"
#include "engine/supervise.h"

#define KILL_GRACE (2 * NUMBER_SECOND)

enum { ANSWER_MOST = 64 * 1024 }; /* a token has 16 KiB at most (sys/tokenpage) */

static uint32_t draw(void)
{
    uint32_t random;

    return getrandom(&random, sizeof random, GRND_NONBLOCK) == sizeof random ? random : 0;
}

/* What token NUMBER has left to live; -1: nobody knows. */
static int64_t left_of(const struct renewal *self, size_t number)
{
    int64_t expires = self->login->tokens[number].expires;
    int64_t left = expires - lapse_wall();

    return expires == 0 ? -1 : left > 0 ? left : 0;
}

void renewal_open(struct renewal *renewal, const struct az *az, struct login *login)
{
    if (az->rest == NULL)
        return;
    renewal->az = az;
    renewal->login = login;
    renewal->list = memory_zeroed(login->token_count, sizeof *renewal->list);
    for (size_t i = 0; i < login->token_count; i++)
        expiry_begin(&renewal->list[i], login->tokens[i].expires, left_of(renewal, i), lapse_now(),
                     draw());
}

int renewal_fd(const struct renewal *self)
{
    return self->busy ? self->pool.finished : -1;
}

static size_t count(const struct renewal *self)
{
    return self->login != NULL ? self->login->token_count : 0;
}

int64_t renewal_due(const struct renewal *self)
{
    int64_t due = CLOCK_NEVER;

    for (size_t i = 0; i < count(self) && !self->busy; i++) {
        if (expiry_due(&self->list[i]) < due)
            due = expiry_due(&self->list[i]);
    }
    return due;
}

/* ---- a question --------------------------------------------------------------------------- */

static int launch(struct renewal *self, size_t number, struct error *error)
{
    if (!self->begun && pool_start(&self->pool, 1, error) < 0)
        return -1;
    self->begun = true;
    if (command_token(&self->command, self->az, login_asked(self->login, number), error) < 0)
        return -1;
    self->task.command = self->command.child;
    self->task.limits = (struct supervise_limits){
        .timeout = LOGIN_TIMEOUT, .kill_grace = KILL_GRACE, .output_limit = ANSWER_MOST};
    self->busy = true;
    self->asked = number;
    pool_put(&self->pool, &self->task);
    return 0;
}

static enum renewal_word word_of(enum expiry_word word)
{
    return word == EXPIRY_OVER     ? RENEWAL_OVER
           : word == EXPIRY_FAILED ? RENEWAL_FAILED
                                   : RENEWAL_NOTHING;
}

static enum renewal_word ask(struct renewal *self, size_t number, enum login_result *ret_result,
                             struct error *error)
{
    expiry_ask(&self->list[number], lapse_now());
    if (launch(self, number, error) == 0)
        return RENEWAL_NOTHING;
    command_done(&self->command, true);
    *ret_result = LOGIN_NO_AZ;
    return word_of(expiry_failed(&self->list[number], lapse_now()));
}

static void hear_refusals(struct renewal *self)
{
    for (size_t i = 0; i < count(self); i++) {
        if (rest_take_refusal(self->az->rest, i))
            expiry_refuse(&self->list[i], lapse_now());
    }
}

/* ---- its answer --------------------------------------------------------------------------- */

static enum renewal_word take_answer(struct renewal *self, enum login_result *ret_result,
                                     struct error *error)
{
    struct expiry *expiry = &self->list[self->asked];
    enum renewal_word word = RENEWAL_NOTHING;

    *ret_result = login_read_token(self->login, self->asked, &self->task.finish, error);
    if (*ret_result == LOGIN_OK)
        expiry_renewed(expiry, self->login->tokens[self->asked].expires, left_of(self, self->asked),
                       lapse_now(), draw());
    else
        word = word_of(expiry_failed(expiry, lapse_now()));
    finish_done(&self->task.finish);
    command_done(&self->command, true);
    self->busy = false;
    return word;
}

enum renewal_word renewal_go_on(struct renewal *renewal, enum login_result *ret_result,
                                struct error *error)
{
    enum renewal_word word = RENEWAL_NOTHING;

    hear_refusals(renewal);
    if (renewal->busy && pool_take_finished(&renewal->pool) != NULL)
        word = take_answer(renewal, ret_result, error);
    for (size_t i = 0; i < count(renewal) && !renewal->busy && word == RENEWAL_NOTHING; i++) {
        if (lapse_now() >= expiry_due(&renewal->list[i]))
            word = ask(renewal, i, ret_result, error);
    }
    return word;
}

void renewal_close(struct renewal *renewal)
{
    if (renewal->begun) {
        pool_stop_hard(&renewal->pool);
        pool_join(&renewal->pool);
        finish_done(&renewal->task.finish);
        command_done(&renewal->command, true);
    }
    free(renewal->list);
    *renewal = (struct renewal){.az = NULL};
}
