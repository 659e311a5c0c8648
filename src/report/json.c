/* SPDX-License-Identifier: MIT */
#include "report/json.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "run/result.h"

/* Bytes from a VM, or a name from a file system, as a JSON string: broken UTF-8 becomes U+FFFD. */
static json_t *bytes(const char *text, size_t length)
{
    struct buffer valid = BUFFER_INIT;
    json_t *value;

    text_append_utf8(&valid, text, length);
    value = json_stringn_nocheck(buffer_text(&valid), valid.length);
    buffer_done(&valid);
    return value;
}

static json_t *text_or_null(const char *text)
{
    return text == NULL ? json_null() : bytes(text, strlen(text));
}

static json_t *wall_time(int64_t wall)
{
    char text[CLOCK_TEXT_SIZE];

    clock_print(wall, text);
    return json_string(text);
}

/* Seconds with three decimals; jansson prints 17 digits of a double, which would tell of noise. */
static json_t *seconds(int64_t duration)
{
    int64_t milliseconds = duration / NUMBER_MILLISECOND;

    return json_real((double)milliseconds / 1000.0);
}

static json_t *attempt_object(const struct result_attempt *attempt)
{
    json_t *object = json_object();

    json_object_set_new(object, "started", wall_time(attempt->wall_started));
    json_object_set_new(object, "duration_s", seconds(attempt->duration));
    json_object_set_new(object, "outcome", json_string(outcome_name(attempt->outcome)));
    json_object_set_new(object, "reason", json_string(outcome_reason_name(attempt->reason)));
    json_object_set_new(object, "az_exit", json_integer(attempt->az_exit));
    json_object_set_new(object, "az_signal", json_integer(attempt->az_signal));
    json_object_set_new(object, "stopped", json_boolean(attempt->stopped));
    json_object_set_new(object, "leftovers_killed", json_integer(attempt->leftovers_killed));
    json_object_set_new(object, "cpu_s", seconds(attempt->cpu_time));
    json_object_set_new(object, "max_rss_kib", json_integer(attempt->max_rss_kib));
    json_object_set_new(object, "worker", json_integer(attempt->worker));
    return object;
}

static json_t *attempts_array(const struct result_target *target)
{
    json_t *array = json_array();

    for (size_t i = 0; i < target->attempt_count; i++)
        json_array_append_new(array, attempt_object(&target->attempts[i]));
    return array;
}

static const char *script_word(enum outcome_script script)
{
    static const char *const words[] = {
        [SCRIPT_NOT_STARTED] = "no", [SCRIPT_MAY_HAVE_STARTED] = "maybe", [SCRIPT_STARTED] = "yes"};

    return words[script];
}

static json_t *target_object(const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    bool ended = outcome->kind == OUTCOME_OK || outcome->kind == OUTCOME_FAILED;
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(target->target->name));
    json_object_set_new(object, "id", text_or_null(target->id));
    json_object_set_new(object, "batch", json_integer(target->batch));
    json_object_set_new(object, "outcome", json_string(outcome_name(outcome->kind)));
    json_object_set_new(object, "reason", json_string(outcome_reason_name(outcome->reason)));
    json_object_set_new(object, "message", text_or_null(outcome->message));
    json_object_set_new(object, "exit_code",
                        ended ? json_integer(outcome->exit_code) : json_null());
    json_object_set_new(object, "script_started", json_string(script_word(outcome->script)));
    json_object_set_new(object, "may_still_run", json_boolean(outcome->may_still_run));
    if (outcome->retry_after > 0)
        json_object_set_new(object, "retry_after_s", seconds(outcome->retry_after));
    json_object_set_new(object, "duration_s", seconds(target->duration));
    json_object_set_new(object, "stdout",
                        bytes(buffer_text(&target->output), target->output.length));
    json_object_set_new(object, "stderr",
                        bytes(buffer_text(&target->errors), target->errors.length));
    json_object_set_new(object, "stdout_truncated", json_boolean(target->output_truncated));
    json_object_set_new(object, "stderr_truncated", json_boolean(target->errors_truncated));
    json_object_set_new(object, "attempts", attempts_array(target));
    return object;
}

static json_t *job_object(const struct job *job)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(job->name));
    json_object_set_new(object, "file", text_or_null(job->path));
    json_object_set_new(object, "sha256", json_string(job->digest));
    json_object_set_new(object, "script_sha256", json_string(job->script_digest));
    json_object_set_new(object, "runbook", text_or_null(job->runbook));
    return object;
}

static json_t *counts_object(const struct result *result)
{
    json_t *object = json_object();

    for (int kind = 0; kind < OUTCOME_KINDS; kind++)
        json_object_set_new(object, outcome_name((enum outcome_kind)kind),
                            json_integer((json_int_t)result->counts[kind]));
    return object;
}

/* Everything but the targets. */
static json_t *head_object(const struct result *result)
{
    json_t *object = json_object();

    json_object_set_new(object, "version", json_integer(1));
    json_object_set_new(object, "run", json_string(result->run));
    json_object_set_new(object, "job", job_object(result->job));
    json_object_set_new(object, "started", wall_time(result->wall_started));
    json_object_set_new(object, "ended", wall_time(result->wall_ended));
    json_object_set_new(object, "duration_s", seconds(result->duration));
    json_object_set_new(object, "exit_status", json_integer(result_exit_status(result)));
    json_object_set_new(object, "halt_cause", text_or_null(result->halt_cause));
    json_object_set_new(object, "trouble", text_or_null(result->trouble));
    json_object_set_new(object, "counts", counts_object(result));
    return object;
}

static int write_chunk(const char *text, size_t length, void *stream)
{
    return fwrite(text, 1, length, stream) == length ? 0 : -1;
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
    for (size_t i = 0; i < result->job->target_count; i++) {
        (void)fputs(i == 0 ? "\n" : ",\n", stream);
        write_object(stream, target_object(&result->targets[i]), 0);
    }
    (void)fputs("\n]}\n", stream);
}
