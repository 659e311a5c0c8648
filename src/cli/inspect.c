/* SPDX-License-Identifier: MIT */
#include "cli/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure/az.h"
#include "azure/command.h"
#include "azure/guard.h"
#include "azure/outcome.h"
#include "base/buffer.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/tell.h"
#include "job/job.h"
#include "job/schema.h"
#include "job/targets.h"
#include "run/halting.h"
#include "run/rules.h"

static void print_good(const struct job *job)
{
    struct buffer line = BUFFER_INIT;

    text_add_line(&line, job->path);
    buffer_print(&line, ": ok, %zu %s\n", job->target_count,
                 job->target_count == 1 ? "target" : "targets");
    tell_plainly(&line);
    buffer_done(&line);
}

int inspect_check(const struct options *options)
{
    int worst = LOAD_OK;

    for (size_t i = 0; i < options->job_count; i++) {
        struct job *job;
        int status = load_job(options, options->jobs[i], &job);

        if (status == LOAD_OK && !options->quiet)
            print_good(job);
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
    int status = load_job(options, options->jobs[0], &job);

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

static void print_retry(struct buffer *buffer, const struct job *job)
{
    if (job->retry.attempts == 1)
        return;
    buffer_print(buffer, "%-17sup to %d attempts, first again after ",
                 "Retry:", job->retry.attempts);
    number_print_exact_duration(buffer, job->retry.delay);
    buffer_add(buffer, "; for");
    for (int reason = 0; reason < REASONS; reason++) {
        if (job_retries(job, outcome_reason_name((enum outcome_reason)reason)))
            buffer_print(buffer, " %s", outcome_reason_name((enum outcome_reason)reason));
    }
    buffer_add(buffer, job->idempotent ? "; also when the script may have run\n"
                                       : "; never when the script may have run\n");
}

static void print_halt(struct buffer *buffer, const struct job *job, const int *batches)
{
    buffer_print(buffer, "%-17s", "Halt:");
    halting_print(buffer, job, batches);
    buffer_add(buffer, "\n");
}

static void print_duration_at_worst(struct buffer *buffer, const struct job *job,
                                    const int *batches)
{
    struct rules_duration duration = rules_duration(job, batches, job_at_once(job));
    bool is_cut = job->deadline > 0 && job->deadline < duration.worst;

    buffer_print(buffer, "%-17s%d at once, so at worst ", "Duration:", job_at_once(job));
    number_print_duration(buffer, is_cut ? job->deadline : duration.worst);
    buffer_print(buffer, " after the login%s\n", is_cut ? ", when the deadline stops it" : "");
}

static void print_clocks(struct buffer *buffer, const struct job *job, const int *batches)
{
    print_duration(buffer, "Script timeout:", job->script_timeout);
    print_duration(buffer, "Attempt timeout:", job->timeout);
    if (job->deadline > 0)
        print_duration(buffer, "Run deadline:", job->deadline);
    else
        buffer_add(buffer, "Run deadline:    none\n");
    print_retry(buffer, job);
    print_halt(buffer, job, batches);
    print_duration_at_worst(buffer, job, batches);
}

static void print_warning(struct buffer *buffer, const struct job *job, const int *batches)
{
    struct buffer warning = BUFFER_INIT;

    if (rules_warn(&warning, job, batches, job_at_once(job), false))
        buffer_print(buffer, "\nWarning: %s\n", buffer_text(&warning));
    buffer_done(&warning);
}

static void print_targets(struct buffer *buffer, const struct job *job, const int *batches)
{
    int count = batches[job->target_count - 1];

    if (count == 1)
        buffer_print(buffer, "\nTargets (%zu, one batch):\n", job->target_count);
    else
        buffer_print(buffer, "\nTargets (%zu, in %d batches):\n", job->target_count, count);
    for (size_t i = 0; i < job->target_count; i++) {
        if (count > 1 && (i == 0 || batches[i] != batches[i - 1]))
            buffer_print(buffer, "  Batch %d:\n", batches[i]);
        buffer_print(buffer, "%s%s\n", count > 1 ? "    " : "  ", job->targets[i].label);
    }
}

/* What the first target would get. PROGRAM: az, found or as the job names it. */
static void print_command(struct buffer *buffer, const struct job *job, const char *program)
{
    static const char placeholder[GUARD_NONCE_SIZE] = "00000000000000000000000000000000";
    const struct job_target *first = &job->targets[0];
    char *id =
        targets_print_id(first->subscription != NULL ? first->subscription : "DEFAULT-SUBSCRIPTION",
                         first->resource_group, first->name);
    struct guard guard = {.job = job,
                          .target = first,
                          .run = "RUN",
                          .batch = 1,
                          .nonce = placeholder,
                          .once = guard_needs_once(job) ? placeholder : NULL,
                          .masked = true};

    buffer_add(buffer, "\nCommand (for the first target):\n  ");
    command_show(buffer, program, job->shell, id);
    buffer_add(buffer, "\n\nScript as it is sent (for the first target; secrets are masked):\n");
    guard_write(buffer, &guard);
    free(id);
}

int inspect_plan(const struct options *options)
{
    struct buffer buffer = BUFFER_INIT;
    int *batches;
    struct job *job;
    int status = load_job(options, options->jobs[0], &job);

    if (status != LOAD_OK)
        return status;
    buffer_print(&buffer, "Job:             %s (", job->name);
    text_add_line(&buffer, job->path);
    buffer_add(&buffer, ")\n");
    if (job->description != NULL)
        buffer_print(&buffer, "Description:     %s\n", job->description);
    if (job->runbook != NULL)
        buffer_print(&buffer, "Runbook:         %s\n", job->runbook);
    batches = rules_batches(job);
    print_clocks(&buffer, job, batches);
    print_warning(&buffer, job, batches);
    print_targets(&buffer, job, batches);
    free(batches);
    print_command(&buffer, job, job->az);
    tell_plainly(&buffer);
    buffer_done(&buffer);
    job_free(job);
    return LOAD_OK;
}

int inspect_schema(void)
{
    struct buffer buffer = BUFFER_INIT;

    schema_print(&buffer);
    (void)fputs(buffer_text(&buffer), stdout);
    buffer_done(&buffer);
    return LOAD_OK;
}
