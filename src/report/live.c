/* SPDX-License-Identifier: MIT */
#include "report/live.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "azure/login.h"
#include "base/buffer.h"
#include "base/text.h"
#include "job/job.h"
#include "report/line.h"
#include "report/style.h"
#include "run/result.h"

void live_open(struct live *live, const struct job *job)
{
    char digits[32];

    live->name_width = line_name_width(job);
    live->count_width = snprintf(digits, sizeof digits, "%zu", job->target_count);
    outlet_open(&live->output, STDOUT_FILENO);
    outlet_open(&live->notes, STDERR_FILENO);
}

void live_close(struct live *live)
{
    outlet_close(&live->output);
    outlet_close(&live->notes);
}

static void logged_in(void *context, const struct login *login)
{
    struct live *live = context;
    struct buffer buffer = BUFFER_INIT;

    if (!live->verbose)
        return;
    buffer_add(&buffer, "azfan: logged in; az ");
    text_add_plain(&buffer, login->az_version);
    if (login->subscription != NULL)
        buffer_print(&buffer, ", subscription %s", login->subscription);
    buffer_add(&buffer, "\n");
    outlet_add(&live->notes, &buffer);
}

static void clamped(void *context, int workers)
{
    struct live *live = context;
    struct buffer buffer = BUFFER_INIT;

    buffer_print(&buffer,
                 "azfan: running %d at once, not more: the limit on open files (ulimit -n) is "
                 "too low\n",
                 workers);
    outlet_add(&live->notes, &buffer);
}

static void target_settled(void *context, const struct result *result, size_t index)
{
    struct live *live = context;
    const struct result_target *target = &result->targets[index];
    enum outcome_kind kind = target->outcome.kind;
    struct buffer buffer = BUFFER_INIT;

    /* Skipped targets come by the thousand and at once; the summary names them. */
    if (kind == OUTCOME_SKIPPED || (live->quiet && kind == OUTCOME_OK))
        return;
    buffer_print(&buffer, "[%*zu/%zu] ", live->count_width, result->settled,
                 result->job->target_count);
    line_print(&buffer, target, live->name_width, live->colour);
    if (live->verbose) {
        line_print_block(&buffer, &target->output, 0, "      stdout | ");
        line_print_block(&buffer, &target->errors, 0, "      stderr | ");
    }
    outlet_add(&live->output, &buffer);
}

/* "SIGINT: starting no more, stopping 3 running", "halted: az is not logged in: …" */
static void stopping(void *context, const struct result *result, size_t running, bool hard)
{
    struct live *live = context;
    struct buffer buffer = BUFFER_INIT;

    buffer_add(&buffer, "azfan: ");
    if (result->ending == RESULT_SIGNAL)
        buffer_print(&buffer, "SIG%s", sigabbrev_np(result->signal));
    else if (result->ending == RESULT_DEADLINE)
        buffer_add(&buffer, "the deadline of the run has passed");
    else {
        buffer_add(&buffer, "halted: ");
        text_add_plain(&buffer, result->halt_cause);
    }
    if (hard)
        buffer_print(&buffer, ": killing %zu running", running);
    else if (result->ending == RESULT_SIGNAL)
        buffer_print(&buffer, ": starting no more, stopping %zu running (again: kill them)",
                     running);
    else if (result->ending == RESULT_DEADLINE)
        buffer_print(&buffer, ": starting no more, stopping %zu running", running);
    else if (running > 0)
        buffer_print(&buffer, " (%zu running may end)", running);
    buffer_add(&buffer, "\n");
    outlet_add(&live->notes, &buffer);
}

static void waiting(void *context, int ret_fds[2])
{
    const struct live *live = context;

    ret_fds[0] = outlet_is_waiting(&live->output) ? live->output.fd : -1;
    ret_fds[1] = outlet_is_waiting(&live->notes) ? live->notes.fd : -1;
}

static void writable(void *context)
{
    struct live *live = context;

    outlet_push(&live->output);
    outlet_push(&live->notes);
}

struct conduct_watcher live_watcher(struct live *live)
{
    return (struct conduct_watcher){.context = live,
                                    .logged_in = logged_in,
                                    .clamped = clamped,
                                    .target_settled = target_settled,
                                    .stopping = stopping,
                                    .waiting = waiting,
                                    .writable = writable};
}
