/* SPDX-License-Identifier: MIT */
#include "run/result.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "job/job.h"
#include "job/targets.h"
#include "run/status.h"

void result_init(struct result *result, const char *run)
{
    *result = (struct result){.run = memory_string(run), .speed = 1};
}

/* ---- what is known beforehand ------------------------------------------------------------- */

void result_take_targets(struct result *result, size_t count)
{
    assert(result->targets == NULL);
    result->targets = memory_zeroed(count, sizeof *result->targets);
    result->target_count = result->target_total = count;
    for (size_t i = 0; i < count; i++) {
        result->targets[i].batch = 1;
        /* Until it is settled, nothing has happened to it: never let it look ok. */
        result->targets[i].outcome =
            (struct outcome){.kind = OUTCOME_SKIPPED, .reason = REASON_HALTED, .exit_code = -1};
    }
}

static void take_files(struct result_job *job, const struct job_files *files)
{
    job->files = memory_zeroed(files->count, sizeof *job->files);
    job->file_count = files->count;
    for (size_t i = 0; i < files->count; i++)
        job->files[i] = (struct result_file){.name = memory_string(files->list[i].name),
                                             .digest = memory_string(files->list[i].digest),
                                             .executable = files->list[i].executable};
}

void result_take_job(struct result *result, const struct job *job, const int *batches)
{
    result->job =
        (struct result_job){.name = memory_string(job->name),
                            .file = memory_string(job->path),
                            .digest = memory_string(job->digest),
                            .script_digest = memory_string(job->script_digest),
                            .runbook = memory_string(job->runbook),
                            .timeout = job->timeout,
                            .script_timeout = job->script_timeout,
                            .script_grace = job->script_grace,
                            .deadline = job->deadline,
                            .kill_grace = job->kill_grace,
                            .pause_between = job->pause_between,
                            .has_max_failures = job->has_max_failures,
                            .max_failures = job->max_failures,
                            .attempts = job->retry.attempts,
                            .batches = job->target_count > 0 ? batches[job->target_count - 1] : 0};
    take_files(&result->job, &job->files);
    result->concurrency = job->concurrency;
    result_take_targets(result, job->target_count);
    for (size_t i = 0; i < job->target_count; i++) {
        const struct job_target *from = &job->targets[i];
        struct result_target *target = &result->targets[i];

        target->name = memory_string(from->name);
        target->resource_group = memory_string(from->resource_group);
        target->subscription = memory_string(from->subscription);
        target->label = memory_string(from->label);
        target->batch = batches[i];
    }
    result_name_targets(result, NULL);
}

void result_name_targets(struct result *result, const char *subscription)
{
    for (size_t i = 0; i < result->target_count; i++) {
        struct result_target *target = &result->targets[i];
        const char *own = target->subscription != NULL ? target->subscription : subscription;

        if (target->id == NULL && own != NULL)
            target->id = targets_print_id(own, target->resource_group, target->name);
    }
    if (subscription == NULL)
        return;
    free(result->origin.subscription);
    result->origin.subscription = memory_string(subscription);
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

void result_take_mark(struct result *result, struct result_target *target, const char *run)
{
    free(target->mark_of);
    target->marked = run != NULL;
    target->mark_of = run != NULL && strcmp(run, result->run) != 0 ? memory_string(run) : NULL;
}

const char *result_mark(const struct result *result, const struct result_target *target)
{
    if (!target->marked)
        return NULL;
    return target->mark_of != NULL ? target->mark_of : result->run;
}

const struct result_operation *result_question(const struct result_target *target)
{
    const struct result_operation *question = &target->question;

    return question->url != NULL && question->nonce != NULL ? question : NULL;
}

void result_take_question(struct result_target *target, const struct result_operation *operation)
{
    result_operation_done(&target->question);
    if (operation == NULL)
        return;
    target->question = result_operation_copy(operation);
}

bool result_asked(const struct result_target *target)
{
    return target->attempt_count > 0 && target->attempts[target->attempt_count - 1].asks;
}

size_t result_attempts(const struct result_target *target)
{
    size_t count = target->open && !target->asking ? 1 : 0;

    for (size_t i = 0; i < target->attempt_count; i++)
        count += !target->attempts[i].asks;
    return count;
}

size_t result_recovered(const struct result *result)
{
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++)
        count += result->targets[i].recovered;
    return count;
}

enum outcome_script result_script(const struct result_target *target)
{
    return target->state == RESULT_STARTED ? SCRIPT_MAY_HAVE_STARTED : target->outcome.script;
}

bool result_may_still_run(const struct result_target *target)
{
    return target->state == RESULT_STARTED || target->outcome.may_still_run;
}

const char *result_word(const struct result *result)
{
    const char *slash = result->folder != NULL ? strrchr(result->folder, '/') : NULL;

    return slash != NULL && strcmp(slash + 1, result->run) == 0 ? result->run : result->folder;
}

const char *result_way_on(const struct result *result)
{
    return result->trouble == NULL ? result_word(result) : NULL;
}

int result_exit_status(const struct result *result)
{
    const size_t *counts = result->counts;

    if (result->ending == RESULT_GOING)
        return STATUS_OK;
    if (result->ending == RESULT_INTERRUPTED)
        return STATUS_SIGNAL + SIGKILL;
    if (result->ending == RESULT_SIGNAL)
        return STATUS_SIGNAL + result->signal;
    if (result->ending == RESULT_DEADLINE)
        return STATUS_DEADLINE;
    if (result->trouble != NULL)
        return STATUS_TROUBLE;
    if (result->target_count == 0)
        return STATUS_NOTHING;
    if (result->ending != RESULT_COMPLETE)
        return STATUS_HALTED;
    if (counts[OUTCOME_ERROR] > 0)
        return STATUS_ERROR;
    if (counts[OUTCOME_TIMEOUT] > 0 || counts[OUTCOME_UNKNOWN] > 0)
        return STATUS_OPEN;
    if (counts[OUTCOME_FAILED] > 0)
        return STATUS_FAILED;
    /* Whatever is left that is not ok was cut short by an ending that was told above. */
    return counts[OUTCOME_OK] == result->target_count ? STATUS_OK : STATUS_TROUBLE;
}

/* ---- freeing ------------------------------------------------------------------------------ */

void result_operation_done(struct result_operation *operation)
{
    free(operation->url);
    free(operation->request_id);
    free(operation->correlation_id);
    free(operation->nonce);
    *operation = (struct result_operation){.sent = false};
}

struct result_operation result_operation_copy(const struct result_operation *operation)
{
    return (struct result_operation){.sent = operation->sent,
                                     .url = memory_string(operation->url),
                                     .request_id = memory_string(operation->request_id),
                                     .correlation_id = memory_string(operation->correlation_id),
                                     .nonce = memory_string(operation->nonce),
                                     .busy_until = operation->busy_until};
}

static void free_target(struct result_target *target)
{
    free(target->name);
    free(target->resource_group);
    free(target->subscription);
    free(target->label);
    free(target->id);
    free(target->mark_of);
    result_operation_done(&target->operation);
    result_operation_done(&target->question);
    for (size_t i = 0; i < target->attempt_count; i++) {
        free(target->attempts[i].message);
        result_operation_done(&target->attempts[i].operation);
    }
    free(target->attempts);
    outcome_done(&target->outcome);
    buffer_done(&target->output);
    buffer_done(&target->errors);
}

static void free_known(struct result *result)
{
    free(result->job.name);
    free(result->job.file);
    free(result->job.path);
    free(result->job.digest);
    free(result->job.script_digest);
    for (size_t i = 0; i < result->job.file_count; i++) {
        free(result->job.files[i].name);
        free(result->job.files[i].digest);
    }
    free(result->job.files);
    free(result->job.runbook);
    free(result->overrides.batches);
    free(result->overrides.max_failures);
    free(result->overrides.targets);
    free(result->overrides.az);
    free(result->overrides.client);
    free(result->overrides.identity);
    for (size_t i = 0; i < result->overrides.setting_count; i++)
        free(result->overrides.settings[i]);
    free(result->overrides.settings);
    for (size_t i = 0; i < result->overrides.secret_count; i++)
        free(result->overrides.secrets[i]);
    free(result->overrides.secrets);
    for (size_t i = 0; i < result->overrides.arg_count; i++)
        free(result->overrides.args[i]);
    free(result->overrides.args);
    origin_done(&result->origin);
}

void result_done(struct result *result)
{
    for (size_t i = 0; i < result->target_count; i++)
        free_target(&result->targets[i]);
    free(result->targets);
    free(result->by_label);
    free_known(result);
    free(result->run);
    free(result->rerun_of);
    free(result->client);
    free(result->identity);
    free(result->trouble);
    free(result->halt_cause);
    free(result->folder);
    *result = (struct result){.run = NULL};
}
