/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/pastrun.h"
#include "cli/reports.h"
#include "report/outputs.h"
#include "report/plaintext.h"
#include "report/summary.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/runs.h"
#include "run/status.h"

static int write_reports(const struct options *options, struct result *result)
{
    struct buffer written = BUFFER_INIT;
    struct error error;
    int status = STATUS_OK;

    if (reports_write_asked(options, result, &written, &error) < 0)
        status = message_fail(STATUS_TROUBLE, error.text);
    if (!options->quiet)
        (void)fputs(buffer_text(&written), stdout);
    buffer_done(&written);
    return status;
}

static void show(const struct options *options, const struct result *result)
{
    struct view view = reports_view(options, STDOUT_FILENO);

    if (view.outputs == VIEW_LINES) { /* for sort(1) and grep(1) */
        outputs_write(stdout, result, &view);
    } else if (options->quiet) {
        outputs_write(stdout, result, &view);
        summary_write(stdout, result, &view);
    } else {
        plaintext_write(stdout, result, &view);
    }
}

int cli_report(const struct options *options, int *ret_signal)
{
    struct result result;
    struct error error;
    char *folder;
    int status;

    (void)ret_signal;
    if (reports_check(options, &error) < 0 || pastrun_find(options, &folder, &error) < 0)
        return message_fail(STATUS_USAGE, error.text);
    status = replay_run(folder, &result, &error);
    free(folder);
    if (status < 0)
        return message_fail(STATUS_TROUBLE, error.text);
    runs_recover(&result);
    if (options->reports.count > 0)
        status = write_reports(options, &result);
    else
        show(options, &result);
    result_done(&result);
    return status;
}
