/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Everything here happens on the main thread. A flight is
 * one az process on its way through the pool; there are as many flights as
 * workers, and no more: what one target's end means for the others is known
 * before the next one starts. The loop fills free flights, sleeps until something happens (a flight
 * has finished, a signal has come, the run's deadline has passed), and deals
 * with it. Once the run is stopping no flight is filled any more: what was not
 * started is settled as skipped at once, what runs is waited for, and the
 * engine sees to it that this is never long.
 */
#include "run/conduct.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "azure/answer.h"
#include "azure/az.h"
#include "azure/command.h"
#include "azure/login.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/child.h"
#include "engine/pool.h"
#include "job/job.h"
#include "job/targets.h"
#include "run/folder.h"
#include "run/redact.h"
#include "run/result.h"
#include "sys/signals.h"

#define LOGIN_TIMEOUT (60 * NUMBER_SECOND)
#define REAPING_PAUSE NUMBER_SECOND

enum {
    LOGIN_FLIGHTS = 2,    /* the token and the version, side by side where there are two workers */
    FILES_PER_WORKER = 5, /* pidfd, two pipes, and two more while a child is started */
    FILES_OF_OUR_OWN = 32
};

struct flight {
    struct pool_task task; /* first: the pool hands it back */
    struct command command;
    size_t target;
    unsigned slot; /* of the script's file */
    bool in_use;
    bool gone; /* nothing is left of the process: it ended by itself, and nobody holds its pipes */
};

struct conducting {
    const struct conduct *conduct;
    struct result *result;
    struct pool pool;
    struct login login;
    struct flight *flights;
    size_t flight_count; /* for targets; the array has room for the login's too */
    size_t in_flight;
    unsigned next_slot; /* that no flight has had */
    size_t next;        /* the first target that has not been put into a flight */
    int64_t started;
    int64_t deadline;
    int64_t next_reaping;
    bool logging_in;
    bool stopping; /* nothing more is started */
    bool soft;     /* running attempts have been asked to end */
    bool hard;     /* running attempts are being killed */
};

/* ---- flights ------------------------------------------------------------------------------ */

static struct flight *free_flight(struct conducting *self)
{
    for (size_t i = 0; i < self->flight_count; i++) {
        if (!self->flights[i].in_use)
            return &self->flights[i];
    }
    return NULL;
}

static void launch(struct conducting *self, struct flight *flight, int64_t timeout)
{
    flight->task.command = flight->command.child;
    flight->task.limits.timeout = timeout;
    flight->task.limits.kill_grace = self->conduct->job->kill_grace;
    flight->task.limits.output_limit = self->conduct->job->output_limit;
    flight->in_use = true;
    flight->gone = true;
    self->in_flight++;
    pool_put(&self->pool, &flight->task);
}

static void land(struct conducting *self, struct flight *flight)
{
    command_done(&flight->command, flight->gone);
    if (!flight->gone)
        flight->slot = self->next_slot++; /* a file of that name is never made again */
    flight->in_use = false;
    self->in_flight--;
}

/* ---- targets ------------------------------------------------------------------------------ */

static void tell_settled(struct conducting *self, size_t index)
{
    const struct conduct_watcher *watcher = self->conduct->watcher;

    watcher->target_settled(watcher->context, self->result, index);
}

static void skip(struct conducting *self, size_t index)
{
    const struct result *result = self->result;
    enum outcome_reason reason = REASON_HALTED;
    char *message = NULL;

    switch (result->ending) {
    case RESULT_SIGNAL:
        reason = REASON_SIGNAL;
        message =
            memory_print("not started: the run was stopped by SIG%s", sigabbrev_np(result->signal));
        break;
    case RESULT_DEADLINE:
        reason = REASON_DEADLINE;
        message = memory_string("not started: the run's deadline had passed");
        break;
    case RESULT_LOGIN:
        reason = REASON_LOGIN;
        message = memory_string("not started: the login to Azure is broken");
        break;
    case RESULT_COMPLETE:
    case RESULT_HALTED:
        message = memory_string("not started: the run was halted");
        break;
    }
    result_skip(self->result, index, reason, message);
    free(message);
    tell_settled(self, index);
}

/* The script's file could not be written: a trouble of this machine's, not of the target's. */
static void settle_unstarted(struct conducting *self, size_t index, const struct error *error)
{
    struct answer answer = {.outcome = {.kind = OUTCOME_ERROR,
                                        .reason = REASON_START,
                                        .script = SCRIPT_NOT_STARTED,
                                        .exit_code = -1,
                                        .message = memory_string(error->text)}};

    result_settle(self->result, index, &answer);
    tell_settled(self, index);
}

static void start_target(struct conducting *self, struct flight *flight, size_t index)
{
    const struct job *job = self->conduct->job;
    struct result_target *target = &self->result->targets[index];
    struct guard guard = {
        .job = job, .target = target->target, .run = self->result->run, .batch = target->batch};
    struct error error;

    target->id = targets_print_id(target->target, self->login.subscription);
    if (command_invoke(&flight->command, self->conduct->az, &guard, target->id, flight->slot,
                       &error) < 0) {
        settle_unstarted(self, index, &error);
        return;
    }
    flight->target = index;
    launch(self, flight, job->timeout);
}

static void fill_flights(struct conducting *self)
{
    struct flight *flight;

    while (!self->stopping && self->next < self->conduct->job->target_count &&
           (flight = free_flight(self)) != NULL)
        start_target(self, flight, self->next++);
}

/* ---- stopping ----------------------------------------------------------------------------- */

/* Nothing more is started: what waits is skipped, in the job's order. */
static void start_no_more(struct conducting *self)
{
    struct pool_task *task;

    self->stopping = true;
    /* The two commands of the login are no targets: they are stopped, not taken back. */
    while (!self->logging_in && (task = pool_take_back(&self->pool)) != NULL) {
        struct flight *flight = (struct flight *)task;

        skip(self, flight->target);
        land(self, flight);
    }
    while (self->next < self->conduct->job->target_count)
        skip(self, self->next++);
}

static void tell_stopping(const struct conducting *self)
{
    const struct conduct_watcher *watcher = self->conduct->watcher;

    watcher->stopping(watcher->context, self->result, self->in_flight, self->hard);
}

/* Asks running attempts to end; they have kill_grace for it. */
static void stop_softly(struct conducting *self)
{
    start_no_more(self);
    self->soft = true;
    pool_stop_softly(&self->pool);
}

/* The first signal stops by the ladder; one that comes when that has begun, by SIGKILL. */
static void see_signal(struct conducting *self, int signal)
{
    result_end_early(self->result, RESULT_SIGNAL, signal, NULL);
    if (self->soft) {
        self->hard = true;
        pool_stop_hard(&self->pool);
    } else {
        stop_softly(self);
    }
    tell_stopping(self);
}

static void see_deadline(struct conducting *self)
{
    if (clock_now() < self->deadline)
        return;
    self->deadline = CLOCK_NEVER;
    result_end_early(self->result, RESULT_DEADLINE, 0, NULL);
    stop_softly(self);
    tell_stopping(self);
}

/* Every other target would meet the same: those that run may end, no more are started. */
static void halt(struct conducting *self, const struct outcome *outcome)
{
    if (self->stopping)
        return;
    result_end_early(self->result, outcome->reason == REASON_LOGIN ? RESULT_LOGIN : RESULT_HALTED,
                     0, outcome->message);
    start_no_more(self);
    tell_stopping(self);
}

/* ---- what comes back ---------------------------------------------------------------------- */

static void keep_attempt(struct conducting *self, size_t index, const struct pool_task *task,
                         const struct outcome *outcome)
{
    const struct finish *finish = &task->finish;
    bool exited = finish->end == FINISH_EXITED && finish->exit.known;
    struct result_attempt attempt = {
        .wall_started = finish->wall_started,
        .duration = finish->duration,
        .outcome = outcome->kind,
        .reason = outcome->reason,
        .az_exit = exited && !finish->exit.signaled ? finish->exit.status : -1,
        .az_signal = exited && finish->exit.signaled ? finish->exit.status : 0,
        .stopped = finish->stop != FINISH_UNSTOPPED,
        .leftovers_killed = finish->leftovers_killed,
        .cpu_time = finish->exit.cpu_time,
        .max_rss_kib = finish->exit.max_rss_kib,
        .worker = task->worker};

    result_add_attempt(self->result, index, &attempt);
}

static void keep_output(struct conducting *self, size_t index, const struct answer *answer)
{
    struct error error;

    if (folder_write_output(self->conduct->folder, self->conduct->job->targets[index].label,
                            &answer->output, &answer->errors, &error) < 0)
        result_trouble(self->result, error.text);
}

static void settle_target(struct conducting *self, struct flight *flight)
{
    const struct job *job = self->conduct->job;
    struct answer_question question = {.nonce = flight->command.nonce,
                                       .timeout = job->timeout,
                                       .script_timeout = job->script_timeout};
    size_t index = flight->target;
    struct answer answer;
    bool fatal;

    flight->gone = flight->task.finish.stop == FINISH_UNSTOPPED &&
                   flight->task.finish.output.complete && flight->task.finish.errors.complete;
    answer_read(&flight->task.finish, &question, &answer);
    if (answer.outcome.kind == OUTCOME_CANCELLED && self->result->ending == RESULT_DEADLINE)
        answer.outcome.reason = REASON_DEADLINE;
    redact_answer(&answer, job, &job->targets[index]);
    keep_attempt(self, index, &flight->task, &answer.outcome);
    keep_output(self, index, &answer);
    fatal = answer.outcome.fatal;
    result_settle(self->result, index, &answer);
    finish_done(&flight->task.finish);
    land(self, flight);
    tell_settled(self, index);
    if (fatal)
        halt(self, &self->result->targets[index].outcome);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void wait_for_something(const struct conducting *self)
{
    const struct conduct_watcher *watcher = self->conduct->watcher;
    struct pollfd watches[4] = {{self->pool.finished, POLLIN, 0},
                                {self->conduct->signals, POLLIN, 0}};
    struct timespec left;
    int fds[2];

    watcher->waiting(watcher->context, fds);
    watches[2] = (struct pollfd){fds[0], POLLOUT, 0};
    watches[3] = (struct pollfd){fds[1], POLLOUT, 0};
    (void)ppoll(watches, 4, clock_left(self->deadline, clock_now(), &left), NULL);
    if (watches[2].revents != 0 || watches[3].revents != 0)
        watcher->writable(watcher->context);
}

static void see_signals(struct conducting *self)
{
    int signal;

    while ((signal = signals_read(self->conduct->signals)) != 0)
        see_signal(self, signal);
}

static void reap_orphans(struct conducting *self)
{
    if (clock_now() < self->next_reaping)
        return;
    child_reap_orphans();
    self->next_reaping = clock_now() + REAPING_PAUSE;
}

static void run_targets(struct conducting *self)
{
    while (self->result->settled < self->conduct->job->target_count) {
        struct pool_task *task;

        fill_flights(self);
        if (self->result->settled == self->conduct->job->target_count)
            return; /* none of the last ones could be put into a flight */
        wait_for_something(self);
        see_signals(self);
        see_deadline(self);
        while ((task = pool_take_finished(&self->pool)) != NULL) {
            settle_target(self, (struct flight *)task);
            fill_flights(self);
        }
        reap_orphans(self);
    }
}

/* ---- the login ---------------------------------------------------------------------------- */

static void end_without_login(struct conducting *self, enum login_result result, const char *cause)
{
    if (self->stopping) /* by a signal or the deadline: that is what cut the login short */
        return;
    result_end_early(self->result, result == LOGIN_BROKEN ? RESULT_LOGIN : RESULT_HALTED, 0, cause);
    start_no_more(self);
    tell_stopping(self);
}

static void wait_for_landing(struct conducting *self, size_t flights)
{
    size_t landed = 0;

    while (landed < flights) {
        wait_for_something(self);
        see_signals(self);
        see_deadline(self);
        while (pool_take_finished(&self->pool) != NULL)
            landed++;
    }
}

/* Proves the login, and that this az can be used, before any target is touched. */
static void log_in(struct conducting *self)
{
    const struct conduct *conduct = self->conduct;
    struct flight *token = &self->flights[0];
    struct flight *version = &self->flights[1];
    struct error token_error = {""};
    struct error error = {""};
    enum login_result token_result;
    enum login_result result;

    self->logging_in = true;
    command_token(&token->command, conduct->az, job_only_subscription(conduct->job));
    command_version(&version->command, conduct->az);
    launch(self, token, LOGIN_TIMEOUT);
    launch(self, version, LOGIN_TIMEOUT);
    wait_for_landing(self, LOGIN_FLIGHTS);
    self->logging_in = false;
    /* The token's answer is always read, for that wipes it; what the version says goes first. */
    token_result = login_read_token(&self->login, &token->task.finish, &token_error);
    result = login_read_version(&self->login, &version->task.finish, &error);
    if (result == LOGIN_OK) {
        result = token_result;
        error = token_error;
    }
    if (result == LOGIN_OK && self->login.subscription == NULL &&
        job_needs_subscription(conduct->job)) {
        result = LOGIN_NO_AZ;
        (void)error_set(&error, "az has no default subscription, and the job names none for every "
                                "target: add targets.subscription, or use `az account set`");
    }
    finish_done(&token->task.finish);
    finish_done(&version->task.finish);
    land(self, token);
    land(self, version);
    if (result != LOGIN_OK) {
        redact_error(&error, conduct->job); /* az may have echoed one */
        end_without_login(self, result, error.text);
    } else if (!self->stopping) {
        conduct->watcher->logged_in(conduct->watcher->context, &self->login);
    }
}

/* ---- beginning and end -------------------------------------------------------------------- */

/* As many workers as the job wants, but no more than targets, or than there are descriptors for. */
static int count_workers(const struct conduct *conduct)
{
    size_t workers = (size_t)conduct->job->concurrency;
    struct rlimit files = {.rlim_cur = RLIM_INFINITY};
    size_t bearable;

    if (workers > conduct->job->target_count)
        workers = conduct->job->target_count;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur == RLIM_INFINITY)
        return (int)workers;
    bearable = files.rlim_cur > FILES_OF_OUR_OWN + FILES_PER_WORKER
                   ? (files.rlim_cur - FILES_OF_OUR_OWN) / FILES_PER_WORKER
                   : 1;
    if (workers <= bearable)
        return (int)workers;
    conduct->watcher->clamped(conduct->watcher->context, (int)bearable);
    return (int)bearable;
}

static void begin(struct conducting *self)
{
    const struct job *job = self->conduct->job;

    self->started = clock_now();
    self->result->wall_started = clock_wall();
    self->deadline = job->deadline > 0 ? self->started + job->deadline : CLOCK_NEVER;
    self->flight_count = (size_t)self->pool.size;
    self->flights = memory_zeroed(self->flight_count + LOGIN_FLIGHTS, sizeof *self->flights);
    while (self->next_slot < self->flight_count) {
        self->flights[self->next_slot].slot = self->next_slot;
        self->next_slot++;
    }
}

static void end(struct conducting *self)
{
    int late = signals_read(self->conduct->signals); /* while the last target was being settled */

    if (late != 0)
        result_end_early(self->result, RESULT_SIGNAL, late, NULL);
    pool_join(&self->pool);
    (void)child_sweep();
    free(self->flights);
    login_done(&self->login);
    self->result->wall_ended = clock_wall();
    self->result->duration = clock_now() - self->started;
}

/* There are no workers: nothing can be run. */
static void give_up(struct conducting *self, const struct error *error)
{
    result_trouble(self->result, error->text);
    result_end_early(self->result, RESULT_HALTED, 0, error->text);
    while (self->next < self->conduct->job->target_count)
        skip(self, self->next++);
    self->result->wall_started = self->result->wall_ended = clock_wall();
}

void conduct_run(const struct conduct *conduct, struct result *result)
{
    struct conducting self = {.conduct = conduct, .result = result};
    struct error error;

    if (pool_start(&self.pool, count_workers(conduct), &error) < 0) {
        give_up(&self, &error);
        return;
    }
    begin(&self);
    log_in(&self);
    run_targets(&self);
    end(&self);
}
