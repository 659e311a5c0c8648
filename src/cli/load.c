/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "azure/guard.h"
#include "azure/syntax.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "cli/habit.h"
#include "cli/message.h"
#include "cli/options.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/overrides.h"
#include "job/problems.h"
#include "run/status.h"

/* What a draft is called until it has a file. */
static const char draft_name[] = "the command line";

/* NAME stands before what is said of a draft, instead of a place that nobody knows. */
static void forget_places(struct problems *problems, const char *name)
{
    for (size_t i = 0; i < problems->count; i++) {
        struct problem *problem = &problems->list[i];

        if (strcmp(problem->path, draft_name) != 0)
            continue;
        free(problem->path);
        problem->path = memory_string(name);
        problem->line = 0;
    }
}

static void report_problems(struct problems *problems)
{
    struct buffer buffer = BUFFER_INIT;

    forget_places(problems, "azfan");
    problems_sort(problems);
    problems_print(problems, &buffer);
    (void)fputs(buffer_text(&buffer), stderr);
    buffer_done(&buffer);
}

/* What a shell says of the script. */
static int examine_script(const struct job *job)
{
    struct problems errors = {.count = 0};
    int status = STATUS_OK;

    syntax_check(job, &errors, job->remarks);
    if (problems_total(&errors) > 0) {
        report_problems(&errors);
        status = STATUS_USAGE;
    }
    problems_done(&errors);
    return status;
}

static int examine(const struct job *job, enum load_use use)
{
    struct error cause;
    struct error error;

    if (job->target_count == 0) {
        (void)error_set(&error, "%s selects no target: nothing to do", job->path);
        return message_fail(STATUS_NOTHING, error.text);
    }
    if (guard_check_size(job, &cause) < 0) {
        (void)error_set(&error, "%s: %s", job->path, cause.text);
        return message_fail(STATUS_USAGE, error.text);
    }
    return use == LOAD_TO_LIST ? STATUS_OK : examine_script(job);
}

/* Of a job that is to be run the remarks are told when it is, among the run's own notes. */
static int examine_and_tell(const struct job *job, enum load_use use)
{
    int status = examine(job, use);

    if (status != STATUS_OK || use != LOAD_TO_RUN)
        report_problems(job->remarks);
    return status;
}

/* Nothing is at PATH, and a job file is where it may have been meant. */
static int report_meant(const char *path, const char *meant)
{
    struct error error;

    (void)error_set(&error, "there is no file %s; did you mean %s?", path, meant);
    return message_fail(STATUS_USAGE, error.text);
}

/* *RET was loaded, or PROBLEMS say why not. */
static int finish(struct problems *problems, enum load_use use, struct job **ret)
{
    int status = STATUS_USAGE;

    if (*ret == NULL)
        report_problems(problems);
    else
        status = examine_and_tell(*ret, use);
    problems_done(problems);
    if (status != STATUS_OK) {
        job_free(*ret);
        *ret = NULL;
    }
    return status;
}

static int load(const struct overrides *overrides, const char *path, enum load_use use,
                struct job **ret)
{
    struct problems problems = {.count = 0};
    char *meant = access(path, F_OK) < 0 ? habit_find_job(path) : NULL;
    int status;

    *ret = NULL;
    if (meant != NULL) {
        status = report_meant(path, meant);
        free(meant);
        return status;
    }
    *ret = jobfile_load(path, overrides, &problems);
    return finish(&problems, use, ret);
}

int load_job_with(const struct overrides *overrides, const char *path, struct job **ret)
{
    return load(overrides, path, LOAD_TO_RUN, ret);
}

int load_job(const struct options *options, const char *path, enum load_use use, struct job **ret)
{
    struct overrides overrides = options_overrides(options);

    overrides.secrets_may_miss = use != LOAD_TO_RUN;
    return load(&overrides, path, use, ret);
}

int load_draft(const struct options *options, const char *draft, struct job **ret)
{
    struct overrides overrides = options_overrides(options);
    struct problems problems = {.count = 0};
    int status;

    *ret = jobfile_parse(draft_name, draft, strlen(draft), &overrides, &problems);
    status = finish(&problems, LOAD_TO_RUN, ret);
    if (status == STATUS_OK)
        forget_places((*ret)->remarks, ""); /* the run tells them */
    return status;
}
