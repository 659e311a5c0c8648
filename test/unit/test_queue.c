/* SPDX-License-Identifier: MIT */
#include "engine/queue.h"

#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "unit/unit.h"

struct item {
    struct queue_link link;
    int producer;
    int number;
};

/* What a thread saw. Threads only record; the test's body judges after the join. */
struct taker {
    pthread_t thread;
    struct queue *queue;
    atomic_int tid;
    int taken;
    int out_of_order;
};

static void start_takers(struct taker *takers, int count, struct queue *queue, void *(*run)(void *))
{
    for (int i = 0; i < count; i++) {
        takers[i] = (struct taker){.queue = queue};
        ck_assert_int_eq(pthread_create(&takers[i].thread, NULL, run, &takers[i]), 0);
    }
}

static int join_takers(struct taker *takers, int count)
{
    int taken = 0;

    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(pthread_join(takers[i].thread, NULL), 0);
        taken += takers[i].taken;
    }
    return taken;
}

START_TEST(test_first_in_first_out)
{
    struct item items[5];
    struct queue queue;

    queue_init(&queue);
    ck_assert_ptr_null(queue_take_now(&queue));
    for (int round = 0; round < 3; round++) { /* also after it has been empty */
        for (int i = 0; i < 5; i++)
            queue_put(&queue, &items[i].link);
        for (int i = 0; i < 5; i++)
            ck_assert_ptr_eq(i % 2 == 0 ? queue_take(&queue) : queue_take_now(&queue),
                             &items[i].link);
        ck_assert_ptr_null(queue_take_now(&queue));
    }
    queue_destroy(&queue);
}
END_TEST

/* What was put before the close is still handed out. */
START_TEST(test_closed_queue_is_emptied_first)
{
    struct item items[2];
    struct queue queue;

    queue_init(&queue);
    queue_put(&queue, &items[0].link);
    queue_put(&queue, &items[1].link);
    queue_close(&queue);
    ck_assert_ptr_eq(queue_take(&queue), &items[0].link);
    ck_assert_ptr_eq(queue_take(&queue), &items[1].link);
    ck_assert_ptr_null(queue_take(&queue));
    ck_assert_ptr_null(queue_take(&queue));
    ck_assert_ptr_null(queue_take_now(&queue));
    queue_destroy(&queue);
}
END_TEST

/* A put after the close would be lost: it is a bug of the caller and stops the program. */
START_TEST(test_put_after_close)
{
    struct rlimit none = {0, 0};
    struct queue queue;
    struct item item;

    (void)setrlimit(RLIMIT_CORE, &none);
    queue_init(&queue);
    queue_close(&queue);
    queue_put(&queue, &item.link);
}
END_TEST

enum { PRODUCERS = 4, CONSUMERS = 4, ITEMS = 5000 };

struct producer {
    pthread_t thread;
    struct queue *queue;
    struct item items[ITEMS];
};

static struct producer producers[PRODUCERS];

static void *produce(void *argument)
{
    struct producer *producer = argument;

    for (int i = 0; i < ITEMS; i++) {
        producer->items[i].producer = (int)(producer - producers);
        producer->items[i].number = i;
        queue_put(producer->queue, &producer->items[i].link);
    }
    return NULL;
}

static void *consume_in_order(void *argument)
{
    struct taker *taker = argument;
    int last[PRODUCERS] = {-1, -1, -1, -1};
    struct queue_link *link;

    while ((link = queue_take(taker->queue)) != NULL) {
        struct item *item = (struct item *)link;

        if (item->number <= last[item->producer])
            taker->out_of_order++;
        last[item->producer] = item->number;
        item->number = -1; /* taken twice, it would be out of order */
        taker->taken++;
    }
    return NULL;
}

/* Nothing is lost, nothing comes twice, and everybody sees the order of each producer. */
START_TEST(test_many_producers_and_consumers)
{
    struct taker takers[CONSUMERS];
    struct queue queue;

    queue_init(&queue);
    start_takers(takers, CONSUMERS, &queue, consume_in_order);
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i].queue = &queue;
        ck_assert_int_eq(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++)
        (void)pthread_join(producers[i].thread, NULL);
    queue_close(&queue);
    ck_assert_int_eq(join_takers(takers, CONSUMERS), PRODUCERS * ITEMS);
    for (int i = 0; i < CONSUMERS; i++)
        ck_assert_int_eq(takers[i].out_of_order, 0);
    queue_destroy(&queue);
}
END_TEST

static void *take_until_closed(void *argument)
{
    struct taker *taker = argument;

    taker->tid = (int)syscall(SYS_gettid);
    while (queue_take(taker->queue) != NULL)
        taker->taken++;
    return NULL;
}

static char state_of_thread(int tid)
{
    char name[64];
    char state = '?';
    FILE *file;

    (void)snprintf(name, sizeof name, "/proc/self/task/%d/stat", tid);
    file = fopen(name, "re");
    if (file == NULL || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    if (file != NULL)
        (void)fclose(file);
    return state;
}

/* The kernel tells when a thread sleeps; there is no event to wait for. */
static void wait_until_asleep(const struct taker *taker)
{
    const struct timespec tick = {0, 1000000};

    while (taker->tid == 0 || state_of_thread(taker->tid) != 'S')
        (void)nanosleep(&tick, NULL);
}

/* A close that woke only one of them would leave threads for ever. */
START_TEST(test_close_wakes_all)
{
    struct taker takers[8];
    struct queue queue;

    queue_init(&queue);
    start_takers(takers, 8, &queue, take_until_closed);
    for (int i = 0; i < 8; i++)
        wait_until_asleep(&takers[i]);
    queue_close(&queue);
    ck_assert_int_eq(join_takers(takers, 8), 0);
    queue_destroy(&queue);
}
END_TEST

static sem_t quick_done;
static sem_t slow_may_end;

/* Item 0 is slow, the others take no time. */
static void *take_slow_and_quick(void *argument)
{
    struct taker *taker = argument;
    struct queue_link *link;

    while ((link = queue_take(taker->queue)) != NULL) {
        taker->taken++;
        (void)sem_wait(((struct item *)link)->number == 0 ? &slow_may_end : &quick_done);
        if (((struct item *)link)->number == 99)
            (void)sem_post(&slow_may_end);
    }
    return NULL;
}

/* A task that takes long holds up its own thread and nobody else: here it ends after the last one.
 */
START_TEST(test_slow_task_holds_up_nobody)
{
    struct taker takers[2];
    struct item items[100];
    struct queue queue;

    (void)sem_init(&quick_done, 0, 99);
    (void)sem_init(&slow_may_end, 0, 0);
    queue_init(&queue);
    start_takers(takers, 2, &queue, take_slow_and_quick);
    for (int i = 0; i < 100; i++) {
        items[i].number = i;
        queue_put(&queue, &items[i].link);
    }
    queue_close(&queue);
    ck_assert_int_eq(join_takers(takers, 2), 100);
    ck_assert_int_eq(takers[0].taken == 1 || takers[1].taken == 1, 1);
    queue_destroy(&queue);
}
END_TEST

static sem_t taken_one;

static void *take_and_tell(void *argument)
{
    struct taker *taker = argument;

    while (queue_take(taker->queue) != NULL) {
        taker->taken++;
        (void)sem_post(&taken_one);
    }
    taker->tid = -1; /* it has come to the end */
    return NULL;
}

/*
 * Tasks of no length: the queue is empty again and again, and of the takers that are woken some
 * find that another was faster. They must wait on, and not take that for the end.
 */
START_TEST(test_empty_again_and_again)
{
    enum { ROUNDS = 5000 };
    static struct item items[2];
    struct taker takers[CONSUMERS];
    struct queue queue;

    (void)sem_init(&taken_one, 0, 0);
    queue_init(&queue);
    start_takers(takers, CONSUMERS, &queue, take_and_tell);
    for (int i = 0; i < ROUNDS; i++) {
        queue_put(&queue, &items[0].link);
        queue_put(&queue, &items[1].link);
        (void)sem_wait(&taken_one);
        (void)sem_wait(&taken_one);
    }
    for (int i = 0; i < CONSUMERS; i++)
        ck_assert_msg(takers[i].tid == 0, "taker %d gave up before the close", i);
    queue_close(&queue);
    ck_assert_int_eq(join_takers(takers, CONSUMERS), 2 * ROUNDS);
    queue_destroy(&queue);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *tcase = tcase_create("queue");

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, test_first_in_first_out);
    tcase_add_test(tcase, test_closed_queue_is_emptied_first);
    tcase_add_test_raise_signal(tcase, test_put_after_close, SIGABRT);
    tcase_add_test(tcase, test_many_producers_and_consumers);
    tcase_add_test(tcase, test_close_wakes_all);
    tcase_add_test(tcase, test_slow_task_holds_up_nobody);
    tcase_add_test(tcase, test_empty_again_and_again);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(make_suite)
