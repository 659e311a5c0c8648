/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Everything here happens on the main thread, in rounds.
 * A round takes all that has happened (attempts that have ended, signals, the
 * clock), tells the schedule, asks it who is next, and records an event for each
 * of these (run/record). One commit puts their lines on disk together. Only then does the round
 * act: it launches what is to start and shows what has ended. So nothing that was started or shown
 * can be missing from the journal, and thirty targets that end at once cost one fdatasync. Then it
 * sleeps until something happens.
 *
 * When the journal cannot be written the round's starts are taken back, and the run
 * is halted: what runs may end, and the result in memory has it all.
 *
 * The file is longer than others, on purpose: starts, ends, stops and doubts are one story, and
 * each part of it calls the others.
 */
#include "run/round.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "azure/answer.h"
#include "azure/guard.h"
#include "azure/rest.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/child.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/event.h"
#include "run/halting.h"
#include "run/heard.h"
#include "run/redact.h"
#include "run/result.h"
#include "run/sharing.h"
#include "run/warden.h"
#include "run/watcher.h"
#include "sys/signals.h"

#define REAPING_PAUSE NUMBER_SECOND

/* ---- the run ends early ------------------------------------------------------------------- */

/* It is on disk that it was started, and it was not: it was no attempt. */
static void put_back(struct round *self, struct call *call)
{
    record_put_back(&self->record, call->target, "the run is being stopped");
    schedule_taken_back(self->schedule, call->target);
    calls_release(&self->calls, call);
}

static void drop_question(struct round *self)
{
    doubts_drop_question(&self->doubts);
    calls_release(&self->calls, self->question);
    self->question = NULL;
}

/* What is to be launched, and what was, but begun by no worker. */
static void take_back_unbegun(struct round *self)
{
    struct call *call;

    while ((call = calls_take_planned(&self->calls)) != NULL)
        put_back(self, call);
    /* The two commands of the login are no targets: they are stopped, not taken back. */
    while (!self->logging_in && (call = calls_take_back(&self->calls)) != NULL) {
        if (call == self->question)
            drop_question(self);
        else
            put_back(self, call);
    }
}

/* Carries out what the schedule's stage has become. */
static void follow_stage(struct round *self)
{
    enum schedule_stage stage = schedule_stage(self->schedule);

    if (self->stage == SCHEDULE_GOING && stage > SCHEDULE_GOING)
        take_back_unbegun(self);
    /* A login that nobody waits for any more is not worth its time. */
    if (stage >= SCHEDULE_STOPPING || (stage > SCHEDULE_GOING && self->logging_in))
        pool_stop_softly(&self->calls.pool);
    if (stage >= SCHEDULE_KILLING)
        pool_stop_hard(&self->calls.pool);
    self->stage = stage;
}

/* The schedule knows already that no more is started. CAUSE may be NULL. */
static void end_early(struct round *self, enum result_ending ending, int signal, const char *cause)
{
    struct event event;

    follow_stage(self);
    /* After what was taken back: by this event whatever waits is settled. */
    event = record_event(&self->record, EVENT_HALT);
    event.halt.ending = ending;
    event.halt.signal = signal;
    event.halt.cause = memory_string(cause);
    event.halt.stage = self->stage;
    record_add(&self->record, event);
}

/* azfan itself cannot go on as it should: what runs may end, nothing more is started. */
static void halt_for_trouble(struct round *self, const struct error *error)
{
    struct event event;

    if (self->result->trouble != NULL)
        return;
    event = record_event(&self->record, EVENT_TROUBLE);
    event.trouble = memory_string(error->text);
    record_add(&self->record, event);
    schedule_halt(self->schedule);
    end_early(self, RESULT_HALTED, 0, NULL);
}

/* az may have echoed a secret. */
void round_end_by_login(struct round *self, enum login_result result, struct error *error)
{
    redact_error(self->redact, error);
    schedule_halt(self->schedule);
    end_early(self, result == LOGIN_BROKEN ? RESULT_LOGIN : RESULT_HALTED, 0, error->text);
}

/* The deadline, if it has just passed. */
static void check_deadline(struct round *self)
{
    if (schedule_check_deadline(self->schedule, lapse_now()))
        end_early(self, RESULT_DEADLINE, 0, NULL);
}

/* ---- signals ------------------------------------------------------------------------------ */

/* Signals that end nothing. False: SIGNAL is none of them. */
static bool handle_harmless_signal(struct round *self, int signal)
{
    const struct watcher *watcher = self->watcher;

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

void round_handle_signals(struct round *self)
{
    int signal;

    while ((signal = warden_take(self->warden)) != 0) {
        if (handle_harmless_signal(self, signal))
            continue;
        (void)schedule_handle_signal(self->schedule, signal == SIGINT);
        end_early(self, RESULT_SIGNAL, signal, NULL);
    }
}

static void report_running(struct round *self)
{
    struct calls_view view = {.count = 0};

    if (!self->logging_in)
        view = calls_look(&self->calls, self->question, self->redact);
    self->watcher->asked(self->watcher->context, self->result, view.list, view.count);
    calls_view_done(&view);
}

/* At the end of a round, when what has happened is on disk and shown. */
static void answer_signals(struct round *self)
{
    const struct watcher *watcher = self->watcher;

    if (self->continued)
        watcher->continued(watcher->context, self->result, schedule_running(self->schedule));
    if (self->asked)
        report_running(self);
    self->continued = self->asked = false;
}

/* ---- starts ------------------------------------------------------------------------------- */

/*
 * The script's file could not be written. That is this machine's trouble, and every other target
 * would meet it likewise: it was no attempt, and there will be no other.
 */
static void fail_start(struct round *self, size_t index, const struct error *error)
{
    schedule_taken_back(self->schedule, index);
    halt_for_trouble(self, error);
}

/*
 * The run whose mark the guard of target INDEX looks for; NULL: for none. Every VM of a rehearsal
 * is this machine, and its Azure starts no script that it refuses.
 */
static const char *find_mark(const struct round *self, size_t index)
{
    const struct result_target *target = &self->result->targets[index];
    /* By the answer it is known how the one ended that made it: that one is not in the way. */
    bool is_settled = target->recovered && !target->doubtful;

    if (!guard_needs_once(self->job) || self->result->rehearsal)
        return NULL;
    return self->marks != NULL && self->marks[index] != NULL && !is_settled ? self->marks[index]
                                                                            : self->result->run;
}

static void begin_attempt(struct round *self, size_t index, int attempt, const char *mark)
{
    struct event event = record_event(&self->record, EVENT_START);

    event.target = index;
    event.start.number = attempt;
    event.start.mark = memory_string(mark);
    record_add(&self->record, event);
}

static void begin_question(struct round *self, size_t index)
{
    struct event event = record_event(&self->record, EVENT_ASK);

    event.target = index;
    event.ask.number = (int)self->result->targets[index].attempt_count + 1;
    event.ask.mark = self->marks != NULL ? memory_string(self->marks[index]) : NULL;
    event.ask.operation = result_operation_copy(self->questions[index]);
    record_add(&self->record, event);
}

static void plan_question(struct round *self, size_t index)
{
    struct call *call = calls_take(&self->calls);
    struct error error;
    int64_t patience =
        attempt_prepare_question(call, self->az, self->questions[index],
                                 self->result->targets[index].id, lapse_wall(), &error);

    if (patience < 0) {
        calls_release(&self->calls, call);
        fail_start(self, index, &error);
        return;
    }
    begin_question(self, index);
    call->target = index;
    calls_plan(&self->calls, call, patience);
}

static void plan_start(struct round *self, size_t index, int attempt)
{
    const struct result_target *target = &self->result->targets[index];
    struct guard guard = {.job = self->job,
                          .target = &self->job->targets[index],
                          .run = self->result->run,
                          .batch = target->batch};
    const char *mark = find_mark(self, index);
    char once[GUARD_ONCE_SIZE];
    struct call *call = calls_take(&self->calls);
    struct error error;

    if (mark != NULL) {
        guard_name_once(mark, target->id, once);
        guard.once = once;
    }
    if (attempt_prepare(call, self->az, &guard, target->id, &error) < 0) {
        calls_release(&self->calls, call);
        fail_start(self, index, &error);
        return;
    }
    if (self->foresee != NULL)
        self->foresee(self->foreseer, target->id, attempt, &call->task.limits);
    begin_attempt(self, index, attempt, mark);
    call->target = index;
    calls_plan(&self->calls, call, self->job->timeout);
}

/* All that may start now. Returns what the schedule says when no more may. */
static struct schedule_decision plan_starts(struct round *self)
{
    struct schedule_decision decision;

    while ((decision = schedule_next(self->schedule, lapse_now())).step == SCHEDULE_START) {
        if (decision.asks)
            plan_question(self, decision.target);
        else
            plan_start(self, decision.target, decision.attempt);
    }
    return decision;
}

/* The lines of what was planned are not on disk: it is as good as never decided. */
static void forget_starts(struct round *self)
{
    struct call *call;

    record_forget_starts(&self->record);
    while ((call = calls_take_planned(&self->calls)) != NULL) {
        schedule_taken_back(self->schedule, call->target);
        calls_release(&self->calls, call);
    }
}

/* ---- ends --------------------------------------------------------------------------------- */

/* A failure that every other target would meet likewise, or more of them than the job allows. */
static void check_halt(struct round *self, const struct schedule_verdict *verdict,
                       const struct outcome *outcome)
{
    enum result_ending ending = RESULT_HALTED;
    char *cause;

    if (outcome->fatal && self->stage == SCHEDULE_GOING) {
        cause = memory_string(outcome->message);
        ending = outcome->reason == REASON_LOGIN ? RESULT_LOGIN : RESULT_HALTED;
        schedule_halt(self->schedule);
    } else if (verdict->halt != SCHEDULE_NO_HALT) {
        cause = halting_explain(self->job, verdict->halt, &verdict->tally);
    } else {
        return;
    }
    end_early(self, ending, 0, cause);
    free(cause);
}

static void record_limit(struct round *self)
{
    struct event event = record_event(&self->record, EVENT_LIMIT);

    event.limit = schedule_limit(self->schedule);
    record_add(&self->record, event);
}

/* The attempt of target INDEX came to ANSWER; takes over what both hold. */
static void end_attempt(struct round *self, size_t index, struct result_attempt *attempt,
                        struct answer *answer)
{
    struct schedule_verdict verdict =
        schedule_ended(self->schedule, index, &answer->outcome, lapse_now());
    const struct result_target *target = &self->result->targets[index];
    struct event event = record_event(&self->record, EVENT_END);

    event.target = index;
    event.end.attempt = *attempt;
    event.end.answer = *answer;
    event.end.number = (int)target->attempt_count + 1;
    event.end.settled = verdict.settled;
    if (!verdict.settled)
        event.end.again_at = attempt_whole_milliseconds(verdict.again_at - self->record.started);
    record_add(&self->record, event);
    if (verdict.cut)
        record_limit(self);
    check_halt(self, &verdict, &target->outcome);
}

static bool put_aside(struct round *self, size_t index, struct result_attempt *attempt,
                      struct answer *answer)
{
    return self->stage == SCHEDULE_GOING &&
           doubts_take(&self->doubts, index, attempt, answer, self->record.started + attempt->at,
                       lapse_now());
}

static void take_answer(struct round *self, struct call *call)
{
    struct result_attempt attempt;
    struct answer answer;

    attempt_read(call, self->job, self->result, self->record.started, &attempt, &answer);
    redact_answer(self->redact, &answer);
    attempt_say(&attempt, &answer.outcome);
    if (!put_aside(self, call->target, &attempt, &answer))
        end_attempt(self, call->target, &attempt, &answer);
}

/* No process could be started for want of room: said once a run. */
void round_report_no_room(struct round *self, const struct error *error)
{
    const struct watcher *watcher = self->watcher;

    if (!self->told_no_room)
        watcher->no_room(watcher->context, error->text);
    self->told_no_room = true;
}

/* True: it will be started later. */
static bool starts_later(struct round *self, const struct call *call)
{
    if (!attempt_had_no_room(&call->task.finish) ||
        !schedule_no_room(self->schedule, call->target, lapse_now()))
        return false;
    record_put_back(&self->record, call->target, call->task.finish.error.text);
    round_report_no_room(self, &call->task.finish.error);
    return true;
}

/* ---- doubts about the login --------------------------------------------------------------- */

static void let_go(struct round *self, bool good)
{
    size_t count;
    struct doubt *list = doubts_let_go(&self->doubts, good, &count);

    schedule_hold(self->schedule, false);
    for (size_t i = 0; i < count; i++)
        end_attempt(self, list[i].target, &list[i].attempt, &list[i].answer);
    free(list);
}

/* The number of the token with which the target of the first doubt was asked for. */
static size_t doubted_token(const struct round *self)
{
    const struct rest *rest = self->az->rest;
    const char *id = self->result->targets[self->doubts.list[0].target].id;
    const struct rest_page *page = rest != NULL ? rest_page_of(rest, id) : NULL;

    return page != NULL ? page->login : 0;
}

static void ask(struct round *self)
{
    struct error error;

    self->asked_token = doubted_token(self);
    self->question = calls_take(&self->calls);
    if (command_token(&self->question->command, self->az,
                      login_asked(self->login, self->asked_token), &error) < 0) {
        calls_release(&self->calls, self->question);
        self->question = NULL;
        halt_for_trouble(self, &error);
        return;
    }
    calls_launch(&self->calls, self->question, LOGIN_TIMEOUT);
    doubts_ask(&self->doubts);
    schedule_hold(self->schedule, true);
}

/* Asks when it is time, and lets go what nobody asks about any more. */
static void check_doubts(struct round *self)
{
    if (self->doubts.count == 0 || self->question != NULL)
        return;
    if (self->stage != SCHEDULE_GOING)
        let_go(self, false);
    else if (lapse_now() >= doubts_due(&self->doubts))
        ask(self);
}

static void take_word(struct round *self)
{
    struct call *call = self->question;
    struct error error = {""};
    enum doubts_reply reply = DOUBTS_NO_TOKEN;
    bool had_no_room = attempt_had_no_room(&call->task.finish);
    enum login_result result =
        login_read_token(self->login, self->asked_token, &call->task.finish, &error);
    enum doubts_word word;

    self->question = NULL;
    if (result == LOGIN_OK)
        reply = DOUBTS_TOKEN;
    else if (had_no_room && schedule_running(self->schedule) > self->doubts.count)
        reply = DOUBTS_NO_ROOM; /* where others run there will be some */
    word = doubts_answer(&self->doubts, reply, lapse_now());
    if (word == DOUBTS_PROVEN && self->stage == SCHEDULE_GOING)
        round_end_by_login(self, result, &error);
    if (word != DOUBTS_OPEN)
        let_go(self, word == DOUBTS_CLEARED);
}

static void hear(struct round *self)
{
    heard_take(&self->calls, &self->record, self->schedule, self->az->rest);
}

static void take_finished(struct round *self)
{
    struct call *call;

    hear(self);
    while ((call = calls_take_finished(&self->calls)) != NULL) {
        hear(self); /* what it said comes before its end */
        if (call == self->question)
            take_word(self);
        else if (!starts_later(self, call))
            take_answer(self, call);
        finish_done(&call->task.finish);
        calls_release(&self->calls, call);
    }
}

/* ---- tokens that end ---------------------------------------------------------------------- */

static bool has_waiting(const struct round *self)
{
    for (size_t i = 0; i < self->result->target_count; i++) {
        if (self->result->targets[i].state == RESULT_WAITING)
            return true;
    }
    return false;
}

/* What runs goes on: a later renewal may still bring its result. */
static void renew(struct round *self)
{
    const struct watcher *watcher = self->watcher;
    enum login_result result = LOGIN_OK;
    struct error error = {""};
    enum renewal_word word = renewal_go_on(&self->renewal, &result, &error);

    if (word == RENEWAL_NOTHING)
        return;
    redact_error(self->redact, &error);
    if (word == RENEWAL_FAILED)
        watcher->not_renewed(watcher->context, error.text);
    else if (self->stage == SCHEDULE_GOING && has_waiting(self))
        round_end_by_login(self, result, &error);
}

/* ---- on disk, and then seen --------------------------------------------------------------- */

static void commit(struct round *self)
{
    struct error error;

    if (record_commit(&self->record, &error) == 0)
        return;
    forget_starts(self);
    halt_for_trouble(self, &error);
}

static void show(struct round *self)
{
    struct error error;

    if (record_show(&self->record, &error) < 0)
        halt_for_trouble(self, &error);
}

/*
 * The second half of a round. To show something may bring trouble, which has its own events; and so
 * does a signal that came while the disk took its time: what was to start is not started any more.
 */
void round_act(struct round *self)
{
    do {
        commit(self);
        if (self->calls.planned_count > 0) {
            round_handle_signals(self);
            commit(self); /* what it took back; mostly nothing */
        }
        sharing_slow_down(self->sharing, self->az->rest, self->schedule);
        calls_launch_planned(&self->calls);
        show(self);
    } while (self->record.count > 0);
    answer_signals(self);
}

/* ---- the loop ----------------------------------------------------------------------------- */

/* FD: one more that ends the waiting; -1: none. */
static void wait_for_something(struct round *self, int fd, int64_t until)
{
    const struct watcher *watcher = self->watcher;
    struct watcher_waits waits;
    int64_t tick = watcher->waiting(watcher->context, &waits);
    struct pollfd watches[] = {
        {waits.to_write[0], POLLOUT, 0},      {waits.to_write[1], POLLOUT, 0},
        {waits.to_read, POLLIN, 0},           {self->calls.pool.finished, POLLIN, 0},
        {warden_fd(self->warden), POLLIN, 0}, {fd, POLLIN, 0}};

    (void)lapse_poll(watches, sizeof watches / sizeof watches[0], until, LAPSE_LAST, tick);
    if (watches[0].revents != 0 || watches[1].revents != 0)
        watcher->writable(watcher->context);
    if (watches[2].revents != 0)
        watcher->readable(watcher->context);
    watcher->tick(watcher->context, self->result);
}

static void reap_orphans(struct round *self)
{
    if (lapse_now() < self->next_reaping)
        return;
    child_reap_orphans();
    self->next_reaping = lapse_now() + REAPING_PAUSE;
}

void round_wait(struct round *round, int fd, int64_t until)
{
    wait_for_something(round, fd, until);
    round_handle_signals(round);
    check_deadline(round);
    round_act(round);
}

void round_run(struct round *self)
{
    for (;;) {
        struct schedule_decision decision;
        enum schedule_stage decided;

        take_finished(self);
        round_handle_signals(self);
        check_deadline(self);
        check_doubts(self);
        renew(self);
        decision = plan_starts(self);
        decided = self->stage;
        round_act(self);
        if (decision.step == SCHEDULE_OVER)
            return;
        /* Trouble has taken back what was decided: there may be nothing to wait for any more. */
        if (self->stage != decided)
            continue;
        self->watcher->limited(self->watcher->context, decision.limited_until);
        wait_for_something(self, renewal_fd(&self->renewal),
                           number_smaller(number_smaller(decision.until, doubts_due(&self->doubts)),
                                          renewal_due(&self->renewal)));
        reap_orphans(self);
    }
}
