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
 * What has happened is kept between the two halves of a round. When
 * the journal cannot be written the round's starts are taken back, and the run
 * is halted: what runs may end, and the result in memory has it all.
 */
#include "run/conduct.h"

#include <poll.h>
#include <stdlib.h>

#include "azure/login.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/aside.h"
#include "engine/child.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/conducting.h"
#include "run/doubts.h"
#include "run/ends.h"
#include "run/event.h"
#include "run/flights.h"
#include "run/folder.h"
#include "run/journal.h"
#include "run/redact.h"
#include "run/result.h"
#include "run/room.h"
#include "run/rules.h"
#include "run/schedule.h"
#include "run/starts.h"
#include "run/stopping.h"
#include "run/warden.h"
#include "run/watcher.h"

#define LOGIN_PAUSE   (NUMBER_SECOND / 4)
#define REAPING_PAUSE NUMBER_SECOND

/* ---- on disk, and then seen --------------------------------------------------------------- */

static void commit(struct conducting *self)
{
    struct error error;

    if (journal_commit(self->conduct->journal, &error) == 0)
        return;
    starts_forget(self);
    stopping_see_trouble(self, &error);
}

/* The files of one target's streams, and what came of them. */
struct keeping {
    const struct folder *folder;
    const struct result_target *target;
    int result;
    struct error error;
};

static void write_output(void *context)
{
    struct keeping *keeping = context;
    const struct result_target *target = keeping->target;

    keeping->result = folder_write_output(keeping->folder, target->label, &target->output,
                                          &target->errors, &keeping->error);
}

static void keep_output(struct conducting *self, size_t index)
{
    struct keeping keeping = {.folder = self->conduct->folder,
                              .target = &self->result->targets[index]};

    if (keeping.target->attempt_count == 0)
        return;
    if (aside_call(write_output, &keeping) != 0)
        keeping.result = error_set(&keeping.error,
                                   "cannot write the output of %s: the process "
                                   "that wrote it was killed",
                                   keeping.target->label);
    if (keeping.result < 0)
        stopping_see_trouble(self, &keeping.error);
}

static void keep_outputs(struct conducting *self, const struct event *event)
{
    if (event->kind == EVENT_END && event->end.settled)
        keep_output(self, event->target);
    for (size_t i = 0; event->kind == EVENT_HALT && i < event->halt.settled_count; i++)
        keep_output(self, event->halt.settled[i]);
}

static void show(struct conducting *self, const struct happening *happening)
{
    const struct watcher *watcher = self->conduct->watcher;

    if (happening->line != NULL)
        watcher->journaled(watcher->context, happening->line, happening->length);
    keep_outputs(self, &happening->event);
    watcher->happened(watcher->context, self->result, &happening->event);
}

/* What is shown may make something happen, which is for the next time. */
static void show_all(struct conducting *self)
{
    struct happening *list = self->happenings;
    size_t count = self->happening_count;

    self->happenings = NULL;
    self->happening_count = 0;
    for (size_t i = 0; i < count; i++) {
        show(self, &list[i]);
        happening_done(&list[i]);
    }
    free(list);
}

/*
 * The second half of a round. To show something may bring trouble, which has its own notes; and so
 * does a signal that came while the disk took its time: what was to start is not started any more.
 */
static void act(struct conducting *self)
{
    do {
        commit(self);
        if (self->starting_count > 0) {
            stopping_see_signals(self);
            commit(self); /* what it took back; mostly nothing */
        }
        starts_launch(self);
        show_all(self);
    } while (self->happening_count > 0);
    stopping_answer(self);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void wait_for_something(const struct conducting *self, int64_t until)
{
    const struct watcher *watcher = self->conduct->watcher;
    struct pollfd watches[5] = {{self->flights.pool.finished, POLLIN, 0},
                                {warden_fd(self->conduct->warden), POLLIN, 0},
                                {-1, POLLOUT, 0},
                                {-1, POLLOUT, 0},
                                {self->logging_in ? inquiry_fd(&self->inquiry) : -1, POLLIN, 0}};
    struct timespec left;
    int64_t tick;
    int fds[2];

    tick = watcher->waiting(watcher->context, fds);
    watches[2].fd = fds[0];
    watches[3].fd = fds[1];
    (void)ppoll(watches, 5, clock_left(until < tick ? until : tick, clock_now(), &left), NULL);
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

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static void run_targets(struct conducting *self)
{
    for (;;) {
        struct schedule_decision decision;
        enum schedule_stage decided;

        ends_take(self);
        stopping_see_signals(self);
        stopping_see_time(self);
        doubts_see_time(self);
        decision = starts_plan(self);
        decided = self->stage;
        act(self);
        if (decision.step == SCHEDULE_OVER)
            return;
        /* Trouble has taken back what was decided: there may be nothing to wait for any more. */
        if (self->stage != decided)
            continue;
        wait_for_something(self, earlier(decision.until, doubts_due(self)));
        reap_orphans(self);
    }
}

/* ---- the login ---------------------------------------------------------------------------- */

static void see_events_of_login(struct conducting *self)
{
    stopping_see_signals(self);
    stopping_see_time(self);
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
        (void)inquiry_has_landed(&self->inquiry);
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
    ends_tell_no_room(self,
                      token_had_none ? &token->task.finish.error : &version->task.finish.error);
    finish_done(&token->task.finish);
    finish_done(&version->task.finish);
    while (clock_now() < pause && self->stage == SCHEDULE_GOING) {
        wait_for_something(self, pause);
        see_events_of_login(self);
    }
    return true;
}

/* One more az beside the login's two, or beside the one where there is one worker: not where the
 * machine has no room for it. */
static void ask_for_accounts(struct conducting *self)
{
    const struct conduct *conduct = self->conduct;
    int beside = conduct->workers < LOGIN_FLIGHTS ? conduct->workers : LOGIN_FLIGHTS;
    struct machine_room room;

    if (conduct->accounts_patience == 0)
        return;
    room = room_for(conduct->job, conduct->az, beside + 1);
    if (room.bound == MACHINE_ENOUGH)
        inquiry_open(&self->inquiry, conduct->az, conduct->accounts_patience);
    else
        self->login.no_accounts = memory_print("az was not asked: %s", room.text);
}

/* They are only shown: nobody waits for them for long, and nothing fails without them. */
static void wait_for_accounts(struct conducting *self)
{
    int64_t until = earlier(inquiry_deadline(&self->inquiry), deadline_of(self));
    struct login *login = &self->login;
    struct error error;

    if (self->conduct->accounts_patience == 0 || login->no_accounts != NULL)
        return;
    while (!inquiry_has_landed(&self->inquiry) && self->stage == SCHEDULE_GOING &&
           clock_now() < until) {
        wait_for_something(self, until);
        see_events_of_login(self);
    }
    if (inquiry_take(&self->inquiry, &login->accounts, &error) < 0)
        login->no_accounts = memory_string(error.text);
}

static void see_login(struct conducting *self, enum login_result result, struct error *error)
{
    const struct conduct *conduct = self->conduct;
    struct event event;

    if (self->stage != SCHEDULE_GOING) /* that is what cut the login short */
        return;
    if (result != LOGIN_OK) {
        redact_error(self->redact, error); /* az may have echoed a secret */
        schedule_halt(self->schedule);
        stopping_end_early(self, result == LOGIN_BROKEN ? RESULT_LOGIN : RESULT_HALTED, 0,
                           error->text);
        return;
    }
    event = conducting_event(self, EVENT_LOGIN);
    event.login.subscription = memory_string(self->login.subscription);
    event.login.az_version = memory_string(self->login.az_version);
    conducting_happen(self, event);
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
    ask_for_accounts(self);
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
    if (result == LOGIN_OK)
        wait_for_accounts(self);
    self->logging_in = false;
    see_login(self, result, &error);
}

/* ---- beginning and end -------------------------------------------------------------------- */

/* Who runs what: before anything else is done. */
static void begin_result(struct conducting *self)
{
    struct event event;

    self->started = clock_now();
    event = conducting_event(self, EVENT_RUN);
    event.at = EVENT_NO_TIME;
    event.run.workers = self->conduct->workers;
    conducting_happen(self, event);
    event = conducting_event(self, EVENT_TARGETS);
    event.at = EVENT_NO_TIME;
    conducting_happen(self, event);
}

/* All its times begin with the run's. */
static void make_schedule(struct conducting *self)
{
    const struct conduct *conduct = self->conduct;
    struct schedule_rules rules = rules_of(conduct->job, conduct->batches, conduct->not_before,
                                           conduct->workers, conduct->seed, self->started);

    schedule_free(self->schedule);
    self->schedule = schedule_new(&rules);
}

static void begin(struct conducting *self)
{
    const struct conduct *conduct = self->conduct;

    begin_result(self);
    make_schedule(self);
    self->starting = memory_zeroed((size_t)conduct->workers, sizeof(void *));
    self->redact = redact_new(conduct->job);
    act(self);
}

/*
 * Nothing has been started, and nothing has gone wrong: may it begin? While somebody thinks about
 * that, no clock of the run goes on.
 */
static bool may_begin(struct conducting *self)
{
    const struct conduct *conduct = self->conduct;
    int64_t asked;
    bool may;

    if (conduct->may_begin == NULL || self->stage != SCHEDULE_GOING)
        return true;
    act(self); /* the login, which is shown before anybody is asked */
    if (self->stage != SCHEDULE_GOING)
        return true;
    asked = clock_now();
    may = conduct->may_begin(conduct->context, &self->login);
    self->started += clock_now() - asked;
    make_schedule(self);
    return may;
}

/* The last word, of which the report is made. */
static void end_result(struct conducting *self)
{
    struct error error;

    conducting_happen(self, event_finish_of(self->result, attempt_whole_milliseconds(clock_wall()),
                                            attempt_whole_milliseconds(conducting_time(self))));
    if (journal_commit(self->conduct->journal, &error) < 0)
        result_trouble(self->result, error.text);
    show_all(self);
}

static void end(struct conducting *self)
{
    stopping_see_signals(self); /* that came while the last target was being shown */
    act(self);
    end_result(self);
}

/* There are no workers: nothing can be run. */
static void give_up(struct conducting *self, const struct error *error)
{
    struct event event;

    begin_result(self);
    result_trouble(self->result, error->text);
    event = conducting_event(self, EVENT_HALT);
    event.halt.ending = RESULT_HALTED;
    conducting_happen(self, event);
    end_result(self);
}

bool conduct_run(const struct conduct *conduct, struct result *result)
{
    struct conducting self = {.conduct = conduct, .result = result};
    struct error error;
    bool began;

    if (flights_open(&self.flights, conduct->workers, conduct->job, &error) < 0) {
        give_up(&self, &error);
        return true;
    }
    warden_guard(conduct->warden, &self.flights.pool.stop);
    begin(&self);
    if (self.stage == SCHEDULE_GOING)
        log_in(&self);
    began = may_begin(&self);
    if (began) {
        run_targets(&self);
        end(&self);
    }
    warden_guard(conduct->warden, NULL);
    inquiry_close(&self.inquiry); /* before what is left is swept up */
    flights_close(&self.flights);
    login_done(&self.login);
    schedule_free(self.schedule);
    redact_free(self.redact);
    free(self.starting);
    return began;
}
