/* SPDX-License-Identifier: MIT */
#include "report/json.h"

#include "base/buffer.h"
#include "base/text.h"
#include "base/value.h"
#include "run/event.h"
#include "run/result.h"

/* What Azure's support asks for. The URL is signed: it stands in the journal alone. */
static json_t *operation_object(const struct result_operation *operation)
{
    json_t *object = json_object();

    event_set_operation(object, operation);
    return object;
}

static json_t *attempt_object(const struct result_attempt *attempt)
{
    json_t *object = json_object();

    json_object_set_new(object, "started", value_time(attempt->wall_started));
    json_object_set_new(object, "at_s", value_seconds(attempt->at));
    json_object_set_new(object, "outcome", json_string(outcome_name(attempt->outcome)));
    json_object_set_new(object, "reason", json_string(outcome_reason_name(attempt->reason)));
    json_object_set_new(object, "message", value_text(attempt->message));
    event_set_process(object, attempt);
    if (attempt->asks)
        json_object_set_new(object, "asks", json_true());
    if (attempt->operation.url != NULL)
        json_object_set_new(object, "operation", operation_object(&attempt->operation));
    return object;
}

static json_t *attempts_array(const struct result_target *target)
{
    json_t *array = json_array();

    for (size_t i = 0; i < target->attempt_count; i++)
        json_array_append_new(array, attempt_object(&target->attempts[i]));
    return array;
}

static json_t *target_object(const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    bool settled = target->state == RESULT_SETTLED;
    bool ended = settled && (outcome->kind == OUTCOME_OK || outcome->kind == OUTCOME_FAILED);
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(target->name));
    json_object_set_new(object, "id", value_text(target->id));
    json_object_set_new(object, "batch", json_integer(target->batch));
    /* Of a run that is still going on, an outcome may be missing; never does it look like one. */
    json_object_set_new(object, "outcome",
                        settled ? json_string(outcome_name(outcome->kind)) : json_null());
    json_object_set_new(object, "reason",
                        settled ? json_string(outcome_reason_name(outcome->reason)) : json_null());
    json_object_set_new(object, "message", settled ? value_text(outcome->message) : json_null());
    json_object_set_new(object, "exit_code",
                        ended ? json_integer(outcome->exit_code) : json_null());
    json_object_set_new(object, "script_started",
                        json_string(outcome_script_name(result_script(target))));
    json_object_set_new(object, "may_still_run", json_boolean(result_may_still_run(target)));
    if (result_may_still_run(target) && target->busy_until > 0)
        json_object_set_new(object, "may_run_until", value_time(target->busy_until));
    json_object_set_new(object, "recovered", json_boolean(target->recovered));
    if (outcome->retry_after > 0)
        json_object_set_new(object, "retry_after_s", value_seconds(outcome->retry_after));
    json_object_set_new(object, "duration_s", value_seconds(target->duration));
    event_set_streams(object, &target->output, target->output_truncated, &target->errors,
                      target->errors_truncated);
    json_object_set_new(object, "attempts", attempts_array(target));
    return object;
}

static json_t *job_object(const struct result_job *job)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(job->name));
    json_object_set_new(object, "file", value_text(job->file));
    json_object_set_new(object, "sha256", value_text(job->digest));
    json_object_set_new(object, "script_sha256", value_text(job->script_digest));
    event_set_files(object, job);
    json_object_set_new(object, "runbook", value_text(job->runbook));
    return object;
}

/* How many ran at once, and what Azure's throttling made of it. */
static json_t *concurrency_object(const struct result *result)
{
    json_t *object = json_object();

    json_object_set_new(object, "wanted", json_integer(result->concurrency));
    json_object_set_new(object, "workers", json_integer(result->workers));
    json_object_set_new(object, "least", json_integer(result->least_limit));
    json_object_set_new(object, "times_halved", json_integer((json_int_t)result->cuts));
    return object;
}

static json_t *origin_object(const struct origin *origin)
{
    json_t *object = json_object();

    json_object_set_new(object, "user", value_text(origin->user));
    json_object_set_new(object, "host", value_text(origin->host));
    json_object_set_new(object, "commit", value_text(origin->commit));
    json_object_set_new(object, "dirty",
                        origin->commit != NULL ? json_boolean(origin->dirty) : json_null());
    json_object_set_new(object, "az_version", value_text(origin->az_version));
    return object;
}

/* Everything but the targets. */
static json_t *head_object(const struct result *result)
{
    json_t *object = json_object();

    json_object_set_new(object, "version", json_integer(1));
    json_object_set_new(object, "run", json_string(result->run));
    json_object_set_new(object, "rehearsal", json_boolean(result->rehearsal));
    json_object_set_new(object, "speed", json_integer(result->speed));
    json_object_set_new(object, "client", value_text(result->client));
    json_object_set_new(object, "identity", value_text(result->identity));
    json_object_set_new(object, "rerun_of", value_text(result->rerun_of));
    json_object_set_new(object, "recover", json_boolean(result->recover));
    json_object_set_new(object, "job", job_object(&result->job));
    json_object_set_new(object, "origin", origin_object(&result->origin));
    json_object_set_new(object, "started", value_time(result->wall_started));
    json_object_set_new(object, "ended", value_time(result->wall_ended));
    json_object_set_new(object, "duration_s", value_seconds(result->duration));
    json_object_set_new(object, "exit_status", json_integer(result_exit_status(result)));
    json_object_set_new(object, "ending", json_string(event_ending_name(result->ending)));
    json_object_set_new(object, "halt_cause", value_text(result->halt_cause));
    json_object_set_new(object, "trouble", value_text(result->trouble));
    json_object_set_new(object, "concurrency", concurrency_object(result));
    event_set_counts(object, result->counts);
    return object;
}

/* Whole characters; what a VM printed is to do nothing to a terminal that shows the file. */
static int write_chunk(const char *text, size_t length, void *stream)
{
    struct buffer safe = BUFFER_INIT;
    bool written;

    text_append_json(&safe, text, length);
    written = fwrite(buffer_text(&safe), 1, safe.length, stream) == safe.length;
    buffer_done(&safe);
    return written ? 0 : -1;
}

/* Writes OBJECT and frees it. EMBED leaves the braces to the caller. */
static void write_object(FILE *stream, json_t *object, size_t flags)
{
    (void)json_dump_callback(object, write_chunk, stream,
                             flags | JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(object);
}

void json_write(FILE *stream, const struct result *result)
{
    (void)fputc('{', stream);
    write_object(stream, head_object(result), JSON_EMBED);
    (void)fputs(",\"targets\":[", stream);
    for (size_t i = 0; i < result->target_count; i++) {
        (void)fputs(i == 0 ? "\n" : ",\n", stream);
        write_object(stream, target_object(&result->targets[i]), 0);
    }
    (void)fputs("\n]}\n", stream);
}
