/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. `busy` counts what is at work: a thread, or a task on its way between two.
 * While it is above 0 the clock stands at `now`. When the last one begins to wait the clock goes,
 * SPEED times as fast as the machine's, to the nearest time that somebody waits for. A thread of
 * its own sleeps that long, puts the clock there, counts the one whose time has come as at work,
 * and wakes it by the event of its place: of several the next when nobody is at work any more, so
 * that what happens at one time has an order, too. Whoever is woken by a descriptor, or by the
 * machine's clock, stops the run's where it is.
 *
 * So time only passes when nothing else is to be done, and what happens at one time of the run has
 * all been done before the next comes, however late the kernel lets anybody have the processor.
 *
 * `since` is when, by the machine's clock, `now` should have come. What was lost while the clock
 * stood is caught up with afterwards, but for what is more than LAG: who comes back from Ctrl-Z
 * sees the run go on, and not its end.
 */
#include "engine/lapse.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "sys/fault.h"
#include "sys/fd.h"

#define LAG NUMBER_SECOND

enum { STACK_SIZE = 64 * 1024 };

/* Of one that waits. */
struct place {
    int event; /* an eventfd: its time has come */
    bool taken;
    bool woken; /* it counts as at work already */
    bool came;  /* by its time */
    int64_t due;
    uint64_t turn;
};

static struct {
    bool on; /* written while there is one thread only */
    int speed;
    int64_t wall; /* to be added to a time of the run: UTC */
    pthread_t thread;

    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t changed;
    bool over;
    size_t busy;
    int64_t now;
    int64_t since;
    struct place *places;
    size_t place_count;
} lapse = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* ---- with the mutex held ------------------------------------------------------------------- */

static bool goes_before(const struct place *one, const struct place *other)
{
    return one->due < other->due || (one->due == other->due && one->turn < other->turn);
}

/* Who of those that wait is the next; NULL: nobody waits for a time. */
static struct place *find_next(void)
{
    struct place *next = NULL;

    for (size_t i = 0; i < lapse.place_count; i++) {
        struct place *place = &lapse.places[i];

        if (place->taken && !place->woken && place->due != CLOCK_NEVER &&
            (next == NULL || goes_before(place, next)))
            next = place;
    }
    return next;
}

/* What the clock shows, where it has not been stopped. */
static int64_t read_clock(void)
{
    int64_t passed = clock_now() - lapse.since;
    const struct place *next;
    int64_t now;

    if (lapse.busy > 0 || passed <= 0)
        return lapse.now;
    next = find_next();
    if (__builtin_mul_overflow(passed, lapse.speed, &passed) ||
        __builtin_add_overflow(lapse.now, passed, &now))
        now = CLOCK_NEVER - 1;
    return next == NULL || now < next->due ? now : number_larger(next->due, lapse.now);
}

static void set_clock(int64_t now)
{
    lapse.since += (now - lapse.now) / lapse.speed;
    lapse.now = now;
}

static void begin_work(void)
{
    set_clock(read_clock());
    lapse.busy++;
}

static void end_work(void)
{
    int64_t late;

    assert(lapse.busy > 0);
    if (--lapse.busy > 0)
        return;
    late = clock_now() - lapse.since;
    if (late > LAG)
        lapse.since += late - LAG;
    (void)pthread_cond_signal(&lapse.changed);
}

static void wake(struct place *place)
{
    place->woken = true;
    lapse.busy++;
    fd_event_raise(place->event);
}

/* ---- the thread ----------------------------------------------------------------------------- */

static void wait_until(int64_t real)
{
    struct timespec until;

    (void)clock_left(real, 0, &until); /* from the machine's start */
    (void)pthread_cond_timedwait(&lapse.changed, &lapse.mutex, &until);
}

static void *keep_time(void *unused)
{
    (void)pthread_mutex_lock(&lapse.mutex);
    while (!lapse.over) {
        struct place *next = lapse.busy > 0 ? NULL : find_next();
        int64_t real;

        if (next == NULL) {
            (void)pthread_cond_wait(&lapse.changed, &lapse.mutex);
            continue;
        }
        real = lapse.since + (next->due - lapse.now) / lapse.speed;
        if (clock_now() < real) {
            wait_until(real);
            continue;
        }
        set_clock(number_larger(next->due, lapse.now));
        next->came = true;
        wake(next);
    }
    (void)pthread_mutex_unlock(&lapse.mutex);
    return unused;
}

/* ---- beginning and end ---------------------------------------------------------------------- */

static int start_thread(void)
{
    pthread_condattr_t condition;
    pthread_attr_t attributes;
    int code;

    (void)pthread_condattr_init(&condition);
    (void)pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&lapse.changed, &condition);
    (void)pthread_condattr_destroy(&condition);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    code = FAULT("lapse.pthread_create")
               ? errno
               : pthread_create(&lapse.thread, &attributes, keep_time, NULL);
    (void)pthread_attr_destroy(&attributes);
    return code;
}

static void free_places(void)
{
    for (size_t i = 0; i < lapse.place_count; i++)
        fd_close(&lapse.places[i].event);
    free(lapse.places);
    lapse.places = NULL;
    lapse.place_count = 0;
}

static int open_places(size_t count, struct error *error)
{
    lapse.places = memory_zeroed(count, sizeof *lapse.places);
    for (; lapse.place_count < count; lapse.place_count++) {
        struct place *place = &lapse.places[lapse.place_count];

        place->event = FAULT("lapse.eventfd") ? -errno : fd_event();
        if (place->event < 0)
            return error_set(error, "cannot begin a time-lapse: %s", strerror(-place->event));
    }
    return 0;
}

int lapse_begin(int speed, size_t waiters, struct error *error)
{
    int64_t real = clock_now();
    int code;

    lapse.speed = speed;
    lapse.now = lapse.since = real;
    lapse.wall = clock_wall() - real;
    lapse.busy = 1;
    lapse.over = false;
    if (open_places(waiters, error) < 0) {
        free_places();
        return -1;
    }
    code = start_thread();
    if (code != 0) {
        free_places();
        return error_set(error, "cannot begin a time-lapse: %s", strerror(code));
    }
    lapse.on = true;
    return 0;
}

void lapse_end(void)
{
    if (!lapse.on)
        return;
    (void)pthread_mutex_lock(&lapse.mutex);
    lapse.over = true;
    (void)pthread_cond_signal(&lapse.changed);
    (void)pthread_mutex_unlock(&lapse.mutex);
    (void)pthread_join(lapse.thread, NULL);
    (void)pthread_cond_destroy(&lapse.changed);
    free_places();
    lapse.on = false;
}

/* ---- the run's clock ------------------------------------------------------------------------ */

int64_t lapse_now(void)
{
    int64_t now;

    if (!lapse.on)
        return clock_now();
    (void)pthread_mutex_lock(&lapse.mutex);
    now = read_clock();
    (void)pthread_mutex_unlock(&lapse.mutex);
    return now;
}

int64_t lapse_at(int64_t real)
{
    return lapse.on ? lapse_now() : real;
}

int64_t lapse_wall(void)
{
    return lapse.on ? lapse.wall + lapse_now() : clock_wall();
}

void lapse_hold(void)
{
    if (!lapse.on)
        return;
    (void)pthread_mutex_lock(&lapse.mutex);
    begin_work();
    (void)pthread_mutex_unlock(&lapse.mutex);
}

void lapse_release(void)
{
    if (!lapse.on)
        return;
    (void)pthread_mutex_lock(&lapse.mutex);
    end_work();
    (void)pthread_mutex_unlock(&lapse.mutex);
}

void lapse_wake(void)
{
    if (!lapse.on)
        return;
    (void)pthread_mutex_lock(&lapse.mutex);
    set_clock(read_clock());
    for (size_t i = 0; i < lapse.place_count; i++) {
        if (lapse.places[i].taken && !lapse.places[i].woken)
            wake(&lapse.places[i]);
    }
    (void)pthread_mutex_unlock(&lapse.mutex);
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* A place for one that waits until DUE; it is no longer at work. */
static struct place *begin_waiting(int64_t due, uint64_t turn)
{
    struct place *place = lapse.places;
    const struct place *end = lapse.places + lapse.place_count;

    (void)pthread_mutex_lock(&lapse.mutex);
    while (place < end && place->taken)
        place++;
    assert(place < end);
    *place = (struct place){.event = place->event, .taken = true, .due = due, .turn = turn};
    end_work();
    (void)pthread_mutex_unlock(&lapse.mutex);
    return place;
}

static bool end_waiting(struct place *place)
{
    bool came;

    (void)pthread_mutex_lock(&lapse.mutex);
    if (place->woken)
        fd_event_clear(place->event);
    else
        begin_work();
    came = place->came;
    place->taken = false;
    (void)pthread_mutex_unlock(&lapse.mutex);
    return came;
}

static void poll_until(struct pollfd *watches, size_t count, int64_t until)
{
    struct timespec left;

    if (ppoll(watches, count, clock_left(until, clock_now(), &left), NULL) >= 0)
        return;
    for (size_t i = 0; i < count;
         i++) /* EINTR: azfan's signals are blocked, a debugger's are not */
        watches[i].revents = 0;
}

bool lapse_poll(struct pollfd *watches, size_t count, int64_t until, uint64_t turn,
                int64_t at_latest)
{
    struct pollfd all[LAPSE_WATCHES + 1];
    struct place *place;
    bool came;

    if (!lapse.on) {
        poll_until(watches, count, until < at_latest ? until : at_latest);
        return clock_now() >= until;
    }
    assert(count <= LAPSE_WATCHES);
    place = begin_waiting(until, turn);
    for (size_t i = 0; i < count; i++) /* WATCHES may be NULL without any */
        all[i] = watches[i];
    all[count] = (struct pollfd){.fd = place->event, .events = POLLIN};
    poll_until(all, count + 1, at_latest);
    came = end_waiting(place);
    for (size_t i = 0; i < count; i++)
        watches[i] = all[i];
    return came;
}
