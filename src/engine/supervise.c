/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. One loop polls the pidfd, both pipes and the two stop
 * events until the nearest deadline. On each wake-up, in this order:
 *
 *   1. one bounded read of each ready pipe (so that neither starves the other);
 *   2. the pidfd: an exit that is seen before any signal was sent is an exit,
 *      whatever the clock says;
 *   3. the stop events;
 *   4. the deadline of the phase, which begins the next one.
 *
 *   RUNNING --timeout, soft stop--> ASKED --grace over--> KILLED --limit over--> given up
 *      |  \________hard stop___________|_______________________^        |
 *      |                               |                                |
 *      +--------------exit-------------+-------------exit---------------+---> DRAINING
 *
 * ASKED: SIGINT (and SIGCONT, for a stopped child) went to the whole group. The
 * exit of the leader is not the end of it: a launcher that does not exec dies
 * at once, and what it launched is still closing its files. So the rest
 * of the group keeps its grace, until the pipes end or the grace is over.
 *
 * DRAINING: the leader has exited. What is left of its group is killed while
 * the leader is an unreaped zombie, and the pipes are read until they end; a
 * writer that left the group can hold them for SUPERVISE_DRAIN_MS and no longer.
 *
 * A child that is led takes no time of the run for its own work (engine/lapse). While it only waits
 * so do we, until what it needs or its deadline has come. Then the run's clock stands, for we are
 * at work: until it is ready to be stopped, where it is still being loaded; and until it has ended,
 * let go or stopped. All these deadlines are the machine's, for one that hangs after all (`real`).
 * Only one that is known to be deaf to SIGINT has its grace by the run's clock.
 */
#include "engine/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "engine/lapse.h"
#include "engine/lastline.h"
#include "engine/spoken.h"
#include "engine/starter.h"
#include "sys/fd.h"

enum {
    READ_SIZE = 16384,
    PIPE_READS = 8 /* a full pipe (64 KiB, pipe(7)), and some of what is written meanwhile */
};

enum phase { RUNNING, ASKED, KILLED, DRAINING };

enum { WATCH_EXIT, WATCH_OUTPUT, WATCH_ERRORS, WATCH_SOFT, WATCH_HARD, WATCH_LEAD, WATCHES };

struct supervision {
    struct starter *starter;
    struct child child;
    const struct supervise_limits *limits;
    const struct supervise_stop *stop;
    struct supervise_listeners listeners;
    enum phase phase;
    int64_t deadline; /* of the phase */
    bool real;        /* it is one of the machine's clock, and the run's stands */
    bool led;
    bool ready;              /* of one that is led: it has said so */
    int64_t let_go;          /* likewise: when it is, by the run's clock */
    enum finish_stop wanted; /* likewise: once it is ready */
    bool exited;
    bool hard; /* the hard stop has been seen */
    struct capture output;
    struct capture errors;
    bool output_complete;
    bool errors_complete;
    struct finish *finish;
};

/* ---- the pipes ---------------------------------------------------------------------------- */

/* One read. Returns false when nothing is to be had now; closes *FD at the end of the stream. */
static bool read_some(struct supervision *self, int *fd, struct capture *capture,
                      bool *ret_complete)
{
    char bytes[READ_SIZE];
    ssize_t count = read(*fd, bytes, sizeof bytes);

    if (count > 0) {
        capture_add(capture, bytes, (size_t)count);
        if (self->listeners.last != NULL)
            lastline_add(self->listeners.last, bytes, (size_t)count);
        if (self->listeners.lines != NULL && capture == &self->errors)
            spoken_add(self->listeners.lines, bytes, (size_t)count);
        return true;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    *ret_complete = count == 0;
    fd_close(fd);
    return false;
}

static void read_ready(struct supervision *self, const struct pollfd *watches)
{
    if (watches[WATCH_OUTPUT].revents != 0)
        (void)read_some(self, &self->child.output, &self->output, &self->output_complete);
    if (watches[WATCH_ERRORS].revents != 0)
        (void)read_some(self, &self->child.errors, &self->errors, &self->errors_complete);
}

static bool pipes_are_closed(const struct supervision *self)
{
    return self->child.output < 0 && self->child.errors < 0;
}

/* ---- the phases --------------------------------------------------------------------------- */

static int64_t read_clock(const struct supervision *self)
{
    return self->real ? clock_now() : lapse_now();
}

/* REAL: by the machine's clock, where there is a difference. */
static void enter(struct supervision *self, enum phase phase, int64_t length, bool real)
{
    self->phase = phase;
    self->real = real && self->led;
    self->deadline = read_clock(self) + length;
}

static void begin_draining(struct supervision *self)
{
    self->finish->leftovers_killed = child_kill_rest(&self->child);
    enter(self, DRAINING, SUPERVISE_DRAIN_MS * NUMBER_MILLISECOND, true);
}

static void begin_kill(struct supervision *self)
{
    if (self->exited) {
        begin_draining(self); /* it kills the rest of the group */
        return;
    }
    child_signal(&self->child, SIGKILL);
    enter(self, KILLED, SUPERVISE_ABANDON_MS * NUMBER_MILLISECOND, true);
}

static void handle_exit(struct supervision *self)
{
    self->exited = true;
    if (self->phase != ASKED)
        begin_draining(self);
}

/* The first step of the stop ladder, or the second at once when there is no grace. */
static void begin_stop(struct supervision *self, enum finish_stop why)
{
    /* What poll() said may be older than what the clock says: after Ctrl-Z and fg, by hours. */
    if (child_has_exited(&self->child)) {
        handle_exit(self);
        return;
    }
    self->finish->stop = why;
    if (self->limits->kill_grace == 0 || self->hard) {
        begin_kill(self);
        return;
    }
    child_signal(&self->child, SIGINT);
    child_signal(&self->child, SIGCONT); /* a stopped process takes no signal but SIGKILL */
    enter(self, ASKED, self->limits->kill_grace, !self->limits->deaf);
}

/* One that is led may still be being loaded: it can only be stopped as it should be once it is
 * there. */
static void stop_when_ready(struct supervision *self, enum finish_stop why)
{
    if (!self->led || self->ready || self->hard || self->child.lead < 0) {
        begin_stop(self, why);
        return;
    }
    self->wanted = why;
    enter(self, RUNNING, SUPERVISE_READY_MS * NUMBER_MILLISECOND, true);
}

static void handle_stop(struct supervision *self, const struct pollfd *watches)
{
    self->hard = self->hard || watches[WATCH_HARD].revents != 0;
    if (self->phase == RUNNING && (self->hard || watches[WATCH_SOFT].revents != 0))
        stop_when_ready(self, FINISH_CANCELLED);
    else if (self->phase == ASKED && self->hard)
        begin_kill(self);
}

/* ---- one that is led ---------------------------------------------------------------------- */

static void handle_lead(struct supervision *self, const struct pollfd *watches)
{
    char word;

    if (watches[WATCH_LEAD].revents != 0)
        self->ready = read(self->child.lead, &word, sizeof word) >= 0;
    if (self->ready && self->wanted != FINISH_UNSTOPPED && self->phase == RUNNING)
        begin_stop(self, self->wanted);
}

/* Does it do nothing but wait? */
static bool only_waits(const struct supervision *self)
{
    return self->led && self->phase == RUNNING && !self->real;
}

static void let_go(struct supervision *self)
{
    fd_close(&self->child.lead);
    enter(self, RUNNING, self->limits->timeout, true);
}

/* ---- the next deadline -------------------------------------------------------------------- */

static int64_t next_deadline(const struct supervision *self)
{
    return only_waits(self) && self->let_go < self->deadline ? self->let_go : self->deadline;
}

/* HAS_COME: it was waited for until then; but another one may count by now. */
static void handle_deadline(struct supervision *self, bool has_come)
{
    if (self->phase == ASKED && self->exited && pipes_are_closed(self)) {
        begin_draining(self);
        return;
    }
    if (!has_come || read_clock(self) < next_deadline(self))
        return;
    if (only_waits(self) && read_clock(self) >= self->let_go)
        let_go(self);
    else if (self->phase == RUNNING && self->wanted != FINISH_UNSTOPPED)
        begin_stop(self, self->wanted);
    else if (self->phase == RUNNING)
        stop_when_ready(self, FINISH_TIMED_OUT);
    else if (self->phase == ASKED)
        begin_kill(self);
    else if (self->phase == KILLED)
        self->finish->end = FINISH_ABANDONED;
}

static bool is_over(const struct supervision *self)
{
    if (self->phase == DRAINING)
        return pipes_are_closed(self) || read_clock(self) >= self->deadline;
    return self->finish->end == FINISH_ABANDONED;
}

/* ---- the loop ----------------------------------------------------------------------------- */

/* What to poll for: a stop only while it can change something, for it stays raised. */
static void set_watches(const struct supervision *self, struct pollfd *watches)
{
    bool soft = self->phase == RUNNING && self->wanted == FINISH_UNSTOPPED;
    bool hard = (self->phase == RUNNING || self->phase == ASKED) && !self->hard;

    watches[WATCH_EXIT] = (struct pollfd){self->exited ? -1 : self->child.pidfd, POLLIN, 0};
    watches[WATCH_OUTPUT] = (struct pollfd){self->child.output, POLLIN, 0};
    watches[WATCH_ERRORS] = (struct pollfd){self->child.errors, POLLIN, 0};
    watches[WATCH_SOFT] = (struct pollfd){soft ? self->stop->soft : -1, POLLIN, 0};
    watches[WATCH_HARD] = (struct pollfd){hard ? self->stop->hard : -1, POLLIN, 0};
    watches[WATCH_LEAD] = (struct pollfd){self->ready ? -1 : self->child.lead, POLLIN, 0};
}

/* True: the deadline has come. */
static bool wait_for_something(const struct supervision *self, struct pollfd *watches)
{
    struct timespec left;

    if (!self->real)
        return lapse_poll(watches, WATCHES, next_deadline(self), self->limits->turn, CLOCK_NEVER);
    if (ppoll(watches, WATCHES, clock_left(self->deadline, clock_now(), &left), NULL) < 0)
        memset(watches, 0, WATCHES * sizeof *watches);
    return clock_now() >= self->deadline;
}

static void watch_child(struct supervision *self)
{
    struct pollfd watches[WATCHES];

    while (!is_over(self)) {
        bool has_come;

        set_watches(self, watches);
        has_come = wait_for_something(self, watches);
        read_ready(self, watches);
        handle_lead(self, watches);
        if (watches[WATCH_EXIT].revents != 0)
            handle_exit(self);
        handle_stop(self, watches);
        handle_deadline(self, has_come);
    }
}

/*
 * What is in the pipes when the time for draining is over is still read: this
 * thread may have been kept from the processor for all of that time.
 */
static void read_rest(struct supervision *self)
{
    int reads = PIPE_READS;

    while (self->child.output >= 0 && reads-- > 0 &&
           read_some(self, &self->child.output, &self->output, &self->output_complete))
        ;
    reads = PIPE_READS;
    while (self->child.errors >= 0 && reads-- > 0 &&
           read_some(self, &self->child.errors, &self->errors, &self->errors_complete))
        ;
}

static void end_child(struct supervision *self)
{
    read_rest(self);
    if (self->finish->end == FINISH_ABANDONED) {
        child_abandon(&self->child);
        return;
    }
    child_reap(&self->child, &self->finish->exit);
}

static void keep_output(struct supervision *self)
{
    capture_finish(&self->output, &self->finish->output);
    capture_finish(&self->errors, &self->finish->errors);
    self->finish->output.complete = self->output_complete;
    self->finish->errors.complete = self->errors_complete;
}

static bool is_raised(int event)
{
    struct pollfd poll_fd = {.fd = event, .events = POLLIN};

    return poll(&poll_fd, 1, 0) > 0;
}

/* There is no child, and never was: STOP says who kept it from being, ERROR_NUMBER what. */
static bool end_unstarted(struct finish *finish, enum finish_stop stop, int error_number)
{
    finish->end = FINISH_NOT_STARTED;
    finish->stop = stop;
    finish->error_number = error_number;
    return false;
}

/* Its program's file did not come from the disk in all that time. */
static bool end_given_up(struct supervision *self, const struct child_command *command,
                         int64_t latest, bool never)
{
    struct finish *finish = self->finish;
    bool late = clock_now() >= latest;

    (void)error_set(&finish->error,
                    "%s could not be loaded before %s: does the disk or mount that it is on hang?",
                    command->program, late ? "its time was up" : "the run was stopped");
    (void)end_unstarted(finish, late ? FINISH_TIMED_OUT : FINISH_CANCELLED, ETIMEDOUT);
    if (!never)
        finish->end = FINISH_ABANDONED;
    return false;
}

/* At most until LATEST of the machine's clock. False: there is no child, and `finish` says why. */
static bool start_child(struct supervision *self, const struct child_command *command,
                        int64_t latest)
{
    const int stops[2] = {self->stop->soft, self->stop->hard};
    int code = 0;

    if (is_raised(stops[0]) || is_raised(stops[1])) {
        (void)error_set(&self->finish->error, "%s was not started: the run was being stopped",
                        command->program);
        return end_unstarted(self->finish, FINISH_CANCELLED, ECANCELED);
    }
    switch (starter_start(&self->starter, command, latest, stops, &self->child, &code,
                          &self->finish->error)) {
    case STARTER_STARTED:
        return true;
    case STARTER_FAILED:
        return end_unstarted(self->finish, FINISH_UNSTOPPED, -code);
    case STARTER_NEVER:
        return end_given_up(self, command, latest, true);
    case STARTER_UNKNOWN:
        break;
    }
    return end_given_up(self, command, latest, false);
}

void supervise_run(const struct child_command *command, const struct supervise_limits *limits,
                   const struct supervise_stop *stop, const struct supervise_listeners *listeners,
                   struct finish *ret)
{
    struct supervision self = {.limits = limits,
                               .stop = stop,
                               .phase = RUNNING,
                               .wanted = FINISH_UNSTOPPED,
                               .led = command->led,
                               .finish = ret};
    int64_t started = lapse_now();
    int64_t latest = clock_now() + limits->timeout; /* before the spawn, which may take its time */

    if (listeners != NULL)
        self.listeners = *listeners;
    *ret = (struct finish){.end = FINISH_EXITED, .stop = FINISH_UNSTOPPED, .started = started};
    ret->wall_started = lapse_wall();
    self.deadline = started + limits->timeout; /* likewise */
    if (__builtin_add_overflow(started, limits->needs, &self.let_go))
        self.let_go = CLOCK_NEVER;
    if (start_child(&self, command, latest)) {
        capture_init(&self.output, limits->output_limit);
        capture_init(&self.errors, limits->output_limit);
        watch_child(&self);
        end_child(&self);
        keep_output(&self);
        starter_end(self.starter);
    }
    ret->duration = lapse_now() - started;
}

void finish_done(struct finish *finish)
{
    capture_text_done(&finish->output);
    capture_text_done(&finish->errors);
}
