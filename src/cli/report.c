/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/reports.h"
#include "report/outputs.h"
#include "report/plaintext.h"
#include "report/summary.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/runs.h"
#include "run/status.h"

static int show(const struct options *options, struct result *result)
{
    struct view view;
    struct error error;

    if (reports_write_asked(options, result, &error) < 0)
        return message_fail(STATUS_TROUBLE, error.text);
    if (options->reports.count > 0)
        return STATUS_OK;
    view = reports_view(options, STDOUT_FILENO);
    if (options->quiet) {
        outputs_write(stdout, result, &view);
        summary_write(stdout, result, &view);
    } else {
        plaintext_write(stdout, result, &view);
    }
    return STATUS_OK;
}

int cli_report(const struct options *options, int *ret_signal)
{
    struct result result;
    struct error error;
    char *folder;
    int status;

    (void)ret_signal;
    if (reports_check(options, &error) < 0 ||
        runs_find(options->jobs.count > 0 ? options->jobs.list[0] : NULL, &folder, &error) < 0)
        return message_fail(STATUS_USAGE, error.text);
    status = replay_run(folder, &result, &error);
    free(folder);
    if (status < 0)
        return message_fail(STATUS_TROUBLE, error.text);
    status = show(options, &result);
    result_done(&result);
    return status;
}
