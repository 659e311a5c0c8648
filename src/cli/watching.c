/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The run's journal is read as it grows (run/replay), and each event goes to
 * the live view as it does in the run itself. The view is opened by the second line, which has the
 * targets. What happened before the watching began comes at once, with the times that it had. A
 * journal that is written on another machine tells nothing when it changes, nor does a lock that is
 * given up: so there is a look at it every second besides.
 */
#include "cli/watching.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "azure/login.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/display.h"
#include "cli/message.h"
#include "cli/options.h"
#include "job/job.h"
#include "run/event.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/status.h"
#include "run/warden.h"
#include "run/watcher.h"
#include "screen/live.h"
#include "sys/fd.h"
#include "sys/signals.h"

#define LOOK_PERIOD NUMBER_SECOND

/* How long an azfan that has ended its run may write reports before nobody waits for it. */
#define ENDING_MOST (3 * NUMBER_SECOND)

struct watching {
    const struct options *options;
    struct buffer *notes;
    struct replay_follow *follow;
    struct result result;
    enum replay_state state;
    struct job job; /* what the view must know of it */
    struct live live;
    struct watcher watcher;
    bool is_open;        /* the view */
    struct buffer first; /* the lines before that */
    int signals;
    int signal;       /* that ends the watching; 0: none */
    int64_t ends_at;  /* of a run that is ending: then at the latest */
    struct error why; /* nothing can be read any more; "": it can */
};

/* ---- the view ----------------------------------------------------------------------------- */

/* What may be repeated after which reason no journal says: as if after any. */
static void make_job(struct watching *self)
{
    const struct result *result = &self->result;

    self->job = (struct job){.name = result->job.name,
                             .path = result->job.file,
                             .target_count = result->target_count,
                             .concurrency = result->concurrency,
                             .timeout = result->job.timeout,
                             .script_timeout = result->job.script_timeout,
                             .script_grace = result->job.script_grace,
                             .deadline = result->job.deadline,
                             .kill_grace = result->job.kill_grace,
                             .retry = {.attempts = result->job.attempts, .on = UINT32_MAX},
                             .pause_between = result->job.pause_between,
                             .has_max_failures = result->job.has_max_failures,
                             .max_failures = result->job.max_failures};
    self->job.targets = memory_zeroed(result->target_count, sizeof *self->job.targets);
    for (size_t i = 0; i < result->target_count; i++)
        self->job.targets[i].subscription = result->targets[i].subscription;
}

static void open_view(struct watching *self)
{
    make_job(self);
    display_open(&self->live, self->options, true, &self->result, &self->job, NULL);
    self->watcher = live_watcher(&self->live);
    self->is_open = true;
    live_note_lines(&self->live, self->notes);
    if (self->watcher.journaled != NULL)
        self->watcher.journaled(self->watcher.context, buffer_text(&self->first),
                                self->first.length);
    buffer_done(&self->first);
}

static void show_line(struct watching *self, const char *line, size_t length)
{
    struct buffer whole = BUFFER_INIT;

    if (self->is_open && self->watcher.journaled == NULL)
        return;
    buffer_append(&whole, line, length);
    buffer_add(&whole, "\n");
    if (self->is_open)
        self->watcher.journaled(self->watcher.context, buffer_text(&whole), whole.length);
    else
        buffer_append(&self->first, buffer_text(&whole), whole.length);
    buffer_done(&whole);
}

/*
 * When the run began on this machine's monotonic clock, by an event and the wall clock; but nothing
 * has happened later than now, whatever another machine's clock says.
 */
static void note_start(struct watching *self, const struct event *event)
{
    int64_t age;

    if (event->wall == EVENT_NO_TIME || event->at == EVENT_NO_TIME)
        return;
    age = clock_wall() - event->wall;
    live_set_start(&self->live, clock_now() - (age > 0 ? age : 0) - event->at);
}

static void show_login(struct watching *self)
{
    static char unknown[] = ""; /* as az itself may leave it */
    const struct origin *origin = &self->result.origin;
    struct login login = {.subscription = origin->subscription,
                          .az_version = origin->az_version != NULL ? origin->az_version : unknown};

    self->watcher.logged_in(self->watcher.context, &login);
}

static void show(void *context, const struct result *result, const struct event *event,
                 const char *line, size_t length)
{
    struct watching *self = context;

    show_line(self, line, length);
    if (event->kind == EVENT_TARGETS)
        open_view(self);
    if (!self->is_open)
        return;
    note_start(self, event);
    if (event->kind == EVENT_LOGIN)
        show_login(self);
    self->watcher.happened(self->watcher.context, result, event);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void take_signal(struct watching *self, int number)
{
    const struct watcher *watcher = &self->watcher;

    if (warden_ends_azfan(number))
        self->signal = number;
    else if (number == SIGWINCH && self->is_open)
        watcher->resized(watcher->context);
    else if (number == SIGTSTP && self->is_open)
        watcher->leaving(watcher->context);
    else if (number == SIGCONT && self->is_open)
        watcher->continued(watcher->context, &self->result, self->live.board.running);
    if (number == SIGTSTP)
        signals_stop();
}

static void wait_for_something(struct watching *self)
{
    struct watcher *watcher = &self->watcher;
    struct watcher_waits waits = {{-1, -1}, -1};
    int64_t until = clock_now() + LOOK_PERIOD;
    int64_t tick = self->is_open ? watcher->waiting(watcher->context, &waits) : CLOCK_NEVER;
    struct pollfd watches[] = {{waits.to_write[0], POLLOUT, 0},
                               {waits.to_write[1], POLLOUT, 0},
                               {waits.to_read, POLLIN, 0},
                               {self->signals, POLLIN, 0},
                               {replay_follow_fd(self->follow), POLLIN, 0}};
    struct timespec left;
    int number;

    (void)ppoll(watches, sizeof watches / sizeof watches[0],
                clock_left(until < tick ? until : tick, clock_now(), &left), NULL);
    if (watches[0].revents != 0 || watches[1].revents != 0)
        watcher->writable(watcher->context);
    if (watches[2].revents != 0)
        watcher->readable(watcher->context);
    if (self->is_open)
        watcher->tick(watcher->context, &self->result);
    while ((number = signals_read(self->signals)) != 0)
        take_signal(self, number);
}

/* Not for a reader of that azfan's who does not read: its end is known. */
static bool is_over(struct watching *self)
{
    if (self->state == REPLAY_ENDING && self->ends_at == 0)
        self->ends_at = clock_now() + ENDING_MOST;
    return self->state == REPLAY_OVER || self->state == REPLAY_REMOVED ||
           (self->state == REPLAY_ENDING && clock_now() >= self->ends_at);
}

static void watch(struct watching *self)
{
    for (;;) {
        if (replay_follow_on(self->follow, show, self, &self->state, &self->why) < 0)
            return;
        if (is_over(self) || self->signal != 0)
            return;
        wait_for_something(self);
    }
}

/* ---- the end ------------------------------------------------------------------------------ */

static enum watching_end find_end(const struct watching *self)
{
    if (self->why.text[0] != '\0')
        return WATCHING_FAILED;
    if (self->state == REPLAY_REMOVED)
        return WATCHING_REMOVED;
    if (self->state == REPLAY_GOING)
        return WATCHING_LEFT;
    return self->result.ending == RESULT_INTERRUPTED ? WATCHING_INTERRUPTED : WATCHING_OVER;
}

static int say_left(const struct watching *self)
{
    struct buffer text = BUFFER_INIT;

    buffer_add(&text, "the run goes on; to see it again: azfan watch ");
    text_add_word(&text, result_word(&self->result));
    (void)message_fail(0, buffer_text(&text));
    buffer_done(&text);
    return STATUS_SIGNAL + self->signal;
}

static int say_end(const struct watching *self, enum watching_end end)
{
    switch (end) {
    case WATCHING_FAILED:
        return message_fail(STATUS_TROUBLE, self->why.text);
    case WATCHING_REMOVED:
        return message_fail(STATUS_USAGE,
                            "the run was given up: nothing was started, and nothing is kept");
    case WATCHING_LEFT:
        return say_left(self);
    case WATCHING_OVER:
    case WATCHING_INTERRUPTED:
        break;
    }
    display_end(self->options, &self->result, "");
    return result_exit_status(&self->result);
}

/* From here on a signal ends azfan: what is still to be written may go to nobody who reads. */
static void close_view(struct watching *self)
{
    signals_release();
    fd_close(&self->signals);
    if (self->is_open)
        live_close(&self->live);
    free(self->job.targets);
    buffer_done(&self->first);
}

int watching_run(const struct options *options, const char *folder, struct buffer *notes,
                 enum watching_end *ret, int *ret_signal)
{
    struct watching self = {.options = options, .notes = notes, .first = BUFFER_INIT};
    int status;

    *ret = WATCHING_FAILED;
    if (replay_follow_open(&self.follow, folder, &self.result, &self.why) < 0) {
        result_done(&self.result);
        buffer_done(notes);
        return message_fail(STATUS_TROUBLE, self.why.text);
    }
    self.signals = signals_open();
    watch(&self);
    close_view(&self);
    *ret = find_end(&self);
    status = say_end(&self, *ret);
    if (*ret == WATCHING_LEFT)
        *ret_signal = self.signal;
    replay_follow_close(self.follow);
    result_done(&self.result);
    buffer_done(notes);
    return status;
}

int watching_tell_past(const struct options *options, const struct result *run)
{
    struct error text;

    (void)error_set(&text, "%s is over", result_word(run));
    (void)message_fail(0, text.text);
    display_end(options, run, "");
    return result_exit_status(run);
}
