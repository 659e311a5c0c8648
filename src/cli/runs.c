/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/number.h"
#include "base/strings.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "cli/options.h"
#include "report/line.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/runs.h"
#include "run/status.h"

enum { ID_WIDTH = 40, TIME_WIDTH = 8 };

static void print_ending(struct buffer *buffer, const struct result *result)
{
    switch (result->ending) {
    case RESULT_COMPLETE:
        break;
    case RESULT_SIGNAL:
        buffer_print(buffer, "; stopped by SIG%s", sigabbrev_np(result->signal));
        break;
    case RESULT_DEADLINE:
        buffer_add(buffer, "; its deadline passed");
        break;
    case RESULT_LOGIN:
    case RESULT_HALTED:
        buffer_add(buffer, "; halted");
        break;
    case RESULT_INTERRUPTED:
        buffer_add(buffer, "; interrupted");
        break;
    case RESULT_GOING:
        buffer_add(buffer, "; going on");
        break;
    }
    if (result->rehearsal)
        buffer_add(buffer, "; a rehearsal");
    if (result->rerun_of != NULL) {
        buffer_add(buffer, "; rerun of ");
        text_add_plain(buffer, result->rerun_of);
    }
}

static void print_run(const char *folder, const struct result *result, size_t targets)
{
    struct buffer line = BUFFER_INIT;
    struct buffer time = BUFFER_INIT;

    number_print_duration(&time, result->duration);
    text_add_line(&line, strrchr(folder, '/') + 1); /* a folder may have any name */
    buffer_print(&line, "%*s  %*s  ", line.length < ID_WIDTH ? ID_WIDTH - (int)line.length : 0, "",
                 TIME_WIDTH, buffer_text(&time));
    number_print_count(&line, targets, "target", "targets");
    line_print_counts(&line, ": ", result->counts, false);
    print_ending(&line, result);
    buffer_add(&line, "\n");
    message_print(&line);
    buffer_done(&time);
    buffer_done(&line);
}

int cli_runs(const struct options *options, int *ret_signal)
{
    struct strings runs;
    struct error error;
    int status = STATUS_OK;

    (void)ret_signal;
    if (runs_list(&runs, &error) < 0)
        return message_fail(STATUS_TROUBLE, error.text);
    if (runs.count == 0 && !options->quiet)
        (void)message_fail(0, "there are no runs yet");
    for (size_t i = 0; i < runs.count; i++) {
        struct result result;
        size_t targets;

        if (replay_summary(runs.list[i], &result, &targets, &error) < 0) {
            status = message_fail(STATUS_TROUBLE, error.text);
            continue;
        }
        print_run(runs.list[i], &result, targets);
        result_done(&result);
    }
    strings_done(&runs);
    return status;
}
