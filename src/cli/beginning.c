/* SPDX-License-Identifier: MIT */
#include "cli/beginning.h"

#include "azure/login.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/question.h"
#include "cli/scope.h"
#include "job/job.h"
#include "report/live.h"
#include "run/halting.h"

bool beginning_is_told(const struct options *options)
{
    return !options->quiet && options->progress != PROGRESS_NONE;
}

/* Does the job want a yes, from whoever can give it? */
static bool wants_yes(const struct execution *execution)
{
    const struct job *job = execution->job;

    return !execution->rehearsal && !execution->options->yes &&
           (!job->has_confirm || job->target_count > job->confirm);
}

int beginning_check(const struct execution *execution, struct error *error)
{
    const struct job *job = execution->job;

    if (!job->has_confirm || !wants_yes(execution) || question_can_be_asked())
        return 0;
    return error_set(error,
                     "%s would run on %zu targets, and confirm allows no more than %zu unasked; "
                     "there is no terminal to ask on here: say --yes if all of them are meant",
                     job->name, job->target_count, job->confirm);
}

void beginning_init(struct beginning *beginning, const struct execution *execution,
                    const int *batches, struct warden *warden, struct live *live)
{
    bool asks = wants_yes(execution) && question_can_be_asked();

    *beginning = (struct beginning){.execution = execution,
                                    .batches = batches,
                                    .warden = warden,
                                    .live = live,
                                    .asks = asks,
                                    .shows = asks || beginning_is_told(execution->options)};
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
        buffer_add(&text, "a real run: ");
        scope.subscription = login->subscription;
        scope.accounts = &login->accounts;
        scope.unknown = login->no_accounts;
    }
    scope_print(&text, &scope);
    add_halting(&text, self);
    live_note_lines(self->live, &text);
}

bool beginning_may(void *context, const struct login *login)
{
    struct beginning *self = context;
    int64_t began = clock_now();
    bool may = true;

    if (self->shows)
        show_scope(self, login);
    if (self->asks)
        may = question_ask(self->live, self->warden, "Go on? [y/N] ", &self->signal);
    if (!may)
        live_note(self->live, "nothing was started");
    live_leave_out(self->live, clock_now() - began);
    return may;
}
