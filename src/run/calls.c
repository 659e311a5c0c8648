/* SPDX-License-Identifier: MIT */
#include "run/calls.h"

#include <stdlib.h>

#include "azure/answer.h"
#include "azure/payload.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "engine/child.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "run/redact.h"
#include "run/watcher.h"

int calls_open(struct calls *calls, int workers, const struct job *job, struct error *error)
{
    *calls = (struct calls){.job = job};
    if (pool_start(&calls->pool, workers, error) < 0)
        return -1;
    calls->count = (size_t)workers + CALLS_OF_LOGIN;
    calls->list = memory_zeroed(calls->count, sizeof *calls->list);
    calls->planned = memory_zeroed(calls->count, sizeof(struct call *));
    while (calls->next_slot < calls->count) {
        calls->list[calls->next_slot].slot = calls->next_slot;
        lastline_init(&calls->list[calls->next_slot].said);
        spoken_init(&calls->list[calls->next_slot].spoken, calls->pool.finished);
        calls->next_slot++;
    }
    return 0;
}

struct call *calls_take(struct calls *calls)
{
    for (size_t i = 0; i < calls->count; i++) {
        if (!calls->list[i].in_use) {
            calls->list[i].in_use = true;
            calls->list[i].gone = true;
            calls->list[i].task.limits.needs = 0;
            calls->list[i].task.limits.deaf = false;
            return &calls->list[i];
        }
    }
    return NULL;
}

void calls_launch(struct calls *calls, struct call *call, int64_t timeout)
{
    call->task.command = call->command.child;
    call->task.limits.timeout = timeout;
    call->task.limits.kill_grace = calls->job->kill_grace;
    call->task.limits.output_limit =
        calls->job->output_limit < ANSWER_READ_MOST ? ANSWER_READ_MOST : calls->job->output_limit;
    /* What a client of REST says while it runs is for azfan alone. */
    if (call->command.request > 0)
        call->task.listeners = (struct supervise_listeners){.lines = &call->spoken};
    else
        call->task.listeners = (struct supervise_listeners){.last = &call->said};
    lastline_clear(&call->said);
    spoken_clear(&call->spoken);
    call->launched = lapse_now();
    pool_put(&calls->pool, &call->task);
}

void calls_plan(struct calls *calls, struct call *call, int64_t timeout)
{
    call->task.limits.timeout = timeout;
    calls->planned[calls->planned_count++] = call;
}

void calls_launch_planned(struct calls *calls)
{
    for (size_t i = 0; i < calls->planned_count; i++)
        calls_launch(calls, calls->planned[i], calls->planned[i]->task.limits.timeout);
    calls->planned_count = 0;
}

struct call *calls_take_planned(struct calls *calls)
{
    return calls->planned_count > 0 ? calls->planned[--calls->planned_count] : NULL;
}

static int compare_launches(const void *a, const void *b)
{
    const struct call *const *one = a;
    const struct call *const *other = b;

    return ((*one)->launched > (*other)->launched) - ((*one)->launched < (*other)->launched);
}

/* The one that was launched first is the first. */
static size_t list_running(struct calls *calls, struct call **list)
{
    size_t count = 0;

    for (size_t i = 0; i < calls->count; i++) {
        if (calls->list[i].launched > 0)
            list[count++] = &calls->list[i];
    }
    qsort(list, count, sizeof(struct call *), compare_launches);
    return count;
}

struct call *calls_listen(struct calls *calls, struct buffer *line)
{
    for (size_t i = 0; i < calls->count; i++) {
        if (calls->list[i].launched > 0 && spoken_take(&calls->list[i].spoken, line))
            return &calls->list[i];
    }
    return NULL;
}

struct calls_view calls_look(struct calls *calls, const struct call *except,
                             const struct redact *redact)
{
    struct call **list = memory_zeroed(calls->count, sizeof(struct call *));
    size_t count = list_running(calls, list);
    struct calls_view view = {.list = memory_zeroed(count, sizeof *view.list),
                              .lines = memory_zeroed(count, sizeof *view.lines)};
    int64_t now = lapse_now();

    for (size_t i = 0; i < count; i++) {
        struct buffer *line = &view.lines[view.count];

        if (list[i] == except)
            continue;
        lastline_copy(&list[i]->said, line);
        payload_hide(line, list[i]->command.nonce);
        redact_line(redact, line);
        view.list[view.count++] = (struct watcher_running){.target = list[i]->target,
                                                           .age = now - list[i]->launched,
                                                           .last_line = buffer_text(line),
                                                           .last_length = line->length};
    }
    free(list);
    return view;
}

void calls_view_done(struct calls_view *view)
{
    for (size_t i = 0; i < view->count; i++)
        buffer_done(&view->lines[i]);
    free(view->lines);
    free(view->list);
}

struct call *calls_take_finished(struct calls *calls)
{
    struct call *call = (struct call *)pool_take_finished(&calls->pool);
    const struct finish *finish;

    if (call == NULL)
        return NULL;
    finish = &call->task.finish;
    call->gone =
        finish->end == FINISH_NOT_STARTED ||
        (finish->stop == FINISH_UNSTOPPED && finish->output.complete && finish->errors.complete);
    return call;
}

struct call *calls_take_back(struct calls *calls)
{
    return (struct call *)pool_take_back(&calls->pool);
}

void calls_release(struct calls *calls, struct call *call)
{
    command_done(&call->command, call->gone);
    if (!call->gone)
        call->slot = calls->next_slot++; /* a file of that name is never made again */
    call->launched = 0;
    call->in_use = false;
}

void calls_close(struct calls *calls)
{
    pool_join(&calls->pool);
    (void)child_sweep();
    for (size_t i = 0; i < calls->count; i++)
        lastline_destroy(&calls->list[i].said);
    for (size_t i = 0; i < calls->count; i++)
        spoken_destroy(&calls->list[i].spoken);
    free(calls->planned);
    free(calls->list);
}
