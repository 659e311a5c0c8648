/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Everything here happens on the main thread, in rounds.
 * A round takes all that has happened (attempts that have ended, signals, the
 * clock), tells the schedule and the result, asks the schedule who is next, and
 * collects the journal's lines about all of that. One commit puts them on disk
 * together. Only then does the round act: it launches what is to start and
 * shows what has ended. So nothing that was started or shown can be missing
 * from the journal, and thirty targets that end at once cost one fdatasync.
 * Then it sleeps until something happens.
 *
 * What is to be shown is kept in run/notes between the two halves of a round. When
 * the journal cannot be written the round's starts are taken back, and the run
 * is halted: what runs may end, and the result in memory has it all.
 */
#include "run/conduct.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "azure/az.h"
#include "azure/login.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/child.h"
#include "engine/lastline.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/event.h"
#include "run/flights.h"
#include "run/folder.h"
#include "run/journal.h"
#include "run/notes.h"
#include "run/redact.h"
#include "run/result.h"
#include "run/rules.h"
#include "run/schedule.h"
#include "run/watcher.h"
#include "sys/signals.h"

#define LOGIN_TIMEOUT (60 * NUMBER_SECOND)
#define LOGIN_PAUSE   (NUMBER_SECOND / 4)
#define REAPING_PAUSE NUMBER_SECOND

enum {
    FILES_PER_WORKER = 5, /* pidfd, two pipes, and two more while a child is started */
    FILES_OF_OUR_OWN = 32,
    PROCESSES_OF_OUR_OWN = 8
};

struct conducting {
    const struct conduct *conduct;
    struct result *result;
    struct schedule *schedule;
    struct flights flights;
    struct login login;
    struct flight **starting; /* to be launched at the end of the round */
    size_t starting_count;
    struct notes notes;        /* of this round, to be shown at its end */
    enum schedule_stage stage; /* that the pool knows of */
    int64_t started;
    int64_t next_reaping;
    bool logging_in;
    bool told_no_room;
};

static int64_t run_time(const struct conducting *self)
{
    return clock_now() - self->started;
}

/* Is emptied. OF_START: an attempt begins, unless the line cannot be put on disk. */
static void add_line(struct conducting *self, struct buffer *line, bool of_start)
{
    if (self->conduct->watcher->journaled != NULL)
        notes_add_line(&self->notes, line, of_start);
    journal_add(self->conduct->journal, line);
}

static void journal_line(struct conducting *self, struct buffer *line)
{
    add_line(self, line, false);
}

static void add_note(struct conducting *self, struct note note)
{
    notes_add(&self->notes, note);
}

/* ---- ending early ------------------------------------------------------------------------- */

/* What waited is settled at once, in the job's order. */
static void settle_rest(struct conducting *self)
{
    size_t *indices = memory_zeroed(self->result->target_count, sizeof *indices);
    size_t count = result_settle_rest(self->result, indices);

    for (size_t i = 0; i < count; i++)
        add_note(self, (struct note){.kind = NOTE_SETTLED, .target = indices[i]});
    free(indices);
}

/* What was launched, but begun by no worker: it was no attempt. */
static void take_back_unbegun(struct conducting *self)
{
    static const struct outcome none = {.kind = OUTCOME_SKIPPED, .reason = REASON_HALTED};
    struct flight *flight;

    /* The two commands of the login are no targets: they are stopped, not taken back. */
    while (!self->logging_in && (flight = flights_take_back(&self->flights)) != NULL) {
        struct buffer line = BUFFER_INIT;

        event_put_back(&line, self->result, flight->target, "the run is being stopped",
                       run_time(self));
        journal_line(self, &line);
        result_unstart(self->result, flight->target);
        add_note(self, (struct note){.kind = NOTE_PUT_BACK, .target = flight->target});
        (void)schedule_ended(self->schedule, flight->target, &none, clock_now());
        flights_land(&self->flights, flight);
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
    if (begun)
        settle_rest(self);
}

static void end_early(struct conducting *self, enum result_ending ending, int signal,
                      const char *cause)
{
    struct buffer line = BUFFER_INIT;

    result_end_early(self->result, ending, signal, cause);
    see_stage(self);
    /* Behind what was taken back: a reader settles by this line whatever waits. */
    event_halt(&line, self->result, run_time(self));
    journal_line(self, &line);
    add_note(self, (struct note){.kind = NOTE_STOPPING,
                                 .running = schedule_running(self->schedule),
                                 .stage = self->stage});
}

/* azfan itself cannot go on as it should: what runs may end, nothing more is started. */
static void see_trouble(struct conducting *self, const struct error *error)
{
    bool first = self->result->trouble == NULL;

    result_trouble(self->result, error->text);
    if (!first)
        return;
    schedule_halt(self->schedule);
    end_early(self, RESULT_HALTED, 0, NULL);
}

/* What all flights that are on their way have said last, without secrets. */
static struct buffer *copy_last_lines(struct conducting *self, struct flight *const *list,
                                      size_t count)
{
    const struct job *job = self->conduct->job;
    struct buffer *lines = memory_zeroed(count, sizeof *lines);

    for (size_t i = 0; i < count; i++) {
        lastline_copy(&list[i]->said, &lines[i]);
        redact_line(&lines[i], job, &job->targets[list[i]->target]);
    }
    return lines;
}

static void tell_running(struct conducting *self)
{
    const struct watcher *watcher = self->conduct->watcher;
    struct flight **list = memory_zeroed(self->flights.count, sizeof(struct flight *));
    size_t count = self->logging_in ? 0 : flights_list_flying(&self->flights, list);
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
        tell_running(self);
    else if (signal == SIGWINCH)
        watcher->resized(watcher->context);
    else if (signal == SIGCONT)
        watcher->continued(watcher->context, self->result, schedule_running(self->schedule));
    else if (signal != SIGTSTP)
        return false;
    if (signal == SIGTSTP) {
        watcher->leaving(watcher->context);
        signals_stop();
    }
    return true;
}

static void see_signal(struct conducting *self, int signal)
{
    if (see_harmless_signal(self, signal))
        return;
    (void)schedule_see_signal(self->schedule, signal == SIGINT);
    end_early(self, RESULT_SIGNAL, signal, NULL);
}

static void see_signals(struct conducting *self)
{
    int signal;

    while ((signal = signals_read(self->conduct->signals)) != 0)
        see_signal(self, signal);
}

static void see_time(struct conducting *self)
{
    if (schedule_see_time(self->schedule, clock_now()))
        end_early(self, RESULT_DEADLINE, 0, NULL);
}

/* ---- what ends ---------------------------------------------------------------------------- */

/* More failures than the job allows, or one that every other target would meet likewise. */
static void see_halt(struct conducting *self, const struct schedule_verdict *verdict,
                     const struct outcome *outcome)
{
    enum result_ending ending = RESULT_HALTED;
    char *cause;

    if (verdict->halted) {
        cause = memory_print(
            "%zu %s, and max_failures allows %zu", schedule_failures(self->schedule),
            schedule_failures(self->schedule) == 1 ? "target has failed" : "targets have failed",
            rules_max_failures(self->conduct->job));
    } else if (outcome->fatal && self->stage == SCHEDULE_GOING) {
        cause = memory_string(outcome->message);
        ending = outcome->reason == REASON_LOGIN ? RESULT_LOGIN : RESULT_HALTED;
        schedule_halt(self->schedule);
    } else {
        return;
    }
    end_early(self, ending, 0, cause);
    free(cause);
}

static void see_cut(struct conducting *self)
{
    int limit = schedule_limit(self->schedule);
    struct buffer line = BUFFER_INIT;

    event_limit(&line, limit, run_time(self));
    journal_line(self, &line);
    result_limit(self->result, limit);
    add_note(self, (struct note){.kind = NOTE_LIMITED, .limit = limit});
}

static void keep_end(struct conducting *self, size_t index, struct result_attempt *attempt,
                     struct answer *answer)
{
    int64_t now = clock_now();
    struct schedule_verdict verdict = schedule_ended(self->schedule, index, &answer->outcome, now);
    const struct result_target *target = &self->result->targets[index];
    struct buffer line = BUFFER_INIT;

    event_end(&line, self->result, index, attempt, answer, verdict.settled,
              verdict.again_at - self->started, now - self->started);
    journal_line(self, &line);
    result_end(self->result, index, attempt, answer, verdict.settled);
    if (verdict.settled)
        add_note(self, (struct note){.kind = NOTE_SETTLED, .target = index});
    else
        add_note(self, (struct note){
                           .kind = NOTE_WAITS, .target = index, .wait = verdict.again_at - now});
    if (verdict.cut)
        see_cut(self);
    see_halt(self, &verdict, &target->outcome);
}

/* Who stopped it: the engine only knows that somebody did. */
static enum outcome_reason cancelled_by(const struct conducting *self)
{
    switch (self->result->ending) {
    case RESULT_DEADLINE:
        return REASON_DEADLINE;
    case RESULT_HALTED:
    case RESULT_LOGIN:
        return REASON_HALTED;
    default:
        return REASON_SIGNAL;
    }
}

static void take_answer(struct conducting *self, struct flight *flight)
{
    const struct job *job = self->conduct->job;
    struct answer_question question = {.nonce = flight->command.nonce,
                                       .timeout = job->timeout,
                                       .script_timeout = job->script_timeout};
    struct result_attempt attempt;
    struct answer answer;

    answer_read(&flight->task.finish, &question, &answer);
    if (answer.outcome.kind == OUTCOME_CANCELLED)
        answer.outcome.reason = cancelled_by(self);
    redact_answer(&answer, job, &job->targets[flight->target]);
    attempt = attempt_of(&flight->task, &answer.outcome, self->started);
    keep_end(self, flight->target, &attempt, &answer);
}

static void tell_no_room(struct conducting *self, const struct error *error)
{
    const struct watcher *watcher = self->conduct->watcher;

    if (!self->told_no_room)
        watcher->no_room(watcher->context, error->text);
    self->told_no_room = true;
}

/* True: it will be started later. */
static bool put_back(struct conducting *self, const struct flight *flight)
{
    struct buffer line = BUFFER_INIT;

    if (!attempt_had_no_room(&flight->task.finish) ||
        !schedule_no_room(self->schedule, flight->target, clock_now()))
        return false;
    event_put_back(&line, self->result, flight->target, flight->task.finish.error.text,
                   run_time(self));
    journal_line(self, &line);
    result_unstart(self->result, flight->target);
    add_note(self, (struct note){.kind = NOTE_PUT_BACK, .target = flight->target});
    tell_no_room(self, &flight->task.finish.error);
    return true;
}

static void take_ends(struct conducting *self)
{
    struct flight *flight;

    while ((flight = flights_take_finished(&self->flights)) != NULL) {
        if (!put_back(self, flight))
            take_answer(self, flight);
        finish_done(&flight->task.finish);
        flights_land(&self->flights, flight);
    }
}

/* ---- what starts -------------------------------------------------------------------------- */

/* The script's file could not be written: a trouble of this machine's, not of the target's. */
static void fail_start(struct conducting *self, size_t index, const struct error *error)
{
    struct answer answer = {.outcome = {.kind = OUTCOME_ERROR,
                                        .reason = REASON_START,
                                        .script = SCRIPT_NOT_STARTED,
                                        .exit_code = -1,
                                        .message = memory_string(error->text)}};
    struct result_attempt attempt = {.at = attempt_whole_milliseconds(run_time(self)),
                                     .wall_started = attempt_whole_milliseconds(clock_wall()),
                                     .outcome = OUTCOME_ERROR,
                                     .reason = REASON_START,
                                     .message = memory_string(error->text),
                                     .az_exit = -1};

    keep_end(self, index, &attempt, &answer);
}

static void plan_start(struct conducting *self, size_t index, int attempt)
{
    const struct conduct *conduct = self->conduct;
    const struct result_target *target = &self->result->targets[index];
    struct guard guard = {.job = conduct->job,
                          .target = &conduct->job->targets[index],
                          .run = self->result->run,
                          .batch = target->batch};
    char once[GUARD_ONCE_SIZE];
    struct flight *flight = flights_free(&self->flights);
    struct buffer line = BUFFER_INIT;
    struct error error;

    event_start(&line, self->result, index, attempt, run_time(self));
    add_line(self, &line, true);
    add_note(self, (struct note){.kind = NOTE_STARTED, .target = index});
    result_start(self->result, index, clock_wall());
    flight->target = index;
    /* Every VM of a rehearsal is this machine, and its Azure starts no script that it refuses. */
    if (guard_needs_once(conduct->job) && !self->result->rehearsal) {
        guard_name_once(self->result->run, target->id, once);
        guard.once = once;
    }
    if (command_invoke(&flight->command, conduct->az, &guard, target->id, flight->slot, &error) <
        0) {
        flights_land(&self->flights, flight);
        fail_start(self, index, &error);
        return;
    }
    self->starting[self->starting_count++] = flight;
}

static struct schedule_decision plan_starts(struct conducting *self)
{
    struct schedule_decision decision;

    while ((decision = schedule_next(self->schedule, clock_now())).step == SCHEDULE_START)
        plan_start(self, decision.target, decision.attempt);
    return decision;
}

static void launch_starts(struct conducting *self)
{
    for (size_t i = 0; i < self->starting_count; i++)
        flights_launch(&self->flights, self->starting[i], self->conduct->job->timeout);
    self->starting_count = 0;
}

/* Their lines are not on disk: they are as good as never decided. */
static void forget_starts(struct conducting *self)
{
    static const struct outcome none = {.kind = OUTCOME_SKIPPED, .reason = REASON_HALTED};

    for (size_t i = 0; i < self->starting_count; i++) {
        struct flight *flight = self->starting[i];

        result_unstart(self->result, flight->target);
        (void)schedule_ended(self->schedule, flight->target, &none, clock_now());
        flights_land(&self->flights, flight);
    }
    self->starting_count = 0;
    notes_forget_starts(&self->notes);
}

/* ---- on disk, and then seen --------------------------------------------------------------- */

static void commit(struct conducting *self)
{
    struct error error;

    if (journal_commit(self->conduct->journal, &error) == 0)
        return;
    forget_starts(self);
    see_trouble(self, &error);
}

static void keep_output(struct conducting *self, size_t index)
{
    const struct result_target *target = &self->result->targets[index];
    struct error error;

    if (target->attempt_count > 0 &&
        folder_write_output(self->conduct->folder, target->label, &target->output, &target->errors,
                            &error) < 0)
        see_trouble(self, &error);
}

static void show(struct conducting *self, const struct note *note)
{
    const struct watcher *watcher = self->conduct->watcher;

    switch (note->kind) {
    case NOTE_LINE:
        watcher->journaled(watcher->context, note->line, note->length);
        break;
    case NOTE_STARTED:
        watcher->target_started(watcher->context, self->result, note->target);
        break;
    case NOTE_PUT_BACK:
        watcher->target_put_back(watcher->context, self->result, note->target);
        break;
    case NOTE_SETTLED:
        keep_output(self, note->target);
        watcher->target_settled(watcher->context, self->result, note->target);
        break;
    case NOTE_WAITS:
        watcher->target_waits(watcher->context, self->result, note->target, note->wait);
        break;
    case NOTE_LIMITED:
        watcher->limited(watcher->context, note->limit);
        break;
    case NOTE_STOPPING:
        watcher->stopping(watcher->context, self->result, note->running, note->stage);
        break;
    }
}

static void show_all(struct conducting *self)
{
    struct notes notes = notes_take(&self->notes);

    for (size_t i = 0; i < notes.count; i++)
        show(self, &notes.list[i]);
    notes_done(&notes);
}

/* The second half of a round. To show something may bring trouble, which has its own notes. */
static void act(struct conducting *self)
{
    do {
        commit(self);
        launch_starts(self);
        show_all(self);
    } while (self->notes.count > 0);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void wait_for_something(const struct conducting *self, int64_t until)
{
    const struct watcher *watcher = self->conduct->watcher;
    struct pollfd watches[4] = {{self->flights.pool.finished, POLLIN, 0},
                                {self->conduct->signals, POLLIN, 0}};
    struct timespec left;
    int64_t tick;
    int fds[2];

    tick = watcher->waiting(watcher->context, fds);
    watches[2] = (struct pollfd){fds[0], POLLOUT, 0};
    watches[3] = (struct pollfd){fds[1], POLLOUT, 0};
    (void)ppoll(watches, 4, clock_left(until < tick ? until : tick, clock_now(), &left), NULL);
    if (watches[2].revents != 0 || watches[3].revents != 0)
        watcher->writable(watcher->context);
    watcher->tick(watcher->context, self->result);
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
    for (;;) {
        struct schedule_decision decision;
        enum schedule_stage decided;

        take_ends(self);
        see_signals(self);
        see_time(self);
        decision = plan_starts(self);
        decided = self->stage;
        act(self);
        if (decision.step == SCHEDULE_OVER)
            return;
        /* Trouble has taken back what was decided: there may be nothing to wait for any more. */
        if (self->stage != decided)
            continue;
        wait_for_something(self, decision.until);
        reap_orphans(self);
    }
}

/* ---- the login ---------------------------------------------------------------------------- */

static void see_events_of_login(struct conducting *self)
{
    see_signals(self);
    see_time(self);
    act(self);
}

static int64_t deadline_of(const struct conducting *self)
{
    int64_t deadline = self->conduct->job->deadline;

    return deadline > 0 ? self->started + deadline : CLOCK_NEVER;
}

/* Runs both commands of the login; they are the caller's to land. */
static void run_login(struct conducting *self, struct flight *token, struct flight *version)
{
    size_t landed = 0;

    flights_launch(&self->flights, token, LOGIN_TIMEOUT);
    flights_launch(&self->flights, version, LOGIN_TIMEOUT);
    while (landed < 2) {
        wait_for_something(self, self->stage == SCHEDULE_GOING ? deadline_of(self) : CLOCK_NEVER);
        see_events_of_login(self);
        while (flights_take_finished(&self->flights) != NULL)
            landed++;
    }
}

/* Not the login has failed but this machine, for a moment: another try is due. */
static bool wants_another_try(struct conducting *self, struct flight *token, struct flight *version,
                              int64_t patience)
{
    bool token_had_none = attempt_had_no_room(&token->task.finish);
    int64_t pause = clock_now() + LOGIN_PAUSE;

    if (!token_had_none && !attempt_had_no_room(&version->task.finish))
        return false;
    if (self->stage != SCHEDULE_GOING || clock_now() >= patience)
        return false;
    tell_no_room(self, token_had_none ? &token->task.finish.error : &version->task.finish.error);
    finish_done(&token->task.finish);
    finish_done(&version->task.finish);
    while (clock_now() < pause && self->stage == SCHEDULE_GOING) {
        wait_for_something(self, pause);
        see_events_of_login(self);
    }
    return true;
}

static void see_login(struct conducting *self, enum login_result result, struct error *error)
{
    const struct conduct *conduct = self->conduct;
    struct buffer line = BUFFER_INIT;

    if (self->stage != SCHEDULE_GOING) /* that is what cut the login short */
        return;
    if (result != LOGIN_OK) {
        redact_error(error, conduct->job); /* az may have echoed a secret */
        schedule_halt(self->schedule);
        end_early(self, result == LOGIN_BROKEN ? RESULT_LOGIN : RESULT_HALTED, 0, error->text);
        return;
    }
    result_name_targets(self->result, self->login.subscription);
    self->result->origin.az_version = memory_string(self->login.az_version);
    event_login(&line, self->result, self->login.subscription, run_time(self));
    journal_line(self, &line);
    conduct->watcher->logged_in(conduct->watcher->context, &self->login);
}

/* Proves the login, and that this az can be used, before any target is touched. */
static void log_in(struct conducting *self)
{
    const struct conduct *conduct = self->conduct;
    struct flight *token = flights_free(&self->flights);
    struct flight *version = flights_free(&self->flights);
    int64_t patience = clock_now() + LOGIN_TIMEOUT;
    struct error error = {""};
    enum login_result result;

    self->logging_in = true;
    command_token(&token->command, conduct->az, job_only_subscription(conduct->job));
    command_version(&version->command, conduct->az);
    do
        run_login(self, token, version);
    while (wants_another_try(self, token, version, patience));
    result = login_read(&self->login, &token->task.finish, &version->task.finish,
                        job_needs_subscription(conduct->job), &error);
    finish_done(&token->task.finish);
    finish_done(&version->task.finish);
    flights_land(&self->flights, token);
    flights_land(&self->flights, version);
    self->logging_in = false;
    see_login(self, result, &error);
}

/* ---- beginning and end -------------------------------------------------------------------- */

struct machine_room conduct_room(const struct job *job, const struct az *az)
{
    struct machine_needs needs = {.memory = az->memory,
                                  .files = FILES_PER_WORKER,
                                  .own_files = FILES_OF_OUR_OWN,
                                  .processes = az->processes + 1, /* and our thread */
                                  .own_processes = PROCESSES_OF_OUR_OWN};

    return machine_room("", &needs, job_at_once(job));
}

/* Who runs what: before anything else is done. */
static void journal_head(struct conducting *self)
{
    struct buffer run = BUFFER_INIT;
    struct buffer targets = BUFFER_INIT;

    event_run(&run, self->result);
    event_targets(&targets, self->result);
    journal_line(self, &run);
    journal_line(self, &targets);
}

static void begin_result(struct conducting *self)
{
    int workers = self->conduct->workers;

    self->started = clock_now();
    self->result->wall_started = attempt_whole_milliseconds(clock_wall());
    self->result->workers = self->result->least_limit = workers;
    journal_head(self);
}

static void begin(struct conducting *self)
{
    const struct conduct *conduct = self->conduct;
    int workers = conduct->workers;
    struct schedule_rules rules;

    begin_result(self);
    rules = rules_of(conduct->job, conduct->batches, conduct->not_before, workers, conduct->seed,
                     self->started);
    self->schedule = schedule_new(&rules);
    self->starting = memory_zeroed((size_t)workers, sizeof(void *));
    act(self);
}

/* The last word, of which the report is made. */
static void end_result(struct conducting *self)
{
    struct buffer line = BUFFER_INIT;
    struct error error;

    self->result->wall_ended = attempt_whole_milliseconds(clock_wall());
    self->result->duration = attempt_whole_milliseconds(run_time(self));
    event_finish(&line, self->result);
    journal_line(self, &line);
    if (journal_commit(self->conduct->journal, &error) < 0)
        result_trouble(self->result, error.text);
    show_all(self);
}

static void end(struct conducting *self)
{
    see_signals(self); /* that came while the last target was being shown */
    act(self);
    end_result(self);
}

/* There are no workers: nothing can be run. */
static void give_up(struct conducting *self, const struct error *error)
{
    const struct watcher *watcher = self->conduct->watcher;
    struct buffer line = BUFFER_INIT;
    size_t count;

    begin_result(self);
    result_trouble(self->result, error->text);
    result_end_early(self->result, RESULT_HALTED, 0, NULL);
    event_halt(&line, self->result, run_time(self));
    journal_line(self, &line);
    count = result_settle_rest(self->result, NULL);
    end_result(self);
    for (size_t i = 0; i < count; i++)
        watcher->target_settled(watcher->context, self->result, i);
}

void conduct_run(const struct conduct *conduct, struct result *result)
{
    struct conducting self = {.conduct = conduct, .result = result};
    struct error error;

    if (flights_open(&self.flights, conduct->workers, conduct->job, &error) < 0) {
        give_up(&self, &error);
        return;
    }
    begin(&self);
    if (self.stage == SCHEDULE_GOING)
        log_in(&self);
    run_targets(&self);
    end(&self);
    flights_close(&self.flights);
    login_done(&self.login);
    schedule_free(self.schedule);
    free(self.starting);
}
