/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Each line of the journal is one event; a table gives
 * every event its reader, which changes the result as run/conduct did when it
 * wrote the line. Nothing in a line is trusted: a journal may be damaged, or
 * somebody else's file. So every state that the result's functions take for
 * granted is checked here first. Events that are not known are passed over: a
 * newer azfan may write more of them without another version.
 */
#include "run/replay.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/value.h"
#include "run/event.h"
#include "run/journal.h"
#include "run/result.h"

enum { TAIL = 16 * 1024, MOST_TARGETS = 100000, MOST_WORKERS = 100000 };

/* How jansson reads a line: a stream may hold NULs, and of a key that stands twice one is a lie. */
enum { READING = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL };

struct place {
    const char *label;
    size_t index;
};

struct replay {
    struct result *result;
    struct place *places; /* the targets, sorted by label */
    size_t target_total;  /* as the first line says */
    size_t lines;
    bool begun;    /* the targets are known */
    bool finished; /* the last line was there */
};

/* ---- finding ------------------------------------------------------------------------------ */

static int compare_places(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->label, ((const struct place *)b)->label);
}

static int sort_places(struct replay *self, struct error *error)
{
    const struct result *result = self->result;

    self->places = memory_zeroed(result->target_count, sizeof *self->places);
    for (size_t i = 0; i < result->target_count; i++)
        self->places[i] = (struct place){result->targets[i].label, i};
    qsort(self->places, result->target_count, sizeof *self->places, compare_places);
    for (size_t i = 1; i < result->target_count; i++) {
        if (compare_places(&self->places[i - 1], &self->places[i]) == 0)
            return error_set(error, "two targets with the same label");
    }
    return 0;
}

static int find_target(const struct replay *self, const json_t *event, size_t *ret,
                       struct error *error)
{
    struct place wanted = {value_get_text(event, "target"), 0};
    const struct place *found = NULL;

    if (self->begun && wanted.label != NULL)
        found = bsearch(&wanted, self->places, self->result->target_count, sizeof wanted,
                        compare_places);
    if (found == NULL)
        return error_set(error, "a target that the run does not have");
    *ret = found->index;
    return 0;
}

static int missing(struct error *error, const char *what)
{
    return error_set(error, "%s is missing, or not what it should be", what);
}

/* ---- values ------------------------------------------------------------------------------- */

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

/* A whole number from LEAST to MOST. */
static bool get_number(const json_t *object, const char *key, int least, int most, int *ret)
{
    int64_t number;

    if (!value_get_integer(object, key, &number) || number < least || number > most)
        return false;
    *ret = (int)number;
    return true;
}

/* A copy of a text that may be missing or null; but nothing else may be in its place. */
static bool get_optional(const json_t *object, const char *key, char **ret)
{
    const json_t *value = json_object_get(object, key);

    *ret = memory_string(value_get_text(object, key));
    return value == NULL || json_is_null(value) || *ret != NULL;
}

/* ---- the head ----------------------------------------------------------------------------- */

/* Older journals have none. */
static bool get_grace(const json_t *object, int64_t *ret)
{
    static const char key[] = "script_grace_s";

    return json_object_get(object, key) == NULL || value_get_seconds(object, key, ret);
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
    bool optional =
        get_optional(object, "path", &job->path) && get_optional(object, "runbook", &job->runbook);

    job->name = copy_name(object, "name");
    job->file = memory_string(value_get_text(object, "file"));
    job->digest = memory_string(value_get_text(object, "sha256"));
    job->script_digest = memory_string(value_get_text(object, "script_sha256"));
    if (!optional || job->name == NULL || job->file == NULL || job->digest == NULL ||
        job->script_digest == NULL || !get_files(object, job) ||
        !value_get_seconds(object, "timeout_s", &job->timeout) ||
        !value_get_seconds(object, "script_timeout_s", &job->script_timeout) ||
        !get_grace(object, &job->script_grace) ||
        !value_get_seconds(object, "deadline_s", &job->deadline) ||
        !get_number(object, "attempts", 1, INT_MAX, &job->attempts) ||
        !get_number(object, "batches", 1, MOST_TARGETS, &job->batches))
        return missing(error, "the job");
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

/* Nothing of it may get lost: a rerun would do something else than the run. */
static int read_overrides(struct result_overrides *overrides, const json_t *object,
                          struct error *error)
{
    if (!get_number(object, "concurrency", 0, MOST_WORKERS, &overrides->concurrency) ||
        !value_get_seconds(object, "timeout_s", &overrides->timeout) ||
        !value_get_seconds(object, "deadline_s", &overrides->deadline) ||
        !get_optional(object, "az", &overrides->az) || !get_settings(object, overrides) ||
        !get_args(object, overrides))
        return missing(error, "what the command line said");
    return 0;
}

static void read_origin(struct result_origin *origin, const json_t *event)
{
    const json_t *git = json_object_get(event, "git");

    origin->user = memory_string(value_get_text(event, "user"));
    origin->host = memory_string(value_get_text(event, "host"));
    origin->commit = memory_string(value_get_text(git, "commit"));
    (void)value_get_boolean(git, "dirty", &origin->dirty);
    (void)value_get_integer(event, "pid", &origin->pid);
}

static int read_run(struct replay *self, const json_t *event, struct error *error)
{
    struct result *result = self->result;
    int targets = 0;

    if (result->run != NULL)
        return error_set(error, "a second run");
    result->run = copy_name(event, "run");
    read_origin(&result->origin, event);
    if (read_job(&result->job, json_object_get(event, "job"), error) < 0 ||
        read_overrides(&result->overrides, json_object_get(event, "overrides"), error) < 0)
        return -1;
    if (result->run == NULL || !get_optional(event, "rerun_of", &result->rerun_of) ||
        !value_get_boolean(event, "rehearsal", &result->rehearsal) ||
        !value_get_time(event, "started", &result->wall_started) ||
        !get_number(event, "concurrency", 1, MOST_WORKERS, &result->concurrency) ||
        !get_number(event, "workers", 1, MOST_WORKERS, &result->workers) ||
        !get_number(event, "targets", 1, MOST_TARGETS, &targets))
        return missing(error, "a key of the run");
    (void)value_get_boolean(event, "again", &result->again);
    result->least_limit = result->workers;
    self->target_total = (size_t)targets;
    return 0;
}

static int read_target(struct result_target *target, const json_t *object, struct error *error)
{
    bool optional = get_optional(object, "subscription", &target->subscription);

    target->name = copy_name(object, "name");
    target->resource_group = copy_name(object, "resource_group");
    target->label = copy_name(object, "label");
    if (!optional || target->name == NULL || target->resource_group == NULL ||
        target->label == NULL || !get_number(object, "batch", 1, MOST_TARGETS, &target->batch))
        return missing(error, "a key of a target");
    return 0;
}

static int read_targets(struct replay *self, const json_t *event, struct error *error)
{
    const json_t *array = json_object_get(event, "targets");
    struct result *result = self->result;

    if (self->begun || json_array_size(array) != self->target_total)
        return error_set(error, "not as many targets as the run has");
    result_take_targets(result, self->target_total);
    for (size_t i = 0; i < self->target_total; i++) {
        if (read_target(&result->targets[i], json_array_get(array, i), error) < 0)
            return -1;
    }
    result_name_targets(result, NULL);
    if (sort_places(self, error) < 0)
        return -1;
    self->begun = true;
    return 0;
}

/* ---- while it went on --------------------------------------------------------------------- */

static int read_login(struct replay *self, const json_t *event, struct error *error)
{
    char *subscription;

    if (!get_optional(event, "subscription", &subscription))
        return missing(error, "the subscription");
    result_name_targets(self->result, subscription);
    free(subscription);
    free(self->result->origin.az_version);
    self->result->origin.az_version = memory_string(value_get_text(event, "az_version"));
    return 0;
}

/* Whose mark the guard looks for. An older azfan did not say: it made one of its own run where
 * there was more than one attempt. */
static bool take_mark(struct result *result, size_t index, const json_t *event)
{
    char *run = NULL;

    if (json_object_get(event, "mark") == NULL)
        run = result->job.attempts > 1 && !result->rehearsal ? memory_string(result->run) : NULL;
    else if (!get_optional(event, "mark", &run))
        return false;
    result_take_mark(result, index, run);
    free(run);
    return true;
}

static int read_start(struct replay *self, const json_t *event, struct error *error)
{
    int64_t wall = 0;
    int64_t at = 0;
    size_t index = 0;

    if (find_target(self, event, &index, error) < 0)
        return -1;
    if (self->result->targets[index].state != RESULT_WAITING)
        return error_set(error, "an attempt that cannot begin now");
    if (!value_get_time(event, "time", &wall))
        return missing(error, "the time");
    if (!take_mark(self->result, index, event))
        return missing(error, "the mark");
    (void)value_get_seconds(event, "at_s", &at);
    result_start(self->result, index, wall, at);
    return 0;
}

static int read_put_back(struct replay *self, const json_t *event, struct error *error)
{
    size_t index = 0;

    if (find_target(self, event, &index, error) < 0)
        return -1;
    if (self->result->targets[index].state != RESULT_STARTED)
        return error_set(error, "an attempt that was not begun");
    result_unstart(self->result, index);
    /* What a halt found that no worker had begun is put back behind the halt's own line. */
    if (self->result->ending != RESULT_COMPLETE)
        (void)result_settle_rest(self->result, NULL);
    return 0;
}

static bool get_attempt(const json_t *event, struct result_attempt *ret)
{
    int64_t rss = 0;
    bool ok = value_get_time(event, "started", &ret->wall_started) &&
              value_get_seconds(event, "started_at_s", &ret->at) &&
              value_get_seconds(event, "duration_s", &ret->duration) &&
              get_number(event, "az_exit", -1, INT_MAX, &ret->az_exit) &&
              get_number(event, "az_signal", 0, INT_MAX, &ret->az_signal) &&
              value_get_boolean(event, "stopped", &ret->stopped) &&
              get_number(event, "leftovers_killed", 0, INT_MAX, &ret->leftovers_killed) &&
              value_get_seconds(event, "cpu_s", &ret->cpu_time) &&
              value_get_integer(event, "max_rss_kib", &rss) &&
              get_number(event, "worker", 0, MOST_WORKERS, &ret->worker) &&
              get_optional(event, "message", &ret->message);

    ret->max_rss_kib = (long)rss;
    return ok;
}

static bool get_outcome(const json_t *event, struct outcome *ret)
{
    const char *kind = value_get_text(event, "outcome");
    const char *reason = value_get_text(event, "reason");
    const char *script = value_get_text(event, "script_started");
    int found;

    if (kind == NULL || reason == NULL || script == NULL ||
        !get_number(event, "exit_code", INT_MIN, INT_MAX, &ret->exit_code) ||
        !value_get_boolean(event, "may_still_run", &ret->may_still_run) ||
        !value_get_seconds(event, "retry_after_s", &ret->retry_after))
        return false;
    ret->kind = outcome_find_kind(kind);
    ret->reason = outcome_find_reason(reason);
    ret->cause = cause_find(value_get_text(event, "cause")); /* older journals have none */
    found = outcome_find_script(script);
    ret->script = (enum outcome_script)found;
    return ret->kind != OUTCOME_KINDS && ret->reason != REASONS && found >= 0 &&
           outcome_is_valid(ret->kind, ret->reason);
}

static bool get_stream(const json_t *event, const char *key, struct buffer *ret)
{
    const json_t *value = json_object_get(event, key);

    if (!json_is_string(value))
        return false;
    buffer_append(ret, json_string_value(value), json_string_length(value));
    return true;
}

static bool get_answer(const json_t *event, struct answer *ret)
{
    return get_outcome(event, &ret->outcome) && get_stream(event, "stdout", &ret->output) &&
           get_stream(event, "stderr", &ret->errors) &&
           value_get_boolean(event, "stdout_truncated", &ret->output_truncated) &&
           value_get_boolean(event, "stderr_truncated", &ret->errors_truncated);
}

/* Attempts that last longer than any clock have not been. */
static bool can_add(const struct result_target *target, const struct result_attempt *attempt)
{
    return attempt->duration <= INT64_MAX - target->duration;
}

static int read_end(struct replay *self, const json_t *event, struct error *error)
{
    struct result_attempt attempt = {.az_exit = -1};
    struct answer answer = {.outcome = {.exit_code = -1}};
    bool settled = false;
    size_t index = 0;

    if (find_target(self, event, &index, error) < 0)
        return -1;
    if (self->result->targets[index].state != RESULT_STARTED)
        return error_set(error, "the end of an attempt that was not begun");
    if (!get_attempt(event, &attempt) || !get_answer(event, &answer) ||
        !value_get_boolean(event, "settled", &settled) ||
        !can_add(&self->result->targets[index], &attempt)) {
        free(attempt.message);
        answer_done(&answer);
        return missing(error, "a key of an attempt's end");
    }
    attempt.outcome = answer.outcome.kind;
    attempt.reason = answer.outcome.reason;
    answer.outcome.message = memory_string(attempt.message);
    result_end(self->result, index, &attempt, &answer, settled);
    return 0;
}

static int read_limit(struct replay *self, const json_t *event, struct error *error)
{
    int limit;

    if (!get_number(event, "limit", 1, MOST_WORKERS, &limit))
        return missing(error, "the limit");
    result_limit(self->result, limit);
    return 0;
}

static int read_ending(const json_t *event, enum result_ending *ret, struct error *error)
{
    const char *name = value_get_text(event, "ending");
    int ending = name != NULL ? event_find_ending(name) : -1;

    if (ending < 0 || ending >= RESULT_INTERRUPTED)
        return missing(error, "the ending");
    *ret = (enum result_ending)ending;
    return 0;
}

static int read_halt(struct replay *self, const json_t *event, struct error *error)
{
    enum result_ending ending = RESULT_COMPLETE;
    char *cause;
    int signal = 0;

    if (read_ending(event, &ending, error) < 0)
        return -1;
    if (ending == RESULT_COMPLETE || !get_number(event, "signal", 0, INT_MAX, &signal) ||
        (ending == RESULT_SIGNAL && sigabbrev_np(signal) == NULL))
        return missing(error, "the ending");
    if (!get_optional(event, "cause", &cause))
        return missing(error, "the cause");
    result_end_early(self->result, ending, signal, cause);
    (void)result_settle_rest(self->result, NULL);
    free(cause);
    return 0;
}

/* False: there are none, or they are not of so many targets. */
static bool get_counts(const json_t *event, size_t targets, size_t counts[OUTCOME_KINDS])
{
    const json_t *object = json_object_get(event, "counts");
    size_t sum = 0;

    for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
        int count;

        if (!get_number(object, outcome_name((enum outcome_kind)kind), 0, MOST_TARGETS, &count))
            return false;
        counts[kind] = (size_t)count;
        sum += (size_t)count;
    }
    return sum == targets;
}

/* Does the last line say the same as all before it? */
static bool agrees(const struct result *result, const json_t *event)
{
    enum result_ending ending = RESULT_GOING;
    size_t counts[OUTCOME_KINDS];
    struct error ignored;

    return read_ending(event, &ending, &ignored) == 0 && ending == result->ending &&
           get_counts(event, result->target_count, counts) &&
           memcmp(counts, result->counts, sizeof counts) == 0;
}

static int read_finish(struct replay *self, const json_t *event, struct error *error)
{
    struct result *result = self->result;

    if (!value_get_time(event, "ended", &result->wall_ended) ||
        !value_get_seconds(event, "duration_s", &result->duration) ||
        !get_optional(event, "trouble", &result->trouble))
        return missing(error, "the end of the run");
    if (result->settled != result->target_count)
        return error_set(error, "the run's end, with targets that have none");
    if (!agrees(result, event))
        return error_set(error, "the run's end is another one than what came before it");
    self->finished = true;
    return 0;
}

static const struct reader {
    const char *event;
    int (*read)(struct replay *self, const json_t *event, struct error *error);
} readers[] = {{"run", read_run},           {"targets", read_targets}, {"login", read_login},
               {"start", read_start},       {"end", read_end},         {"limit", read_limit},
               {"put_back", read_put_back}, {"halt", read_halt},       {"finish", read_finish}};

/* ---- lines -------------------------------------------------------------------------------- */

/* Until the last line says better, the run lasted until the last thing that is known of it. */
static void see_time(struct result *result, const json_t *event)
{
    (void)value_get_time(event, "time", &result->wall_ended);
    (void)value_get_seconds(event, "at_s", &result->duration);
}

static int check_first(const json_t *event, struct error *error)
{
    const char *name = value_get_text(event, "event");
    int64_t version = 0;

    if (name == NULL || strcmp(name, "run") != 0 ||
        !value_get_integer(event, "version", &version) || version < 1)
        return error_set(error, "this is no journal of azfan");
    if (version > EVENT_VERSION)
        return error_set(
            error, "it was written by a newer azfan: version %" PRId64 ", and this one reads %d",
            version, EVENT_VERSION);
    return 0;
}

static int read_event(struct replay *self, const json_t *event, struct error *error)
{
    const char *name = value_get_text(event, "event");

    if (self->lines == 0 && check_first(event, error) < 0)
        return -1;
    if (name == NULL)
        return error_set(error, "damaged: this line is no event");
    if (self->finished)
        return error_set(error, "damaged: a line behind the run's end");
    self->lines++;
    see_time(self->result, event);
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        struct error cause;

        if (strcmp(readers[i].event, name) == 0 && readers[i].read(self, event, &cause) < 0)
            return error_set(error, "damaged: %s", cause.text);
    }
    return 0;
}

static int read_line(void *context, size_t number, const char *line, size_t length,
                     struct error *error)
{
    struct replay *self = context;
    json_t *event = json_loadb(line, length, READING, NULL);
    int result;

    (void)number;
    if (event == NULL)
        return error_set(error, self->lines == 0 ? "this is no journal of azfan"
                                                 : "damaged: this line is no JSON");
    result = read_event(self, event, error);
    json_decref(event);
    return result;
}

/* ---- runs --------------------------------------------------------------------------------- */

static int read_all(struct replay *self, const char *path, struct error *error)
{
    bool live = journal_is_live(path); /* first: what is not live now will not grow any more */

    if (journal_read(path, read_line, self, error) < 0)
        return -1;
    if (!self->begun)
        return error_set(error,
                         live ? "%s holds no run yet: azfan is about to begin it"
                              : "%s holds no run: azfan was ended before it began",
                         path);
    if (self->finished)
        return 0;
    if (live)
        self->result->ending = RESULT_GOING;
    else
        result_interrupt(self->result);
    return 0;
}

int replay_run(const char *folder, struct result *ret, struct error *error)
{
    struct replay self = {.result = ret};
    char *path = memory_print("%s/journal.jsonl", folder);
    int result;

    *ret = (struct result){.folder = memory_string(folder)};
    result = read_all(&self, path, error);
    if (result < 0) {
        result_done(ret);
        *ret = (struct result){.run = NULL}; /* freed once more it does no harm */
    }
    free(self.places);
    free(path);
    return result;
}

/* ---- summaries ---------------------------------------------------------------------------- */

static int read_end_of_run(struct replay *self, const json_t *event, struct error *error)
{
    struct result *result = self->result;
    int status = 0;

    if (read_ending(event, &result->ending, error) < 0)
        return -1;
    if (!value_get_time(event, "ended", &result->wall_ended) ||
        !value_get_seconds(event, "duration_s", &result->duration) ||
        !get_optional(event, "trouble", &result->trouble) ||
        !get_counts(event, self->target_total, result->counts) ||
        !get_number(event, "exit_status", 0, UCHAR_MAX, &status))
        return missing(error, "the end of the run");
    if (result->ending == RESULT_SIGNAL)
        result->signal = status - 128;
    if (result->ending == RESULT_SIGNAL && sigabbrev_np(result->signal) == NULL)
        return missing(error, "the signal");
    result->settled = self->target_total;
    self->finished = true;
    return 0;
}

/* The very last line counts. After an error here all of them are read, and judged. */
static int read_last(void *context, size_t number, const char *line, size_t length,
                     struct error *error)
{
    struct replay *self = context;
    json_t *event = json_loadb(line, length, READING, NULL);
    const char *name = value_get_text(event, "event");
    int result = 0;

    (void)number;
    if (self->finished)
        result = error_set(error, "damaged: a line behind the run's end");
    else if (name != NULL && strcmp(name, "finish") == 0)
        result = read_end_of_run(self, event, error);
    json_decref(event);
    return result;
}

static void forget_targets(struct result *result)
{
    struct result without = *result;

    without.targets = NULL;
    without.target_count = 0;
    *result = (struct result){.targets = result->targets, .target_count = result->target_count};
    result_done(result);
    *result = without;
}

int replay_summary(const char *folder, struct result *ret, size_t *ret_targets, struct error *error)
{
    struct replay self = {.result = ret};
    char *path = memory_print("%s/journal.jsonl", folder);
    int result;

    *ret = (struct result){.folder = memory_string(folder)};
    result = journal_read_first(path, 1, read_line, &self, error);
    if (result == 0)
        result = journal_read_tail(path, TAIL, read_last, &self, error);
    *ret_targets = self.target_total;
    if (result < 0 || !self.finished) {
        result_done(ret);
        result = replay_run(folder, ret, error);
        if (result == 0) {
            *ret_targets = ret->target_count;
            forget_targets(ret);
        }
    }
    free(path);
    return result;
}

int replay_head(const char *folder, struct result *ret, struct error *error)
{
    struct replay self = {.result = ret};
    char *path = memory_print("%s/journal.jsonl", folder);
    int result;

    *ret = (struct result){.folder = memory_string(folder)};
    result = journal_read_first(path, 1, read_line, &self, error);
    if (result == 0 && ret->run == NULL)
        result = error_set(error, "%s holds no run", path);
    if (result < 0) {
        result_done(ret);
        *ret = (struct result){.run = NULL};
    }
    free(path);
    return result;
}

/* What a journal begins with: the run, its targets, the login, the first start. */
enum { BEGINNING = 4 };

int replay_beginning(const char *folder, struct result *ret, struct error *error)
{
    struct replay self = {.result = ret};
    char *path = memory_print("%s/journal.jsonl", folder);
    int result;

    *ret = (struct result){.folder = memory_string(folder)};
    result = journal_read_first(path, BEGINNING, read_line, &self, error);
    if (result == 0 && !self.begun)
        result = error_set(error, "%s holds no run yet", path);
    if (result == 0 && !self.finished)
        result = journal_read_tail(path, TAIL, read_last, &self, error);
    if (result < 0) {
        result_done(ret);
        *ret = (struct result){.run = NULL};
    } else if (!self.finished) {
        ret->ending = RESULT_GOING;
    }
    free(self.places);
    free(path);
    return result;
}
