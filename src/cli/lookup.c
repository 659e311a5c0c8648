/* SPDX-License-Identifier: MIT */
#include "cli/lookup.h"

#include <stdlib.h>

#include "azure/az.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/child.h"
#include "job/doubles.h"
#include "job/job.h"
#include "run/inquiry.h"
#include "run/warden.h"
#include "sys/signals.h"

/* Returns -1 with the reason where there is no answer. */
static int ask_with(struct lookup *self, const struct az *az, struct error *error)
{
    struct warden *warden;
    int result;
    int untaken;

    child_adopt_orphans();
    if (warden_open(&warden, error) < 0)
        return -1;
    result = inquiry_ask(az, warden, &self->accounts, &self->signal, error);
    (void)child_sweep();
    untaken = warden_close(warden);
    if (self->signal == 0)
        self->signal = untaken;
    signals_release();
    return result;
}

static int ask(struct lookup *self, const struct job *job, struct error *error)
{
    struct error ignored;
    struct az az;
    int result;

    if (az_find(&az, job->az, error) < 0)
        return -1;
    result = ask_with(self, &az, error);
    (void)az_done(&az, &ignored);
    return result;
}

static void merge_doubles(struct job *job, const char *subscription)
{
    size_t *moved = memory_zeroed(job->target_count, sizeof *moved);

    job->target_count = doubles_merge(job->targets, job->target_count, subscription, moved);
    free(moved);
}

void lookup_ask(struct lookup *ret, struct job *job)
{
    const struct account *account;
    struct error error = {""};

    *ret = (struct lookup){.subscription = NULL};
    if (!job_needs_subscription(job))
        return;
    if (ask(ret, job, &error) < 0) {
        ret->unknown = memory_string(error.text);
        return;
    }
    account = accounts_default(&ret->accounts);
    if (account == NULL) {
        ret->unknown = memory_string("az has none; see `az account set`");
        return;
    }
    ret->subscription = account->subscription;
    merge_doubles(job, ret->subscription);
}

struct scope lookup_scope(const struct lookup *lookup, const struct job *job, const int *batches)
{
    return (struct scope){.job = job,
                          .batches = batches,
                          .subscription = lookup->subscription,
                          .accounts = &lookup->accounts,
                          .unknown = lookup->unknown};
}

void lookup_done(struct lookup *lookup)
{
    accounts_done(&lookup->accounts);
    free(lookup->unknown);
}
