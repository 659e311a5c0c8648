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

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/value.h"
#include "run/event.h"
#include "run/journal.h"
#include "run/result.h"

enum { TAIL = 16 * 1024, MOST_TARGETS = 100000, MOST_WORKERS = 100000 };

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

static void sort_places(struct replay *self)
{
    const struct result *result = self->result;

    self->places = memory_zeroed(result->target_count, sizeof *self->places);
    for (size_t i = 0; i < result->target_count; i++)
        self->places[i] = (struct place){result->targets[i].label, i};
    qsort(self->places, result->target_count, sizeof *self->places, compare_places);
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

/* What stands in every line that is shown. An escape sequence in it is somebody's, not azfan's. */
static char *copy_name(const json_t *object, const char *key)
{
    const char *name = value_get_text(object, key);
    struct buffer plain = BUFFER_INIT;
    char *copy = NULL;

    if (name == NULL)
        return NULL;
    text_add_plain(&plain, name);
    if (strcmp(buffer_text(&plain), name) == 0)
        copy = memory_string(name);
    buffer_done(&plain);
    return copy;
}

/* ---- the head ----------------------------------------------------------------------------- */

static int read_job(struct result_job *job, const json_t *object, struct error *error)
{
    int64_t attempts = 1;
    int64_t batches = 1;

    job->name = copy_name(object, "name");
    job->file = memory_string(value_get_text(object, "file"));
    job->path = memory_string(value_get_text(object, "path"));
    job->digest = memory_string(value_get_text(object, "sha256"));
    job->script_digest = memory_string(value_get_text(object, "script_sha256"));
    job->runbook = memory_string(value_get_text(object, "runbook"));
    if (job->name == NULL || job->file == NULL || job->digest == NULL ||
        job->script_digest == NULL || !value_get_seconds(object, "timeout_s", &job->timeout) ||
        !value_get_seconds(object, "script_timeout_s", &job->script_timeout) ||
        !value_get_seconds(object, "deadline_s", &job->deadline) ||
        !value_get_integer(object, "attempts", &attempts) ||
        !value_get_integer(object, "batches", &batches))
        return missing(error, "the job");
    job->attempts = (int)attempts;
    job->batches = (int)batches;
    return 0;
}

static void read_overrides(struct result_overrides *overrides, const json_t *object)
{
    const json_t *settings = json_object_get(object, "set");
    int64_t concurrency = 0;

    (void)value_get_integer(object, "concurrency", &concurrency);
    (void)value_get_seconds(object, "timeout_s", &overrides->timeout);
    (void)value_get_seconds(object, "deadline_s", &overrides->deadline);
    overrides->concurrency = (int)concurrency;
    overrides->az = memory_string(value_get_text(object, "az"));
    overrides->settings = memory_zeroed(json_array_size(settings), sizeof *overrides->settings);
    for (size_t i = 0; i < json_array_size(settings); i++) {
        const char *setting = json_string_value(json_array_get(settings, i));

        if (setting != NULL)
            overrides->settings[overrides->setting_count++] = memory_string(setting);
    }
}

static void read_origin(struct result_origin *origin, const json_t *event)
{
    const json_t *git = json_object_get(event, "git");

    origin->user = memory_string(value_get_text(event, "user"));
    origin->host = memory_string(value_get_text(event, "host"));
    origin->commit = memory_string(value_get_text(git, "commit"));
    (void)value_get_boolean(git, "dirty", &origin->dirty);
}

static int read_run(struct replay *self, const json_t *event, struct error *error)
{
    struct result *result = self->result;
    int64_t concurrency = 0;
    int64_t workers = 0;
    int64_t targets = 0;

    if (result->run != NULL)
        return error_set(error, "a second run");
    result->run = copy_name(event, "run");
    result->rerun_of = memory_string(value_get_text(event, "rerun_of"));
    read_overrides(&result->overrides, json_object_get(event, "overrides"));
    read_origin(&result->origin, event);
    if (read_job(&result->job, json_object_get(event, "job"), error) < 0)
        return -1;
    if (result->run == NULL || !value_get_boolean(event, "rehearsal", &result->rehearsal) ||
        !value_get_time(event, "started", &result->wall_started) ||
        !value_get_integer(event, "concurrency", &concurrency) ||
        !value_get_integer(event, "workers", &workers) || workers < 1 || workers > MOST_WORKERS ||
        !value_get_integer(event, "targets", &targets) || targets < 0 || targets > MOST_TARGETS)
        return missing(error, "a key of the run");
    result->concurrency = (int)concurrency;
    result->workers = (int)workers;
    result->least_limit = (int)workers;
    self->target_total = (size_t)targets;
    return 0;
}

static int read_target(struct result_target *target, const json_t *object, struct error *error)
{
    int64_t batch = 1;

    target->name = copy_name(object, "name");
    target->resource_group = copy_name(object, "resource_group");
    target->subscription = memory_string(value_get_text(object, "subscription"));
    target->label = copy_name(object, "label");
    if (target->name == NULL || target->resource_group == NULL || target->label == NULL ||
        !value_get_integer(object, "batch", &batch))
        return missing(error, "a key of a target");
    target->batch = (int)batch;
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
    sort_places(self);
    self->begun = true;
    return 0;
}

/* ---- while it went on --------------------------------------------------------------------- */

static int read_login(struct replay *self, const json_t *event, struct error *error)
{
    (void)error;
    free(self->result->origin.az_version);
    self->result->origin.az_version = memory_string(value_get_text(event, "az_version"));
    result_name_targets(self->result, value_get_text(event, "subscription"));
    return 0;
}

static int read_start(struct replay *self, const json_t *event, struct error *error)
{
    int64_t wall = 0;
    size_t index = 0;

    if (find_target(self, event, &index, error) < 0)
        return -1;
    if (self->result->targets[index].state != RESULT_WAITING)
        return error_set(error, "an attempt that cannot begin now");
    if (!value_get_time(event, "time", &wall))
        return missing(error, "the time");
    result_start(self->result, index, wall);
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
    return 0;
}

static bool get_attempt(const json_t *event, struct result_attempt *ret)
{
    int64_t az_exit = -1;
    int64_t az_signal = 0;
    int64_t leftovers = 0;
    int64_t rss = 0;
    int64_t worker = 0;
    bool ok = value_get_time(event, "started", &ret->wall_started) &&
              value_get_seconds(event, "started_at_s", &ret->at) &&
              value_get_seconds(event, "duration_s", &ret->duration) &&
              value_get_integer(event, "az_exit", &az_exit) &&
              value_get_integer(event, "az_signal", &az_signal) &&
              value_get_boolean(event, "stopped", &ret->stopped) &&
              value_get_integer(event, "leftovers_killed", &leftovers) &&
              value_get_seconds(event, "cpu_s", &ret->cpu_time) &&
              value_get_integer(event, "max_rss_kib", &rss) &&
              value_get_integer(event, "worker", &worker);

    ret->az_exit = (int)az_exit;
    ret->az_signal = (int)az_signal;
    ret->leftovers_killed = (int)leftovers;
    ret->max_rss_kib = (long)rss;
    ret->worker = (int)worker;
    return ok;
}

static bool get_outcome(const json_t *event, struct outcome *ret)
{
    const char *kind = value_get_text(event, "outcome");
    const char *reason = value_get_text(event, "reason");
    const char *script = value_get_text(event, "script_started");
    int64_t exit_code = -1;
    int found;

    if (kind == NULL || reason == NULL || script == NULL ||
        !value_get_integer(event, "exit_code", &exit_code) ||
        !value_get_boolean(event, "may_still_run", &ret->may_still_run) ||
        !value_get_seconds(event, "retry_after_s", &ret->retry_after))
        return false;
    ret->kind = outcome_find_kind(kind);
    ret->reason = outcome_find_reason(reason);
    found = outcome_find_script(script);
    ret->script = (enum outcome_script)found;
    ret->exit_code = (int)exit_code;
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
        !value_get_boolean(event, "settled", &settled)) {
        answer_done(&answer);
        return missing(error, "a key of an attempt's end");
    }
    attempt.outcome = answer.outcome.kind;
    attempt.reason = answer.outcome.reason;
    attempt.message = memory_string(value_get_text(event, "message"));
    answer.outcome.message = memory_string(attempt.message);
    result_end(self->result, index, &attempt, &answer, settled);
    return 0;
}

static int read_limit(struct replay *self, const json_t *event, struct error *error)
{
    int64_t limit = 0;

    if (!value_get_integer(event, "limit", &limit))
        return missing(error, "the limit");
    result_limit(self->result, (int)limit);
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
    int64_t signal = 0;

    if (read_ending(event, &ending, error) < 0)
        return -1;
    if (ending == RESULT_COMPLETE || !value_get_integer(event, "signal", &signal) || signal < 0 ||
        signal > 64)
        return missing(error, "the ending");
    result_end_early(self->result, ending, (int)signal, value_get_text(event, "cause"));
    (void)result_settle_rest(self->result, NULL);
    return 0;
}

static int read_finish(struct replay *self, const json_t *event, struct error *error)
{
    struct result *result = self->result;
    const char *trouble = value_get_text(event, "trouble");

    if (!value_get_time(event, "ended", &result->wall_ended) ||
        !value_get_seconds(event, "duration_s", &result->duration))
        return missing(error, "the end of the run");
    if (trouble != NULL)
        result_trouble(result, trouble);
    if (result->settled != result->target_count)
        return error_set(error, "the run's end, with targets that have none");
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

    if (name == NULL || strcmp(name, "run") != 0 || !value_get_integer(event, "version", &version))
        return error_set(error, "this is no journal of azfan");
    if (version > EVENT_VERSION)
        return error_set(error,
                         "it was written by a newer azfan: version %d, and this one reads %d",
                         (int)version, EVENT_VERSION);
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
    json_t *event = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
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
        return error_set(error, "%s holds no run: azfan %s", path,
                         live ? "is only just beginning it" : "was ended before it began");
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

static void read_counts(struct result *result, const json_t *counts)
{
    for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
        int64_t count = 0;

        (void)value_get_integer(counts, outcome_name((enum outcome_kind)kind), &count);
        result->counts[kind] = (size_t)count;
        result->settled += (size_t)count;
    }
}

/* Of the last lines only the very last one counts; a line that is no event tells nothing. */
static int read_last(void *context, size_t number, const char *line, size_t length,
                     struct error *error)
{
    struct replay *self = context;
    json_t *event = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
    const char *name = value_get_text(event, "event");
    const char *trouble = value_get_text(event, "trouble");
    int64_t status = 0;

    (void)number;
    if (name != NULL && strcmp(name, "finish") == 0 &&
        value_get_integer(event, "exit_status", &status) &&
        read_ending(event, &self->result->ending, error) == 0) {
        see_time(self->result, event);
        (void)value_get_time(event, "ended", &self->result->wall_ended);
        (void)value_get_seconds(event, "duration_s", &self->result->duration);
        read_counts(self->result, json_object_get(event, "counts"));
        if (trouble != NULL)
            result_trouble(self->result, trouble);
        if (self->result->ending == RESULT_SIGNAL)
            self->result->signal = (int)status - 128;
        self->finished = true;
    }
    json_decref(event);
    return 0;
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
    result = journal_read_first(path, read_line, &self, error);
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
