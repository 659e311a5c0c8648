/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A target is in one place at a time:
 *
 *   FRESH ──start──> RUNNING ──end──> SETTLED
 *     │               │    ^
 *     │ not_before    │ end that is repeated, or no room
 *     v               v    │
 *   WAITING, ordered by when it is due (run/waits)
 *
 * Where Azure's limits hold back the starts of one group of targets (run/quota), the first fresh
 * one of another group is started: the fresh ones stand in a line for each group (run/fresh). One
 * that is due and held back becomes due when its group may start again.
 *
 * Batches are runs of equal numbers in the array of targets. One is the current one, up to
 * `batch_end`: `left` counts its targets that are not settled, and `tally` those that have failed.
 * With the last one settled the next batch becomes the current
 * one; it is opened at `opens_at`, and only then its targets with a not_before are put to wait. So
 * all that waits belongs to the current batch, and a batch costs nothing before its time.
 *
 * Before the first batch is opened, those of which it is to be asked what came of an earlier run
 * are asked, whatever their batch: FRESH, RUNNING, and then SETTLED or FRESH again.
 *
 * The stage only grows, and nothing is started unless it is GOING. What was not settled by then
 * stays as it is: the caller settles it.
 *
 * The file is longer than others, on purpose: it is one machine.
 */
#include "run/schedule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/fresh.h"
#include "run/pace.h"
#include "run/quota.h"
#include "run/waits.h"

enum place { FRESH, WAITING, RUNNING, SETTLED, TAKEN_BACK };

struct target {
    enum place place;
    int attempts;          /* begun, and not for want of room taken back */
    uint64_t start;        /* the number of its last start (run/pace) */
    int64_t refused_since; /* the first of the refusals in a row, with `refused` */
    bool refused;
    bool limited;  /* it is due, and waits for Azure's limit of starts */
    bool given_up; /* its end comes from want of room, not from an attempt */
    bool asks;     /* it is to be asked, or RUNNING is that it is */
    bool was_ok;   /* it was, by the answer */
};

struct schedule {
    struct schedule_rules rules; /* with arrays of our own */
    int *batches;
    int64_t *not_before;
    size_t *groups; /* of each target; NULL: all are one */
    struct target *targets;
    struct fresh fresh; /* of the current batch, once it is open */
    struct waits waits;
    enum schedule_stage stage;
    bool signalled;
    bool held;

    size_t next_ask; /* before it nobody is to be asked */
    size_t asking;   /* so many are being asked */

    size_t batch_begin;
    size_t batch_end;
    size_t left;
    bool open;
    int64_t opens_at;

    size_t settled;
    size_t batch_ok;
    struct schedule_tally tally; /* of the run, and of the current batch */
    size_t running;
    struct pace pace;
    struct quota quota;
};

/* A sum of times that are not negative. */
static int64_t add(int64_t time, int64_t duration)
{
    int64_t sum;

    return __builtin_add_overflow(time, duration, &sum) ? CLOCK_NEVER : sum;
}

static void put_to_wait(struct schedule *self, size_t target, int64_t due)
{
    self->targets[target].place = WAITING;
    waits_put(&self->waits, target, due);
}

static size_t group_of(const struct schedule *self, size_t target)
{
    return fresh_group(&self->fresh, target);
}

/* TARGET runs, from now on; and no more. */
static void enter(struct schedule *self, size_t target)
{
    self->targets[target].place = RUNNING;
    self->targets[target].start = pace_start(&self->pace);
    self->running++;
    quota_enter(&self->quota, group_of(self, target));
}

static void leave(struct schedule *self, size_t target)
{
    self->running--;
    quota_leave(&self->quota, group_of(self, target));
}

/* ---- batches ------------------------------------------------------------------------------- */

static size_t find_batch_end(const struct schedule *self, size_t start)
{
    size_t end = start;

    while (end < self->rules.target_count &&
           (self->batches == NULL || self->batches[end] == self->batches[start]))
        end++;
    return end;
}

/* What has been asked may be settled before its batch. */
static void count_settled(struct schedule *self, size_t start, size_t end)
{
    self->left = end - start;
    self->batch_ok = 0;
    for (size_t i = start; i < end; i++) {
        self->left -= self->targets[i].place == SETTLED;
        self->batch_ok += self->targets[i].was_ok;
    }
}

static void go_to_next_batch(struct schedule *self, int64_t opens_at)
{
    size_t start = self->batch_end;
    size_t end = find_batch_end(self, start);

    count_settled(self, start, end);
    while (self->left == 0 && start < end) {
        start = end;
        end = find_batch_end(self, start);
        count_settled(self, start, end);
    }
    self->batch_begin = start;
    self->batch_end = end;
    self->tally.batch = self->batches != NULL && start < end ? self->batches[start] : 1;
    self->tally.batch_targets = end - start;
    self->tally.batch_failures = 0;
    self->open = false;
    self->opens_at = opens_at;
}

/* Once a batch; over all of them no target is looked at twice. */
static void open_batch(struct schedule *self, int64_t now)
{
    self->open = true;
    for (size_t i = self->batch_end; i-- > self->batch_begin;) {
        if (self->targets[i].place != FRESH) /* it was asked, and is settled */
            continue;
        if (self->not_before != NULL && self->not_before[i] > now)
            put_to_wait(self, i, self->not_before[i]);
        else
            fresh_put(&self->fresh, i);
    }
}

/* ---- making -------------------------------------------------------------------------------- */

static void *copy_array(const void *array, size_t count, size_t size)
{
    void *copy;

    if (array == NULL)
        return NULL;
    copy = memory_zeroed(count, size);
    memcpy(copy, array, count * size);
    return copy;
}

static void check_rules(const struct schedule_rules *rules)
{
    assert(rules->workers >= 1 && rules->attempts >= 1 && rules->factor >= 1);
    assert(rules->batch_percent >= 0 && rules->batch_percent <= SCHEDULE_ALL);
    assert(rules->delay >= 0 && rules->max_delay >= 0 && rules->pause_between >= 0);
    for (size_t i = 1; rules->batches != NULL && i < rules->target_count; i++)
        assert(rules->batches[i - 1] <= rules->batches[i]);
}

struct schedule *schedule_new(const struct schedule_rules *rules)
{
    struct schedule *self = memory_zeroed(1, sizeof *self);
    size_t count = rules->target_count;

    check_rules(rules);
    self->rules = *rules;
    self->batches = copy_array(rules->batches, count, sizeof *self->batches);
    self->not_before = copy_array(rules->not_before, count, sizeof *self->not_before);
    self->rules.batches = self->batches;
    self->rules.not_before = self->not_before;
    self->rules.asks = NULL;
    self->targets = memory_zeroed(count, sizeof *self->targets);
    for (size_t i = 0; i < count; i++)
        self->targets[i].asks = rules->asks != NULL && rules->asks[i];
    waits_init(&self->waits, count, rules->seed);
    self->groups = copy_array(rules->quota.groups, count, sizeof *self->groups);
    self->rules.quota.groups = self->groups;
    fresh_init(&self->fresh, count, self->groups, rules->quota.group_count);
    quota_init(&self->quota, &rules->quota);
    self->rules.quota.subscriptions = NULL; /* the quota has them */
    pace_init(&self->pace, rules->workers, self->groups == NULL);
    go_to_next_batch(self, INT64_MIN);
    return self;
}

void schedule_free(struct schedule *schedule)
{
    if (schedule == NULL)
        return;
    free(schedule->batches);
    free(schedule->not_before);
    free(schedule->targets);
    free(schedule->groups);
    fresh_done(&schedule->fresh);
    quota_done(&schedule->quota);
    waits_done(&schedule->waits);
    free(schedule);
}

/* ---- what is asked ------------------------------------------------------------------------- */

static bool has_unasked(struct schedule *self)
{
    const struct target *targets = self->targets;

    while (self->next_ask < self->rules.target_count &&
           !(targets[self->next_ask].asks && targets[self->next_ask].place == FRESH))
        self->next_ask++;
    return self->next_ask < self->rules.target_count;
}

/* Nothing is started as long as somebody is to be asked, or is being asked. */
static bool is_asking(struct schedule *self)
{
    return has_unasked(self) || self->asking > 0;
}

static struct schedule_decision ask(struct schedule *self)
{
    size_t index = self->next_ask++;

    enter(self, index);
    self->asking++;
    return (struct schedule_decision){.step = SCHEDULE_START, .target = index, .asks = true};
}

/* The first batch begins with what is left of it. */
static void end_asking(struct schedule *self)
{
    self->asking--;
    if (is_asking(self))
        return;
    self->batch_end = 0;
    go_to_next_batch(self, INT64_MIN);
}

static struct schedule_verdict asked(struct schedule *self, size_t index,
                                     const struct outcome *outcome, int64_t now)
{
    struct target *target = &self->targets[index];
    struct schedule_verdict verdict = {.tally = self->tally, .again_at = now};

    target->asks = false;
    target->was_ok = outcome->kind == OUTCOME_OK;
    verdict.settled = target->was_ok || self->rules.only_asks || self->stage != SCHEDULE_GOING;
    target->place = verdict.settled ? SETTLED : FRESH;
    self->settled += verdict.settled;
    if (self->not_before != NULL && !outcome->may_still_run)
        self->not_before[index] = INT64_MIN;
    if (self->not_before != NULL)
        verdict.again_at = number_larger(now, self->not_before[index]);
    end_asking(self);
    return verdict;
}

/* ---- what is next -------------------------------------------------------------------------- */

/* The next one to start, and from when on that can be. */
struct candidate {
    size_t target;
    bool waits; /* it does, and is not fresh */
    int64_t from;
    int64_t limited_until; /* so long Azure's limits hold back what could be started before;
                              CLOCK_NEVER: they do not */
};

/* Those that are due, and whose group may start nothing yet, are due when it may. */
static void postpone(struct schedule *self, int64_t now)
{
    while (waits_due(&self->waits) <= now) {
        size_t target = waits_first(&self->waits);
        int64_t from = quota_start_at(&self->quota, group_of(self, target));

        if (from <= now)
            return;
        self->targets[target].limited = true;
        waits_put(&self->waits, waits_take(&self->waits), from);
    }
}

/* The first fresh one of those that may be started now; else of those that may first. */
static struct candidate find_fresh(const struct schedule *self, int64_t now)
{
    struct candidate best = {.from = CLOCK_NEVER, .limited_until = CLOCK_NEVER};

    for (size_t i = 0; i < self->fresh.group_count; i++) {
        size_t target = fresh_first(&self->fresh, i);
        int64_t from;

        if (target == FRESH_NONE)
            continue;
        from = number_larger(quota_start_at(&self->quota, i), now);
        if (from < best.from || (from == best.from && target < best.target))
            best = (struct candidate){.target = target, .from = from};
    }
    best.limited_until = best.from > now ? best.from : CLOCK_NEVER;
    return best;
}

/* What is due goes before what is fresh. CLOCK_NEVER: there is nothing to start. */
static struct candidate find_candidate(struct schedule *self, int64_t now)
{
    struct candidate waiting = {.waits = true, .limited_until = CLOCK_NEVER};
    struct candidate fresh;

    postpone(self, now);
    waiting.from = waits_due(&self->waits);
    if (waiting.from <= now)
        return waiting;
    if (waiting.from < CLOCK_NEVER && self->targets[waits_first(&self->waits)].limited)
        waiting.limited_until = waiting.from;
    fresh = find_fresh(self, now);
    if (fresh.from < waiting.from)
        return fresh;
    waiting.limited_until = number_smaller(waiting.limited_until, fresh.limited_until);
    return waiting;
}

/* Likewise, unless an attempt ends before. */
static struct candidate find_start(struct schedule *self, int64_t now)
{
    struct candidate candidate = {.from = CLOCK_NEVER, .limited_until = CLOCK_NEVER};

    if (self->stage != SCHEDULE_GOING || self->held || self->running >= (size_t)self->pace.limit)
        return candidate;
    if (!is_asking(self) && !self->open && self->opens_at <= now)
        open_batch(self, now);
    if (is_asking(self))
        candidate.from = has_unasked(self) ? now : CLOCK_NEVER;
    else if (self->open)
        candidate = find_candidate(self, now);
    else
        candidate.from = self->opens_at;
    if (self->pace.starts_at > candidate.from) {
        candidate.from = self->pace.starts_at;
        candidate.limited_until = CLOCK_NEVER;
    }
    return candidate;
}

static struct schedule_decision start(struct schedule *self, const struct candidate *candidate,
                                      int64_t now)
{
    size_t index = candidate->waits ? waits_take(&self->waits) : candidate->target;
    struct target *target = &self->targets[index];

    if (!candidate->waits)
        fresh_take(&self->fresh, group_of(self, index));
    enter(self, index);
    quota_start(&self->quota, group_of(self, index), now);
    target->limited = false;
    return (struct schedule_decision){
        .step = SCHEDULE_START, .target = index, .attempt = ++target->attempts};
}

struct schedule_decision schedule_next(struct schedule *schedule, int64_t now)
{
    int64_t deadline = schedule->stage < SCHEDULE_STOPPING ? schedule->rules.deadline : CLOCK_NEVER;
    struct candidate candidate;

    if (schedule->settled == schedule->rules.target_count ||
        (schedule->stage != SCHEDULE_GOING && schedule->running == 0))
        return (struct schedule_decision){.step = SCHEDULE_OVER};
    candidate = find_start(schedule, now);
    if (candidate.from <= now && now < deadline)
        return is_asking(schedule) ? ask(schedule) : start(schedule, &candidate, now);
    if (candidate.from <= now) /* once the deadline has passed nobody waits for a start */
        candidate.from = deadline;
    return (struct schedule_decision){.step = SCHEDULE_WAIT,
                                      .until = number_smaller(candidate.from, deadline),
                                      .limited_until = candidate.limited_until};
}

/* ---- ends ---------------------------------------------------------------------------------- */

static bool is_failure(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_FAILED || outcome->kind == OUTCOME_TIMEOUT ||
           outcome->kind == OUTCOME_ERROR || outcome->kind == OUTCOME_UNKNOWN;
}

/*
 * No job can list what a person has to mend. But what befell one az alone, by the mark's word or by
 * that of the login, passes like a trouble of the network.
 */
static bool is_listed(const struct schedule *self, const struct outcome *outcome)
{
    bool passing =
        outcome->passing || (outcome->reason == REASON_AZ_BROKEN && outcome->mark_decides);

    return outcome_is_in(self->rules.retry_on, outcome->reason) ||
           (passing && outcome_is_in(self->rules.retry_on, REASON_NETWORK));
}

static bool is_repeated(const struct schedule *self, const struct target *target,
                        const struct outcome *outcome)
{
    bool untouched = outcome->script == SCRIPT_NOT_STARTED && !outcome->may_still_run;
    /* The next guard looks for the mark: it starts no script that has started. */
    bool harmless = untouched || outcome->mark_decides || self->rules.idempotent;

    return self->stage == SCHEDULE_GOING && is_failure(outcome) && !outcome->fatal &&
           target->attempts < self->rules.attempts && is_listed(self, outcome) && harmless;
}

size_t schedule_share(int percent, size_t targets)
{
    return targets * (size_t)percent / SCHEDULE_ALL;
}

int64_t schedule_delay(const struct schedule_rules *rules, int attempt)
{
    int64_t delay = rules->delay;

    /* A delay that no longer grows ends the loop: it turns 63 times at most. */
    for (int i = 1; i < attempt && rules->factor > 1 && delay > 0 && delay < rules->max_delay;
         i++) {
        if (__builtin_mul_overflow(delay, rules->factor, &delay))
            return rules->max_delay;
    }
    return number_smaller(delay, rules->max_delay);
}

/* Never before Azure's own word. Either way those that failed together come back one by one. */
static int64_t find_retry(struct schedule *self, const struct target *target,
                          const struct outcome *outcome, int64_t now)
{
    int64_t delay = schedule_delay(&self->rules, target->attempts);
    int64_t jitter = waits_jitter(&self->waits, delay);
    int64_t rest = delay - jitter;

    if (outcome->retry_after > rest)
        rest = add(outcome->retry_after, jitter);
    return add(now, rest);
}

static bool grow(struct schedule *self, enum schedule_stage stage)
{
    if (self->stage >= stage)
        return false;
    self->stage = stage;
    return true;
}

static void settle(struct schedule *self, struct target *target, int64_t now)
{
    target->place = SETTLED;
    self->settled++;
    if (--self->left == 0)
        go_to_next_batch(self, add(now, self->rules.pause_between));
}

static void count(struct schedule *self, const struct outcome *outcome)
{
    bool failed = is_failure(outcome);

    self->tally.failures += failed;
    self->tally.batch_failures += failed;
    self->batch_ok += outcome->kind == OUTCOME_OK;
}

/*
 * The last target of the current batch has just ended: nothing of it runs any more, or waits. The
 * last batch of all has nobody behind it to be kept from harm; and a run that goes to its end
 * anyhow has nothing to stop.
 */
static bool batch_was_in_vain(const struct schedule *self)
{
    return self->rules.needs_ok && self->stage == SCHEDULE_GOING && self->left == 1 &&
           self->batch_ok == 0 && self->tally.batch_failures > 0 &&
           self->batch_end < self->rules.target_count;
}

static enum schedule_halt find_halt(const struct schedule *self)
{
    const struct schedule_tally *tally = &self->tally;

    if (tally->batch_failures > schedule_share(self->rules.batch_percent, tally->batch_targets))
        return SCHEDULE_HALT_OF_BATCH;
    if (tally->failures > self->rules.max_failures)
        return SCHEDULE_HALT_OF_RUN;
    return batch_was_in_vain(self) ? SCHEDULE_HALT_OF_NO_OK : SCHEDULE_NO_HALT;
}

/* A halt is told when it changes something: once. */
static enum schedule_halt check_halt(struct schedule *self)
{
    enum schedule_halt halt = find_halt(self);

    if (halt == SCHEDULE_NO_HALT ||
        !grow(self, self->rules.stop_on_halt ? SCHEDULE_STOPPING : SCHEDULE_DRAINING))
        return SCHEDULE_NO_HALT;
    return halt;
}

struct schedule_verdict schedule_ended(struct schedule *schedule, size_t target,
                                       const struct outcome *outcome, int64_t now)
{
    struct target *ended = &schedule->targets[target];
    struct schedule_verdict verdict = {.settled = true};

    assert(target < schedule->rules.target_count && ended->place == RUNNING);
    leave(schedule, target);
    if (!ended->given_up)
        verdict.cut = pace_ended(&schedule->pace, ended->start, outcome);
    if (!ended->given_up && !ended->asks)
        quota_ended(&schedule->quota, group_of(schedule, target), outcome, now);
    ended->refused = false;
    ended->given_up = false;
    if (ended->asks)
        return asked(schedule, target, outcome, now);
    if (is_repeated(schedule, ended, outcome)) {
        verdict.again_at = find_retry(schedule, ended, outcome, now);
        /* Nobody waits for an attempt that could not begin. */
        verdict.settled = verdict.again_at >= schedule->rules.deadline;
    }
    if (!verdict.settled) {
        verdict.tally = schedule->tally;
        put_to_wait(schedule, target, verdict.again_at);
        return verdict;
    }
    count(schedule, outcome);
    verdict.tally = schedule->tally;
    verdict.halt = check_halt(schedule);
    settle(schedule, ended, now);
    return verdict;
}

void schedule_taken_back(struct schedule *schedule, size_t target)
{
    struct target *back = &schedule->targets[target];

    assert(target < schedule->rules.target_count && back->place == RUNNING);
    back->place = TAKEN_BACK;
    leave(schedule, target);
    if (back->asks)
        schedule->asking--;
    else
        back->attempts--;
}

/* ---- no room ------------------------------------------------------------------------------- */

bool schedule_no_room(struct schedule *schedule, size_t target, int64_t now)
{
    struct target *refused = &schedule->targets[target];

    assert(target < schedule->rules.target_count && refused->place == RUNNING);
    pace_refused(&schedule->pace, refused->start, now);
    if (!refused->refused)
        refused->refused_since = now;
    refused->refused = true;
    if (schedule->stage != SCHEDULE_GOING ||
        now - refused->refused_since >= schedule->rules.patience) {
        refused->given_up = true;
        return false;
    }
    leave(schedule, target);
    if (refused->asks) {
        refused->place = FRESH;
        schedule->asking--;
        schedule->next_ask = 0;
        return true;
    }
    refused->attempts--;
    put_to_wait(schedule, target, now);
    return true;
}

/* ---- what Azure says ------------------------------------------------------------------------ */

void schedule_heard(struct schedule *schedule, size_t target, const struct quota_limits *limits)
{
    quota_heard(&schedule->quota, group_of(schedule, target), limits);
}

/* ---- the end of the run -------------------------------------------------------------------- */

bool schedule_check_deadline(struct schedule *schedule, int64_t now)
{
    return now >= schedule->rules.deadline && grow(schedule, SCHEDULE_STOPPING);
}

enum schedule_stage schedule_stage_after(enum schedule_stage stage, bool gently)
{
    if (stage >= SCHEDULE_STOPPING)
        return SCHEDULE_KILLING;
    return gently ? SCHEDULE_DRAINING : SCHEDULE_STOPPING;
}

enum schedule_stage schedule_handle_signal(struct schedule *schedule, bool gentle)
{
    (void)grow(schedule, schedule_stage_after(schedule->stage, gentle && !schedule->signalled));
    schedule->signalled = true;
    return schedule->stage;
}

void schedule_hold(struct schedule *schedule, bool held)
{
    schedule->held = held;
}

void schedule_halt(struct schedule *schedule)
{
    (void)grow(schedule, SCHEDULE_DRAINING);
}

enum schedule_stage schedule_stage(const struct schedule *schedule)
{
    return schedule->stage;
}

static const char *const stage_names[] = {[SCHEDULE_GOING] = "going",
                                          [SCHEDULE_DRAINING] = "draining",
                                          [SCHEDULE_STOPPING] = "stopping",
                                          [SCHEDULE_KILLING] = "killing"};

const char *schedule_stage_name(enum schedule_stage stage)
{
    return stage_names[stage];
}

enum schedule_stage schedule_find_stage(const char *name)
{
    for (int i = SCHEDULE_GOING; name != NULL && i <= SCHEDULE_KILLING; i++) {
        if (strcmp(stage_names[i], name) == 0)
            return (enum schedule_stage)i;
    }
    return SCHEDULE_DRAINING;
}

int schedule_limit(const struct schedule *schedule)
{
    return schedule->pace.limit;
}

size_t schedule_running(const struct schedule *schedule)
{
    return schedule->running;
}

size_t schedule_running_in(const struct schedule *schedule, size_t subscription)
{
    return quota_running(&schedule->quota, subscription);
}
