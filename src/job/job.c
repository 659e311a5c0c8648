/* SPDX-License-Identifier: MIT */
#include "job/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/caseless.h"
#include "base/strings.h"
#include "job/limits.h"
#include "job/problems.h"

void job_parameters_done(struct job_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        free(parameters->list[i].name);
        free(parameters->list[i].value);
    }
    free(parameters->list);
    *parameters = (struct job_parameters){NULL, 0};
}

void job_target_done(struct job_target *target)
{
    free(target->name);
    free(target->resource_group);
    free(target->subscription);
    free(target->label);
    job_parameters_done(&target->parameters);
    job_parameters_done(&target->args);
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    for (size_t i = 0; i < job->target_count; i++)
        job_target_done(&job->targets[i]);
    free(job->targets);
    strings_done(&job->secrets);
    job_parameters_done(&job->parameters);
    job_parameters_done(&job->args);
    for (size_t i = 0; i < job->files.count; i++)
        free(job->files.list[i].name);
    free(job->files.list);
    free(job->files.packed);
    if (job->remarks != NULL)
        problems_done(job->remarks);
    free(job->remarks);
    free(job->path);
    free(job->name);
    free(job->description);
    free(job->runbook);
    free(job->script);
    free(job->script_file);
    free(job->batches);
    free(job->az);
    cloud_done(&job->cloud);
    free(job);
}

const char *job_find_script_line(const struct job *job, int line, int *ret_line, int *ret_column)
{
    const struct job_place *place = &job->script_place;

    *ret_line = job->script_file != NULL ? line : place->line + (place->kept ? line : 0);
    *ret_column = job->script_file != NULL || place->kept ? 1 : place->column;
    return job->script_file != NULL ? job->script_file : job->path;
}

const char *job_only_subscription(const struct job *job)
{
    const char *first = job->target_count > 0 ? job->targets[0].subscription : NULL;

    for (size_t i = 1; first != NULL && i < job->target_count; i++) {
        const char *other = job->targets[i].subscription;

        if (!caseless_is_same(first, other))
            return NULL;
    }
    return first;
}

int job_usual_concurrency(enum job_client client)
{
    return client == JOB_REST ? LIMITS_REST_CONCURRENCY : LIMITS_AZ_CONCURRENCY;
}

int job_at_once(const struct job *job)
{
    return (size_t)job->concurrency < job->target_count ? job->concurrency : (int)job->target_count;
}

bool job_status_is_ok(const struct job_statuses *ok, int status)
{
    for (size_t i = 0; i < ok->count; i++) {
        if (ok->list[i] == status)
            return true;
    }
    return ok->count == 0 && status == 0;
}

bool job_needs_subscription(const struct job *job)
{
    for (size_t i = 0; i < job->target_count; i++) {
        if (job->targets[i].subscription == NULL)
            return true;
    }
    return false;
}
