/* SPDX-License-Identifier: MIT */
#include "report/live.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "azure/login.h"
#include "base/buffer.h"
#include "base/number.h"
#include "base/text.h"
#include "report/line.h"
#include "report/style.h"
#include "run/result.h"

void live_open(struct live *live, const struct result *result)
{
    char digits[32];

    live->name_width = line_name_width(result);
    live->count_width = snprintf(digits, sizeof digits, "%zu", result->target_count);
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

static void target_settled(void *context, const struct result *result, size_t index)
{
    struct live *live = context;
    const struct result_target *target = &result->targets[index];
    enum outcome_kind kind = target->outcome.kind;
    struct buffer buffer = BUFFER_INIT;

    live->shown++; /* of several that ended at once the result counts all by now */
    /* Skipped targets come by the thousand and at once; the summary names them. */
    if (kind == OUTCOME_SKIPPED || (live->quiet && kind == OUTCOME_OK))
        return;
    buffer_print(&buffer, "[%*zu/%zu] ", live->count_width, live->shown, result->target_count);
    line_print(&buffer, target, live->name_width, live->colour);
    if (live->verbose) {
        line_print_block(&buffer, &target->output, 0, "      stdout | ");
        line_print_block(&buffer, &target->errors, 0, "      stderr | ");
    }
    outlet_add(&live->output, &buffer);
}

/* "web-03  busy, again in 30s (attempt 2 of 3): another run-command is active" */
static void target_waits(void *context, const struct result *result, size_t index, int64_t wait)
{
    struct live *live = context;
    const struct result_target *target = &result->targets[index];
    struct buffer buffer = BUFFER_INIT;

    buffer_print(&buffer, "azfan: %s: %s, again in ", target->label,
                 outcome_reason_name(target->outcome.reason));
    number_print_duration(&buffer, wait);
    buffer_print(&buffer, " (attempt %zu of %d): ", target->attempt_count + 1,
                 result->job.attempts);
    text_add_plain(&buffer, target->outcome.message);
    buffer_add(&buffer, "\n");
    outlet_add(&live->notes, &buffer);
}

static void limited(void *context, int limit)
{
    struct live *live = context;
    struct buffer buffer = BUFFER_INIT;

    buffer_print(&buffer,
                 "azfan: Azure throttles: running %d at once, and one more for each that it "
                 "takes\n",
                 limit);
    outlet_add(&live->notes, &buffer);
}

static void no_room(void *context, const char *why)
{
    struct live *live = context;
    struct buffer buffer = BUFFER_INIT;

    buffer_add(&buffer, "azfan: waiting for room on this machine: ");
    text_add_plain(&buffer, why);
    buffer_add(&buffer, "\n");
    outlet_add(&live->notes, &buffer);
}

/* Where nothing can be kept there is nothing to go on from. */
static void print_way_on(struct buffer *buffer, const struct result *result)
{
    if (result->trouble == NULL && result_word(result) != NULL) {
        buffer_add(buffer, "; go on with: azfan rerun ");
        text_add_plain(buffer, result_word(result));
    }
}

static void print_cause(struct buffer *buffer, const struct result *result)
{
    if (result->ending == RESULT_SIGNAL) {
        buffer_print(buffer, "SIG%s", sigabbrev_np(result->signal));
    } else if (result->ending == RESULT_DEADLINE) {
        buffer_add(buffer, "the deadline of the run has passed");
    } else {
        buffer_add(buffer, "halted: ");
        text_add_plain(buffer, result->halt_cause != NULL ? result->halt_cause : result->trouble);
    }
}

/* "SIGINT: starting no more; 3 running may end (Ctrl-C again: stop them); …", "halted: …" */
static void stopping(void *context, const struct result *result, size_t running,
                     enum schedule_stage stage)
{
    struct live *live = context;
    struct buffer buffer = BUFFER_INIT;

    buffer_add(&buffer, "azfan: ");
    print_cause(&buffer, result);
    if (stage == SCHEDULE_KILLING)
        buffer_print(&buffer, ": killing %zu running", running);
    else if (stage == SCHEDULE_STOPPING)
        buffer_print(&buffer, ": starting no more, stopping %zu running (again: kill them)",
                     running);
    else if (running > 0)
        buffer_print(&buffer, ": starting no more, letting %zu running end (%s: stop them)",
                     running, result->ending == RESULT_SIGNAL ? "again" : "Ctrl-C twice");
    else
        buffer_add(&buffer, ": starting no more");
    if (stage == SCHEDULE_DRAINING)
        print_way_on(&buffer, result);
    buffer_add(&buffer, "\n");
    outlet_add(&live->notes, &buffer);
}

/* What was on the screen has scrolled away while azfan was stopped. */
static void continued(void *context, const struct result *result, size_t running)
{
    struct live *live = context;
    struct buffer buffer = BUFFER_INIT;

    buffer_print(&buffer, "azfan: continued: %zu of %zu have ended, %zu running\n", result->settled,
                 result->target_count, running);
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
                                    .target_settled = target_settled,
                                    .target_waits = target_waits,
                                    .limited = limited,
                                    .no_room = no_room,
                                    .stopping = stopping,
                                    .continued = continued,
                                    .waiting = waiting,
                                    .writable = writable};
}
