/* SPDX-License-Identifier: MIT */
#include "run/attempt.h"

#include <errno.h>

#include "base/memory.h"
#include "base/number.h"
#include "engine/pool.h"

int64_t attempt_whole_milliseconds(int64_t duration)
{
    return duration / NUMBER_MILLISECOND * NUMBER_MILLISECOND;
}

struct result_attempt attempt_of(const struct pool_task *task, const struct outcome *outcome,
                                 int64_t started)
{
    const struct finish *finish = &task->finish;
    bool exited = finish->end == FINISH_EXITED && finish->exit.known;

    return (struct result_attempt){
        .at = attempt_whole_milliseconds(finish->started - started),
        .wall_started = attempt_whole_milliseconds(finish->wall_started),
        .duration = attempt_whole_milliseconds(finish->duration),
        .outcome = outcome->kind,
        .reason = outcome->reason,
        .message = memory_string(outcome->message),
        .az_exit = exited && !finish->exit.signaled ? finish->exit.status : -1,
        .az_signal = exited && finish->exit.signaled ? finish->exit.status : 0,
        .stopped = finish->stop != FINISH_UNSTOPPED,
        .leftovers_killed = finish->leftovers_killed,
        .cpu_time = attempt_whole_milliseconds(finish->exit.cpu_time),
        .max_rss_kib = finish->exit.max_rss_kib,
        .worker = task->worker};
}

bool attempt_had_no_room(const struct finish *finish)
{
    if (finish->end != FINISH_NOT_STARTED)
        return false;
    return finish->error_number == EAGAIN || finish->error_number == ENOMEM ||
           finish->error_number == EMFILE || finish->error_number == ENFILE;
}
