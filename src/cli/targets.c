/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/lookup.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/scope.h"
#include "job/job.h"
#include "job/targets.h"
#include "run/status.h"

static void print_names(const struct job *job)
{
    for (size_t i = 0; i < job->target_count; i++)
        puts(job->targets[i].label);
}

/* Full ids, one a line: where one of them is not known there is none. */
static int print_ids(const struct job *job, const struct lookup *lookup)
{
    struct error error;

    if (lookup->unknown != NULL) {
        (void)error_set(&error,
                        "az's default subscription, which %s leaves to az, is not known: %s; "
                        "name it in the job (targets.subscription)",
                        job->path, lookup->unknown);
        return message_fail(STATUS_TROUBLE, error.text);
    }
    for (size_t i = 0; i < job->target_count; i++) {
        const struct job_target *target = &job->targets[i];
        char *id = targets_print_id(target->subscription != NULL ? target->subscription
                                                                 : lookup->subscription,
                                    target->resource_group, target->name);

        puts(id);
        free(id);
    }
    return STATUS_OK;
}

static void print_folded(const struct job *job, const struct lookup *lookup)
{
    struct scope scope = lookup_scope(lookup, job, NULL);
    struct buffer buffer = BUFFER_INIT;

    scope_print_targets(&buffer, &scope);
    message_print(&buffer);
    buffer_done(&buffer);
}

static int print_selected(const struct options *options, struct job *job, int *ret_signal)
{
    struct lookup lookup;
    int status = STATUS_OK;

    if (options->names) {
        print_names(job);
        return STATUS_OK;
    }
    lookup_ask(&lookup, job);
    *ret_signal = lookup.signal;
    if (lookup.signal == 0 && options->ids)
        status = print_ids(job, &lookup);
    else if (lookup.signal == 0)
        print_folded(job, &lookup);
    lookup_done(&lookup);
    return status;
}

int cli_targets(const struct options *options, int *ret_signal)
{
    struct job *job;
    int status;

    if (options->names && options->ids)
        return message_fail(STATUS_USAGE, "--names or --ids, not both");
    status = load_job(options, options->jobs.list[0], LOAD_TO_LIST, &job);
    if (status != STATUS_OK)
        return status;
    status = print_selected(options, job, ret_signal);
    job_free(job);
    return status;
}
