/* SPDX-License-Identifier: MIT */
#include "cli/past.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/reports.h"
#include "cli/tell.h"
#include "report/outputs.h"
#include "report/summary.h"
#include "report/text.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/runs.h"

enum { EXIT_TROUBLE = 1, EXIT_USAGE = 2, ID_WIDTH = 40, TIME_WIDTH = 8 };

/* ---- report ------------------------------------------------------------------------------- */

static int show(const struct options *options, struct result *result)
{
    struct view view;
    struct error error;

    if (reports_write_asked(options, result, &error) < 0)
        return tell(EXIT_TROUBLE, error.text);
    if (options->reports.count > 0)
        return 0;
    view = reports_view(options, STDOUT_FILENO);
    if (options->quiet) {
        outputs_write(stdout, result, &view);
        summary_write(stdout, result, &view);
    } else {
        text_report_write(stdout, result, &view);
    }
    return 0;
}

int past_report(const struct options *options)
{
    struct result result;
    struct error error;
    char *folder;
    int status;

    if (reports_check(options, &error) < 0 ||
        runs_find(options->jobs.count > 0 ? options->jobs.list[0] : NULL, &folder, &error) < 0)
        return tell(EXIT_USAGE, error.text);
    status = replay_run(folder, &result, &error);
    free(folder);
    if (status < 0)
        return tell(EXIT_TROUBLE, error.text);
    status = show(options, &result);
    result_done(&result);
    return status;
}

/* ---- runs --------------------------------------------------------------------------------- */

static void print_counts(struct buffer *buffer, const struct result *result, size_t targets)
{
    const char *separator = ": ";

    buffer_print(buffer, "%zu %s", targets, targets == 1 ? "target" : "targets");
    for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
        if (result->counts[kind] == 0)
            continue;
        buffer_print(buffer, "%s%zu %s", separator, result->counts[kind],
                     outcome_name((enum outcome_kind)kind));
        separator = ", ";
    }
}

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
    print_counts(&line, result, targets);
    print_ending(&line, result);
    buffer_add(&line, "\n");
    tell_plainly(&line);
    buffer_done(&time);
    buffer_done(&line);
}

int past_runs(const struct options *options)
{
    struct runs runs;
    struct error error;
    int status = 0;

    if (runs_list(&runs, &error) < 0)
        return tell(EXIT_TROUBLE, error.text);
    if (runs.count == 0 && !options->quiet)
        (void)tell(0, "there is no run yet");
    for (size_t i = 0; i < runs.count; i++) {
        struct result result;
        size_t targets;

        if (replay_summary(runs.folders[i], &result, &targets, &error) < 0) {
            status = tell(EXIT_TROUBLE, error.text);
            continue;
        }
        print_run(runs.folders[i], &result, targets);
        result_done(&result);
    }
    runs_done(&runs);
    return status;
}
