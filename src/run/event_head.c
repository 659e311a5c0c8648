/* SPDX-License-Identifier: MIT */
/* The first two lines of a journal: who runs what, from where, and on which targets. */
#include "run/event_head.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "base/value.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "run/event.h"
#include "run/result.h"

/* ---- written ------------------------------------------------------------------------------ */

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

/* "3", "10%"; no text where there is no such rule. */
static json_t *share_text(bool has, const struct job_share *share)
{
    char text[32];

    if (!has)
        return json_null();
    (void)snprintf(text, sizeof text, "%d%s", share->value, share->percent ? "%" : "");
    return json_string(text);
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
    json_object_set_new(object, "kill_grace_s", value_seconds(job->kill_grace));
    json_object_set_new(object, "pause_between_s", value_seconds(job->pause_between));
    json_object_set_new(object, "max_failures",
                        share_text(job->has_max_failures, &job->max_failures));
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

/* What stands after --, null for a secret; no list: nothing does. */
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
    json_object_set_new(object, "script_timeout_s", value_seconds(overrides->script_timeout));
    json_object_set_new(object, "attempts", json_integer(overrides->attempts));
    json_object_set_new(object, "batches", value_text(overrides->batches));
    json_object_set_new(object, "max_failures", value_text(overrides->max_failures));
    json_object_set_new(object, "targets", value_text(overrides->targets));
    json_object_set_new(object, "az", value_text(overrides->az));
    json_object_set_new(object, "client", value_text(overrides->client));
    json_object_set_new(object, "identity", value_text(overrides->identity));
    json_object_set_new(object, "set", texts_array(overrides->settings, overrides->setting_count));
    json_object_set_new(object, "set_secret",
                        texts_array(overrides->secrets, overrides->secret_count));
    json_object_set_new(object, "args", arguments_array(overrides));
    return object;
}

static json_t *git_object(const struct origin *origin)
{
    json_t *object;

    if (origin->commit == NULL)
        return json_null();
    object = json_object();
    json_object_set_new(object, "commit", value_text(origin->commit));
    json_object_set_new(object, "dirty", json_boolean(origin->dirty));
    return object;
}

void event_head_write_run(struct buffer *line, json_t *object, const struct event *event,
                          const struct result *result)
{
    json_object_set_new(object, "version", json_integer(EVENT_VERSION));
    json_object_set_new(object, "azfan", json_string(AZFAN_VERSION));
    json_object_set_new(object, "run", value_text(result->run));
    json_object_set_new(object, "rehearsal", json_boolean(result->rehearsal));
    json_object_set_new(object, "speed", json_integer(result->speed));
    json_object_set_new(object, "client", value_text(result->client));
    json_object_set_new(object, "identity", value_text(result->identity));
    json_object_set_new(object, "rerun_of", value_text(result->rerun_of));
    json_object_set_new(object, "again", json_boolean(result->again));
    json_object_set_new(object, "recover", json_boolean(result->recover));
    json_object_set_new(object, "job", job_object(&result->job));
    json_object_set_new(object, "git", git_object(&result->origin));
    json_object_set_new(object, "user", value_text(result->origin.user));
    json_object_set_new(object, "host", value_text(result->origin.host));
    json_object_set_new(object, "pid", json_integer(getpid()));
    json_object_set_new(object, "started", value_exact_time(event->wall));
    json_object_set_new(object, "overrides", overrides_object(&result->overrides));
    json_object_set_new(object, "concurrency", json_integer(result->concurrency));
    json_object_set_new(object, "workers", json_integer(event->run.workers));
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

void event_head_write_targets(struct buffer *line, json_t *object, const struct result *result)
{
    struct value_list targets;

    value_list_begin(&targets, line, object, "targets");
    for (size_t i = 0; i < result->target_count; i++)
        value_list_add(&targets, target_object(&result->targets[i]));
    value_list_end(&targets);
}

/* ---- read --------------------------------------------------------------------------------- */

int event_check_first(const json_t *json, struct error *error)
{
    const char *name = value_get_text(json, "event");
    int64_t version = 0;

    if (name == NULL || strcmp(name, "run") != 0 || !value_get_integer(json, "version", &version) ||
        version < 1)
        return error_set(error, "this is not a journal of azfan");
    if (version > EVENT_VERSION)
        return error_set(error,
                         "it was written by a newer azfan: version %" PRId64 "; this one reads %d",
                         version, EVENT_VERSION);
    return 0;
}

/* What stands in every line that is shown. An escape sequence or a line end in it is somebody's,
 * not azfan's. */
static char *copy_name(const json_t *object, const char *key)
{
    const char *name = value_get_text(object, key);
    struct buffer plain = BUFFER_INIT;
    char *copy = NULL;

    if (name == NULL)
        return NULL;
    text_add_plain(&plain, name);
    if (strcmp(buffer_text(&plain), name) == 0 && name[strcspn(name, "\n\t")] == '\0')
        copy = memory_string(name);
    buffer_done(&plain);
    return copy;
}

/* Older journals have none. */
static bool get_optional_seconds(const json_t *object, const char *key, int64_t *ret)
{
    return json_object_get(object, key) == NULL || value_get_seconds(object, key, ret);
}

/* Likewise. */
static bool get_max_failures(const json_t *object, struct result_job *job)
{
    const json_t *value = json_object_get(object, "max_failures");
    const char *text = json_string_value(value);
    int64_t share = 0;
    struct error ignored;

    job->has_max_failures = text != NULL;
    if (text == NULL)
        return value == NULL || json_is_null(value);
    if (number_parse_share(text, 0, INT_MAX, &job->max_failures.percent, &share, &ignored) < 0)
        return false;
    job->max_failures.value = (int)share;
    return true;
}

static bool get_rules_of_job(const json_t *object, struct result_job *job)
{
    return get_optional_seconds(object, "script_grace_s", &job->script_grace) &&
           get_optional_seconds(object, "kill_grace_s", &job->kill_grace) &&
           get_optional_seconds(object, "pause_between_s", &job->pause_between) &&
           get_max_failures(object, job);
}

/* An older journal has none. */
static bool get_files(const json_t *object, struct result_job *job)
{
    const json_t *array = json_object_get(object, "files");
    const json_t *file;
    size_t i;

    job->files = memory_zeroed(json_array_size(array), sizeof *job->files);
    json_array_foreach(array, i, file)
    {
        const char *name = value_get_text(file, "name");
        const char *digest = value_get_text(file, "sha256");
        struct result_file *ret = &job->files[job->file_count];

        if (name == NULL || digest == NULL ||
            !value_get_boolean(file, "executable", &ret->executable))
            return false;
        ret->name = memory_string(name);
        ret->digest = memory_string(digest);
        job->file_count++;
    }
    return array == NULL || json_is_array(array);
}

static int read_job(struct result_job *job, const json_t *object, struct error *error)
{
    bool optional = value_copy_optional(object, "path", &job->path) &&
                    value_copy_optional(object, "runbook", &job->runbook);

    job->name = copy_name(object, "name");
    job->file = memory_string(value_get_text(object, "file"));
    job->digest = memory_string(value_get_text(object, "sha256"));
    job->script_digest = memory_string(value_get_text(object, "script_sha256"));
    if (!optional || job->name == NULL || job->file == NULL || job->digest == NULL ||
        job->script_digest == NULL || !get_files(object, job) ||
        !value_get_seconds(object, "timeout_s", &job->timeout) ||
        !value_get_seconds(object, "script_timeout_s", &job->script_timeout) ||
        !get_rules_of_job(object, job) ||
        !value_get_seconds(object, "deadline_s", &job->deadline) ||
        !value_get_number(object, "attempts", 1, INT_MAX, &job->attempts) ||
        !value_get_number(object, "batches", 1, JOB_TARGETS_MOST, &job->batches))
        return event_miss(error, "the job");
    return 0;
}

static bool get_texts(const json_t *array, char ***ret, size_t *ret_count)
{
    const json_t *text;
    size_t i;

    *ret = memory_zeroed(json_array_size(array), sizeof **ret);
    json_array_foreach(array, i, text)
    {
        if (!json_is_string(text))
            return false;
        (*ret)[(*ret_count)++] = memory_string(json_string_value(text));
    }
    return json_is_array(array);
}

static bool get_settings(const json_t *object, struct result_overrides *overrides)
{
    const json_t *secrets = json_object_get(object, "set_secret");

    return get_texts(json_object_get(object, "set"), &overrides->settings,
                     &overrides->setting_count) &&
           (secrets == NULL || /* an older journal */
            get_texts(secrets, &overrides->secrets, &overrides->secret_count));
}

static bool get_args(const json_t *object, struct result_overrides *overrides)
{
    const json_t *array = json_object_get(object, "args");
    const json_t *text;
    size_t i;

    if (array == NULL || json_is_null(array)) /* an older journal has none */
        return true;
    overrides->has_args = true;
    overrides->args = memory_zeroed(json_array_size(array), sizeof *overrides->args);
    json_array_foreach(array, i, text)
    {
        if (!json_is_string(text) && !json_is_null(text))
            return false;
        overrides->args[overrides->arg_count++] = memory_string(json_string_value(text));
    }
    return json_is_array(array);
}

/* An older journal has none of these. */
static bool get_rules(const json_t *object, struct result_overrides *overrides)
{
    static const char script_timeout[] = "script_timeout_s";
    static const char attempts[] = "attempts";

    return (json_object_get(object, script_timeout) == NULL ||
            value_get_seconds(object, script_timeout, &overrides->script_timeout)) &&
           (json_object_get(object, attempts) == NULL ||
            value_get_number(object, attempts, 0, INT_MAX, &overrides->attempts)) &&
           value_copy_optional(object, "batches", &overrides->batches) &&
           value_copy_optional(object, "max_failures", &overrides->max_failures) &&
           value_copy_optional(object, "targets", &overrides->targets);
}

/* Nothing of it may get lost: a rerun would do something else than the run. */
static int read_overrides(struct result_overrides *overrides, const json_t *object,
                          struct error *error)
{
    if (!value_get_number(object, "concurrency", 0, EVENT_MOST_WORKERS, &overrides->concurrency) ||
        !value_get_seconds(object, "timeout_s", &overrides->timeout) ||
        !value_get_seconds(object, "deadline_s", &overrides->deadline) ||
        !get_rules(object, overrides) || !value_copy_optional(object, "az", &overrides->az) ||
        !value_copy_optional(object, "client", &overrides->client) ||
        !value_copy_optional(object, "identity", &overrides->identity) ||
        !get_settings(object, overrides) || !get_args(object, overrides))
        return event_miss(error, "what the command line said");
    return 0;
}

static void read_origin(struct origin *origin, const json_t *event)
{
    const json_t *git = json_object_get(event, "git");

    origin->user = memory_string(value_get_text(event, "user"));
    origin->host = memory_string(value_get_text(event, "host"));
    origin->commit = memory_string(value_get_text(git, "commit"));
    (void)value_get_boolean(git, "dirty", &origin->dirty);
    (void)value_get_integer(event, "pid", &origin->pid);
}

static bool read_flags(struct result *known, const json_t *json)
{
    (void)value_get_boolean(json, "again", &known->again);     /* older journals have none */
    (void)value_get_boolean(json, "recover", &known->recover); /* likewise */
    known->speed = 1;
    if (json_object_get(json, "speed") != NULL &&
        !value_get_number(json, "speed", 1, LAPSE_SPEED_MOST, &known->speed))
        return false;
    if (!value_copy_optional(json, "client", &known->client))
        return false;
    if (known->client == NULL)
        known->client = memory_string("az"); /* an older azfan, which knew no other */
    return value_copy_optional(json, "identity", &known->identity) &&
           value_copy_optional(json, "rerun_of", &known->rerun_of) &&
           value_get_boolean(json, "rehearsal", &known->rehearsal);
}

int event_head_read_run(const json_t *json, const struct result *result, struct event *ret,
                        struct error *error)
{
    struct result *known = ret->run.known = memory_zeroed(1, sizeof *known);
    int targets = 0;

    (void)result;
    known->run = copy_name(json, "run");
    read_origin(&known->origin, json);
    if (read_job(&known->job, json_object_get(json, "job"), error) < 0 ||
        read_overrides(&known->overrides, json_object_get(json, "overrides"), error) < 0)
        return -1;
    if (known->run == NULL || !read_flags(known, json) ||
        !value_get_time(json, "started", &known->wall_started) ||
        !value_get_number(json, "concurrency", 1, EVENT_MOST_WORKERS, &known->concurrency) ||
        !value_get_number(json, "workers", 1, EVENT_MOST_WORKERS, &known->workers) ||
        !value_get_number(json, "targets", 1, JOB_TARGETS_MOST, &targets))
        return event_miss(error, "a key of the run");
    known->least_limit = known->workers;
    known->target_total = (size_t)targets;
    return 0;
}

/* Who counts by BATCHES has room for so many. */
static int read_target(struct result_target *target, const json_t *object, int batches,
                       struct error *error)
{
    bool optional = value_copy_optional(object, "subscription", &target->subscription);

    target->name = copy_name(object, "name");
    target->resource_group = copy_name(object, "resource_group");
    target->label = copy_name(object, "label");
    if (!optional || target->name == NULL || target->resource_group == NULL ||
        target->label == NULL || !value_get_number(object, "batch", 1, batches, &target->batch))
        return event_miss(error, "a key of a target");
    return 0;
}

int event_head_read_targets(const json_t *json, const struct result *result, struct event *ret,
                            struct error *error)
{
    size_t count = result->target_total;
    const json_t *array = json_object_get(json, "targets");
    struct result *known = ret->targets.known = memory_zeroed(1, sizeof *known);

    if (json_array_size(array) != count)
        return error_set(error, "not as many targets as the run has");
    result_take_targets(known, count);
    for (size_t i = 0; i < count; i++) {
        if (read_target(&known->targets[i], json_array_get(array, i), result->job.batches, error) <
            0)
            return -1;
    }
    return 0;
}
