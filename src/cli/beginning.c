/* SPDX-License-Identifier: MIT */
#include "cli/beginning.h"

#include <stdlib.h>

#include "azure/login.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "cli/execution.h"
#include "cli/options.h"
#include "cli/question.h"
#include "cli/scope.h"
#include "engine/lapse.h"
#include "job/doubles.h"
#include "job/job.h"
#include "run/halting.h"
#include "screen/live.h"

bool beginning_is_told(const struct options *options)
{
    return !options->quiet && options->progress != PROGRESS_NONE;
}

/* Does the job want a yes, from whoever can give it? */
static bool wants_yes(const struct execution *execution)
{
    const struct job *job = execution->job;

    return !execution->rehearsal && !execution->only_asks && !execution->options->yes &&
           (!job->has_confirm || job->target_count > job->confirm);
}

int beginning_check(const struct execution *execution, struct error *error)
{
    const struct job *job = execution->job;

    if (!job->has_confirm || !wants_yes(execution) || question_can_be_asked())
        return 0;
    return error_set(
        error,
        "%s would run on %zu targets, and confirm allows no more than %zu without asking; there is "
        "no terminal here to ask on: add --yes if you mean all of them",
        job->name, job->target_count, job->confirm);
}

void beginning_init(struct beginning *beginning, const struct execution *execution,
                    const int *batches, struct warden *warden, struct live *live,
                    const struct result *result)
{
    bool asks = wants_yes(execution) && question_can_be_asked();

    *beginning = (struct beginning){
        .execution = execution,
        .batches = batches,
        .warden = warden,
        .live = live,
        .clash = {.live = live, .result = result, .regardless = execution->options->overlap},
        .asks = asks,
        .shows = !execution->only_asks && (asks || beginning_is_told(execution->options))};
}

/* Nothing of a job that says nothing of it and has one batch: failures never halt that. */
static void add_halting(struct buffer *text, const struct beginning *self)
{
    const struct job *job = self->execution->job;

    if (!job->has_max_failures && self->batches[job->target_count - 1] == 1)
        return;
    buffer_add(text, "  ");
    halting_print(text, job, self->batches);
    buffer_add(text, "\n");
}

static void show_scope(const struct beginning *self, const struct login *login)
{
    const struct execution *execution = self->execution;
    struct scope scope = {.job = execution->job, .batches = self->batches};
    struct buffer text = BUFFER_INIT;

    if (execution->rehearsal) {
        buffer_add(&text, "REHEARSAL, nothing is sent to Azure: ");
        scope.unknown = "a rehearsal does not ask az";
    } else {
        buffer_print(&text,
                     "a real run%s: ", execution->job->client == JOB_REST ? " by azfan-rest" : "");
        scope.subscription = login->subscription;
        scope.accounts = &login->accounts;
        scope.unknown = login->no_accounts;
    }
    scope_print(&text, &scope);
    add_halting(&text, self);
    live_note_lines(self->live, &text);
}

/* What other runs do is looked at before anybody is asked, and again after the answer, which takes
 * its time. */
static bool ask(struct beginning *self, const struct login *login)
{
    bool counts = !self->execution->rehearsal && !self->execution->only_asks;

    if (counts && !(self->asks ? clash_check(&self->clash) : clash_begin(&self->clash)))
        return false;
    if (self->shows)
        show_scope(self, login);
    if (!self->asks)
        return true;
    if (!question_ask(self->live, self->warden, "Go on? [y/N] ", &self->signal)) {
        live_note(self->live, "nothing was started");
        return false;
    }
    return !counts || clash_begin(&self->clash);
}

/* Is one of the targets another one's VM, now that it is known what az's default subscription is?
 */
static bool has_doubles(struct beginning *self, const char *subscription)
{
    const struct job *job = self->execution->job;
    size_t count = doubles_count(job->targets, job->target_count, subscription);
    struct error text;

    if (count == 0)
        return false;
    (void)error_set(
        &text,
        "%zu %s named twice, with az's default subscription %s and without it: each is one target",
        count, count == 1 ? "VM is" : "VMs are", subscription);
    live_note(self->live, text.text);
    self->doubles_in = memory_string(subscription);
    return true;
}

void beginning_end(struct beginning *beginning)
{
    clash_leave(&beginning->clash);
}

bool beginning_may(void *context, const struct login *login)
{
    struct beginning *self = context;
    int64_t began = lapse_now();
    bool may = !has_doubles(self, login->subscription) && ask(self, login);

    live_leave_out(self->live, lapse_now() - began);
    return may;
}
