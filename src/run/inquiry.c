/* SPDX-License-Identifier: MIT */
#include "run/inquiry.h"

#include <poll.h>
#include <signal.h>

#include "azure/accounts.h"
#include "base/clock.h"
#include "base/number.h"
#include "engine/supervise.h"
#include "run/warden.h"
#include "sys/signals.h"

/* az writes nothing that would need more to be put in order. */
#define KILL_GRACE (2 * NUMBER_SECOND)

void inquiry_open(struct inquiry *self, const struct az *az, int64_t patience)
{
    *self = (struct inquiry){.patience = patience, .deadline = clock_now() + patience};
    if (pool_start(&self->pool, 1, &self->error) < 0)
        return;
    self->begun = true;
    command_accounts(&self->command, az);
    self->task.command = self->command.child;
    self->task.limits = (struct supervise_limits){
        .timeout = patience, .kill_grace = KILL_GRACE, .output_limit = ACCOUNTS_ANSWER_MOST};
    pool_put(&self->pool, &self->task);
}

int inquiry_fd(const struct inquiry *self)
{
    return self->begun && !self->landed ? self->pool.finished : -1;
}

int64_t inquiry_deadline(const struct inquiry *self)
{
    return self->deadline;
}

bool inquiry_has_landed(struct inquiry *self)
{
    if (self->begun && !self->landed)
        self->landed = pool_take_finished(&self->pool) != NULL;
    return !self->begun || self->landed;
}

int inquiry_take(struct inquiry *self, struct accounts *ret, struct error *error)
{
    *ret = (struct accounts){NULL, 0};
    if (self->begun && !inquiry_has_landed(self))
        return accounts_refuse_late(self->patience, error);
    if (!self->begun) {
        *error = self->error;
        return -1;
    }
    return accounts_read(ret, &self->task.finish, self->patience, error);
}

void inquiry_close(struct inquiry *self)
{
    if (!self->begun)
        return;
    pool_stop_hard(&self->pool);
    pool_join(&self->pool);
    finish_done(&self->task.finish);
    command_done(&self->command, true);
    self->begun = false;
}

/* ---- alone -------------------------------------------------------------------------------- */

/* The next signal that ends azfan; 0: none. */
static int take_signal(struct warden *warden)
{
    int signal;

    while ((signal = warden_take(warden)) != 0) {
        if (warden_ends_azfan(signal))
            return signal;
        if (signal == SIGTSTP)
            signals_stop();
    }
    return 0;
}

int inquiry_ask(const struct az *az, struct warden *warden, struct accounts *ret, int *ret_signal,
                struct error *error)
{
    struct inquiry self;
    int result;

    inquiry_open(&self, az, ACCOUNTS_TIMEOUT);
    *ret_signal = 0;
    while (!inquiry_has_landed(&self) && *ret_signal == 0 && clock_now() < self.deadline) {
        struct pollfd watches[] = {{inquiry_fd(&self), POLLIN, 0}, {warden_fd(warden), POLLIN, 0}};
        struct timespec left;

        (void)ppoll(watches, 2, clock_left(self.deadline, clock_now(), &left), NULL);
        *ret_signal = take_signal(warden);
    }
    result = inquiry_take(&self, ret, error);
    inquiry_close(&self);
    return result;
}
