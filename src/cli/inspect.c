/* SPDX-License-Identifier: MIT */
#include "cli/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure/az.h"
#include "azure/command.h"
#include "azure/guard.h"
#include "base/buffer.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/options.h"
#include "engine/supervise.h"
#include "job/job.h"
#include "job/targets.h"

int inspect_check(const struct options *options)
{
    int worst = LOAD_OK;

    for (size_t i = 0; i < options->job_count; i++) {
        struct job *job;
        enum load_status status = load_job(options, options->jobs[i], &job);

        if (status == LOAD_OK && !options->quiet)
            printf("%s: ok, %zu %s\n", job->path, job->target_count,
                   job->target_count == 1 ? "target" : "targets");
        /* A file that is wrong weighs more than one that selects nothing. */
        if (status == LOAD_WRONG || worst == LOAD_OK)
            worst = status;
        job_free(job);
    }
    return worst;
}

int inspect_targets(const struct options *options)
{
    struct job *job;
    enum load_status status = load_job(options, options->jobs[0], &job);

    if (status != LOAD_OK)
        return status;
    for (size_t i = 0; i < job->target_count; i++)
        puts(job->targets[i].label);
    job_free(job);
    return LOAD_OK;
}

static void print_duration(struct buffer *buffer, const char *name, int64_t duration)
{
    buffer_print(buffer, "%-17s", name);
    number_print_exact_duration(buffer, duration);
    buffer_add(buffer, "\n");
}

static int at_once(const struct job *job)
{
    return (size_t)job->concurrency < job->target_count ? job->concurrency : (int)job->target_count;
}

/* Rounds of the pool, each as long as an attempt can be; the deadline cuts them short. */
static int64_t worst_duration(const struct job *job)
{
    int64_t rounds = ((int64_t)job->target_count + at_once(job) - 1) / at_once(job);
    int64_t stop = job->kill_grace + SUPERVISE_DRAIN_MS * NUMBER_MILLISECOND;
    int64_t worst;

    if (__builtin_mul_overflow(rounds, job->timeout + stop, &worst) || worst > NUMBER_LONGEST)
        worst = NUMBER_LONGEST;
    return job->deadline > 0 && job->deadline + stop < worst ? job->deadline + stop : worst;
}

static void print_clocks(struct buffer *buffer, const struct job *job)
{
    print_duration(buffer, "Script timeout:", job->script_timeout);
    print_duration(buffer, "Attempt timeout:", job->timeout);
    if (job->deadline > 0)
        print_duration(buffer, "Run deadline:", job->deadline);
    else
        buffer_add(buffer, "Run deadline:    none\n");
    buffer_print(buffer, "%-17s%d at once, so at worst ", "Duration:", at_once(job));
    number_print_duration(buffer, worst_duration(job));
    buffer_add(buffer, " after the login\n");
}

static void print_targets(struct buffer *buffer, const struct job *job)
{
    buffer_print(buffer, "\nTargets (%zu, one batch):\n", job->target_count);
    for (size_t i = 0; i < job->target_count; i++)
        buffer_print(buffer, "  %s\n", job->targets[i].label);
}

/* What the first target would get. PROGRAM: az, found or as the job names it. */
static void print_command(struct buffer *buffer, const struct job *job, const char *program)
{
    const struct job_target *first = &job->targets[0];
    char *id = targets_print_id(first->subscription != NULL ? first->subscription
                                                            : "DEFAULT-SUBSCRIPTION",
                                first->resource_group, first->name);
    struct guard guard = {.job = job,
                          .target = first,
                          .run = "RUN",
                          .batch = 1,
                          .nonce = "00000000000000000000000000000000",
                          .masked = true};

    buffer_add(buffer, "\nCommand (for the first target):\n  ");
    command_show(buffer, program, job->shell, id);
    buffer_add(buffer, "\n\nScript as it is sent (for the first target; secrets are masked):\n");
    guard_write(buffer, &guard);
    free(id);
}

/* Whoever reads a plan decides by it: nothing in it may move the cursor or hide behind another. */
static void print_plainly(const struct buffer *buffer)
{
    struct buffer plain = BUFFER_INIT;

    text_append_plain(&plain, buffer_text(buffer), buffer->length);
    (void)fwrite(plain.data, 1, plain.length, stdout);
    buffer_done(&plain);
}

int inspect_plan(const struct options *options)
{
    struct buffer buffer = BUFFER_INIT;
    struct job *job;
    enum load_status status = load_job(options, options->jobs[0], &job);

    if (status != LOAD_OK)
        return status;
    buffer_print(&buffer, "Job:             %s (%s)\n", job->name, job->path);
    if (job->description != NULL)
        buffer_print(&buffer, "Description:     %s\n", job->description);
    if (job->runbook != NULL)
        buffer_print(&buffer, "Runbook:         %s\n", job->runbook);
    print_clocks(&buffer, job);
    print_targets(&buffer, job);
    print_command(&buffer, job, job->az);
    print_plainly(&buffer);
    buffer_done(&buffer);
    job_free(job);
    return LOAD_OK;
}
