/* SPDX-License-Identifier: MIT */
#include "run/stopping.h"

#include <signal.h>
#include <stdlib.h>

#include "azure/payload.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/lastline.h"
#include "job/job.h"
#include "run/conduct.h"
#include "run/conducting.h"
#include "run/doubts.h"
#include "run/event.h"
#include "run/redact.h"
#include "run/warden.h"
#include "run/watcher.h"
#include "sys/signals.h"

/* It is on disk that it was started, and it was not: it was no attempt. */
static void put_back(struct conducting *self, struct flight *flight)
{
    conducting_put_back(self, flight->target, "the run is being stopped");
    schedule_taken_back(self->schedule, flight->target);
    flights_land(&self->flights, flight);
}

/* What is to be launched, and what was, but begun by no worker. */
static void take_back_unbegun(struct conducting *self)
{
    struct flight *flight;

    for (size_t i = 0; i < self->starting_count; i++)
        put_back(self, self->starting[i]);
    self->starting_count = 0;
    /* The two commands of the login are no targets: they are stopped, not taken back. */
    while (!self->logging_in && (flight = flights_take_back(&self->flights)) != NULL) {
        if (!doubts_see_flight(self, flight, true))
            put_back(self, flight);
    }
}

/* Carries out what the schedule's stage has become. */
static void see_stage(struct conducting *self)
{
    enum schedule_stage stage = schedule_stage(self->schedule);
    bool begun = self->stage == SCHEDULE_GOING && stage > SCHEDULE_GOING;

    if (begun)
        take_back_unbegun(self);
    /* A login that nobody waits for any more is not worth its time. */
    if (stage >= SCHEDULE_STOPPING || (stage > SCHEDULE_GOING && self->logging_in))
        pool_stop_softly(&self->flights.pool);
    if (stage >= SCHEDULE_KILLING)
        pool_stop_hard(&self->flights.pool);
    self->stage = stage;
}

void stopping_end_early(struct conducting *self, enum result_ending ending, int signal,
                        const char *cause)
{
    struct event event;

    see_stage(self);
    /* Behind what was taken back: by this event whatever waits is settled. */
    event = conducting_event(self, EVENT_HALT);
    event.halt.ending = ending;
    event.halt.signal = signal;
    event.halt.cause = memory_string(cause);
    event.halt.stage = self->stage;
    event.halt.running = schedule_running(self->schedule);
    conducting_happen(self, event);
}

void stopping_see_trouble(struct conducting *self, const struct error *error)
{
    struct event event;

    if (self->result->trouble != NULL)
        return;
    event = conducting_event(self, EVENT_TROUBLE);
    event.trouble = memory_string(error->text);
    conducting_happen(self, event);
    schedule_halt(self->schedule);
    stopping_end_early(self, RESULT_HALTED, 0, NULL);
}

/* What all flights that are on their way have said last, without secrets. */
static struct buffer *copy_last_lines(struct conducting *self, struct flight *const *list,
                                      size_t count)
{
    struct buffer *lines = memory_zeroed(count, sizeof *lines);

    for (size_t i = 0; i < count; i++) {
        lastline_copy(&list[i]->said, &lines[i]);
        payload_hide(&lines[i], list[i]->command.nonce);
        redact_line(self->redact, &lines[i]);
    }
    return lines;
}

/* Takes the question of a login, which is no target's, out of the COUNT of LIST. */
static size_t leave_out(struct flight **list, size_t count, const struct flight *question)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (list[i] != question)
            list[kept++] = list[i];
    }
    return kept;
}

static void tell_running(struct conducting *self)
{
    const struct watcher *watcher = self->conduct->watcher;
    struct flight **list = memory_zeroed(self->flights.count, sizeof(struct flight *));
    size_t flying = flights_list_flying(&self->flights, list);
    size_t count = self->logging_in ? 0 : leave_out(list, flying, self->doubts.flight);
    struct watcher_running *running = memory_zeroed(count, sizeof *running);
    struct buffer *lines = copy_last_lines(self, list, count);
    int64_t now = clock_now();

    for (size_t i = 0; i < count; i++)
        running[i] = (struct watcher_running){.target = list[i]->target,
                                              .age = now - list[i]->launched,
                                              .last_line = buffer_text(&lines[i]),
                                              .last_length = lines[i].length};
    watcher->asked(watcher->context, self->result, running, count);
    for (size_t i = 0; i < count; i++)
        buffer_done(&lines[i]);
    free(lines);
    free(running);
    free(list);
}

/* Signals that end nothing. False: SIGNAL is none of them. */
static bool see_harmless_signal(struct conducting *self, int signal)
{
    const struct watcher *watcher = self->conduct->watcher;

    if (signal == SIGUSR1)
        self->asked = true;
    else if (signal == SIGWINCH)
        watcher->resized(watcher->context);
    else if (signal == SIGCONT)
        self->continued = true;
    else if (signal != SIGTSTP)
        return false;
    if (signal == SIGTSTP) {
        watcher->leaving(watcher->context);
        signals_stop();
    }
    return true;
}

void stopping_answer(struct conducting *self)
{
    const struct watcher *watcher = self->conduct->watcher;

    if (self->continued)
        watcher->continued(watcher->context, self->result, schedule_running(self->schedule));
    if (self->asked)
        tell_running(self);
    self->continued = self->asked = false;
}

static void see_signal(struct conducting *self, int signal)
{
    if (see_harmless_signal(self, signal))
        return;
    (void)schedule_see_signal(self->schedule, signal == SIGINT);
    stopping_end_early(self, RESULT_SIGNAL, signal, NULL);
}

void stopping_see_signals(struct conducting *self)
{
    int signal;

    while ((signal = warden_take(self->conduct->warden)) != 0)
        see_signal(self, signal);
}

void stopping_see_time(struct conducting *self)
{
    if (schedule_see_time(self->schedule, clock_now()))
        stopping_end_early(self, RESULT_DEADLINE, 0, NULL);
}
