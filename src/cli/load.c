/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <stdio.h>

#include "azure/guard.h"
#include "base/buffer.h"
#include "cli/options.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/problems.h"

static void tell_problems(struct problems *problems)
{
    struct buffer buffer = BUFFER_INIT;

    problems_sort(problems);
    problems_print(problems, &buffer);
    (void)fputs(buffer_text(&buffer), stderr);
    buffer_done(&buffer);
}

static enum load_status examine(const struct job *job)
{
    struct error error;

    if (job->target_count == 0) {
        (void)fprintf(stderr, "azfan: %s selects no target: nothing to do\n", job->path);
        return LOAD_EMPTY;
    }
    if (guard_check_size(job, &error) < 0) {
        (void)fprintf(stderr, "%s: %s\n", job->path, error.text);
        return LOAD_WRONG;
    }
    return LOAD_OK;
}

enum load_status load_job(const struct options *options, const char *path, struct job **ret)
{
    struct jobfile_overrides overrides = options_overrides(options);
    struct problems problems = {.count = 0};
    enum load_status status = LOAD_WRONG;

    *ret = jobfile_load(path, &overrides, &problems);
    if (*ret == NULL)
        tell_problems(&problems);
    else
        status = examine(*ret);
    problems_done(&problems);
    if (status != LOAD_OK) {
        job_free(*ret);
        *ret = NULL;
    }
    return status;
}
