/* SPDX-License-Identifier: MIT */
#include "engine/queue.h"

#include <assert.h>
#include <stddef.h>

void queue_init(struct queue *queue)
{
    (void)pthread_mutex_init(&queue->mutex, NULL);
    (void)pthread_cond_init(&queue->changed, NULL);
    queue->first = NULL;
    queue->last = NULL;
    queue->closed = false;
}

void queue_destroy(struct queue *queue)
{
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->mutex);
}

void queue_put(struct queue *queue, struct queue_link *link)
{
    link->next = NULL;
    (void)pthread_mutex_lock(&queue->mutex);
    assert(!queue->closed);
    if (queue->last == NULL)
        queue->first = link;
    else
        queue->last->next = link;
    queue->last = link;
    (void)pthread_cond_signal(&queue->changed);
    (void)pthread_mutex_unlock(&queue->mutex);
}

/* With the mutex held. */
static struct queue_link *take_first(struct queue *queue)
{
    struct queue_link *link = queue->first;

    if (link == NULL)
        return NULL;
    queue->first = link->next;
    if (queue->first == NULL)
        queue->last = NULL;
    return link;
}

struct queue_link *queue_take(struct queue *queue)
{
    struct queue_link *link;

    (void)pthread_mutex_lock(&queue->mutex);
    /* Wait until there is a task or there will be none: wait while it is empty AND still open. */
    while (queue->first == NULL && !queue->closed)
        (void)pthread_cond_wait(&queue->changed, &queue->mutex);
    link = take_first(queue);
    (void)pthread_mutex_unlock(&queue->mutex);
    return link;
}

struct queue_link *queue_take_now(struct queue *queue)
{
    struct queue_link *link;

    (void)pthread_mutex_lock(&queue->mutex);
    link = take_first(queue);
    (void)pthread_mutex_unlock(&queue->mutex);
    return link;
}

void queue_close(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->mutex);
}
