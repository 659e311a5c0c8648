/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

#include "cli/cli.h"
#include "cli/execute.h"
#include "cli/execution.h"
#include "cli/load.h"
#include "cli/options.h"
#include "job/job.h"
#include "run/status.h"

static int run(const struct options *options, bool rehearsal, int *ret_signal)
{
    struct job *job;
    int status = load_job(options, options->jobs.list[0], LOAD_TO_RUN, &job);
    struct execution execution = {.options = options, .job = job, .rehearsal = rehearsal};

    if (status != STATUS_OK)
        return status;
    status = execute_job(&execution, ret_signal);
    job_free(job);
    return status;
}

int cli_run(const struct options *options, int *ret_signal)
{
    return run(options, false, ret_signal);
}

int cli_rehearse(const struct options *options, int *ret_signal)
{
    return run(options, true, ret_signal);
}
