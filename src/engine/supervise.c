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
 */
#include "engine/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "engine/lastline.h"
#include "engine/starter.h"
#include "sys/fd.h"

enum {
    READ_SIZE = 16384,
    PIPE_READS = 8 /* a full pipe (64 KiB, pipe(7)), and some of what is written meanwhile */
};

enum phase { RUNNING, ASKED, KILLED, DRAINING };

enum { WATCH_EXIT, WATCH_OUTPUT, WATCH_ERRORS, WATCH_SOFT, WATCH_HARD, WATCHES };

struct supervision {
    struct starter *starter;
    struct child child;
    const struct supervise_limits *limits;
    const struct supervise_stop *stop;
    struct lastline *said; /* NULL: nobody wants to know before the end */
    enum phase phase;
    int64_t deadline; /* of the phase */
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
        if (self->said != NULL)
            lastline_add(self->said, bytes, (size_t)count);
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

static void enter(struct supervision *self, enum phase phase, int64_t length)
{
    self->phase = phase;
    self->deadline = clock_now() + length;
}

static void begin_draining(struct supervision *self)
{
    self->finish->leftovers_killed = child_kill_rest(&self->child);
    enter(self, DRAINING, SUPERVISE_DRAIN_MS * NUMBER_MILLISECOND);
}

static void begin_kill(struct supervision *self)
{
    if (self->exited) {
        begin_draining(self); /* it kills the rest of the group */
        return;
    }
    child_signal(&self->child, SIGKILL);
    enter(self, KILLED, SUPERVISE_ABANDON_MS * NUMBER_MILLISECOND);
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
    enter(self, ASKED, self->limits->kill_grace);
}

static void handle_stop(struct supervision *self, const struct pollfd *watches)
{
    self->hard = self->hard || watches[WATCH_HARD].revents != 0;
    if (self->phase == RUNNING && (self->hard || watches[WATCH_SOFT].revents != 0))
        begin_stop(self, FINISH_CANCELLED);
    else if (self->phase == ASKED && self->hard)
        begin_kill(self);
}

static void handle_deadline(struct supervision *self)
{
    if (self->phase == ASKED && self->exited && pipes_are_closed(self)) {
        begin_draining(self);
        return;
    }
    if (clock_now() < self->deadline)
        return;
    if (self->phase == RUNNING)
        begin_stop(self, FINISH_TIMED_OUT);
    else if (self->phase == ASKED)
        begin_kill(self);
    else if (self->phase == KILLED)
        self->finish->end = FINISH_ABANDONED;
}

static bool is_over(const struct supervision *self)
{
    if (self->phase == DRAINING)
        return pipes_are_closed(self) || clock_now() >= self->deadline;
    return self->finish->end == FINISH_ABANDONED;
}

/* ---- the loop ----------------------------------------------------------------------------- */

/* What to poll for: a stop only while it can change something, for it stays raised. */
static void set_watches(const struct supervision *self, struct pollfd *watches)
{
    bool soft = self->phase == RUNNING;
    bool hard = (self->phase == RUNNING || self->phase == ASKED) && !self->hard;

    watches[WATCH_EXIT] = (struct pollfd){self->exited ? -1 : self->child.pidfd, POLLIN, 0};
    watches[WATCH_OUTPUT] = (struct pollfd){self->child.output, POLLIN, 0};
    watches[WATCH_ERRORS] = (struct pollfd){self->child.errors, POLLIN, 0};
    watches[WATCH_SOFT] = (struct pollfd){soft ? self->stop->soft : -1, POLLIN, 0};
    watches[WATCH_HARD] = (struct pollfd){hard ? self->stop->hard : -1, POLLIN, 0};
}

static void watch_child(struct supervision *self)
{
    struct pollfd watches[WATCHES];
    struct timespec left;

    while (!is_over(self)) {
        set_watches(self, watches);
        if (ppoll(watches, WATCHES, clock_left(self->deadline, clock_now(), &left), NULL) < 0)
            continue; /* EINTR: azfan's signals are blocked, a debugger's are not */
        read_ready(self, watches);
        if (watches[WATCH_EXIT].revents != 0)
            handle_exit(self);
        handle_stop(self, watches);
        handle_deadline(self);
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
static bool end_given_up(struct supervision *self, const struct child_command *command, bool never)
{
    struct finish *finish = self->finish;
    bool late = clock_now() >= self->deadline;

    (void)error_set(&finish->error,
                    "%s could not be loaded before %s: does the disk or mount that it is on hang?",
                    command->program, late ? "its time was up" : "the run was stopped");
    (void)end_unstarted(finish, late ? FINISH_TIMED_OUT : FINISH_CANCELLED, ETIMEDOUT);
    if (!never)
        finish->end = FINISH_ABANDONED;
    return false;
}

/* False: there is no child, and `finish` says why. */
static bool start_child(struct supervision *self, const struct child_command *command)
{
    const int stops[2] = {self->stop->soft, self->stop->hard};
    int code = 0;

    if (is_raised(stops[0]) || is_raised(stops[1])) {
        (void)error_set(&self->finish->error, "%s was not started: the run was being stopped",
                        command->program);
        return end_unstarted(self->finish, FINISH_CANCELLED, ECANCELED);
    }
    switch (starter_start(&self->starter, command, self->deadline, stops, &self->child, &code,
                          &self->finish->error)) {
    case STARTER_STARTED:
        return true;
    case STARTER_FAILED:
        return end_unstarted(self->finish, FINISH_UNSTOPPED, -code);
    case STARTER_NEVER:
        return end_given_up(self, command, true);
    case STARTER_UNKNOWN:
        break;
    }
    return end_given_up(self, command, false);
}

void supervise_run(const struct child_command *command, const struct supervise_limits *limits,
                   const struct supervise_stop *stop, struct lastline *said, struct finish *ret)
{
    struct supervision self = {
        .limits = limits, .stop = stop, .said = said, .phase = RUNNING, .finish = ret};
    int64_t started = clock_now();

    *ret = (struct finish){.end = FINISH_EXITED, .stop = FINISH_UNSTOPPED, .started = started};
    ret->wall_started = clock_wall();
    self.deadline = started + limits->timeout; /* fixed before the spawn, which may take its time */
    if (start_child(&self, command)) {
        capture_init(&self.output, limits->output_limit);
        capture_init(&self.errors, limits->output_limit);
        watch_child(&self);
        end_child(&self);
        keep_output(&self);
        starter_end(self.starter);
    }
    ret->duration = clock_now() - started;
}

void finish_done(struct finish *finish)
{
    capture_text_done(&finish->output);
    capture_text_done(&finish->errors);
}
