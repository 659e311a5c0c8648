/* SPDX-License-Identifier: MIT */
#include "report/ending.h"

#include <string.h>

#include "base/buffer.h"
#include "base/number.h"
#include "report/running.h"
#include "run/result.h"
#include "run/status.h"

enum { RUNNING_MOST = 10 };

bool ending_has_report(const struct result *result)
{
    return result->ending != RESULT_INTERRUPTED && result->ending != RESULT_GOING;
}

/* "Still going on: 12 of 30 have ended, 8 running: web-07 (1m20s), …" */
static void print_state(struct buffer *buffer, const struct result *result)
{
    size_t running = running_count(result);

    buffer_print(buffer, "Still going on: %zu of %zu have ended, %zu running", result->settled,
                 result->target_count, running);
    if (running > 0) {
        buffer_add(buffer, ": ");
        running_print(buffer, result, RUNNING_MOST);
    }
    buffer_add(buffer, ".\n");
}

void ending_print(struct buffer *buffer, const struct result *result)
{
    switch (result->ending) {
    case RESULT_COMPLETE:
        break;
    case RESULT_SIGNAL:
        buffer_print(buffer, "Stopped by SIG%s.\n", sigabbrev_np(result->signal));
        break;
    case RESULT_DEADLINE:
        buffer_add(buffer, "Stopped: the run's deadline of ");
        number_print_exact_duration(buffer, result->job.deadline);
        buffer_add(buffer, " had passed.\n");
        break;
    case RESULT_INTERRUPTED:
        buffer_add(buffer, "Interrupted: azfan was killed, this machine went down, or its disk was "
                           "full.\n");
        break;
    case RESULT_GOING:
        print_state(buffer, result);
        break;
    case RESULT_LOGIN:
    case RESULT_HALTED:
        break;
    }
}

static void print_throttled(struct buffer *buffer, size_t count, const char *whose, bool *first)
{
    if (count == 0)
        return;
    buffer_print(buffer, ", %zu %sby %s limit", count, *first ? "of them " : "", whose);
    *first = false;
}

bool ending_print_throttling(struct buffer *buffer, const struct result *result)
{
    const struct result_throttled *throttled = &result->throttled;
    size_t count = throttled->by_subscription + throttled->by_region + throttled->by_vm;
    bool first = true;

    if (result->cuts > 0)
        buffer_print(buffer, "Azure throttled: down to %d at once, from %d", result->least_limit,
                     result->workers);
    if (result->cuts > 0 || count == 0)
        return result->cuts > 0;
    buffer_add(buffer, "Azure throttled ");
    number_print_count(buffer, count, "start", "starts");
    print_throttled(buffer, throttled->by_region, "a region's", &first);
    print_throttled(buffer, throttled->by_vm, "a VM's own", &first);
    return true;
}

bool ending_print_recovered(struct buffer *buffer, const struct result *result)
{
    size_t count = result_recovered(result);

    if (count > 0)
        buffer_print(buffer, "%zu recovered: Azure said afterwards what had become of %s", count,
                     count == 1 ? "it" : "them");
    return count > 0;
}

static const char *status_meaning(int status)
{
    switch (status) {
    case STATUS_OK:
        return "all is well";
    case STATUS_TROUBLE:
        return "azfan itself was in trouble";
    case STATUS_FAILED:
        return "a script failed";
    case STATUS_OPEN:
        return "a target timed out or is unknown";
    case STATUS_ERROR:
        return "az or Azure met an error";
    case STATUS_HALTED:
        return "the run was halted";
    case STATUS_NOTHING:
        return "there was no target";
    case STATUS_DEADLINE:
        return "the run's deadline passed";
    default:
        return NULL;
    }
}

void ending_print_status(struct buffer *buffer, const struct result *result)
{
    int status = result_exit_status(result);
    const char *meaning = status_meaning(status);

    buffer_print(buffer, "exit status %d: ", status);
    if (result->ending == RESULT_INTERRUPTED)
        buffer_add(buffer, "the run was interrupted");
    else if (meaning != NULL)
        buffer_add(buffer, meaning);
    else
        buffer_print(buffer, "ended by SIG%s", sigabbrev_np(status - STATUS_SIGNAL));
}

void ending_print_rehearsal(struct buffer *buffer, const struct result *result)
{
    if (!result->rehearsal)
        return;
    buffer_add(buffer, " (a rehearsal");
    if (result->speed > 1)
        buffer_print(buffer, ", %d times as fast", result->speed);
    buffer_add(buffer, ")");
}
