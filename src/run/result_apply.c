/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The machine of a result: of each target waiting, started, settled; of the
 * run its ending. A table gives each kind of event the function that checks whether it can be now,
 * and then does it: after the check nothing fails. Who may come here with an event is no question:
 * a journal may be damaged, so everything that the functions take for granted is checked.
 *
 * The file is longer than others, on purpose: it is one table with its functions.
 */
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/limits.h"
#include "run/event.h"
#include "run/result.h"
#include "run/status.h"

/* ---- the head ----------------------------------------------------------------------------- */

/* Moves what the first line says into RESULT, which has only its folder. */
static void take_known(struct result *result, struct result *known)
{
    char *folder = result->folder;

    *result = *known;
    result->folder = folder;
    *known = (struct result){.run = NULL};
}

static int apply_run(struct result *result, struct event *event, struct error *error)
{
    struct result *known = event->run.known;

    if (known == NULL) {
        result->wall_started = event->wall;
        result->workers = result->least_limit = event->run.workers;
        return 0;
    }
    if (result->run != NULL)
        return error_set(error, "a second run");
    take_known(result, known);
    return 0;
}

static int compare_labels(const void *a, const void *b, void *targets)
{
    const struct result_target *list = targets;

    return strcmp(list[*(const size_t *)a].label, list[*(const size_t *)b].label);
}

/* Of KNOWN's targets. NULL: two of them have the same label. */
static size_t *sort_labels(const struct result *known)
{
    size_t *sorted = memory_zeroed(known->target_count, sizeof *sorted);

    for (size_t i = 0; i < known->target_count; i++)
        sorted[i] = i;
    qsort_r(sorted, known->target_count, sizeof *sorted, compare_labels, known->targets);
    for (size_t i = 1; i < known->target_count; i++) {
        if (compare_labels(&sorted[i - 1], &sorted[i], known->targets) == 0) {
            free(sorted);
            return NULL;
        }
    }
    return sorted;
}

bool result_find(const struct result *result, const char *label, size_t *ret)
{
    size_t low = 0;
    size_t high = result->by_label != NULL ? result->target_count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(result->targets[result->by_label[middle]].label, label);

        if (order == 0) {
            *ret = result->by_label[middle];
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static int apply_targets(struct result *result, struct event *event, struct error *error)
{
    struct result *known = event->targets.known;
    size_t *by_label;

    if (known == NULL)
        return 0;
    if (result->targets != NULL || known->target_count != result->target_total)
        return error_set(error, "not as many targets as the run has");
    by_label = sort_labels(known);
    if (by_label == NULL)
        return error_set(error, "two targets with the same label");
    result->targets = known->targets;
    result->target_count = known->target_count;
    result->by_label = by_label;
    *known = (struct result){.run = NULL};
    result_name_targets(result, NULL);
    return 0;
}

static int apply_login(struct result *result, struct event *event, struct error *error)
{
    (void)error;
    result_name_targets(result, event->login.subscription);
    free(result->origin.az_version);
    result->origin.az_version = event->login.az_version;
    event->login.az_version = NULL;
    return 0;
}

/* ---- attempts ----------------------------------------------------------------------------- */

static void begin(struct result *result, const struct event *event, const char *mark)
{
    struct result_target *target = &result->targets[event->target];

    result_take_mark(result, target, mark);
    target->state = RESULT_STARTED;
    target->wall_ended = event->wall;
    target->open = true;
    target->began = event->at != EVENT_NO_TIME ? event->at : 0;
}

static int apply_start(struct result *result, struct event *event, struct error *error)
{
    if (result->targets[event->target].state != RESULT_WAITING)
        return error_set(error, "an attempt that cannot begin now");
    begin(result, event, event->start.mark);
    return 0;
}

static int apply_ask(struct result *result, struct event *event, struct error *error)
{
    struct result_target *target = &result->targets[event->target];

    if (target->state != RESULT_WAITING)
        return error_set(error, "a question that cannot be asked now");
    begin(result, event, event->ask.mark);
    target->asking = true;
    target->operation = event->ask.operation;
    target->operation.sent = true;
    event->ask.operation = (struct result_operation){.sent = false};
    return 0;
}

static int64_t last_end(const struct result_target *target)
{
    const struct result_attempt *last = &target->attempts[target->attempt_count - 1];

    return last->wall_started + last->duration;
}

static int apply_put_back(struct result *result, struct event *event, struct error *error)
{
    struct result_target *target = &result->targets[event->target];

    if (target->state != RESULT_STARTED)
        return error_set(error, "an attempt that was not begun");
    target->state = RESULT_WAITING;
    target->wall_ended = target->attempt_count > 0 ? last_end(target) : 0;
    target->open = target->asking = false;
    result_operation_done(&target->operation);
    return 0;
}

static void keep_attempt(struct result_target *target, struct result_attempt *attempt)
{
    target->attempts =
        memory_resize(target->attempts, target->attempt_count + 1, sizeof *target->attempts);
    target->attempts[target->attempt_count] = *attempt;
    target->attempts[target->attempt_count].asks = target->asking;
    target->attempts[target->attempt_count++].operation = target->operation;
    target->operation = (struct result_operation){.sent = false};
    target->duration += attempt->duration;
    target->wall_ended = last_end(target);
    target->open = target->asking = false;
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
    return job->script_timeout + job->script_grace + LIMITS_LATEST_BEGIN;
}

/* A busy VM refuses a second script by itself, for as long as the first one runs. Where the guard
 * has ended, nothing that it could not stop keeps the VM busy. Where Azure said when it accepted
 * the script, that counts, and not when its client ended. */
static int64_t find_busy_until(const struct result *result, const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    const struct result_attempt *last = &target->attempts[target->attempt_count - 1];

    if (!outcome->may_still_run || outcome->reason == REASON_BUSY ||
        outcome->reason == REASON_SCRIPT)
        return 0;
    if (last->operation.url != NULL)
        return last->operation.busy_until;
    return target->wall_ended + longest_script(&result->job);
}

/* What the attempts before this one may have left, BEFORE and until BUSY_BEFORE, still holds where
 * it has started nothing, or nobody knows. */
static void note_script(const struct result *result, struct result_target *target,
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

/* What was asked may have had no answer: then what was known of the script still holds. */
static void note_answer(const struct result *result, struct result_target *target, bool answered)
{
    struct outcome *outcome = &target->outcome;

    target->busy_until = find_busy_until(result, target);
    outcome->may_still_run = outcome->may_still_run && target->busy_until > target->wall_ended;
    target->answered = target->answered || answered;
    target->recovered = answered;
    target->unanswered = !answered;
}

/* What can be asked after an attempt that came to OWN, before what was known of others was put into
 * it. Where a script may have begun of which Azure says nothing, what it says of one before is not
 * the truth. */
static void note_question(struct result_target *target, const struct outcome *own,
                          enum rest_end operation)
{
    const struct result_attempt *last = &target->attempts[target->attempt_count - 1];
    bool found_mark = own->kind == OUTCOME_UNKNOWN && own->script == SCRIPT_STARTED;

    if (operation == REST_OPEN)
        result_take_question(target, &last->operation);
    else if (last->asks ||
             (own->script != SCRIPT_NOT_STARTED && own->reason != REASON_BUSY && !found_mark))
        result_take_question(target, NULL);
}

/* The script may have begun, and no guard has said how it ended. */
static bool is_doubtful(const struct outcome *outcome)
{
    if (outcome->kind == OUTCOME_OK || outcome->kind == OUTCOME_FAILED)
        return false;
    return outcome->script != SCRIPT_NOT_STARTED && outcome->reason != REASON_SCRIPT;
}

/* Attempts that last longer than any clock have not been. */
static bool can_add(const struct result_target *target, const struct result_attempt *attempt)
{
    return attempt->duration <= INT64_MAX - target->duration;
}

static int apply_sent(struct result *result, struct event *event, struct error *error)
{
    struct result_target *target = &result->targets[event->target];

    if (target->state != RESULT_STARTED || target->asking)
        return error_set(error, "a request of an attempt that was not begun");
    target->operation.sent = true;
    return 0;
}

static int apply_accepted(struct result *result, struct event *event, struct error *error)
{
    struct result_target *target = &result->targets[event->target];

    if (target->state != RESULT_STARTED || target->asking)
        return error_set(error, "an operation of an attempt that was not begun");
    result_operation_done(&target->operation);
    target->operation = event->accepted.operation;
    target->operation.sent = true;
    if (event->wall != EVENT_NO_TIME)
        target->operation.busy_until = event->wall + longest_script(&result->job);
    event->accepted.operation = (struct result_operation){.sent = false};
    return 0;
}

static void count_throttled(struct result *result, const struct outcome *outcome)
{
    struct result_throttled *throttled = &result->throttled;

    if (outcome->reason != REASON_THROTTLED || outcome->script != SCRIPT_NOT_STARTED)
        return;
    if (outcome->cause == CAUSE_VM_LIMIT)
        throttled->by_vm++;
    else if (outcome->cause == CAUSE_REGION_LIMIT)
        throttled->by_region++;
    else
        throttled->by_subscription++;
}

/* Nothing of an earlier run's is left to be known once Azure has said how that ended. */
static enum outcome_script script_before(const struct result_target *target)
{
    return target->recovered && !target->doubtful ? SCRIPT_NOT_STARTED : target->outcome.script;
}

static int apply_end(struct result *result, struct event *event, struct error *error)
{
    struct result_target *target = &result->targets[event->target];
    enum outcome_script before = script_before(target);
    int64_t busy_before = target->busy_until;
    struct outcome own = event->end.answer.outcome;
    enum rest_end operation = event->end.answer.operation;
    bool asked = target->asking;

    if (target->state != RESULT_STARTED)
        return error_set(error, "the end of an attempt that was not begun");
    if ((operation == REST_NONE) != (target->operation.url == NULL))
        return error_set(error, "the end of an operation that was not accepted, or none of one");
    if (!can_add(target, &event->end.attempt))
        return error_set(error, "an attempt that is longer than any clock");
    keep_attempt(target, &event->end.attempt);
    count_throttled(result, &event->end.answer.outcome);
    keep_answer(target, &event->end.answer);
    target->recovered = target->unanswered = false;
    if (asked)
        note_answer(result, target, operation == REST_OVER);
    else
        note_script(result, target, before, busy_before);
    note_question(target, &own, operation);
    target->doubtful = is_doubtful(&target->outcome);
    target->state = RESULT_WAITING;
    if (event->end.settled)
        settle(result, target);
    return 0;
}

static int apply_limit(struct result *result, struct event *event, struct error *error)
{
    (void)error;
    if (event->limit < result->least_limit)
        result->least_limit = event->limit;
    result->cuts++;
    return 0;
}

/* ---- the end of the run ------------------------------------------------------------------- */

static bool is_halt(enum result_ending ending)
{
    return ending == RESULT_LOGIN || ending == RESULT_HALTED;
}

static void end_early(struct result *result, enum result_ending ending, int signal, char **cause)
{
    bool first = result->ending == RESULT_COMPLETE;

    if (!first && (!is_halt(result->ending) || is_halt(ending)))
        return;
    result->ending = ending;
    result->signal = signal;
    if (first) {
        result->halt_cause = *cause;
        *cause = NULL;
    }
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

static bool has_own_identity(const struct result *result)
{
    return result->identity != NULL && strcmp(result->identity, "az") != 0;
}

static void skip(struct result *result, struct result_target *target)
{
    outcome_done(&target->outcome);
    target->outcome =
        (struct outcome){.kind = OUTCOME_SKIPPED, .script = SCRIPT_NOT_STARTED, .exit_code = -1};
    target->outcome.message = explain_skip(result, &target->outcome.reason);
    if (target->outcome.reason == REASON_LOGIN && has_own_identity(result))
        target->outcome.cause = CAUSE_OWN_IDENTITY;
    settle(result, target);
}

/* Settles every target that waits, and fills INDICES, NULL or as long as there are targets, with
 * which these were. Returns how many. */
static size_t settle_rest(struct result *result, size_t *indices)
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

static const char az_was_killed[] =
    "azfan was killed while az waited for it; the script may have run, or still be running";
static const char rest_was_killed[] =
    "azfan was killed while azfan-rest waited for it; the script may have run, or still be running";
static const char asking_was_killed[] =
    "azfan was killed while it asked Azure what became of the script";

static const char *explain_loss(const struct result *result, const struct result_target *target)
{
    if (target->asking)
        return asking_was_killed;
    return result->client != NULL && strcmp(result->client, "rest") == 0 ? rest_was_killed
                                                                         : az_was_killed;
}

static void lose(struct result *result, struct result_target *target)
{
    outcome_done(&target->outcome);
    buffer_done(&target->output);
    buffer_done(&target->errors);
    target->outcome = (struct outcome){.kind = OUTCOME_UNKNOWN,
                                       .reason = REASON_INTERRUPTED,
                                       .script = SCRIPT_MAY_HAVE_STARTED,
                                       .may_still_run = true,
                                       .exit_code = -1,
                                       .message = memory_string(explain_loss(result, target))};
    /* az itself was left behind, and nobody stops it. */
    target->busy_until = target->wall_ended + result->job.timeout + longest_script(&result->job);
    if (target->operation.url != NULL) {
        target->busy_until = target->operation.busy_until;
        result_take_question(target, &target->operation);
    } else {
        result_take_question(target, NULL);
    }
    target->unanswered = target->asking;
    target->recovered = false;
    target->doubtful = true;
    settle(result, target);
}

static int apply_halt(struct result *result, struct event *event, struct error *error)
{
    (void)error;
    end_early(result, event->halt.ending, event->halt.signal, &event->halt.cause);
    if (event->halt.stage > result->stage)
        result->stage = event->halt.stage;
    free(event->halt.settled);
    event->halt.settled = memory_zeroed(result->target_count, sizeof *event->halt.settled);
    event->halt.settled_count = settle_rest(result, event->halt.settled);
    return 0;
}

static int apply_trouble(struct result *result, struct event *event, struct error *error)
{
    (void)error;
    if (result->trouble == NULL) {
        result->trouble = event->trouble;
        event->trouble = NULL;
    }
    return 0;
}

static void finish(struct result *result, struct event *event)
{
    free(result->trouble);
    result->trouble = event->finish.trouble;
    event->finish.trouble = NULL;
    result->wall_ended = event->wall;
    result->duration = event->finish.duration;
}

/* Nothing else is known. */
static int apply_summary(struct result *result, struct event *event, struct error *error)
{
    enum result_ending ending = event->finish.ending;
    int signal = ending == RESULT_SIGNAL ? event->finish.exit_status - STATUS_SIGNAL : 0;

    if (event->finish.exit_status < 0 || (signal != 0 && sigabbrev_np(signal) == NULL))
        return error_set(error, "the exit status of the run is not what it should be");
    result->ending = ending;
    result->signal = signal;
    memcpy(result->counts, event->finish.counts, sizeof result->counts);
    result->settled = result->target_total;
    finish(result, event);
    return 0;
}

/* The last line says once more what all before it said. */
static int apply_finish(struct result *result, struct event *event, struct error *error)
{
    if (event->finish.alone)
        return apply_summary(result, event, error);
    if (result->settled != result->target_count)
        return error_set(error, "the run's end, before all targets have one");
    if (event->finish.ending != result->ending ||
        memcmp(event->finish.counts, result->counts, sizeof result->counts) != 0)
        return error_set(error, "the run's end does not fit what came before it");
    finish(result, event);
    return 0;
}

static int apply_break(struct result *result, struct event *event, struct error *error)
{
    (void)error;
    result->ending = event->going ? RESULT_GOING : RESULT_INTERRUPTED;
    if (event->going)
        return 0;
    for (size_t i = 0; i < result->target_count; i++) {
        if (result->targets[i].state == RESULT_STARTED)
            lose(result, &result->targets[i]);
    }
    (void)settle_rest(result, NULL);
    return 0;
}

static int apply_other(struct result *result, struct event *event, struct error *error)
{
    (void)result;
    (void)event;
    (void)error;
    return 0;
}

/* ---- the way in --------------------------------------------------------------------------- */

static int (*const appliers[])(struct result *result, struct event *event, struct error *error) = {
    [EVENT_RUN] = apply_run,         [EVENT_TARGETS] = apply_targets,
    [EVENT_LOGIN] = apply_login,     [EVENT_START] = apply_start,
    [EVENT_ASK] = apply_ask,         [EVENT_PUT_BACK] = apply_put_back,
    [EVENT_SENT] = apply_sent,       [EVENT_ACCEPTED] = apply_accepted,
    [EVENT_END] = apply_end,         [EVENT_LIMIT] = apply_limit,
    [EVENT_HALT] = apply_halt,       [EVENT_FINISH] = apply_finish,
    [EVENT_TROUBLE] = apply_trouble, [EVENT_BREAK] = apply_break,
    [EVENT_OTHER] = apply_other};

/* Until the last line says better, the run lasted until the last thing that is known of it. */
static void note_time(struct result *result, const struct event *event)
{
    if (event->wall != EVENT_NO_TIME)
        result->wall_ended = event->wall;
    if (event->at != EVENT_NO_TIME)
        result->duration = event->at;
}

int result_apply(struct result *result, struct event *event, struct error *error)
{
    if (appliers[event->kind](result, event, error) < 0)
        return -1;
    if (event->kind != EVENT_FINISH)
        note_time(result, event);
    return 0;
}

void result_trouble(struct result *result, const char *text)
{
    struct event event = event_timeless(EVENT_TROUBLE);
    struct error error;

    event.trouble = memory_string(text);
    (void)result_apply(result, &event, &error); /* it may always be */
    event_done(&event);
}
