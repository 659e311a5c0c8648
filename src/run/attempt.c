/* SPDX-License-Identifier: MIT */
#include "run/attempt.h"

#include <errno.h>

#include "azure/answer.h"
#include "azure/az.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/pool.h"
#include "job/job.h"
#include "run/calls.h"

/* Azure's last word may come late, and the network may be out for a while. */
#define QUESTION_LEAST (5 * NUMBER_MINUTE)

int64_t attempt_whole_milliseconds(int64_t duration)
{
    return duration / NUMBER_MILLISECOND * NUMBER_MILLISECOND;
}

int attempt_prepare(struct call *call, struct az *az, const struct guard *guard, const char *id,
                    struct error *error)
{
    struct error renewal;
    struct error first;

    if (command_invoke(&call->command, az, guard, id, call->slot, error) == 0)
        return 0;
    first = *error;
    if (az_renew_folder(az, &renewal) == 0)
        return command_invoke(&call->command, az, guard, id, call->slot, error);
    return error_set(error, "%s; %s", first.text, renewal.text);
}

int64_t attempt_prepare_question(struct call *call, const struct az *az,
                                 const struct result_operation *operation, const char *id,
                                 int64_t wall, struct error *error)
{
    int64_t left = operation->busy_until - wall;
    int64_t deadline = left > QUESTION_LEAST ? left : QUESTION_LEAST;

    if (command_ask(&call->command, az, id, operation->url, operation->nonce, deadline, error) < 0)
        return -1;
    return deadline;
}

/* Who stopped it: the engine only knows that somebody did. */
static enum outcome_reason cancelled_by(const struct result *result)
{
    switch (result->ending) {
    case RESULT_DEADLINE:
        return REASON_DEADLINE;
    case RESULT_HALTED:
    case RESULT_LOGIN:
        return REASON_HALTED;
    default:
        return REASON_SIGNAL;
    }
}

static struct result_attempt attempt_of(const struct pool_task *task, int64_t started)
{
    const struct finish *finish = &task->finish;
    bool exited = finish->end == FINISH_EXITED && finish->exit.known;

    return (struct result_attempt){
        .at = attempt_whole_milliseconds(finish->started - started),
        .wall_started = attempt_whole_milliseconds(finish->wall_started),
        .duration = attempt_whole_milliseconds(finish->duration),
        .az_exit = exited && !finish->exit.signaled ? finish->exit.status : -1,
        .az_signal = exited && finish->exit.signaled ? finish->exit.status : 0,
        .stopped = finish->stop != FINISH_UNSTOPPED,
        .leftovers_killed = finish->leftovers_killed,
        .cpu_time = attempt_whole_milliseconds(finish->exit.cpu_time),
        .max_rss_kib = finish->exit.max_rss_kib,
        .worker = task->worker};
}

void attempt_read(struct call *call, const struct job *job, const struct result *result,
                  int64_t started, struct result_attempt *ret, struct answer *ret_answer)
{
    const struct result_target *target = &result->targets[call->target];
    struct answer_question question = {.rest = call->command.request > 0,
                                       .own_identity = job->identity != JOB_IDENTITY_AZ,
                                       .nonce = call->command.nonce,
                                       .output_limit = job->output_limit,
                                       .asks = target->asking,
                                       .timeout = call->task.limits.timeout,
                                       .script_timeout = job->script_timeout,
                                       .ok = job->ok,
                                       .marked_by = target->mark_of};

    answer_read(&call->task.finish, &question, ret_answer);
    if (target->operation.url == NULL) /* it was stopped before it had one */
        ret_answer->operation = REST_NONE;
    else if (ret_answer->operation == REST_NONE) /* it never came to ask */
        ret_answer->operation = REST_OPEN;
    if (ret_answer->outcome.kind == OUTCOME_CANCELLED)
        ret_answer->outcome.reason = cancelled_by(result);
    *ret = attempt_of(&call->task, started);
}

void attempt_say(struct result_attempt *attempt, const struct outcome *outcome)
{
    attempt->outcome = outcome->kind;
    attempt->reason = outcome->reason;
    attempt->message = memory_string(outcome->message);
}

bool attempt_had_no_room(const struct finish *finish)
{
    if (finish->end != FINISH_NOT_STARTED)
        return false;
    return finish->error_number == EAGAIN || finish->error_number == ENOMEM ||
           finish->error_number == EMFILE || finish->error_number == ENFILE;
}
