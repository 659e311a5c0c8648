/* SPDX-License-Identifier: MIT */
#include "run/conduct.h"

#include <stdlib.h>

#include "azure/az.h"
#include "azure/login.h"
#include "azure/rest.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/lapse.h"
#include "job/job.h"
#include "run/attempt.h"
#include "run/event.h"
#include "run/preflight.h"
#include "run/redact.h"
#include "run/result.h"
#include "run/round.h"
#include "run/rules.h"
#include "run/sharing.h"
#include "run/warden.h"
#include "run/watcher.h"

struct conductor {
    const struct conduct *conduct;
    struct round round;
    struct login login;
    struct preflight preflight;
    struct sharing sharing;
};

/* ---- the schedule ------------------------------------------------------------------------- */

static int64_t starts_a_second(const struct az *az)
{
    return az->rest != NULL ? az->rest->tempo.starts : tempo_of(NULL).starts;
}

/* Of each target: is Azure asked? NULL: of none. */
static bool *find_asks(const struct conduct *conduct)
{
    size_t count = conduct->job->target_count;
    bool *asks = conduct->questions != NULL ? memory_zeroed(count, sizeof *asks) : NULL;

    for (size_t i = 0; asks != NULL && i < count; i++)
        asks[i] = conduct->questions[i] != NULL;
    return asks;
}

/* All its times begin with the run's. Which targets share a subscription is known with the login.
 */
static void make_schedule(struct conductor *self)
{
    const struct conduct *conduct = self->conduct;
    struct schedule_rules rules =
        rules_of(conduct->job, conduct->batches, conduct->not_before, conduct->workers,
                 conduct->seed, self->round.record.started);

    bool *asks = find_asks(conduct);

    rules.asks = asks;
    rules.only_asks = conduct->only_asks;
    if (rules.only_asks)
        rules.deadline = CLOCK_NEVER; /* it is the script's, not ours */
    sharing_close(&self->sharing);
    sharing_open(&self->sharing, conduct->job, self->login.subscription);
    rules.quota = sharing_rules(&self->sharing, starts_a_second(conduct->az));
    schedule_free(self->round.schedule);
    self->round.schedule = schedule_new(&rules);
    free(asks);
}

/* ---- the login ---------------------------------------------------------------------------- */

static void wait_for_login(void *context, int fd, int64_t until)
{
    struct conductor *self = context;

    round_wait(&self->round, fd, until);
}

static bool is_going(void *context)
{
    const struct conductor *self = context;

    return self->round.stage == SCHEDULE_GOING;
}

static void report_no_room(void *context, const struct error *error)
{
    struct conductor *self = context;

    round_report_no_room(&self->round, error);
}

static void record_login(struct conductor *self)
{
    const struct watcher *watcher = self->round.watcher;
    struct event event = record_event(&self->round.record, EVENT_LOGIN);

    event.login.subscription = memory_string(self->login.subscription);
    event.login.az_version = memory_string(self->login.az_version);
    record_add(&self->round.record, event);
    watcher->logged_in(watcher->context, &self->login);
}

static void log_in(struct conductor *self)
{
    const struct conduct *conduct = self->conduct;
    int64_t deadline = conduct->job->deadline;
    struct error error = {""};
    enum login_result result;

    self->preflight = (struct preflight){
        .job = conduct->job,
        .az = conduct->az,
        .calls = &self->round.calls,
        .workers = conduct->workers,
        .patience = conduct->accounts_patience,
        .deadline = deadline > 0 ? self->round.record.started + deadline : CLOCK_NEVER,
        .context = self,
        .wait = wait_for_login,
        .is_going = is_going,
        .no_room = report_no_room};
    self->round.logging_in = true;
    result = preflight_run(&self->preflight, &self->login, &error);
    self->round.logging_in = false;
    if (self->round.stage != SCHEDULE_GOING) /* that is what cut the login short */
        return;
    if (result == LOGIN_OK) {
        if (!self->round.result->rehearsal) /* whose tokens are nobody's */
            renewal_open(&self->round.renewal, conduct->az, &self->login);
        record_login(self);
        make_schedule(self);
    } else {
        round_end_by_login(&self->round, result, &error);
    }
}

/* ---- beginning and end -------------------------------------------------------------------- */

/* Who runs what: before anything else is done. */
static void begin_record(struct conductor *self)
{
    struct event event;

    record_begin(&self->round.record);
    event = record_event(&self->round.record, EVENT_RUN);
    event.at = EVENT_NO_TIME;
    event.run.workers = self->conduct->workers;
    record_add(&self->round.record, event);
    event = record_event(&self->round.record, EVENT_TARGETS);
    event.at = EVENT_NO_TIME;
    record_add(&self->round.record, event);
}

static void begin(struct conductor *self)
{
    begin_record(self);
    make_schedule(self);
    self->round.redact = redact_new(self->conduct->job);
    round_act(&self->round);
}

/*
 * Nothing has been started, and nothing has gone wrong: may it begin? While somebody thinks about
 * that, no clock of the run goes on.
 */
static bool may_begin(struct conductor *self)
{
    const struct conduct *conduct = self->conduct;
    int64_t asked;
    bool may;

    if (conduct->may_begin == NULL || self->round.stage != SCHEDULE_GOING)
        return true;
    round_act(&self->round); /* the login, which is shown before anybody is asked */
    if (self->round.stage != SCHEDULE_GOING)
        return true;
    asked = lapse_now();
    may = conduct->may_begin(conduct->context, &self->login);
    self->round.record.started += lapse_now() - asked;
    make_schedule(self);
    return may;
}

/* The last word, of which the report is made. */
static void end_record(struct conductor *self)
{
    struct error error;

    record_add(&self->round.record,
               event_finish_of(self->round.result, attempt_whole_milliseconds(lapse_wall()),
                               attempt_whole_milliseconds(record_time(&self->round.record))));
    if (record_commit(&self->round.record, &error) < 0)
        result_trouble(self->round.record.result, error.text);
    if (record_show(&self->round.record, &error) < 0)
        result_trouble(self->round.record.result, error.text);
}

static void end(struct conductor *self)
{
    round_handle_signals(&self->round); /* that came while the last target was being shown */
    round_act(&self->round);
    end_record(self);
}

/* There are no workers: nothing can be run. */
static void give_up(struct conductor *self, const struct error *error)
{
    struct event event;

    begin_record(self);
    result_trouble(self->round.record.result, error->text);
    event = record_event(&self->round.record, EVENT_HALT);
    event.halt.ending = RESULT_HALTED;
    record_add(&self->round.record, event);
    end_record(self);
}

bool conduct_run(const struct conduct *conduct, struct result *result)
{
    struct conductor self = {.conduct = conduct,
                             .round = {.job = conduct->job,
                                       .az = conduct->az,
                                       .watcher = conduct->watcher,
                                       .warden = conduct->warden,
                                       .marks = conduct->marks,
                                       .questions = conduct->questions,
                                       .foresee = conduct->foresee,
                                       .foreseer = conduct->foreseer,
                                       .result = result,
                                       .login = &self.login,
                                       .doubts = {.rest = conduct->az->rest != NULL},
                                       .record = {.journal = conduct->journal,
                                                  .folder = conduct->folder,
                                                  .result = result,
                                                  .watcher = conduct->watcher}}};
    struct error error;
    bool began;

    if (calls_open(&self.round.calls, conduct->workers, conduct->job, &error) < 0) {
        give_up(&self, &error);
        return true;
    }
    self.round.sharing = &self.sharing;
    warden_guard(conduct->warden, &self.round.calls.pool.stop);
    begin(&self);
    if (self.round.stage == SCHEDULE_GOING)
        log_in(&self);
    began = may_begin(&self);
    if (began) {
        round_run(&self.round);
        end(&self);
    }
    warden_guard(conduct->warden, NULL);
    renewal_close(&self.round.renewal);
    preflight_close(&self.preflight); /* before what is left is swept up */
    calls_close(&self.round.calls);
    login_done(&self.login);
    schedule_free(self.round.schedule);
    sharing_close(&self.sharing);
    redact_free(self.round.redact);
    record_done(&self.round.record);
    return began;
}
