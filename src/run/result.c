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

/* How late after its az was started a script may begin: az's own start and the agent's delay. */
#define LATEST_BEGIN (60 * NUMBER_SECOND)

void result_init(struct result *result, const char *run)
{
    *result = (struct result){.run = memory_string(run)};
}

/* ---- what is known beforehand ------------------------------------------------------------- */

void result_take_targets(struct result *result, size_t count)
{
    assert(result->targets == NULL);
    result->targets = memory_zeroed(count, sizeof *result->targets);
    result->target_count = count;
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

/* ---- attempts ----------------------------------------------------------------------------- */

void result_start(struct result *result, size_t index, int64_t wall, int64_t at)
{
    struct result_target *target = &result->targets[index];

    assert(target->state == RESULT_WAITING);
    target->state = RESULT_STARTED;
    target->wall_ended = wall;
    target->open = true;
    target->began = at;
}

void result_take_mark(struct result *result, size_t index, const char *run)
{
    struct result_target *target = &result->targets[index];

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

static int64_t last_end(const struct result_target *target)
{
    const struct result_attempt *last = &target->attempts[target->attempt_count - 1];

    return last->wall_started + last->duration;
}

void result_unstart(struct result *result, size_t index)
{
    struct result_target *target = &result->targets[index];

    assert(target->state == RESULT_STARTED);
    target->state = RESULT_WAITING;
    target->wall_ended = target->attempt_count > 0 ? last_end(target) : 0;
    target->open = false;
}

size_t result_attempts(const struct result_target *target)
{
    return target->attempt_count + (target->open ? 1 : 0);
}

enum outcome_script result_script(const struct result_target *target)
{
    return target->state == RESULT_STARTED ? SCRIPT_MAY_HAVE_STARTED : target->outcome.script;
}

bool result_may_still_run(const struct result_target *target)
{
    return target->state == RESULT_STARTED || target->outcome.may_still_run;
}

static void keep_attempt(struct result_target *target, struct result_attempt *attempt)
{
    target->attempts =
        memory_resize(target->attempts, target->attempt_count + 1, sizeof *target->attempts);
    target->attempts[target->attempt_count++] = *attempt;
    target->duration += attempt->duration;
    target->wall_ended = last_end(target);
    target->open = false;
    attempt->message = NULL;
}

static void keep_answer(struct result_target *target, struct answer *answer)
{
    assert(outcome_is_valid(answer->outcome.kind, answer->outcome.reason));
    outcome_done(&target->outcome);
    buffer_done(&target->output);
    buffer_done(&target->errors);
    target->outcome = answer->outcome;
    target->output = answer->output;
    target->errors = answer->errors;
    target->output_truncated = answer->output_truncated;
    target->errors_truncated = answer->errors_truncated;
    *answer = (struct answer){.outcome = {.kind = target->outcome.kind}};
}

static void settle(struct result *result, struct result_target *target)
{
    assert(target->state != RESULT_SETTLED);
    target->state = RESULT_SETTLED;
    result->settled++;
    result->counts[target->outcome.kind]++;
}

/* How long after az's end a script may still run until its guard has stopped it. */
static int64_t longest_script(const struct result_job *job)
{
    return job->script_timeout + job->script_grace + LATEST_BEGIN;
}

/* A busy VM refuses a second script by itself, for as long as the first one runs. Where the guard
 * has ended, nothing that it could not stop keeps the VM busy. */
static int64_t find_busy_until(const struct result *result, const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;

    if (!outcome->may_still_run || outcome->reason == REASON_BUSY ||
        outcome->reason == REASON_SCRIPT)
        return 0;
    return target->wall_ended + longest_script(&result->job);
}

/* What the attempts before this one may have left, BEFORE and until BUSY_BEFORE, still holds where
 * it has started nothing, or nobody knows. */
static void see_script(const struct result *result, struct result_target *target,
                       enum outcome_script before, int64_t busy_before)
{
    struct outcome *outcome = &target->outcome;
    char *message = outcome->message;
    bool refused = outcome->script == SCRIPT_NOT_STARTED || outcome->reason == REASON_BUSY;

    target->busy_until = find_busy_until(result, target);
    if (!refused || before == SCRIPT_NOT_STARTED)
        return;
    if (busy_before > target->busy_until && busy_before > target->wall_ended) {
        outcome->may_still_run = true;
        target->busy_until = busy_before;
    }
    if (outcome->script != SCRIPT_NOT_STARTED)
        return;
    outcome->script = before;
    outcome->message = memory_print("%s; an earlier attempt may have started the script",
                                    message != NULL ? message : "nothing was started");
    free(message);
}

/* The script may have begun, and no guard has said how it ended. */
static bool is_doubtful(const struct outcome *outcome)
{
    if (outcome->kind == OUTCOME_OK || outcome->kind == OUTCOME_FAILED)
        return false;
    return outcome->script != SCRIPT_NOT_STARTED && outcome->reason != REASON_SCRIPT;
}

void result_end(struct result *result, size_t index, struct result_attempt *attempt,
                struct answer *answer, bool settled)
{
    struct result_target *target = &result->targets[index];
    enum outcome_script before = target->outcome.script;
    int64_t busy_before = target->busy_until;

    assert(target->state == RESULT_STARTED);
    keep_attempt(target, attempt);
    keep_answer(target, answer);
    see_script(result, target, before, busy_before);
    target->doubtful = is_doubtful(&target->outcome);
    target->state = RESULT_WAITING;
    if (settled)
        settle(result, target);
}

/* ---- the end of the run ------------------------------------------------------------------- */

static bool is_halt(enum result_ending ending)
{
    return ending == RESULT_LOGIN || ending == RESULT_HALTED;
}

void result_end_early(struct result *result, enum result_ending ending, int signal,
                      const char *cause)
{
    bool first = result->ending == RESULT_COMPLETE;

    if (!first && (!is_halt(result->ending) || is_halt(ending)))
        return;
    result->ending = ending;
    result->signal = signal;
    if (first)
        result->halt_cause = memory_string(cause);
}

/* Why a target was not started, by how the run ended. */
static char *explain_skip(const struct result *result, enum outcome_reason *ret)
{
    *ret = REASON_HALTED;
    switch (result->ending) {
    case RESULT_SIGNAL:
        *ret = REASON_SIGNAL;
        return memory_print("not started: the run was stopped by SIG%s",
                            sigabbrev_np(result->signal));
    case RESULT_DEADLINE:
        *ret = REASON_DEADLINE;
        return memory_string("not started: the run's deadline had passed");
    case RESULT_LOGIN:
        *ret = REASON_LOGIN;
        return memory_string("not started: the login to Azure is broken");
    case RESULT_INTERRUPTED:
        return memory_string("not started: azfan was killed before it came to it");
    case RESULT_COMPLETE:
    case RESULT_HALTED:
    case RESULT_GOING:
        break;
    }
    return memory_string("not started: the run was halted");
}

static void skip(struct result *result, struct result_target *target)
{
    outcome_done(&target->outcome);
    target->outcome =
        (struct outcome){.kind = OUTCOME_SKIPPED, .script = SCRIPT_NOT_STARTED, .exit_code = -1};
    target->outcome.message = explain_skip(result, &target->outcome.reason);
    settle(result, target);
}

size_t result_settle_rest(struct result *result, size_t *indices)
{
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++) {
        struct result_target *target = &result->targets[i];

        if (target->state != RESULT_WAITING)
            continue;
        if (target->attempt_count > 0)
            settle(result, target);
        else
            skip(result, target);
        if (indices != NULL)
            indices[count] = i;
        count++;
    }
    return count;
}

static void lose(struct result *result, struct result_target *target)
{
    outcome_done(&target->outcome);
    buffer_done(&target->output);
    buffer_done(&target->errors);
    target->outcome = (struct outcome){
        .kind = OUTCOME_UNKNOWN,
        .reason = REASON_INTERRUPTED,
        .script = SCRIPT_MAY_HAVE_STARTED,
        .may_still_run = true,
        .exit_code = -1,
        .message = memory_string("azfan was killed while az waited for it; the script may have "
                                 "run, or still be running")};
    /* az itself was left behind, and nobody stops it. */
    target->busy_until = target->wall_ended + result->job.timeout + longest_script(&result->job);
    target->doubtful = true;
    settle(result, target);
}

void result_interrupt(struct result *result)
{
    result->ending = RESULT_INTERRUPTED;
    for (size_t i = 0; i < result->target_count; i++) {
        if (result->targets[i].state == RESULT_STARTED)
            lose(result, &result->targets[i]);
    }
    (void)result_settle_rest(result, NULL);
}

void result_limit(struct result *result, int limit)
{
    if (limit < result->least_limit)
        result->least_limit = limit;
    result->cuts++;
}

const char *result_word(const struct result *result)
{
    const char *slash = result->folder != NULL ? strrchr(result->folder, '/') : NULL;

    return slash != NULL && strcmp(slash + 1, result->run) == 0 ? result->run : result->folder;
}

void result_trouble(struct result *result, const char *text)
{
    if (result->trouble == NULL)
        result->trouble = memory_string(text);
}

int result_exit_status(const struct result *result)
{
    const size_t *counts = result->counts;

    if (result->ending == RESULT_GOING)
        return 0;
    if (result->ending == RESULT_INTERRUPTED)
        return 128 + SIGKILL;
    if (result->ending == RESULT_SIGNAL)
        return 128 + result->signal;
    if (result->ending == RESULT_DEADLINE)
        return 124;
    if (result->trouble != NULL)
        return 1;
    if (result->target_count == 0)
        return 7;
    if (result->ending != RESULT_COMPLETE)
        return 6;
    if (counts[OUTCOME_ERROR] > 0)
        return 5;
    if (counts[OUTCOME_TIMEOUT] > 0 || counts[OUTCOME_UNKNOWN] > 0)
        return 4;
    if (counts[OUTCOME_FAILED] > 0)
        return 3;
    /* Whatever is left that is not ok was cut short by an ending that was told above. */
    return counts[OUTCOME_OK] == result->target_count ? 0 : 1;
}

/* ---- freeing ------------------------------------------------------------------------------ */

static void free_target(struct result_target *target)
{
    free(target->name);
    free(target->resource_group);
    free(target->subscription);
    free(target->label);
    free(target->id);
    free(target->mark_of);
    for (size_t i = 0; i < target->attempt_count; i++)
        free(target->attempts[i].message);
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
    free(result->overrides.az);
    for (size_t i = 0; i < result->overrides.setting_count; i++)
        free(result->overrides.settings[i]);
    free(result->overrides.settings);
    for (size_t i = 0; i < result->overrides.secret_count; i++)
        free(result->overrides.secrets[i]);
    free(result->overrides.secrets);
    for (size_t i = 0; i < result->overrides.arg_count; i++)
        free(result->overrides.args[i]);
    free(result->overrides.args);
    free(result->origin.user);
    free(result->origin.host);
    free(result->origin.commit);
    free(result->origin.az_version);
    free(result->origin.subscription);
}

void result_done(struct result *result)
{
    for (size_t i = 0; i < result->target_count; i++)
        free_target(&result->targets[i]);
    free(result->targets);
    free_known(result);
    free(result->run);
    free(result->rerun_of);
    free(result->trouble);
    free(result->halt_cause);
    free(result->folder);
    *result = (struct result){.run = NULL};
}
