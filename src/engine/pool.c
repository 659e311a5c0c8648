/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The main thread and the workers share two queues and
 * two stop events, nothing else. A worker takes a task from `waiting`, lets
 * engine/supervise run it (which returns within the task's own time, whatever
 * the child does), puts it on `done` and raises `finished`. It never looks at
 * what came of it, prints nothing and allocates nothing of its own.
 *
 * Closing `waiting` is the only way to end a worker: it takes what is left and
 * returns when there is nothing. From when it is put in until it is taken, a task counts as at work
 * (engine/lapse), but while its worker waits; and so does who joins, but while it waits. A raised
 * stop makes what is left short: a command that is started after the stop is stopped at once, so
 * the main thread takes unstarted tasks back first.
 */
#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/lapse.h"
#include "sys/fault.h"
#include "sys/fd.h"

/* A worker needs little: supervise keeps one 16 KiB read buffer on the stack. */
enum { STACK_SIZE = 256 * 1024 };

struct pool_worker {
    pthread_t thread;
    struct pool *pool;
    int number;
};

static void *work(void *argument)
{
    const struct pool_worker *worker = argument;
    struct pool *pool = worker->pool;
    struct queue_link *link;

    while ((link = queue_take(&pool->waiting)) != NULL) {
        struct pool_task *task = (struct pool_task *)link;

        task->worker = worker->number;
        supervise_run(&task->command, &task->limits, &pool->stop, &task->listeners, &task->finish);
        queue_put(&pool->done, &task->link);
        fd_event_raise(pool->finished);
    }
    return NULL;
}

static int start_worker(struct pool *pool, int number, const pthread_attr_t *attributes)
{
    struct pool_worker *worker = &pool->workers[number];

    worker->pool = pool;
    worker->number = number;
    if (FAULT("pool.pthread_create"))
        return 1;
    return pthread_create(&worker->thread, attributes, work, worker);
}

static int open_events(struct pool *pool, struct error *error)
{
    pool->finished = fd_event();
    pool->stop.soft = fd_event();
    pool->stop.hard = fd_event();
    if (pool->finished >= 0 && pool->stop.soft >= 0 && pool->stop.hard >= 0)
        return 0;
    return error_set(error, "cannot start workers: too many open files");
}

int pool_start(struct pool *pool, int threads, struct error *error)
{
    pthread_attr_t attributes;
    int code = 0;

    queue_init(&pool->waiting);
    queue_init(&pool->done);
    pool->workers = memory_zeroed((size_t)threads, sizeof *pool->workers);
    pool->size = 0;
    pool->turns = 0;
    if (open_events(pool, error) < 0) {
        pool_join(pool);
        return -1;
    }
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    while (code == 0 && pool->size < threads) {
        code = start_worker(pool, pool->size, &attributes);
        if (code == 0)
            pool->size++;
    }
    (void)pthread_attr_destroy(&attributes);
    if (code == 0)
        return 0;
    (void)error_set(error, "cannot start worker %d of %d: %s", pool->size + 1, threads,
                    strerror(code));
    pool_join(pool);
    return -1;
}

void pool_put(struct pool *pool, struct pool_task *task)
{
    task->limits.turn = pool->turns++;
    lapse_hold();
    queue_put(&pool->waiting, &task->link);
}

struct pool_task *pool_take_finished(struct pool *pool)
{
    struct queue_link *link = queue_take_now(&pool->done);

    if (link == NULL) {
        /* Clear first, look again after: a task that comes in between raises the event anew. */
        fd_event_clear(pool->finished);
        link = queue_take_now(&pool->done);
    }
    if (link != NULL)
        lapse_release();
    return (struct pool_task *)link;
}

struct pool_task *pool_take_back(struct pool *pool)
{
    struct queue_link *link = queue_take_now(&pool->waiting);

    if (link != NULL)
        lapse_release();
    return (struct pool_task *)link;
}

void pool_stop_softly(struct pool *pool)
{
    fd_event_raise(pool->stop.soft);
    lapse_wake();
}

void pool_stop_hard(struct pool *pool)
{
    fd_event_raise(pool->stop.hard);
    lapse_wake();
}

void pool_join(struct pool *pool)
{
    queue_close(&pool->waiting);
    lapse_release();
    for (int i = 0; i < pool->size; i++)
        (void)pthread_join(pool->workers[i].thread, NULL);
    lapse_hold();
    pool->size = 0;
    fd_close(&pool->finished);
    fd_close(&pool->stop.soft);
    fd_close(&pool->stop.hard);
    queue_destroy(&pool->waiting);
    queue_destroy(&pool->done);
    free(pool->workers);
    pool->workers = NULL;
}
