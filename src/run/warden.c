/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The thread polls the signals' descriptor, an event that
 * ends it, and the clock. It shares with the main thread, under one mutex, the
 * signals that wait to be taken, and the two stop events. It blocks in nothing
 * but poll() and that mutex, which nobody holds for longer than an assignment.
 *
 * How firmly the run is to be ended is counted here as run/schedule counts it.
 * As long as the main thread takes its signals nothing comes of that.
 *
 *   GOING, DRAINING   nothing that could not wait
 *   STOPPING          held up: the soft stop is raised
 *   KILLING           held up: the hard stop is raised, and a second later all is ended;
 *                     not held up: all is ended when WARDEN_LAST_S are over
 */
#include "run/warden.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/child.h"
#include "engine/supervise.h"
#include "run/schedule.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/signals.h"

#define PATIENCE (WARDEN_PATIENCE_MS * NUMBER_MILLISECOND)

enum {
    STACK_SIZE = 128 * 1024,
    MOST_WAITING = 32 /* more that nobody takes say nothing new */
};

struct warden {
    pthread_t thread;
    bool has_thread;
    int signals;    /* from signals_open() */
    int untaken;    /* an eventfd: readable while a signal waits */
    int over;       /* an eventfd: the thread is to end */
    bool signalled; /* the thread's own, as all down to the mutex */
    enum schedule_stage stage;
    int last; /* signal of those that end azfan */
    int64_t killing_since;

    pthread_mutex_t mutex; /* over all below */
    int waiting[MOST_WAITING];
    size_t count;
    int64_t waiting_since; /* of the first; monotonic */
    struct supervise_stop stop;
};

/* ---- the thread ----------------------------------------------------------------------------- */

bool warden_ends_azfan(int number)
{
    return number != SIGTSTP && number != SIGCONT && number != SIGUSR1 && number != SIGWINCH;
}

static void hand_on(struct warden *self, int number)
{
    (void)pthread_mutex_lock(&self->mutex);
    if (self->count == 0)
        self->waiting_since = clock_now();
    if (self->count < MOST_WAITING)
        self->waiting[self->count++] = number;
    (void)pthread_mutex_unlock(&self->mutex);
    fd_event_raise(self->untaken);
}

static void count_signal(struct warden *self, int number)
{
    if (!warden_ends_azfan(number))
        return;
    self->last = number;
    self->stage = schedule_stage_after(self->stage, number == SIGINT && !self->signalled);
    self->signalled = true;
    if (self->stage == SCHEDULE_KILLING && self->killing_since == 0)
        self->killing_since = clock_now();
}

static void take_signals(struct warden *self)
{
    int number;

    while ((number = signals_read(self->signals)) != 0) {
        count_signal(self, number);
        hand_on(self, number);
    }
}

/* Since when the main thread has let a signal wait; CLOCK_NEVER: none waits. */
static int64_t held_since(struct warden *self)
{
    int64_t since;

    (void)pthread_mutex_lock(&self->mutex);
    since = self->count > 0 ? self->waiting_since : CLOCK_NEVER;
    (void)pthread_mutex_unlock(&self->mutex);
    return since;
}

static void raise_stops(struct warden *self)
{
    (void)pthread_mutex_lock(&self->mutex);
    if (self->stage >= SCHEDULE_STOPPING && self->stop.soft >= 0)
        fd_event_raise(self->stop.soft);
    if (self->stage >= SCHEDULE_KILLING && self->stop.hard >= 0)
        fd_event_raise(self->stop.hard);
    (void)pthread_mutex_unlock(&self->mutex);
}

/* When everything is to be ended, whatever hangs: CLOCK_NEVER for the time being. */
static int64_t last_moment(const struct warden *self, int64_t held)
{
    int64_t latest;

    if (self->stage != SCHEDULE_KILLING)
        return CLOCK_NEVER;
    latest = self->killing_since + WARDEN_LAST_S * NUMBER_SECOND;
    if (held == CLOCK_NEVER)
        return latest;
    /* The signal itself, and the workers' time to kill. */
    held = (held > self->killing_since ? held : self->killing_since) + PATIENCE;
    return held < latest ? held : latest;
}

/* Does what is due. Returns when the next thing will be. */
static int64_t do_what_is_due(struct warden *self)
{
    int64_t now = clock_now();
    int64_t held = held_since(self);
    int64_t last = last_moment(self, held);
    int64_t next = held == CLOCK_NEVER ? CLOCK_NEVER : held + PATIENCE;

    if (now >= last) {
        child_kill_all();
        signals_die_of(self->last);
    }
    if (now >= next) {
        raise_stops(self);
        next = CLOCK_NEVER; /* until there is another signal */
    }
    return next < last ? next : last;
}

static void *watch(void *argument)
{
    struct warden *self = argument;
    struct pollfd watches[] = {{.fd = self->signals, .events = POLLIN},
                               {.fd = self->over, .events = POLLIN}};
    int64_t next = CLOCK_NEVER;

    for (;;) {
        struct timespec left;

        watches[0].revents = watches[1].revents = 0;
        (void)ppoll(watches, 2, clock_left(next, clock_now(), &left), NULL);
        if (watches[1].revents != 0)
            return NULL;
        take_signals(self);
        next = do_what_is_due(self);
    }
}

/* ---- the main thread ------------------------------------------------------------------------ */

static int start_thread(struct warden *self)
{
    pthread_attr_t attributes;
    int code;

    if (FAULT("warden.pthread_create"))
        return EAGAIN;
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    code = pthread_create(&self->thread, &attributes, watch, self);
    (void)pthread_attr_destroy(&attributes);
    return code;
}

static void free_warden(struct warden *self)
{
    fd_close(&self->signals);
    fd_close(&self->untaken);
    fd_close(&self->over);
    (void)pthread_mutex_destroy(&self->mutex);
    free(self);
}

int warden_open(struct warden **ret, struct error *error)
{
    struct warden *self = memory_zeroed(1, sizeof *self);

    *ret = NULL;
    self->stop = (struct supervise_stop){-1, -1};
    (void)pthread_mutex_init(&self->mutex, NULL);
    self->signals = signals_open();
    self->untaken = fd_event();
    self->over = fd_event();
    if (self->signals < 0 || self->untaken < 0 || self->over < 0) {
        free_warden(self);
        return error_set(error, "cannot watch signals: too many open files");
    }
    self->has_thread = start_thread(self) == 0;
    *ret = self;
    return 0;
}

int warden_fd(const struct warden *warden)
{
    return warden->has_thread ? warden->untaken : warden->signals;
}

int warden_take(struct warden *self)
{
    int number = 0;

    if (!self->has_thread)
        return signals_read(self->signals);
    (void)pthread_mutex_lock(&self->mutex);
    if (self->count > 0) {
        number = self->waiting[0];
        self->count--;
        memmove(self->waiting, self->waiting + 1, self->count * sizeof self->waiting[0]);
        self->waiting_since = clock_now(); /* who takes one is not held up */
    }
    if (self->count == 0)
        fd_event_clear(self->untaken);
    (void)pthread_mutex_unlock(&self->mutex);
    return number;
}

void warden_guard(struct warden *self, const struct supervise_stop *stop)
{
    static const struct supervise_stop none = {-1, -1};

    (void)pthread_mutex_lock(&self->mutex);
    self->stop = stop != NULL ? *stop : none;
    (void)pthread_mutex_unlock(&self->mutex);
}

int warden_close(struct warden *self)
{
    int left = 0;
    int number;

    if (self == NULL)
        return 0;
    fd_event_raise(self->over);
    if (self->has_thread)
        (void)pthread_join(self->thread, NULL);
    while ((number = warden_take(self)) != 0) {
        if (left == 0 && warden_ends_azfan(number))
            left = number;
    }
    free_warden(self);
    return left;
}
