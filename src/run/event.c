/* SPDX-License-Identifier: MIT */
#include "run/event.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "azure/cause.h"
#include "base/clock.h"
#include "base/value.h"
#include "run/result.h"

static const char *const ending_names[] = {
    [RESULT_COMPLETE] = "complete", [RESULT_SIGNAL] = "signal",
    [RESULT_DEADLINE] = "deadline", [RESULT_LOGIN] = "login",
    [RESULT_HALTED] = "halted",     [RESULT_INTERRUPTED] = "interrupted",
    [RESULT_GOING] = "going"};

const char *event_ending_name(enum result_ending ending)
{
    return ending_names[ending];
}

int event_find_ending(const char *name)
{
    for (int i = 0; i <= RESULT_GOING; i++) {
        if (strcmp(ending_names[i], name) == 0)
            return i;
    }
    return -1;
}

static json_t *begin(const char *name)
{
    json_t *object = json_object();

    json_object_set_new(object, "event", json_string(name));
    json_object_set_new(object, "time", value_exact_time(clock_wall()));
    return object;
}

static json_t *begin_at(const char *name, int64_t at)
{
    json_t *object = begin(name);

    json_object_set_new(object, "at_s", value_seconds(at));
    return object;
}

static json_t *begin_target(const char *name, const struct result *result, size_t index, int64_t at)
{
    json_t *object = begin_at(name, at);

    json_object_set_new(object, "target", value_text(result->targets[index].label));
    return object;
}

/* ---- the head ----------------------------------------------------------------------------- */

void event_set_files(json_t *object, const struct result_job *job)
{
    json_t *array = json_array();

    for (size_t i = 0; i < job->file_count; i++) {
        json_t *file = json_object();

        json_object_set_new(file, "name", value_text(job->files[i].name));
        json_object_set_new(file, "sha256", value_text(job->files[i].digest));
        json_object_set_new(file, "executable", json_boolean(job->files[i].executable));
        json_array_append_new(array, file);
    }
    json_object_set_new(object, "files", array);
}

static json_t *job_object(const struct result_job *job)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", value_text(job->name));
    json_object_set_new(object, "file", value_text(job->file));
    json_object_set_new(object, "path", value_text(job->path));
    json_object_set_new(object, "sha256", value_text(job->digest));
    json_object_set_new(object, "script_sha256", value_text(job->script_digest));
    event_set_files(object, job);
    json_object_set_new(object, "runbook", value_text(job->runbook));
    json_object_set_new(object, "timeout_s", value_seconds(job->timeout));
    json_object_set_new(object, "script_timeout_s", value_seconds(job->script_timeout));
    json_object_set_new(object, "script_grace_s", value_seconds(job->script_grace));
    json_object_set_new(object, "deadline_s", value_seconds(job->deadline));
    json_object_set_new(object, "attempts", json_integer(job->attempts));
    json_object_set_new(object, "batches", json_integer(job->batches));
    return object;
}

static json_t *texts_array(char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, value_text(texts[i]));
    return array;
}

/* What stands behind --, null for a secret; no list: nothing does. */
static json_t *arguments_array(const struct result_overrides *overrides)
{
    return overrides->has_args ? texts_array(overrides->args, overrides->arg_count) : json_null();
}

static json_t *overrides_object(const struct result_overrides *overrides)
{
    json_t *object = json_object();

    json_object_set_new(object, "concurrency", json_integer(overrides->concurrency));
    json_object_set_new(object, "timeout_s", value_seconds(overrides->timeout));
    json_object_set_new(object, "deadline_s", value_seconds(overrides->deadline));
    json_object_set_new(object, "az", value_text(overrides->az));
    json_object_set_new(object, "set", texts_array(overrides->settings, overrides->setting_count));
    json_object_set_new(object, "set_secret",
                        texts_array(overrides->secrets, overrides->secret_count));
    json_object_set_new(object, "args", arguments_array(overrides));
    return object;
}

static json_t *git_object(const struct result_origin *origin)
{
    json_t *object;

    if (origin->commit == NULL)
        return json_null();
    object = json_object();
    json_object_set_new(object, "commit", value_text(origin->commit));
    json_object_set_new(object, "dirty", json_boolean(origin->dirty));
    return object;
}

void event_run(struct buffer *line, const struct result *result)
{
    json_t *object = begin("run");

    json_object_set_new(object, "version", json_integer(EVENT_VERSION));
    json_object_set_new(object, "azfan", json_string(AZFAN_VERSION));
    json_object_set_new(object, "run", value_text(result->run));
    json_object_set_new(object, "rehearsal", json_boolean(result->rehearsal));
    json_object_set_new(object, "rerun_of", value_text(result->rerun_of));
    json_object_set_new(object, "again", json_boolean(result->again));
    json_object_set_new(object, "job", job_object(&result->job));
    json_object_set_new(object, "git", git_object(&result->origin));
    json_object_set_new(object, "user", value_text(result->origin.user));
    json_object_set_new(object, "host", value_text(result->origin.host));
    json_object_set_new(object, "pid", json_integer(getpid()));
    json_object_set_new(object, "started", value_exact_time(result->wall_started));
    json_object_set_new(object, "overrides", overrides_object(&result->overrides));
    json_object_set_new(object, "concurrency", json_integer(result->concurrency));
    json_object_set_new(object, "workers", json_integer(result->workers));
    json_object_set_new(object, "targets", json_integer((json_int_t)result->target_count));
    value_print(line, object);
}

static json_t *target_object(const struct result_target *target)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", value_text(target->name));
    json_object_set_new(object, "resource_group", value_text(target->resource_group));
    json_object_set_new(object, "subscription", value_text(target->subscription));
    json_object_set_new(object, "label", value_text(target->label));
    json_object_set_new(object, "batch", json_integer(target->batch));
    return object;
}

void event_targets(struct buffer *line, const struct result *result)
{
    struct value_list targets;

    value_list_begin(&targets, line, begin("targets"), "targets");
    for (size_t i = 0; i < result->target_count; i++)
        value_list_add(&targets, target_object(&result->targets[i]));
    value_list_end(&targets);
}

/* ---- while it goes on --------------------------------------------------------------------- */

void event_login(struct buffer *line, const struct result *result, const char *subscription,
                 int64_t at)
{
    json_t *object = begin_at("login", at);

    json_object_set_new(object, "subscription", value_text(subscription));
    json_object_set_new(object, "az_version", value_text(result->origin.az_version));
    value_print(line, object);
}

void event_start(struct buffer *line, const struct result *result, size_t index, int attempt,
                 int64_t at)
{
    json_t *object = begin_target("start", result, index, at);

    json_object_set_new(object, "attempt", json_integer(attempt));
    json_object_set_new(object, "mark", value_text(result_mark(result, &result->targets[index])));
    value_print(line, object);
}

void event_put_back(struct buffer *line, const struct result *result, size_t index,
                    const char *message, int64_t at)
{
    json_t *object = begin_target("put_back", result, index, at);

    json_object_set_new(object, "message", value_text(message));
    value_print(line, object);
}

void event_set_process(json_t *object, const struct result_attempt *attempt)
{
    json_object_set_new(object, "duration_s", value_seconds(attempt->duration));
    json_object_set_new(object, "az_exit", json_integer(attempt->az_exit));
    json_object_set_new(object, "az_signal", json_integer(attempt->az_signal));
    json_object_set_new(object, "stopped", json_boolean(attempt->stopped));
    json_object_set_new(object, "leftovers_killed", json_integer(attempt->leftovers_killed));
    json_object_set_new(object, "cpu_s", value_seconds(attempt->cpu_time));
    json_object_set_new(object, "max_rss_kib", json_integer(attempt->max_rss_kib));
    json_object_set_new(object, "worker", json_integer(attempt->worker));
}

void event_set_streams(json_t *object, const struct buffer *output, bool output_truncated,
                       const struct buffer *errors, bool errors_truncated)
{
    json_object_set_new(object, "stdout", value_bytes(buffer_text(output), output->length));
    json_object_set_new(object, "stderr", value_bytes(buffer_text(errors), errors->length));
    json_object_set_new(object, "stdout_truncated", json_boolean(output_truncated));
    json_object_set_new(object, "stderr_truncated", json_boolean(errors_truncated));
}

static void set_outcome(json_t *object, const struct outcome *outcome)
{
    json_object_set_new(object, "outcome", json_string(outcome_name(outcome->kind)));
    json_object_set_new(object, "reason", json_string(outcome_reason_name(outcome->reason)));
    json_object_set_new(object, "cause", value_text(cause_name(outcome->cause)));
    json_object_set_new(object, "message", value_text(outcome->message));
    json_object_set_new(object, "exit_code", json_integer(outcome->exit_code));
    json_object_set_new(object, "script_started",
                        json_string(outcome_script_name(outcome->script)));
    json_object_set_new(object, "may_still_run", json_boolean(outcome->may_still_run));
    json_object_set_new(object, "retry_after_s", value_seconds(outcome->retry_after));
}

void event_end(struct buffer *line, const struct result *result, size_t index,
               const struct result_attempt *attempt, const struct answer *answer, bool settled,
               int64_t again_at, int64_t at)
{
    json_t *object = begin_target("end", result, index, at);

    json_object_set_new(object, "attempt",
                        json_integer((json_int_t)result->targets[index].attempt_count + 1));
    json_object_set_new(object, "settled", json_boolean(settled));
    if (!settled)
        json_object_set_new(object, "again_at_s", value_seconds(again_at));
    json_object_set_new(object, "started", value_exact_time(attempt->wall_started));
    json_object_set_new(object, "started_at_s", value_seconds(attempt->at));
    event_set_process(object, attempt);
    set_outcome(object, &answer->outcome);
    event_set_streams(object, &answer->output, answer->output_truncated, &answer->errors,
                      answer->errors_truncated);
    value_print(line, object);
}

void event_limit(struct buffer *line, int limit, int64_t at)
{
    json_t *object = begin_at("limit", at);

    json_object_set_new(object, "limit", json_integer(limit));
    value_print(line, object);
}

void event_halt(struct buffer *line, const struct result *result, int64_t at)
{
    json_t *object = begin_at("halt", at);

    json_object_set_new(object, "ending", json_string(ending_names[result->ending]));
    json_object_set_new(object, "signal", json_integer(result->signal));
    json_object_set_new(object, "cause", value_text(result->halt_cause));
    value_print(line, object);
}

void event_set_counts(json_t *object, const struct result *result)
{
    json_t *counts = json_object();

    for (int kind = 0; kind < OUTCOME_KINDS; kind++)
        json_object_set_new(counts, outcome_name((enum outcome_kind)kind),
                            json_integer((json_int_t)result->counts[kind]));
    json_object_set_new(object, "counts", counts);
}

void event_finish(struct buffer *line, const struct result *result)
{
    json_t *object = begin("finish");

    json_object_set_new(object, "ended", value_exact_time(result->wall_ended));
    json_object_set_new(object, "duration_s", value_seconds(result->duration));
    json_object_set_new(object, "ending", json_string(ending_names[result->ending]));
    json_object_set_new(object, "exit_status", json_integer(result_exit_status(result)));
    json_object_set_new(object, "trouble", value_text(result->trouble));
    event_set_counts(object, result);
    value_print(line, object);
}
