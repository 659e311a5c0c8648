/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <stdbool.h>
#include <stdio.h>

#include "azure/guard.h"
#include "azure/syntax.h"
#include "base/buffer.h"
#include "cli/options.h"
#include "cli/tell.h"
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

/* What a shell says of the script. */
static int examine_script(const struct job *job)
{
    struct problems errors = {.count = 0};
    struct problems remarks = {.count = 0};
    int status = LOAD_OK;

    syntax_check(job, &errors, &remarks);
    if (problems_total(&remarks) > 0)
        tell_problems(&remarks);
    if (problems_total(&errors) > 0) {
        tell_problems(&errors);
        status = LOAD_WRONG;
    }
    problems_done(&errors);
    problems_done(&remarks);
    return status;
}

/* LISTS: the targets are wanted, and nothing of the script. */
static int examine(const struct job *job, bool lists)
{
    struct error cause;
    struct error error;

    if (job->target_count == 0) {
        (void)error_set(&error, "%s selects no target: nothing to do", job->path);
        return tell(LOAD_EMPTY, error.text);
    }
    if (guard_check_size(job, &cause) < 0) {
        (void)error_set(&error, "%s: %s", job->path, cause.text);
        return tell(LOAD_WRONG, error.text);
    }
    return lists ? LOAD_OK : examine_script(job);
}

static int load(const struct jobfile_overrides *overrides, const char *path, bool lists,
                struct job **ret)
{
    struct problems problems = {.count = 0};
    int status = LOAD_WRONG;

    *ret = jobfile_load(path, overrides, &problems);
    if (*ret == NULL)
        tell_problems(&problems);
    else if ((*ret)->remarks != NULL)
        tell_problems((*ret)->remarks);
    if (*ret != NULL)
        status = examine(*ret, lists);
    problems_done(&problems);
    if (status != LOAD_OK) {
        job_free(*ret);
        *ret = NULL;
    }
    return status;
}

int load_job_with(const struct jobfile_overrides *overrides, const char *path, struct job **ret)
{
    return load(overrides, path, false, ret);
}

int load_job(const struct options *options, const char *path, struct job **ret)
{
    struct jobfile_overrides overrides = options_overrides(options);

    overrides.secrets_may_miss = options->command == OPTIONS_CHECK ||
                                 options->command == OPTIONS_PLAN ||
                                 options->command == OPTIONS_TARGETS;
    return load(&overrides, path, options->command == OPTIONS_TARGETS, ret);
}
