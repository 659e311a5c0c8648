/* SPDX-License-Identifier: MIT */
/*
 * queue: tasks on their way from one thread to others, first in, first out.
 *
 * Links the tasks themselves: it allocates nothing and is never full. Every
 * function may be called by any thread. A task is owned by the queue from
 * queue_put() until it is taken.
 */
#ifndef AZFAN_ENGINE_QUEUE_H
#define AZFAN_ENGINE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

/* Embed it as the first member of what is queued. */
struct queue_link {
    struct queue_link *next;
};

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct queue_link *first;
    struct queue_link *last;
    bool closed;
};

void queue_init(struct queue *queue);
void queue_destroy(struct queue *queue);

void queue_put(struct queue *queue, struct queue_link *link);

/* The next one; waits while the queue is empty and open. NULL: empty and closed. */
struct queue_link *queue_take(struct queue *queue);

/* The next one, or NULL when there is none at this moment; does not wait. */
struct queue_link *queue_take_now(struct queue *queue);

/* Wakes all takers; what is still queued can be taken, nothing may be put any more. */
void queue_close(struct queue *queue);

#endif
