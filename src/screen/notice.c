/* SPDX-License-Identifier: MIT */
#include "screen/notice.h"

#include <signal.h>
#include <string.h>

#include "azure/accounts.h"
#include "azure/login.h"
#include "base/buffer.h"
#include "base/caseless.h"
#include "base/drawn.h"
#include "base/number.h"
#include "base/text.h"
#include "base/value.h"
#include "job/job.h"
#include "run/result.h"
#include "run/watcher.h"

static void add_known(struct buffer *note, const char *before, const char *known)
{
    if (known == NULL)
        return;
    buffer_add(note, before);
    text_add_plain(note, known);
}

void notice_login(struct buffer *note, const struct login *login)
{
    buffer_add(note, "logged in");
    add_known(note, "; az ", login->az_version);
    add_known(note, login->az_version != NULL ? ", subscription " : "; subscription ",
              login->subscription);
}

static const char *subscription_of(const struct job_target *target, const struct login *login)
{
    return target->subscription != NULL ? target->subscription : login->subscription;
}

void notice_place(struct buffer *note, const struct job *job, const struct login *login)
{
    const char *one = job->target_count > 0 ? subscription_of(&job->targets[0], login) : NULL;
    const struct account *account;

    for (size_t i = 0; i < job->target_count && one != NULL; i++) {
        const char *other = subscription_of(&job->targets[i], login);

        if (other == NULL || !caseless_is_same(one, other)) {
            buffer_add(note, "several subscriptions");
            return;
        }
    }
    if (one == NULL) /* az has none, and fails on every target */
        return;
    account = accounts_find(&login->accounts, one);
    text_add_line(note, account != NULL && account->name[0] != '\0' ? account->name : one);
}

void notice_wait(struct buffer *note, const struct result *result, size_t index, int64_t wait)
{
    const struct result_target *target = &result->targets[index];

    if (result_asked(target)) {
        buffer_print(note, "%s: to be run again, now that Azure was asked: ", target->label);
        text_add_plain(note, target->outcome.message);
        return;
    }
    buffer_print(note, "%s: %s, again in ", target->label,
                 outcome_reason_name(target->outcome.reason));
    number_print_duration(note, wait);
    buffer_print(note, " (attempt %zu of %d): ", result_attempts(target) + 1, result->job.attempts);
    text_add_plain(note, target->outcome.message);
}

void notice_limit(struct buffer *note, int limit)
{
    buffer_print(note, "Azure throttles: running %d at once, one more each time Azure accepts one",
                 limit);
}

void notice_limited(struct buffer *note, int64_t wait)
{
    buffer_add(note, "Azure throttles starts: the next one in ");
    number_print_duration(note, wait);
}

void notice_no_room(struct buffer *note, const char *why)
{
    buffer_add(note, "waiting for room on this machine: ");
    text_add_plain(note, why);
}

void notice_not_renewed(struct buffer *note, const char *why)
{
    buffer_add(note, "the token is not renewed yet, and still counts: ");
    text_add_plain(note, why);
}

void notice_way_on(struct buffer *note, const struct result *result)
{
    if (result_way_on(result) != NULL) {
        buffer_add(note, "go on with: azfan rerun ");
        text_add_word(note, result_way_on(result));
    }
}

static void print_cause(struct buffer *buffer, const struct result *result)
{
    if (result->ending == RESULT_SIGNAL) {
        buffer_print(buffer, "SIG%s", sigabbrev_np(result->signal));
    } else if (result->ending == RESULT_DEADLINE) {
        buffer_add(buffer, "the deadline of the run has passed");
    } else {
        buffer_add(buffer, "halted: ");
        text_add_plain(buffer, result->halt_cause != NULL ? result->halt_cause : result->trouble);
    }
}

/* What makes the next step; SIGINT alone comes from a key. */
static const char *next_step(const struct result *result, bool is_draining)
{
    if (result->ending != RESULT_SIGNAL)
        return is_draining ? "press Ctrl-C twice" : "press Ctrl-C";
    return result->signal == SIGINT ? "press again" : "signal again";
}

static void print_next_step(struct buffer *note, const struct result *result, bool is_draining,
                            bool watched)
{
    if (!watched)
        buffer_print(note, " (%s to %s them)", next_step(result, is_draining),
                     is_draining ? "stop" : "kill");
    else if (is_draining)
        buffer_add(note, " (azfan stop --now stops them)");
}

void notice_stopping(struct buffer *note, const struct result *result, size_t running,
                     enum schedule_stage stage, bool watched)
{
    print_cause(note, result);
    if (stage == SCHEDULE_KILLING) {
        buffer_print(note, ": killing %zu running", running);
    } else if (stage == SCHEDULE_STOPPING) {
        buffer_print(note, ": no new starts; stopping %zu still running", running);
        print_next_step(note, result, false, watched);
    } else if (running > 0) {
        buffer_print(note, ": no new starts; waiting for %zu still running", running);
        print_next_step(note, result, true, watched);
    } else {
        buffer_add(note, ": no new starts");
    }
}

void notice_running(struct buffer *note, const struct result *result,
                    const struct watcher_running *running, int name_width)
{
    buffer_print(note, "  %-*s  ", name_width, result->targets[running->target].label);
    number_print_exact_duration(note, running->age / NUMBER_SECOND * NUMBER_SECOND);
    buffer_add(note, " of ");
    number_print_exact_duration(note, result->job.timeout);
    if (running->last_length > 0) {
        buffer_add(note, ": ");
        drawn_append(note, running->last_line, running->last_length);
    }
}

void notice_continued(struct buffer *note, const struct result *result, size_t running)
{
    buffer_print(note, "continued: %zu of %zu have ended, %zu running", result->settled,
                 result->target_count, running);
}

/* ---- for programs ------------------------------------------------------------------------- */

static json_t *make_event(const char *name, int64_t wall)
{
    json_t *event = json_object();

    json_object_set_new(event, "event", json_string(name));
    json_object_set_new(event, "time", value_exact_time(wall));
    return event;
}

json_t *notice_event(const struct buffer *note, int64_t wall)
{
    json_t *event = make_event("note", wall);

    json_object_set_new(event, "text", value_bytes(buffer_text(note), note->length));
    return event;
}

json_t *notice_running_event(const struct result *result, const struct watcher_running *list,
                             size_t count, int64_t wall)
{
    json_t *event = make_event("running", wall);
    json_t *targets = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *target = json_object();

        json_object_set_new(target, "target", value_text(result->targets[list[i].target].label));
        json_object_set_new(target, "age_s", value_seconds(list[i].age));
        json_object_set_new(target, "last_line",
                            value_bytes(list[i].last_line, list[i].last_length));
        json_array_append_new(targets, target);
    }
    json_object_set_new(event, "targets", targets);
    return event;
}
