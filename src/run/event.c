/* SPDX-License-Identifier: MIT */
/*
 * The file is longer than others, on purpose: it is one table, and beside it how each line is
 * written and read.
 */
#include "run/event.h"

#include <assert.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/value.h"
#include "job/cause.h"
#include "job/job.h"
#include "run/event_head.h"
#include "run/event_operation.h"
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

static int find_ending(const char *name)
{
    for (int i = 0; i <= RESULT_GOING; i++) {
        if (strcmp(ending_names[i], name) == 0)
            return i;
    }
    return -1;
}

/* ---- written ------------------------------------------------------------------------------ */

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

static const char *const operation_ends[] = {
    [REST_NONE] = NULL,
    [REST_OPEN] = "open",
    [REST_OVER] = "over",
    [REST_FORGOTTEN] = "forgotten",
};

static void write_login(json_t *object, const struct event *event)
{
    json_object_set_new(object, "subscription", value_text(event->login.subscription));
    json_object_set_new(object, "az_version", value_text(event->login.az_version));
}

static void write_start(json_t *object, const struct event *event)
{
    json_object_set_new(object, "attempt", json_integer(event->start.number));
    json_object_set_new(object, "mark", value_text(event->start.mark));
}

static void write_put_back(json_t *object, const struct event *event)
{
    json_object_set_new(object, "message", value_text(event->put_back.message));
}

static void write_end(json_t *object, const struct event *event)
{
    const struct result_attempt *attempt = &event->end.attempt;
    const struct answer *answer = &event->end.answer;

    json_object_set_new(object, "attempt", json_integer(event->end.number));
    json_object_set_new(object, "settled", json_boolean(event->end.settled));
    if (!event->end.settled)
        json_object_set_new(object, "again_at_s", value_seconds(event->end.again_at));
    json_object_set_new(object, "started", value_exact_time(attempt->wall_started));
    json_object_set_new(object, "started_at_s", value_seconds(attempt->at));
    event_set_process(object, attempt);
    set_outcome(object, &answer->outcome);
    event_set_streams(object, &answer->output, answer->output_truncated, &answer->errors,
                      answer->errors_truncated);
    json_object_set_new(object, "operation", value_text(operation_ends[answer->operation]));
}

static void write_limit(json_t *object, const struct event *event)
{
    json_object_set_new(object, "limit", json_integer(event->limit));
}

static void write_halt(json_t *object, const struct event *event)
{
    json_object_set_new(object, "ending", json_string(ending_names[event->halt.ending]));
    json_object_set_new(object, "signal", json_integer(event->halt.signal));
    json_object_set_new(object, "stage", json_string(schedule_stage_name(event->halt.stage)));
    json_object_set_new(object, "cause", value_text(event->halt.cause));
}

void event_set_counts(json_t *object, const size_t counts[OUTCOME_KINDS])
{
    json_t *set = json_object();

    for (int kind = 0; kind < OUTCOME_KINDS; kind++)
        json_object_set_new(set, outcome_name((enum outcome_kind)kind),
                            json_integer((json_int_t)counts[kind]));
    json_object_set_new(object, "counts", set);
}

static void write_finish(json_t *object, const struct event *event)
{
    json_object_set_new(object, "ended", value_exact_time(event->wall));
    json_object_set_new(object, "duration_s", value_seconds(event->finish.duration));
    json_object_set_new(object, "ending", json_string(ending_names[event->finish.ending]));
    json_object_set_new(object, "exit_status", json_integer(event->finish.exit_status));
    json_object_set_new(object, "trouble", value_text(event->finish.trouble));
    event_set_counts(object, event->finish.counts);
}

/* ---- read --------------------------------------------------------------------------------- */

int event_miss(struct error *error, const char *what)
{
    return error_set(error, "%s is missing, or not what it should be", what);
}

static int read_login(const json_t *json, const struct result *result, struct event *ret,
                      struct error *error)
{
    (void)result;
    if (!value_copy_optional(json, "subscription", &ret->login.subscription))
        return event_miss(error, "the subscription");
    ret->login.az_version = memory_string(value_get_text(json, "az_version"));
    return 0;
}

/* Whose mark the guard looks for. An older azfan did not say: it made one of its own run where
 * there was more than one attempt. */
static bool get_mark(const json_t *json, const struct result *result, char **ret)
{
    if (json_object_get(json, "mark") != NULL)
        return value_copy_optional(json, "mark", ret);
    *ret = result->job.attempts > 1 && !result->rehearsal ? memory_string(result->run) : NULL;
    return true;
}

static int read_start(const json_t *json, const struct result *result, struct event *ret,
                      struct error *error)
{
    if (ret->wall == EVENT_NO_TIME)
        return event_miss(error, "the time");
    if (!get_mark(json, result, &ret->start.mark))
        return event_miss(error, "the mark");
    (void)value_get_number(json, "attempt", 1, INT_MAX, &ret->start.number);
    return 0;
}

static int read_put_back(const json_t *json, const struct result *result, struct event *ret,
                         struct error *error)
{
    (void)result;
    (void)error;
    ret->put_back.message = memory_string(value_get_text(json, "message"));
    return 0;
}

static bool get_attempt(const json_t *json, struct result_attempt *ret)
{
    int64_t rss = 0;
    bool ok = value_get_time(json, "started", &ret->wall_started) &&
              value_get_seconds(json, "started_at_s", &ret->at) &&
              value_get_seconds(json, "duration_s", &ret->duration) &&
              value_get_number(json, "az_exit", -1, INT_MAX, &ret->az_exit) &&
              value_get_number(json, "az_signal", 0, INT_MAX, &ret->az_signal) &&
              value_get_boolean(json, "stopped", &ret->stopped) &&
              value_get_number(json, "leftovers_killed", 0, INT_MAX, &ret->leftovers_killed) &&
              value_get_seconds(json, "cpu_s", &ret->cpu_time) &&
              value_get_integer(json, "max_rss_kib", &rss) &&
              value_get_number(json, "worker", 0, EVENT_MOST_WORKERS, &ret->worker) &&
              value_copy_optional(json, "message", &ret->message);

    ret->max_rss_kib = (long)rss;
    return ok;
}

static bool get_outcome(const json_t *json, struct outcome *ret)
{
    const char *kind = value_get_text(json, "outcome");
    const char *reason = value_get_text(json, "reason");
    const char *script = value_get_text(json, "script_started");
    int found;

    if (kind == NULL || reason == NULL || script == NULL ||
        !value_get_number(json, "exit_code", INT_MIN, INT_MAX, &ret->exit_code) ||
        !value_get_boolean(json, "may_still_run", &ret->may_still_run) ||
        !value_get_seconds(json, "retry_after_s", &ret->retry_after))
        return false;
    ret->kind = outcome_find_kind(kind);
    ret->reason = outcome_find_reason(reason);
    ret->cause = cause_find(value_get_text(json, "cause")); /* older journals have none */
    found = outcome_find_script(script);
    ret->script = (enum outcome_script)found;
    return ret->kind != OUTCOME_KINDS && ret->reason != REASONS && found >= 0 &&
           outcome_is_valid(ret->kind, ret->reason);
}

static bool get_stream(const json_t *json, const char *key, struct buffer *ret)
{
    const json_t *value = json_object_get(json, key);

    if (!json_is_string(value))
        return false;
    buffer_append(ret, json_string_value(value), json_string_length(value));
    return true;
}

/* An older journal has none. */
static bool get_operation(const json_t *json, enum rest_end *ret)
{
    const json_t *value = json_object_get(json, "operation");
    const char *word = json_string_value(value);

    for (int i = REST_OPEN; word != NULL && i <= REST_FORGOTTEN; i++) {
        if (strcmp(word, operation_ends[i]) == 0)
            *ret = (enum rest_end)i;
    }
    return value == NULL || json_is_null(value) || *ret != REST_NONE;
}

static bool get_answer(const json_t *json, struct answer *ret)
{
    return get_outcome(json, &ret->outcome) && get_stream(json, "stdout", &ret->output) &&
           get_stream(json, "stderr", &ret->errors) &&
           value_get_boolean(json, "stdout_truncated", &ret->output_truncated) &&
           value_get_boolean(json, "stderr_truncated", &ret->errors_truncated) &&
           get_operation(json, &ret->operation);
}

static int read_end(const json_t *json, const struct result *result, struct event *ret,
                    struct error *error)
{
    struct result_attempt *attempt = &ret->end.attempt;
    struct outcome *outcome = &ret->end.answer.outcome;

    (void)result;
    attempt->az_exit = outcome->exit_code = -1;
    if (!get_attempt(json, attempt) || !get_answer(json, &ret->end.answer) ||
        !value_get_boolean(json, "settled", &ret->end.settled))
        return event_miss(error, "a key of an attempt's end");
    attempt->outcome = outcome->kind;
    attempt->reason = outcome->reason;
    outcome->message = memory_string(attempt->message);
    return 0;
}

static int read_limit(const json_t *json, const struct result *result, struct event *ret,
                      struct error *error)
{
    (void)result;
    if (!value_get_number(json, "limit", 1, EVENT_MOST_WORKERS, &ret->limit))
        return event_miss(error, "the limit");
    return 0;
}

static int read_ending(const json_t *json, enum result_ending *ret, struct error *error)
{
    const char *name = value_get_text(json, "ending");
    int ending = name != NULL ? find_ending(name) : -1;

    if (ending < 0 || ending >= RESULT_INTERRUPTED)
        return event_miss(error, "the ending");
    *ret = (enum result_ending)ending;
    return 0;
}

static int read_halt(const json_t *json, const struct result *result, struct event *ret,
                     struct error *error)
{
    (void)result;
    if (read_ending(json, &ret->halt.ending, error) < 0)
        return -1;
    if (ret->halt.ending == RESULT_COMPLETE ||
        !value_get_number(json, "signal", 0, INT_MAX, &ret->halt.signal) ||
        (ret->halt.ending == RESULT_SIGNAL && sigabbrev_np(ret->halt.signal) == NULL))
        return event_miss(error, "the ending");
    if (!value_copy_optional(json, "cause", &ret->halt.cause))
        return event_miss(error, "the cause");
    ret->halt.stage = schedule_find_stage(value_get_text(json, "stage"));
    return 0;
}

/* False: there are none, or they are not of so many targets. */
static bool get_counts(const json_t *json, size_t targets, size_t counts[OUTCOME_KINDS])
{
    const json_t *object = json_object_get(json, "counts");
    size_t sum = 0;

    for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
        int count;

        if (!value_get_number(object, outcome_name((enum outcome_kind)kind), 0, JOB_TARGETS_MOST,
                              &count))
            return false;
        counts[kind] = (size_t)count;
        sum += (size_t)count;
    }
    return sum == targets;
}

static int read_finish(const json_t *json, const struct result *result, struct event *ret,
                       struct error *error)
{
    ret->finish.exit_status = -1;
    (void)value_get_number(json, "exit_status", 0, UCHAR_MAX, &ret->finish.exit_status);
    if (!value_get_time(json, "ended", &ret->wall) ||
        !value_get_seconds(json, "duration_s", &ret->finish.duration) ||
        !value_copy_optional(json, "trouble", &ret->finish.trouble))
        return event_miss(error, "the end of the run");
    if (read_ending(json, &ret->finish.ending, error) < 0)
        return -1;
    if (!get_counts(json, result->target_total, ret->finish.counts))
        return event_miss(error, "how many targets came to what");
    return 0;
}

/* ---- both --------------------------------------------------------------------------------- */

static const struct line {
    const char *name;
    bool has_target;
    bool has_time; /* at_s */
    void (*write)(json_t *object, const struct event *event);
    int (*read)(const json_t *json, const struct result *result, struct event *ret,
                struct error *error);
} lines[] = {
    [EVENT_RUN] = {"run", .read = event_head_read_run},
    [EVENT_TARGETS] = {"targets", .read = event_head_read_targets},
    [EVENT_LOGIN] = {"login", false, true, write_login, read_login},
    [EVENT_START] = {"start", true, true, write_start, read_start},
    [EVENT_ASK] = {"ask", true, true, event_operation_write_ask, event_operation_read_ask},
    [EVENT_PUT_BACK] = {"put_back", true, true, write_put_back, read_put_back},
    [EVENT_SENT] = {"sent", true, true, event_operation_write_sent, event_operation_read_sent},
    [EVENT_ACCEPTED] = {"accepted", true, true, event_operation_write_accepted,
                        event_operation_read_accepted},
    [EVENT_END] = {"end", true, true, write_end, read_end},
    [EVENT_LIMIT] = {"limit", false, true, write_limit, read_limit},
    [EVENT_HALT] = {"halt", false, true, write_halt, read_halt},
    [EVENT_FINISH] = {"finish", false, false, write_finish, read_finish}};

#define LINES (sizeof lines / sizeof lines[0])

bool event_has_line(enum event_kind kind)
{
    return kind < LINES;
}

static json_t *begin(const struct event *event, const struct result *result)
{
    const struct line *kind = &lines[event->kind];
    json_t *object = json_object();

    json_object_set_new(object, "event", json_string(kind->name));
    json_object_set_new(object, "time", value_exact_time(event->wall));
    if (kind->has_time)
        json_object_set_new(object, "at_s", value_seconds(event->at));
    if (kind->has_target)
        json_object_set_new(object, "target", value_text(result->targets[event->target].label));
    return object;
}

void event_write(struct buffer *line, const struct event *event, const struct result *result)
{
    json_t *object;

    assert(event_has_line(event->kind));
    object = begin(event, result);
    if (event->kind == EVENT_RUN)
        event_head_write_run(line, object, event, result);
    else if (event->kind == EVENT_TARGETS)
        event_head_write_targets(line, object, result);
    else {
        lines[event->kind].write(object, event);
        value_print(line, object);
    }
}

struct event event_timeless(enum event_kind kind)
{
    return (struct event){.kind = kind, .wall = EVENT_NO_TIME, .at = EVENT_NO_TIME};
}

static enum event_kind find_kind(const char *name)
{
    for (size_t i = 0; i < LINES; i++) {
        if (strcmp(lines[i].name, name) == 0)
            return (enum event_kind)i;
    }
    return EVENT_OTHER;
}

static int read_target(const json_t *json, const struct result *result, struct event *ret,
                       struct error *error)
{
    const char *label = value_get_text(json, "target");

    if (label == NULL || !result_find(result, label, &ret->target))
        return error_set(error, "a target that the run does not have");
    return 0;
}

int event_read(const json_t *json, const struct result *result, struct event *ret,
               struct error *error)
{
    const char *name = value_get_text(json, "event");
    const struct line *line;

    *ret = event_timeless(EVENT_OTHER);
    if (name == NULL)
        return error_set(error, "this line is not an event");
    (void)value_get_time(json, "time", &ret->wall);
    (void)value_get_seconds(json, "at_s", &ret->at);
    ret->kind = find_kind(name);
    if (ret->kind == EVENT_OTHER)
        return 0;
    line = &lines[ret->kind];
    if ((line->has_target && read_target(json, result, ret, error) < 0) ||
        line->read(json, result, ret, error) < 0) {
        event_done(ret);
        ret->kind = find_kind(name);
        return -1;
    }
    return 0;
}

struct event event_finish_of(const struct result *result, int64_t wall, int64_t duration)
{
    struct event event = event_timeless(EVENT_FINISH);

    event.wall = wall;
    event.finish.duration = duration;
    event.finish.ending = result->ending;
    event.finish.exit_status = result_exit_status(result);
    event.finish.trouble = memory_string(result->trouble);
    memcpy(event.finish.counts, result->counts, sizeof event.finish.counts);
    return event;
}

static void free_known(struct result *known)
{
    if (known != NULL)
        result_done(known);
    free(known);
}

void event_done(struct event *event)
{
    switch (event->kind) {
    case EVENT_RUN:
        free_known(event->run.known);
        break;
    case EVENT_TARGETS:
        free_known(event->targets.known);
        break;
    case EVENT_LOGIN:
        free(event->login.subscription);
        free(event->login.az_version);
        break;
    case EVENT_START:
        free(event->start.mark);
        break;
    case EVENT_ASK:
        free(event->ask.mark);
        result_operation_done(&event->ask.operation);
        break;
    case EVENT_PUT_BACK:
        free(event->put_back.message);
        break;
    case EVENT_ACCEPTED:
        result_operation_done(&event->accepted.operation);
        break;
    case EVENT_END:
        free(event->end.attempt.message);
        answer_done(&event->end.answer);
        break;
    case EVENT_HALT:
        free(event->halt.cause);
        free(event->halt.settled);
        break;
    case EVENT_FINISH:
        free(event->finish.trouble);
        break;
    case EVENT_TROUBLE:
        free(event->trouble);
        break;
    case EVENT_SENT:
    case EVENT_LIMIT:
    case EVENT_BREAK:
    case EVENT_OTHER:
        break;
    }
    *event = event_timeless(EVENT_OTHER);
}
