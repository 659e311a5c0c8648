/* SPDX-License-Identifier: MIT */
/*
 * pool: a fixed number of threads that run tasks.
 *
 * The pool keeps workers busy and nothing else: a task's time is the business
 * of engine/supervise. The main thread puts tasks in, workers run them, and
 * what is finished waits in a second queue whose eventfd the main thread polls.
 *
 *   pool_start(&pool, threads, &error);
 *   pool_put(&pool, task)…
 *   poll(pool.finished) … while ((task = pool_take_finished(&pool)) != NULL) …
 *   pool_stop_softly(&pool) and, if need be, pool_stop_hard(&pool)
 *   pool_join(&pool);
 *
 * All functions are the main thread's.
 */
#ifndef AZFAN_ENGINE_POOL_H
#define AZFAN_ENGINE_POOL_H

#include <pthread.h>

#include "base/error.h"
#include "engine/queue.h"
#include "engine/supervise.h"

/* One command to run. The caller's memory; whatever it points to must live until it is finished. */
struct pool_task {
    struct queue_link link; /* first; the pool's */
    struct child_command command;
    struct supervise_limits limits;
    struct supervise_listeners listeners; /* told what it prints, while it runs */
    struct finish finish;                 /* filled when it comes back; finish_done() it */
    int worker;                           /* which thread ran it, from 0 */
};

struct pool {
    struct queue waiting;
    struct queue done;
    int finished; /* an eventfd: readable when `done` holds something */
    struct supervise_stop stop;
    struct pool_worker *workers;
    int size;
    uint64_t turns; /* so many tasks have been put in */
};

/* Starts THREADS workers. On error none is left running. */
int pool_start(struct pool *pool, int threads, struct error *error);

void pool_put(struct pool *pool, struct pool_task *task);

/*
 * A finished task, or NULL when there is none now. Then `finished` becomes readable when there is
 * one; it may also once more for a task that was taken before its worker had raised the event.
 */
struct pool_task *pool_take_finished(struct pool *pool);

/* Takes back a task that no worker has begun, or NULL. */
struct pool_task *pool_take_back(struct pool *pool);

/* Every running and later command is stopped: by the ladder, or by SIGKILL at once. */
void pool_stop_softly(struct pool *pool);
void pool_stop_hard(struct pool *pool);

/* Waits for the workers, after the tasks that are still waiting have been run, and frees all. */
void pool_join(struct pool *pool);

#endif
