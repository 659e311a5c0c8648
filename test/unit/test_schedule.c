/* SPDX-License-Identifier: MIT */
/* run/schedule: every rule by a table, and all of them together in small worlds made of chance. */
#include "run/schedule.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "unit.h"

#define MS NUMBER_MILLISECOND

static struct schedule_rules simple_rules(size_t targets, int workers)
{
    struct schedule_rules rules = {.target_count = targets,
                                   .workers = workers,
                                   .attempts = 1,
                                   .factor = 1,
                                   .max_delay = NUMBER_HOUR,
                                   .max_failures = SCHEDULE_NO_LIMIT,
                                   .batch_percent = SCHEDULE_ALL,
                                   .deadline = CLOCK_NEVER,
                                   .patience = NUMBER_MINUTE};

    rules.retry_on = outcome_bit(REASON_BUSY) | outcome_bit(REASON_THROTTLED);
    return rules;
}

static struct outcome outcome_of(enum outcome_kind kind, enum outcome_reason reason)
{
    return (struct outcome){.kind = kind, .reason = reason, .script = SCRIPT_NOT_STARTED};
}

/* ---- little plays --------------------------------------------------------------------------- */

/*
 * A play is what happens, word by word; times are milliseconds.
 *
 *   @T      the time is T                   s:N[#A]  next starts N, its attempt A; a:N  asks N
 *   w:T     next waits until T; w:- for ever          over     next says so
 *   l:T     next waits, and for Azure's limit of starts until T
 *   ok:N fail:N lost:N runs:N thr:N busy:N end:N    the attempt of N ends: ok, failed, unknown,
 *           likewise while its script may still run, throttled, busy, cancelled; it is settled;
 *           with >T it is tried again at T; with ! the run is halted by it, for more failed in the
 *           run than may, with !b in the batch, with !0 for nothing of the batch is ok; with %
 *           fewer may run at once from then on
 *   thrr:N thrv:N                            throttled by the limit of its region, or its own
 *   has:N=R few:N=R tight:N=R                Azure has accepted N in region R, and says that much
 *           is left, or few writes, or few starts of Compute's
 *   room:N  no room for N: it is kept;      noroom:N: it is not
 *   int term halt                           time:  the deadline has just passed;  notime:  not so
 *   =STAGE  limit:N
 *   failures:N[/B:M]   N had failed with the last end, and M in its batch B
 */
struct play {
    const char *name;
    const char *words;
    struct schedule_rules rules; /* what is zero is as in simple_rules(3, 3) */
    int64_t retry_after;         /* of the outcomes busy and throttled, milliseconds */
};

struct stage_play {
    const struct play *play;
    struct schedule *schedule;
    const char *word; /* that is being played */
    int64_t now;
    struct schedule_tally tally; /* of the last end */
};

static void blame(const struct stage_play *self, const char *text, int64_t got)
{
    ck_abort_msg("%s: at '%.24s': %s %" PRId64, self->play->name, self->word, text, got);
}

/* Is the word NAME, or NAME with a ':'? *RET_REST is what follows. */
static bool is_word(const struct stage_play *self, const char *name, const char **ret_rest)
{
    size_t length = strlen(name);

    if (strncmp(self->word, name, length) != 0 || strchr(": ", self->word[length]) == NULL)
        return false;
    *ret_rest = self->word + length + (self->word[length] == ':');
    return true;
}

static int64_t read_time(const char *text)
{
    return *text == '-' ? CLOCK_NEVER : strtoll(text, NULL, 10) * MS;
}

static bool play_next(struct stage_play *self)
{
    struct schedule_decision decision;
    const char *rest;
    char *end;

    if (!is_word(self, "s", &rest) && !is_word(self, "w", &rest) && !is_word(self, "l", &rest) &&
        !is_word(self, "over", &rest) && !is_word(self, "a", &rest))
        return false;
    decision = schedule_next(self->schedule, self->now);
    if (*self->word == 's' || *self->word == 'a') {
        if (decision.step != SCHEDULE_START)
            blame(self, "no start, but step", decision.step);
        if (decision.asks != (*self->word == 'a'))
            blame(self, "asks", decision.asks);
        if (decision.target != strtoull(rest, &end, 10))
            blame(self, "started", (int64_t)decision.target);
        if (*end == '#' && decision.attempt != atoi(end + 1))
            blame(self, "attempt", decision.attempt);
    } else if (*self->word == 'w' || *self->word == 'l') {
        if (decision.step != SCHEDULE_WAIT)
            blame(self, "no wait, but step", decision.step);
        if (decision.limited_until != (*self->word == 'l' ? read_time(rest) : CLOCK_NEVER))
            blame(self, "limited until (ns)", decision.limited_until);
        if (*self->word == 'l' && decision.until <= decision.limited_until)
            return true;
        if (decision.until != read_time(rest))
            blame(self, "waits until (ns)", decision.until);
    } else if (decision.step != SCHEDULE_OVER) {
        blame(self, "not over, but step", decision.step);
    }
    return true;
}

static const struct end_word {
    const char *word;
    enum outcome_kind kind;
    enum outcome_reason reason;
    enum cause cause;
    bool may_still_run;
} end_words[] = {
    {"ok", OUTCOME_OK, REASON_NONE, CAUSE_NONE, false},
    {"fail", OUTCOME_FAILED, REASON_EXIT, CAUSE_NONE, false},
    {"lost", OUTCOME_UNKNOWN, REASON_ANSWER, CAUSE_NONE, false},
    {"thr", OUTCOME_ERROR, REASON_THROTTLED, CAUSE_SUBSCRIPTION_LIMIT, false},
    {"thrr", OUTCOME_ERROR, REASON_THROTTLED, CAUSE_REGION_LIMIT, false},
    {"thrv", OUTCOME_ERROR, REASON_THROTTLED, CAUSE_VM_LIMIT, false},
    {"busy", OUTCOME_ERROR, REASON_BUSY, CAUSE_NONE, false},
    {"end", OUTCOME_CANCELLED, REASON_SIGNAL, CAUSE_NONE, false},
    {"runs", OUTCOME_UNKNOWN, REASON_ANSWER, CAUSE_NONE, true},
};

/* *MARK is behind the target's number, and then behind what is said of a halt. */
static enum schedule_halt read_halt(const char **mark)
{
    static const struct {
        const char *mark;
        enum schedule_halt halt;
    } marks[] = {{"!b", SCHEDULE_HALT_OF_BATCH},
                 {"!0", SCHEDULE_HALT_OF_NO_OK},
                 {"!", SCHEDULE_HALT_OF_RUN}};

    for (int i = 0; i < UNIT_COUNT(marks); i++) {
        if (strncmp(*mark, marks[i].mark, strlen(marks[i].mark)) == 0) {
            *mark += strlen(marks[i].mark);
            return marks[i].halt;
        }
    }
    return SCHEDULE_NO_HALT;
}

static void play_end(struct stage_play *self, const struct end_word *end, const char *rest)
{
    struct outcome outcome = outcome_of(end->kind, end->reason);
    struct schedule_verdict verdict;
    char *number_end;
    size_t target = strtoull(rest, &number_end, 10);
    const char *mark = number_end;

    outcome.may_still_run = end->may_still_run;
    outcome.cause = end->cause;
    if (end->kind == OUTCOME_ERROR)
        outcome.retry_after = self->play->retry_after * MS;
    verdict = schedule_ended(self->schedule, target, &outcome, self->now);
    if (verdict.cut != (*mark == '%'))
        blame(self, "cut", verdict.cut);
    mark += *mark == '%';
    if (verdict.halt != read_halt(&mark))
        blame(self, "halted", verdict.halt);
    self->tally = verdict.tally;
    if (verdict.settled != (*mark != '>'))
        blame(self, "settled", verdict.settled);
    if (*mark == '>' && verdict.again_at != read_time(mark + 1))
        blame(self, "again at (ns)", verdict.again_at);
}

static bool play_ends(struct stage_play *self)
{
    const char *rest;

    for (int i = 0; i < UNIT_COUNT(end_words); i++) {
        if (is_word(self, end_words[i].word, &rest)) {
            play_end(self, &end_words[i], rest);
            return true;
        }
    }
    return false;
}

static bool play_words_of_azure(struct stage_play *self)
{
    static const char *const words[] = {"has", "few", "tight"};
    const char *rest;
    char *end;

    for (int i = 0; i < UNIT_COUNT(words); i++) {
        if (is_word(self, words[i], &rest)) {
            size_t target = strtoull(rest, &end, 10);
            char region[] = {end[1], '\0'};
            struct quota_limits limits = {region, true, i == 1, true, i == 2};

            schedule_heard(self->schedule, target, &limits);
            return true;
        }
    }
    return false;
}

static bool play_events(struct stage_play *self)
{
    const char *rest;
    bool said;

    if (is_word(self, "room", &rest) || is_word(self, "noroom", &rest)) {
        said = schedule_no_room(self->schedule, strtoull(rest, NULL, 10), self->now);
        if (said != (*self->word == 'r'))
            blame(self, "kept", said);
    } else if (is_word(self, "time", &rest) || is_word(self, "notime", &rest)) {
        said = schedule_check_deadline(self->schedule, self->now);
        if (said != (*self->word == 't'))
            blame(self, "time", said);
    } else if (is_word(self, "int", &rest) || is_word(self, "term", &rest)) {
        (void)schedule_handle_signal(self->schedule, *self->word == 'i');
    } else if (is_word(self, "halt", &rest)) {
        schedule_halt(self->schedule);
    } else {
        return false;
    }
    return true;
}

static void see_stage(const struct stage_play *self)
{
    static const char *const names[] = {"going", "draining", "stopping", "killing"};
    enum schedule_stage stage = schedule_stage(self->schedule);

    if (strncmp(self->word + 1, names[stage], strlen(names[stage])) != 0)
        blame(self, "stage", stage);
}

static void see_failures(const struct stage_play *self, const char *rest)
{
    char *end;

    if (self->tally.failures != strtoull(rest, &end, 10))
        blame(self, "failures", (int64_t)self->tally.failures);
    if (*end != '/')
        return;
    if (self->tally.batch != (int)strtol(end + 1, &end, 10))
        blame(self, "batch", self->tally.batch);
    if (self->tally.batch_failures != strtoull(end + 1, &end, 10))
        blame(self, "failures in the batch", (int64_t)self->tally.batch_failures);
}

static bool play_looks(struct stage_play *self)
{
    const char *rest;

    if (*self->word == '=') {
        see_stage(self);
    } else if (is_word(self, "limit", &rest)) {
        if (schedule_limit(self->schedule) != atoi(rest))
            blame(self, "limit", schedule_limit(self->schedule));
    } else if (is_word(self, "failures", &rest)) {
        see_failures(self, rest);
    } else {
        return false;
    }
    return true;
}

static struct schedule_rules rules_for(const struct play *play)
{
    struct schedule_rules rules = simple_rules(3, 3);
    const struct schedule_rules *given = &play->rules;

    rules.target_count = given->target_count > 0 ? given->target_count : rules.target_count;
    rules.workers = given->workers > 0 ? given->workers : rules.workers;
    rules.attempts = given->attempts > 0 ? given->attempts : rules.attempts;
    rules.deadline = given->deadline > 0 ? given->deadline * MS : rules.deadline;
    rules.patience = given->patience > 0 ? given->patience * MS : rules.patience;
    /* One more than wanted, so that zero can be told from nothing. */
    if (given->max_failures > 0)
        rules.max_failures = given->max_failures - 1;
    if (given->batch_percent > 0)
        rules.batch_percent = given->batch_percent - 1;
    rules.needs_ok = given->needs_ok;
    rules.stop_on_halt = given->stop_on_halt;
    rules.pause_between = given->pause_between * MS;
    rules.batches = given->batches;
    rules.not_before = given->not_before;
    rules.asks = given->asks;
    rules.only_asks = given->only_asks;
    rules.quota = given->quota;
    return rules;
}

static void perform(const struct play *play)
{
    struct schedule_rules rules = rules_for(play);
    struct stage_play self = {.play = play, .schedule = schedule_new(&rules), .word = play->words};

    while (*self.word != '\0') {
        if (*self.word == '@')
            self.now = read_time(self.word + 1);
        else if (!play_next(&self) && !play_ends(&self) && !play_events(&self) &&
                 !play_words_of_azure(&self) && !play_looks(&self))
            blame(&self, "no such word", 0);
        self.word += strcspn(self.word, " ");
        self.word += strspn(self.word, " ");
    }
    schedule_free(self.schedule);
}

static const int one_two[] = {1, 2, 2};
static const int one_each[] = {1, 2, 3};
static const int two_two[] = {1, 1, 2, 2};
static const int two_three[] = {1, 1, 2, 2, 2};
static const int all_one[] = {1, 1, 1};
static const int with_gaps[] = {2, 5, 5};
static const int two_one[] = {1, 1, 2};
static const int64_t held[] = {0, 50 * MS, 20 * MS};
static const int64_t last_held[] = {0, 0, 20 * MS};
static const int64_t all_held[] = {70 * MS, 50 * MS, 60 * MS};

static const bool ask_first[] = {true, false, false};
static const bool ask_two[] = {true, false, true};
static const bool ask_all[] = {true, true, true};
/* Groups 0 and 1 are in one subscription, 2 in another. */
static const size_t owners[] = {0, 0, 1};
static const size_t one_group[] = {0, 0, 0, 0};
static const size_t two_groups[] = {0, 0, 1, 1};
static const size_t two_owners[] = {0, 0, 2, 2};
static const size_t taking_turns[] = {0, 2, 0, 2};

#define QUOTA(of, rate) .quota = {.starts = rate, .groups = of, .subscriptions = owners, 3, 2}

static const struct play plays[] = {
    {"all at once, in order", "s:0#1 s:1#1 s:2#1 w:- ok:1 w:- ok:0 w:- ok:2 over", {0}, 0},
    {"no more than workers", "s:0 s:1 w:- @9 ok:1 s:2 w:- ok:2 w:- ok:0 over", {.workers = 2}, 0},

    /* batches */
    {"a batch waits for the last of the one before",
     "s:0 w:- ok:0 s:1 s:2 w:- ok:2 w:- ok:1 over",
     {.batches = one_two},
     0},
    {"numbers of batches may have gaps",
     "s:0 w:- ok:0 s:1 s:2 ok:1 ok:2 over",
     {.batches = with_gaps},
     0},
    {"a pause between batches counts from the last end",
     "s:0 s:1 @10 ok:0 w:- @30 ok:1 w:130 @129 w:130 @130 s:2 @140 ok:2 over",
     {.batches = two_one, .pause_between = 100},
     0},
    {"a failed batch is a settled batch", "s:0 fail:0 s:1 s:2", {.batches = one_two}, 0},
    {"a batch waits for the retries of the one before",
     "s:0 @10 busy:0>40 w:40 @40 s:0#2 @60 ok:0 s:1 s:2",
     {.batches = one_two, .attempts = 2},
     30},
    {"the pause is cut short by the deadline",
     "s:0 ok:0 w:60 @60 w:60 time over",
     {.batches = one_two, .pause_between = 100, .deadline = 60},
     0},

    /* what came of an earlier run */
    {"who is asked, and is ok, is not started",
     "a:0 w:- ok:0 s:1 s:2 ok:1 ok:2 over",
     {.asks = ask_first},
     0},
    {"else it is, once all have been asked, and as its first attempt",
     "a:0 a:2 w:- @7 fail:0>7 w:- ok:2 s:0#1 s:1#1 fail:0 ok:1 over",
     {.asks = ask_two},
     0},
    {"all batches are asked before the first",
     "a:0 a:2 ok:2 w:- fail:0>0 s:0 w:- ok:0 s:1 ok:1 over",
     {.asks = ask_two, .batches = one_each},
     0},
    {"a batch that is ok by what was asked is over",
     "a:0 a:1 a:2 ok:0 fail:1>0 ok:2 s:1 ok:1 over",
     {.asks = ask_all, .batches = one_each},
     0},
    {"and nobody pauses for it",
     "a:0 ok:0 s:1 s:2",
     {.asks = ask_first, .batches = one_two, .pause_between = 100},
     0},
    {"what came of an earlier run halts nothing",
     "a:0 fail:0>0 s:0 s:1 s:2 failures:0 fail:0! =draining",
     {.asks = ask_first, .max_failures = 1},
     0},
    {"nor does a batch of which something is ok by it",
     "a:0 ok:0 s:1 w:- fail:1 s:2 ok:2 over",
     {.asks = ask_first, .batches = two_one, .needs_ok = true},
     0},
    {"nobody is asked beyond the workers",
     "a:0 w:- ok:0 a:2 lost:2>0 s:1 w:- ok:1 s:2",
     {.asks = ask_two, .workers = 1},
     0},
    {"nobody is held from being asked",
     "a:0 a:1 a:2",
     {.asks = ask_all, .not_before = all_held},
     0},
    {"what may still run is held",
     "a:0 a:1 a:2 runs:0>70 runs:1>50 runs:2>60 w:50 @50 s:1 w:60",
     {.asks = ask_all, .not_before = all_held},
     0},
    {"what cannot any more is not",
     "a:0 a:1 a:2 lost:0>0 runs:1>50 fail:2>0 s:0 s:2 w:50",
     {.asks = ask_all, .not_before = all_held},
     0},
    {"who only asks starts nothing",
     "a:0 a:1 a:2 fail:0 runs:1 ok:2 over =going",
     {.asks = ask_all, .only_asks = true, .max_failures = 1, .not_before = all_held},
     0},
    {"who is stopped asks nobody else",
     "a:0 term =stopping runs:0 over",
     {.asks = ask_all, .workers = 1},
     0},
    {"who had no room is asked again",
     "a:0 a:1 room:0 w:250 @250 a:0 a:2 ok:0 ok:1 ok:2 over",
     {.asks = ask_all},
     0},

    /* not_before */
    {"what is held holds up nobody else",
     "s:0 w:20 @20 s:2 w:50 @50 s:1 ok:0 ok:1 ok:2 over",
     {.not_before = held},
     0},
    {"the earliest of the held ones first", "w:50 @80 s:1 s:2 s:0", {.not_before = all_held}, 0},
    {"what is held belongs to its batch",
     "s:0 w:- @10 ok:0 w:20 @20 s:2 w:50 @50 s:1",
     {.not_before = held, .batches = one_two},
     0},
    {"a time that has passed before its batch opens holds nobody",
     "s:0 @60 ok:0 s:1 s:2",
     {.not_before = held, .batches = one_two},
     0},
    {"nor one that comes just then",
     "s:0 @20 ok:0 s:1 s:2",
     {.not_before = last_held, .batches = one_two},
     0},
    {"the deadline comes before the time",
     "s:0 w:15 ok:0 @15 time over",
     {.not_before = held, .deadline = 15},
     0},

    /* retries; with no delay of its own there is no jitter, Azure's word counts alone */
    {"a retry goes before what is fresh",
     "s:0 @1 busy:0>31 s:1 w:- @40 ok:1 s:0#2 ok:0 s:2 ok:2 over",
     {.workers = 1, .attempts = 2},
     30},
    {"fresh ones go before a retry that is not due",
     "s:0 @1 busy:0>31 s:1 @30 ok:1 s:2 @31 ok:2 s:0#2 ok:0 over",
     {.workers = 1, .attempts = 2},
     30},
    {"of two retries the one that is due first",
     "s:0 s:1 s:2 @5 busy:2>35 @6 busy:0>36 @50 s:2 s:0 w:-",
     {.attempts = 2},
     30},
    {"the last attempt stands",
     "s:0#1 busy:0>30 @30 s:0#2 busy:0>60 @60 s:0#3 busy:0 failures:1 over",
     {.target_count = 1, .attempts = 3},
     30},
    {"one attempt is one attempt", "s:0 busy:0 over", {.target_count = 1}, 30},
    {"no waiting for what would come at the deadline",
     "s:0 @70 busy:0 over",
     {.target_count = 1, .attempts = 2, .deadline = 100},
     30},
    {"but for what comes just before it",
     "s:0 @69 busy:0>99 w:99 @99 s:0#2",
     {.target_count = 1, .attempts = 2, .deadline = 100},
     30},
    {"what is waited for waits until the earliest of all",
     "s:0 s:1 @5 busy:0>35 @6 busy:1>36 w:35",
     {.target_count = 2, .attempts = 2, .deadline = 100},
     30},
    {"no retry while draining",
     "s:0 s:1 int busy:0 w:- ok:1 over",
     {.target_count = 2, .attempts = 2},
     30},
    {"who waits when the run drains is not waited for",
     "s:0 s:1 busy:0>30 int w:- @40 w:- ok:1 over",
     {.target_count = 2, .attempts = 2},
     30},

    /* max_failures */
    {"as many failures as allowed", "s:0 s:1 s:2 fail:0 fail:1 =going", {.max_failures = 3}, 0},
    {"one failure too many drains",
     "s:0 s:1 fail:0 s:2 lost:1! =draining failures:2 w:- ok:2 over",
     {.workers = 2, .max_failures = 2},
     0},
    {"not one may fail", "s:0 s:1 fail:0! =draining", {.workers = 2, .max_failures = 1}, 0},
    {"a halt is told once", "s:0 s:1 s:2 fail:0! fail:1 fail:2 over", {.max_failures = 1}, 0},
    {"on_halt may stop",
     "s:0 s:1 fail:0! =stopping w:-",
     {.workers = 2, .max_failures = 1, .stop_on_halt = true},
     0},
    {"what is tried again has not failed yet",
     "s:0 busy:0>30 failures:0 =going @30 s:0#2 busy:0! =draining",
     {.workers = 1, .attempts = 2, .max_failures = 1},
     30},
    {"what was cancelled has not failed",
     "s:0 s:1 s:2 term end:0 end:1 failures:0 =stopping",
     {.max_failures = 1},
     0},
    {"a halt while draining anyhow is none",
     "s:0 s:1 int fail:0 =draining",
     {.max_failures = 1},
     0},
    {"a halt that stops what drained",
     "s:0 s:1 int fail:0! =stopping",
     {.max_failures = 1, .stop_on_halt = true},
     0},
    {"a count is of the run alone, over all batches",
     "s:0 fail:0 failures:1/1:1 =going s:1 s:2 fail:1! failures:2/2:1 =draining w:- ok:2 over",
     {.batches = one_two, .max_failures = 2},
     0},

    /* a percentage is of the batch too */
    {"10% of one are none: the canary halts",
     "s:0 fail:0!b failures:1/1:1 =draining over",
     {.batches = one_two, .batch_percent = 11},
     0},
    {"50% of three are one",
     "s:0 s:1 s:2 ok:0 fail:1 =going ok:2 over",
     {.batches = all_one, .batch_percent = 51},
     0},
    {"an earlier batch's failures count no more",
     "s:0 s:1 fail:0 failures:1/1:1 ok:1 s:2 s:3 s:4 fail:3 failures:2/2:1 =going fail:2!b "
     "failures:3/2:2 =draining w:- ok:4 over",
     {.target_count = 5, .batches = two_three, .batch_percent = 51},
     0},
    {"the halt shows while others of the batch run",
     "s:0 s:1 fail:1!b =draining w:- ok:0 over",
     {.target_count = 4, .batches = two_two, .batch_percent = 11},
     0},
    {"and may stop them",
     "s:0 s:1 fail:1!b =stopping w:- end:0 over",
     {.target_count = 4, .batches = two_two, .batch_percent = 11, .stop_on_halt = true},
     0},
    {"both at once: the batch's is told, once",
     "s:0 s:1 fail:0!b failures:1 fail:1 over",
     {.target_count = 4, .batches = two_two, .batch_percent = 11, .max_failures = 1},
     0},
    {"the run's own share, where no batch exceeds its",
     "s:0 s:1 fail:0 ok:1 s:2 s:3 fail:2! =draining",
     {.target_count = 4, .batches = two_two, .batch_percent = 51, .max_failures = 2},
     0},
    {"100% go on whatever happens",
     "s:0 fail:0 s:1 lost:1 s:2 fail:2 =going failures:3/3:1 over",
     {.batches = one_each, .max_failures = 4},
     0},
    {"what is tried again has not failed in its batch yet",
     "s:0 @10 busy:0>40 failures:0/1:0 @40 s:0#2 ok:0 s:1 s:2 =going",
     {.batches = one_two, .attempts = 2, .batch_percent = 11},
     30},
    {"until it has",
     "s:0 @10 busy:0>40 @40 s:0#2 busy:0!b =draining over",
     {.batches = one_two, .attempts = 2, .batch_percent = 11},
     30},
    {"a batch's number is the one it was given",
     "s:0 ok:0 s:1 fail:1!b failures:1/5:1",
     {.workers = 1, .batches = with_gaps, .batch_percent = 11},
     0},

    /* a batch of which nothing is ok */
    {"a canary that fails halts",
     "s:0 fail:0!0 =draining over",
     {.batches = one_two, .needs_ok = true},
     0},
    {"one that is ok is enough",
     "s:0 s:1 fail:0 ok:1 s:2 =going",
     {.batches = two_one, .needs_ok = true},
     0},
    {"whichever ends first",
     "s:0 s:1 ok:0 fail:1 s:2 =going",
     {.batches = two_one, .needs_ok = true},
     0},
    {"not before the batch is over",
     "s:0 s:1 lost:0 =going w:- lost:1!0 failures:2/1:2 =draining over",
     {.batches = two_one, .needs_ok = true},
     0},
    {"nor while one of it waits for another attempt",
     "s:0 s:1 fail:1 @10 busy:0>40 =going w:40 @40 s:0#2 ok:0 s:2",
     {.batches = two_one, .attempts = 2, .needs_ok = true},
     30},
    {"a later batch likewise",
     "s:0 ok:0 s:1 fail:1!0 failures:1/2:1 over",
     {.batches = one_each, .needs_ok = true},
     0},
    {"the last one has nobody behind it",
     "s:0 ok:0 s:1 ok:1 s:2 fail:2 =going over",
     {.batches = one_each, .needs_ok = true},
     0},
    {"nor has the only one",
     "s:0 s:1 s:2 fail:0 fail:1 fail:2 =going over",
     {.batches = all_one, .needs_ok = true},
     0},
    {"what goes to its end anyhow is not halted",
     "s:0 int fail:0 =draining over",
     {.batches = one_two, .needs_ok = true, .stop_on_halt = true},
     0},
    {"what was cancelled neither failed nor is ok",
     "s:0 term end:0 =stopping over",
     {.batches = one_two, .needs_ok = true},
     0},

    /* how many at once */
    {"throttling halves, and what was in flight does not halve again",
     "s:0 s:1 s:2 s:3 s:4 s:5 s:6 s:7 thr:0% limit:4 thr:1 thr:2 limit:4 thr:3 thr:4 s:8 thr:8% "
     "limit:2",
     {.target_count = 20, .workers = 8},
     0},
    {"what was started before the cut, after another start",
     "s:0 s:1 s:2 s:3 thr:0% thr:1 thr:2 s:4 thr:3 limit:2 thr:4% limit:1",
     {.target_count = 20, .workers = 4},
     0},
    {"below one it does not go",
     "s:0 s:1 s:2 thr:0% limit:1 thr:1 thr:2 s:3 thr:3 limit:1 s:4 w:-",
     {.target_count = 20},
     0},
    {"what runs may be more than the limit for a while",
     "s:0 s:1 s:2 s:3 thr:0% limit:2 w:- busy:1 w:- busy:2 s:4 w:-",
     {.target_count = 20, .workers = 4},
     0},
    {"each one that Azure takes is one more at once",
     "s:0 s:1 s:2 s:3 thr:0% limit:2 fail:1 limit:3 lost:2 limit:4 ok:3 limit:4",
     {.target_count = 20, .workers = 4},
     0},
    {"an error is no reason for more",
     "s:0 s:1 s:2 s:3 thr:0% busy:1 limit:2",
     {.target_count = 20, .workers = 4},
     0},

    /* Azure's limits of starts */
    {"a throttled start holds back its subscription, and another one goes on",
     "s:0 @5 thr:0 s:2 s:3 l:30005 @30005 s:1 w:-",
     {.target_count = 4, QUOTA(two_owners, 5)},
     30000},
    {"and does not change how many may run at once",
     "s:0 s:1 @5 thr:0 limit:2 s:2 w:- ok:2 s:3",
     {.target_count = 4, .workers = 2, QUOTA(two_owners, 5)},
     30000},
    {"what runs there goes on",
     "s:0 s:1 @5 thr:0 l:30005 ok:1 l:30005 @30005 s:2 ok:2 @30999 l:31005 @31005 s:3",
     {.target_count = 4, .workers = 2, QUOTA(one_group, 5)},
     30000},
    {"a VM's own limit costs the others nothing",
     "s:0 @5 thrv:0>17005 s:1 s:2 s:3 w:- ok:1 w:17005 @17005 s:0",
     {.target_count = 4, .attempts = 2, .workers = 3, QUOTA(one_group, 5)},
     17000},
    {"who was throttled comes first, when the wait is over",
     "s:0 @5 thr:0>30005 l:30005 @30005 s:0#2 l:31005 @31005 s:1",
     {.target_count = 4, .attempts = 2, .workers = 2, QUOTA(one_group, 5)},
     30000},
    {"one that is due waits for its subscription's limit",
     "s:0 s:1 @5 busy:0>30005 @10005 thr:1>40005 l:40005 @30005 l:40005 @40005 s:0 @41000 l:41005 "
     "@41005 s:1",
     {.target_count = 4, .attempts = 2, .workers = 2, QUOTA(one_group, 5)},
     30000},
    {"a limit of the region, where that is known",
     "s:0 has:0=w s:1 ok:0 s:2 has:2=e ok:2 @5 thrr:1 s:3 w:-",
     {.target_count = 4, .workers = 2, QUOTA(two_groups, 5)},
     30000},
    {"and where it is not, of the subscription",
     "s:0 has:0=w ok:0 s:1 @5 thrr:1 l:30005",
     {.target_count = 4, .workers = 1, QUOTA(two_groups, 5)},
     30000},
    {"longer than the deadline: nobody waits that long",
     "s:0 @5 thr:0 l:1200005 @60000 l:1200005 time =stopping over",
     {.target_count = 4, .workers = 1, .attempts = 3, .deadline = 60000, QUOTA(one_group, 5)},
     1200000},
    {"but another subscription goes on until then",
     "s:0 @5 thr:0 s:1 @9 ok:1 s:3 ok:3 l:1200005",
     {.target_count = 4, .workers = 1, .deadline = 60000, QUOTA(taking_turns, 5)},
     1200000},
    {"few writes left: one a second, until there are more",
     "s:0 few:0=w l:1000 @1000 s:1 few:1=w l:2000 has:1=w s:2 s:3",
     {.target_count = 4, .workers = 4, QUOTA(one_group, 5)},
     0},
    {"few starts of Compute's left: in that region",
     "s:0 has:0=w s:1 tight:1=w l:1000 @1000 s:2 has:2=e s:3 ok:2 w:- ok:3 ok:0 ok:1 over",
     {.target_count = 4, .workers = 4, QUOTA(two_groups, 5)},
     0},
    {"no batch begins before the other's end for it",
     "s:0 @5 s:1 thr:0 w:- ok:1 s:2 s:3",
     {.target_count = 4, .workers = 2, .batches = two_two, QUOTA(two_owners, 5)},
     30000},
    {"within a batch the order is the job's",
     "s:0 s:1 @5 thr:1 s:2 l:30005 @30005 s:3",
     {.target_count = 4, .workers = 4, QUOTA(taking_turns, 5)},
     30000},
    {"want of room is no limit of Azure's",
     "s:0 room:0 w:250 @250 s:0",
     {.target_count = 4, .workers = 2, QUOTA(one_group, 5)},
     0},
    {"who is stopped waits for nobody",
     "s:0 @5 thr:0 l:30005 int over",
     {.target_count = 4, .workers = 1, QUOTA(one_group, 5)},
     30000},

    /* no room */
    {"a refusal is no attempt, and all starts pause",
     "s:0#1 room:0 w:250 @249 w:250 @250 s:0#1 s:1 s:2 w:-",
     {0},
     0},
    {"the pause doubles, up to five seconds",
     "s:0 room:0 @250 s:0 room:0 w:750 @750 s:0 room:0 w:1750 @1750 s:0 room:0 w:3750 @3750 s:0 "
     "room:0 w:7750 @7750 s:0 room:0 w:12750 @12750 s:0 room:0 w:17750",
     {.target_count = 1, .workers = 1},
     0},
    {"a burst of refusals is one",
     "s:0 s:1 s:2 room:1 @5 room:0 @6 room:2 w:250 @250 s:1 s:0 s:2",
     {0},
     0},
    {"a late one of a burst pauses again, no longer",
     "s:0 s:1 s:2 room:1 @251 room:0 w:501 @501 s:1 s:0 room:0 w:1001",
     {0},
     0},
    {"an end makes room",
     "s:0 s:1 room:1 @250 s:1 room:1 w:750 @300 ok:0 s:1 room:1 w:550",
     {.workers = 2},
     0},
    {"who was refused goes before the fresh", "s:0 s:1 room:1 @9 ok:0 s:1 s:2", {.workers = 2}, 0},
    {"patience ends",
     "s:0 room:0 @250 s:0 room:0 @750 s:0 noroom:0 w:- busy:0 over",
     {.target_count = 1, .patience = 750},
     0},
    {"patience begins anew with a real attempt",
     "s:0 room:0 @250 s:0 @800 busy:0>800 s:0#2 room:0 w:1050",
     {.target_count = 1, .attempts = 2, .patience = 700},
     0},
    {"the end of what never ran makes no room",
     "s:0 s:1 s:2 @1 room:0 room:1 @251 s:0 s:1 @900 noroom:0 w:- fail:0 w:1400",
     {.target_count = 4, .patience = 800},
     0},
    {"who was given up may run later, and then its end makes room",
     "s:0 room:0 @250 s:0 noroom:0 busy:0>250 @750 s:0#2 s:1 room:1 w:1750 ok:0 s:1",
     {.target_count = 2, .attempts = 2, .patience = 1},
     0},
    {"no patience while draining", "s:0 int noroom:0 w:- end:0 over", {0}, 0},
    {"no pause beyond the deadline", "s:0 room:0 w:100 @100 w:100 time over", {.deadline = 100}, 0},
    {"want of room outlasts the pause between batches",
     "s:0 room:0 @250 s:0 noroom:0 fail:0 w:750 @750 s:1",
     {.batches = one_two, .pause_between = 100, .patience = 1},
     0},
    {"the pause between batches outlasts want of room",
     "s:0 room:0 @250 s:0 noroom:0 fail:0 w:1150 @1150 s:1",
     {.batches = one_two, .pause_between = 900, .patience = 1},
     0},

    /* the deadline */
    {"nothing is started at the deadline",
     "s:0 w:100 ok:0 @100 w:100 =going time =stopping over",
     {.workers = 1, .deadline = 100},
     0},
    {"the deadline stops, once",
     "s:0 w:100 @99 notime @100 time notime =stopping w:- end:0 over",
     {.workers = 1, .deadline = 100},
     0},
    {"also what drains", "s:0 int w:100 @100 time =stopping", {.deadline = 100}, 0},
    {"but not what is stopping", "s:0 term w:- @100 notime =stopping", {.deadline = 100}, 0},

    /* signals */
    {"a gentle one drains, two stop, three kill",
     "s:0 int =draining int =stopping int =killing int =killing w:- end:0 over",
     {0},
     0},
    {"another one stops, two kill", "s:0 term =stopping term =killing", {0}, 0},
    {"gentle after the other kills", "s:0 term int =killing", {0}, 0},
    {"the other after gentle stops", "s:0 int term =stopping int =killing", {0}, 0},
    {"the first gentle one while halted", "s:0 halt =draining int =draining int =stopping", {0}, 0},
    {"any signal after the deadline kills", "s:0 @9 time int =killing", {.deadline = 9}, 0},
    {"a signal before the first start", "int over", {0}, 0},

    /* halts */
    {"trouble drains", "s:0 s:1 halt =draining w:- ok:0 ok:1 over", {0}, 0},
    {"also where a halt stops", "s:0 halt =draining", {.stop_on_halt = true}, 0},
    {"trouble does not take a stop back", "s:0 term halt =stopping", {0}, 0},
    {"three batches", "s:0 ok:0 s:1 ok:1 s:2 w:- ok:2 over", {.batches = one_each}, 0},
};

START_TEST(plays_go_as_written)
{
    perform(&plays[_i]);
}
END_TEST

/* ---- what is repeated ----------------------------------------------------------------------- */

#define NOT_YET SCRIPT_NOT_STARTED
#define PERHAPS SCRIPT_MAY_HAVE_STARTED
#define BEGUN   SCRIPT_STARTED

static const struct repeat_case {
    const char *name;
    enum outcome_kind kind;
    enum outcome_reason reason;
    enum outcome_script script;
    bool may_still_run, fatal, not_listed, idempotent;
    bool repeated;
} repeat_cases[] = {
    {"busy", OUTCOME_ERROR, REASON_BUSY, NOT_YET, false, false, false, false, true},
    {"not asked for", OUTCOME_ERROR, REASON_BUSY, NOT_YET, false, false, true, false, false},
    {"not asked for, idempotent", OUTCOME_ERROR, REASON_BUSY, NOT_YET, false, false, true, true,
     false},
    {"perhaps begun", OUTCOME_ERROR, REASON_NETWORK, PERHAPS, false, false, false, false, false},
    {"perhaps begun, idempotent", OUTCOME_ERROR, REASON_NETWORK, PERHAPS, false, false, false, true,
     true},
    {"failed", OUTCOME_FAILED, REASON_EXIT, BEGUN, false, false, false, false, false},
    {"failed, idempotent", OUTCOME_FAILED, REASON_EXIT, BEGUN, false, false, false, true, true},
    {"timeout", OUTCOME_TIMEOUT, REASON_AZ, PERHAPS, true, false, false, false, false},
    {"timeout, idempotent", OUTCOME_TIMEOUT, REASON_AZ, PERHAPS, true, false, false, true, true},
    {"unknown", OUTCOME_UNKNOWN, REASON_ANSWER, PERHAPS, false, false, false, false, false},
    {"unknown, idempotent", OUTCOME_UNKNOWN, REASON_ANSWER, PERHAPS, false, false, false, true,
     true},
    {"may still run, whatever else is said", OUTCOME_ERROR, REASON_OTHER, NOT_YET, true, false,
     false, false, false},
    {"fatal", OUTCOME_ERROR, REASON_START, NOT_YET, false, true, false, true, false},
    {"ok", OUTCOME_OK, REASON_NONE, BEGUN, false, false, false, true, false},
    {"cancelled", OUTCOME_CANCELLED, REASON_SIGNAL, NOT_YET, false, false, false, true, false},
    {"skipped", OUTCOME_SKIPPED, REASON_SIGNAL, NOT_YET, false, false, false, true, false},
};

START_TEST(what_is_repeated)
{
    const struct repeat_case *row = &repeat_cases[_i];
    struct outcome outcome = {.kind = row->kind,
                              .reason = row->reason,
                              .script = row->script,
                              .may_still_run = row->may_still_run,
                              .fatal = row->fatal};
    struct schedule_rules rules = simple_rules(1, 1);
    struct schedule *schedule;

    rules.attempts = 2;
    rules.idempotent = row->idempotent;
    rules.retry_on = row->not_listed ? 0 : UINT32_MAX;
    schedule = schedule_new(&rules);
    (void)schedule_next(schedule, 0);
    ck_assert_msg(schedule_ended(schedule, 0, &outcome, 0).settled != row->repeated, "%s",
                  row->name);
    schedule_free(schedule);
}
END_TEST

/* Nobody knows whether it has begun: the mark on the VM does, and the next guard looks for it. */
START_TEST(the_mark_decides)
{
    static const struct {
        const char *name;
        bool may_still_run, fatal, not_listed, mark_decides;
        bool repeated;
    } rows[] = {{"without a mark", false, false, false, false, false},
                {"with one", false, false, false, true, true},
                {"it may still run", true, false, false, true, true},
                {"not asked for", false, false, true, true, false},
                {"fatal", false, true, false, true, false}};

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct outcome outcome = {.kind = OUTCOME_ERROR,
                                  .reason = REASON_THROTTLED,
                                  .script = PERHAPS,
                                  .may_still_run = rows[i].may_still_run,
                                  .mark_decides = rows[i].mark_decides,
                                  .fatal = rows[i].fatal};
        struct schedule_rules rules = simple_rules(1, 1);
        struct schedule *schedule;

        rules.attempts = 2;
        rules.retry_on = rows[i].not_listed ? 0 : outcome_bit(REASON_THROTTLED);
        schedule = schedule_new(&rules);
        (void)schedule_next(schedule, 0);
        ck_assert_msg(schedule_ended(schedule, 0, &outcome, 0).settled != rows[i].repeated, "%s",
                      rows[i].name);
        schedule_free(schedule);
    }
}
END_TEST

/* What befell one az alone is repeated like a trouble of the network, for no job can list it. */
START_TEST(what_passes_is_repeated)
{
    static const struct {
        const char *name;
        enum outcome_reason reason;
        enum outcome_script script;
        bool passing, mark_decides, fatal, network;
        bool repeated;
    } rows[] = {
        {"the login is good, nothing was sent", REASON_LOGIN, NOT_YET, true, false, false, true,
         true},
        {"the login is good, the mark decides", REASON_LOGIN, PERHAPS, true, true, false, true,
         true},
        {"nobody knows what was sent", REASON_LOGIN, PERHAPS, true, false, false, true, false},
        {"the job repeats nothing of the kind", REASON_LOGIN, NOT_YET, true, false, false, false,
         false},
        {"the login has ended", REASON_LOGIN, NOT_YET, false, false, true, true, false},
        {"another az holds the files", REASON_AZ_BROKEN, PERHAPS, false, true, false, true, true},
        {"az cannot be run", REASON_AZ_BROKEN, NOT_YET, false, false, false, true, false}};

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct outcome outcome = {.kind = OUTCOME_ERROR,
                                  .reason = rows[i].reason,
                                  .script = rows[i].script,
                                  .passing = rows[i].passing,
                                  .mark_decides = rows[i].mark_decides,
                                  .fatal = rows[i].fatal};
        struct schedule_rules rules = simple_rules(1, 1);
        struct schedule *schedule;

        rules.attempts = 2;
        rules.retry_on |= rows[i].network ? outcome_bit(REASON_NETWORK) : 0;
        schedule = schedule_new(&rules);
        (void)schedule_next(schedule, 0);
        ck_assert_msg(schedule_ended(schedule, 0, &outcome, 0).settled != rows[i].repeated, "%s",
                      rows[i].name);
        schedule_free(schedule);
    }
}
END_TEST

/* While a question is asked what runs goes on, and nothing is started. */
START_TEST(a_held_schedule_starts_nothing)
{
    struct outcome ok = outcome_of(OUTCOME_OK, REASON_NONE);
    struct schedule_rules rules = simple_rules(4, 2);
    struct schedule *schedule;
    struct schedule_decision decision;

    rules.deadline = 1000 * MS;
    schedule = schedule_new(&rules);
    ck_assert_int_eq(schedule_next(schedule, 0).step, SCHEDULE_START);
    ck_assert_int_eq(schedule_next(schedule, 0).step, SCHEDULE_START);
    schedule_hold(schedule, true);
    (void)schedule_ended(schedule, 0, &ok, MS);
    decision = schedule_next(schedule, MS);
    ck_assert_int_eq(decision.step, SCHEDULE_WAIT);
    ck_assert_int_eq(decision.until, 1000 * MS); /* the deadline goes on */
    (void)schedule_ended(schedule, 1, &ok, 2 * MS);
    ck_assert_int_eq(schedule_next(schedule, 2 * MS).step, SCHEDULE_WAIT); /* it is not over */
    schedule_hold(schedule, false);
    ck_assert_int_eq(schedule_next(schedule, 3 * MS).step, SCHEDULE_START);
    ck_assert_int_eq(schedule_next(schedule, 3 * MS).step, SCHEDULE_START);
    schedule_free(schedule);
}
END_TEST

/* ---- delays --------------------------------------------------------------------------------- */

static const struct delay_case {
    const char *name;
    int64_t delay; /* milliseconds, like all here */
    int factor;
    int64_t max_delay;
    int attempt; /* that has just ended */
    int64_t expected;
} delay_cases[] = {
    {"the first", 30000, 2, 300000, 1, 30000},
    {"the second", 30000, 2, 300000, 2, 60000},
    {"the fourth", 30000, 2, 300000, 4, 240000},
    {"no longer than the longest", 30000, 2, 300000, 5, 300000},
    {"also the first", 400000, 2, 300000, 1, 300000},
    {"that never grows", 30000, 1, 300000, INT_MAX, 30000},
    {"no delay", 0, 10, 300000, INT_MAX, 0},
    {"far beyond what fits", 1000, 1000000, INT64_MAX / MS, 1000, INT64_MAX / MS},
};

START_TEST(delays_grow)
{
    const struct delay_case *row = &delay_cases[_i];
    struct schedule_rules rules = {
        .delay = row->delay * MS, .factor = row->factor, .max_delay = row->max_delay * MS};
    int64_t delay = schedule_delay(&rules, row->attempt);

    ck_assert_msg(delay == row->expected * MS, "%s: %" PRId64, row->name, delay);
}
END_TEST

/* When 1000 targets that all fail at 0 come back, the first time. */
static void collect_retries(const struct schedule_rules *rules, int64_t retry_after,
                            int64_t *ret_times)
{
    struct outcome outcome = outcome_of(OUTCOME_ERROR, REASON_BUSY);
    struct schedule *schedule = schedule_new(rules);

    outcome.retry_after = retry_after;
    for (size_t i = 0; i < rules->target_count; i++)
        (void)schedule_next(schedule, 0);
    for (size_t i = 0; i < rules->target_count; i++) {
        struct schedule_verdict verdict = schedule_ended(schedule, i, &outcome, 0);

        ck_assert(!verdict.settled);
        ret_times[i] = verdict.again_at;
    }
    schedule_free(schedule);
}

static const struct jitter_case {
    const char *name;
    int64_t delay, retry_after; /* seconds */
    int64_t least, most;        /* that all keep to, and nearly reach */
} jitter_cases[] = {
    {"shorter by up to a quarter", 40, 0, 30, 40},
    {"Azure's word is shorter", 40, 20, 30, 40},
    {"Azure's word is longer", 40, 100, 100, 110},
    {"Azure's word is the delay", 40, 40, 40, 50},
};

START_TEST(jitter_keeps_targets_apart)
{
    const struct jitter_case *row = &jitter_cases[_i];
    struct schedule_rules rules = simple_rules(1000, 1000);
    int64_t times[1000];
    int64_t least = INT64_MAX;
    int64_t most = 0;

    rules.attempts = 2;
    rules.delay = row->delay * NUMBER_SECOND;
    rules.seed = 7;
    collect_retries(&rules, row->retry_after * NUMBER_SECOND, times);
    for (int i = 0; i < 1000; i++) {
        least = times[i] < least ? times[i] : least;
        most = times[i] > most ? times[i] : most;
    }
    ck_assert_msg(least >= row->least * NUMBER_SECOND && most <= row->most * NUMBER_SECOND,
                  "%s: from %" PRId64 " to %" PRId64, row->name, least, most);
    ck_assert_msg(least < (row->least + 1) * NUMBER_SECOND &&
                      most > (row->most - 1) * NUMBER_SECOND,
                  "%s: only from %" PRId64 " to %" PRId64, row->name, least, most);
}
END_TEST

START_TEST(a_seed_is_a_sequence)
{
    struct schedule_rules rules = simple_rules(100, 100);
    int64_t one[100];
    int64_t same[100];
    int64_t other[100];

    rules.attempts = 2;
    rules.delay = NUMBER_MINUTE;
    rules.seed = 1;
    collect_retries(&rules, 0, one);
    collect_retries(&rules, 0, same);
    rules.seed = 2;
    collect_retries(&rules, 0, other);
    ck_assert_mem_eq(one, same, sizeof one);
    ck_assert_mem_ne(one, other, sizeof one);
}
END_TEST

START_TEST(an_endless_retry_after_settles)
{
    struct outcome outcome = outcome_of(OUTCOME_ERROR, REASON_BUSY);
    struct schedule_rules rules = simple_rules(1, 1);
    struct schedule *schedule;

    rules.attempts = 2;
    rules.delay = NUMBER_HOUR;
    outcome.retry_after = INT64_MAX;
    schedule = schedule_new(&rules);
    (void)schedule_next(schedule, 5);
    ck_assert(schedule_ended(schedule, 0, &outcome, 5).settled);
    schedule_free(schedule);
}
END_TEST

START_TEST(no_targets_are_over_at_once)
{
    struct schedule_rules rules = simple_rules(0, 3);
    struct schedule *schedule = schedule_new(&rules);

    ck_assert_int_eq(schedule_next(schedule, 0).step, SCHEDULE_OVER);
    schedule_free(schedule);
    schedule_free(NULL);
}
END_TEST

/* The caller's arrays may be gone, and its rules may change. */
START_TEST(rules_are_copied)
{
    int batches[2] = {1, 2};
    int64_t not_before[2] = {5, 0};
    struct schedule_rules rules = simple_rules(2, 2);
    struct schedule *schedule;

    rules.batches = batches;
    rules.not_before = not_before;
    schedule = schedule_new(&rules);
    batches[1] = 1;
    not_before[0] = 0;
    rules.workers = 1;
    ck_assert_int_eq(schedule_next(schedule, 0).until, 5);
    ck_assert_int_eq(schedule_next(schedule, 5).step, SCHEDULE_START);
    ck_assert_int_eq(schedule_next(schedule, 5).step, SCHEDULE_WAIT);
    ck_assert_int_eq(schedule_limit(schedule), 2);
    schedule_free(schedule);
}
END_TEST

/* ---- misuse --------------------------------------------------------------------------------- */

START_TEST(ending_what_does_not_run)
{
    struct outcome outcome = outcome_of(OUTCOME_OK, REASON_NONE);
    struct schedule_rules rules = simple_rules(2, 2);
    struct schedule *schedule = schedule_new(&rules);

    (void)schedule_next(schedule, 0);
    (void)schedule_ended(schedule, (size_t)_i, &outcome, 0);
    (void)schedule_ended(schedule, 0, &outcome, 0);
}
END_TEST

START_TEST(no_room_for_what_does_not_run)
{
    struct schedule_rules rules = simple_rules(2, 2);

    (void)schedule_no_room(schedule_new(&rules), 1, 0);
}
END_TEST

START_TEST(batches_that_fall)
{
    static const int falling[] = {2, 1};
    struct schedule_rules rules = simple_rules(2, 2);

    rules.batches = falling;
    (void)schedule_new(&rules);
}
END_TEST

/* ---- worlds --------------------------------------------------------------------------------- */

/*
 * A world is made of one seed: its rules, and all that happens in it. It keeps its own account of
 * every target, in the simplest way there is, and holds each decision against it.
 */
enum { WORLD_TARGETS = 40, WORLD_BLOCKS = 25, WORLDS_IN_BLOCK = 200, WORLD_STARTS = 1000 };

/* What an account must know of a subscription: every start, and what Azure has said. */
struct account {
    int64_t starts[WORLD_STARTS];
    size_t count;
    int64_t closed_until;
    int64_t slow_until;
};

struct inhabitant {
    bool running;
    bool settled;
    bool failed; /* and settled; likewise ok */
    bool ok;
    bool begun;     /* the script, perhaps */
    bool after_cut; /* started since the last one; likewise after_refusal */
    bool after_refusal;
    int attempts;
    int64_t due;
    int64_t end; /* of its attempt, when nothing comes in between */
    int64_t settled_at;
};

struct world {
    uint64_t seed;
    uint64_t random;
    uint64_t trace;
    struct schedule_rules rules;
    size_t groups[WORLD_TARGETS];
    struct account accounts[2]; /* of subscriptions */
    int batches[WORLD_TARGETS];
    int64_t not_before[WORLD_TARGETS];
    struct inhabitant targets[WORLD_TARGETS];
    struct schedule *schedule;
    int64_t now;
    size_t running;
    size_t steps;
    int limit;
    bool halted;
    bool timed_out;
    int64_t pause; /* the last one for want of room, since a real attempt ended */
    int64_t no_start_before;
    int percent_refused, percent_signals, percent_halts, percent_throttled, percent_bad;
};

#define HOLDS(world, condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("seed %" PRIu64 ", step %zu, at %" PRId64 ": not so: %s", (world)->seed,  \
                         (world)->steps, (world)->now, #condition);                                \
    } while (0)

static uint64_t draw(struct world *world)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random;
}

/* From 0 to MOST. */
static int64_t up_to(struct world *world, int64_t most)
{
    return (int64_t)(draw(world) % ((uint64_t)most + 1));
}

static bool chance(struct world *world, int percent)
{
    return up_to(world, 99) < percent;
}

static void write_down(struct world *world, uint64_t value)
{
    world->trace = (world->trace ^ value) * UINT64_C(0x100000001b3);
}

static void make_rules(struct world *world)
{
    struct schedule_rules *rules = &world->rules;

    *rules = simple_rules((size_t)up_to(world, WORLD_TARGETS), 1 + (int)up_to(world, 9));
    rules->attempts = 1 + (int)up_to(world, 3);
    rules->delay = up_to(world, 2000) * MS;
    rules->factor = 1 + (int)up_to(world, 2);
    rules->max_delay = up_to(world, 5000) * MS;
    rules->retry_on = 0;
    for (enum outcome_reason reason = 0; reason < REASONS; reason++)
        rules->retry_on |= chance(world, 60) ? outcome_bit(reason) : 0;
    rules->idempotent = chance(world, 50);
    rules->seed = draw(world);
    rules->pause_between = chance(world, 50) ? up_to(world, 3000) * MS : 0;
    rules->max_failures =
        chance(world, 50) ? SCHEDULE_NO_LIMIT : (size_t)up_to(world, WORLD_TARGETS / 2);
    rules->batch_percent = chance(world, 50) ? SCHEDULE_ALL : (int)up_to(world, SCHEDULE_ALL);
    rules->needs_ok = chance(world, 50);
    rules->stop_on_halt = chance(world, 50);
    rules->deadline = chance(world, 50) ? CLOCK_NEVER : up_to(world, 40000) * MS;
    rules->patience = up_to(world, 6000) * MS;
}

static void make_targets(struct world *world)
{
    int batch = 1;

    if (chance(world, 50))
        world->rules.quota = (struct quota_rules){.starts = chance(world, 50) ? 5 : 0,
                                                  .groups = world->groups,
                                                  .subscriptions = owners,
                                                  .group_count = 3,
                                                  .subscription_count = 2};
    for (size_t i = 0; i < WORLD_TARGETS; i++)
        world->groups[i] = (size_t)up_to(world, 2);

    if (chance(world, 60))
        world->rules.batches = world->batches;
    if (chance(world, 40))
        world->rules.not_before = world->not_before;
    for (size_t i = 0; i < world->rules.target_count; i++) {
        batch += chance(world, 15);
        world->batches[i] = world->rules.batches != NULL ? batch : 1;
        if (chance(world, 50))
            world->not_before[i] = up_to(world, 10000) * MS;
        world->targets[i].due = world->rules.not_before != NULL ? world->not_before[i] : 0;
    }
}

static void make_world(struct world *world, uint64_t seed)
{
    static const int refused[] = {0, 0, 5, 60};
    static const int rarely[] = {0, 0, 0, 1};
    static const int throttled[] = {0, 10, 60};
    static const int bad[] = {0, 20, 70};

    *world = (struct world){.seed = seed, .no_start_before = INT64_MIN};
    world->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    make_rules(world);
    make_targets(world);
    world->percent_refused = refused[up_to(world, 3)];
    world->percent_signals = rarely[up_to(world, 3)];
    world->percent_halts = rarely[up_to(world, 3)];
    world->percent_throttled = throttled[up_to(world, 2)];
    world->percent_bad = bad[up_to(world, 2)];
    world->limit = world->rules.workers;
    world->schedule = schedule_new(&world->rules);
}

/* From when on the batch of TARGET may run: CLOCK_NEVER while one before it is not settled. */
static int64_t batch_opens(const struct world *world, size_t target)
{
    int64_t opens = 0;

    for (size_t i = 0; i < world->rules.target_count; i++) {
        const struct inhabitant *other = &world->targets[i];

        if (world->batches[i] >= world->batches[target])
            continue;
        if (!other->settled)
            return CLOCK_NEVER;
        if (other->settled_at + world->rules.pause_between > opens)
            opens = other->settled_at + world->rules.pause_between;
    }
    return opens;
}

static struct account *account_of(struct world *world, size_t index)
{
    return &world->accounts[owners[world->groups[index]]];
}

/* May one more be started? Since each start there were no more than a burst and what has been paid
 * back. */
static bool quota_allows(struct world *world, size_t index)
{
    const struct account *account = account_of(world, index);
    int64_t gap = 200 * MS;
    int64_t last = account->count > 0 ? account->starts[account->count - 1] : INT64_MIN;

    if (world->rules.quota.groups == NULL)
        return true;
    if (world->now < account->closed_until)
        return false;
    if (world->now < account->slow_until && account->count > 0 && world->now - last < NUMBER_SECOND)
        return false;
    for (size_t i = 0; world->rules.quota.starts > 0 && i < account->count; i++) {
        if ((int64_t)(account->count - i) > 49 + (world->now - account->starts[i]) / gap)
            return false;
    }
    return true;
}

static void keep_account(struct world *world, size_t index)
{
    struct account *account = account_of(world, index);

    HOLDS(world, account->count < WORLD_STARTS);
    account->starts[account->count++] = world->now;
}

static void close_account(struct world *world, size_t index, const struct outcome *outcome)
{
    struct account *account = account_of(world, index);
    int64_t until =
        world->now + (outcome->retry_after > 0 ? outcome->retry_after : 10 * NUMBER_SECOND);

    if (outcome->reason != REASON_THROTTLED || outcome->cause == CAUSE_VM_LIMIT)
        return;
    if (until > account->closed_until)
        account->closed_until = until;
    if (account->closed_until + NUMBER_MINUTE > account->slow_until)
        account->slow_until = account->closed_until + NUMBER_MINUTE;
}

static bool is_startable(struct world *world, size_t index)
{
    const struct inhabitant *target = &world->targets[index];

    return !target->running && !target->settled && target->due <= world->now &&
           batch_opens(world, index) <= world->now && quota_allows(world, index);
}

/* The account of the pauses for want of room. */
static void pause_starts(struct world *world, const struct inhabitant *refused)
{
    if (world->now < world->no_start_before && !refused->after_refusal)
        return;
    if (world->pause == 0)
        world->pause = 250 * MS;
    else if (refused->after_refusal)
        world->pause = world->pause > 2500 * MS ? 5000 * MS : 2 * world->pause;
    world->no_start_before = world->now + world->pause;
    for (size_t i = 0; i < world->rules.target_count; i++)
        world->targets[i].after_refusal = false;
}

/* What has become of a batch; of the run, when BATCH is 0. */
struct census {
    size_t targets;
    size_t settled;
    size_t failed;
    size_t ok;
    bool is_last; /* no target is in a later one */
};

static struct census take_census(const struct world *world, int batch)
{
    struct census census = {.is_last = true};

    for (size_t i = 0; i < world->rules.target_count; i++) {
        const struct inhabitant *target = &world->targets[i];

        if (batch != 0 && world->batches[i] != batch) {
            census.is_last = census.is_last && world->batches[i] < batch;
            continue;
        }
        census.targets++;
        census.settled += target->settled;
        census.failed += target->failed;
        census.ok += target->ok;
    }
    return census;
}

/* The account of what halts: what the end of the target at INDEX has made of its batch, and the
 * run. */
static void see_halt(struct world *world, size_t index, const struct schedule_verdict *verdict,
                     enum schedule_stage before)
{
    const struct schedule_rules *rules = &world->rules;
    struct census batch = take_census(world, world->batches[index]);
    struct census run = take_census(world, 0);
    enum schedule_stage stage = schedule_stage(world->schedule);
    enum schedule_stage halted = rules->stop_on_halt ? SCHEDULE_STOPPING : SCHEDULE_DRAINING;
    bool batch_exceeds = 100 * batch.failed > (size_t)rules->batch_percent * batch.targets;
    bool run_exceeds = run.failed > rules->max_failures;
    bool in_vain = rules->needs_ok && verdict->settled && before == SCHEDULE_GOING &&
                   batch.settled == batch.targets && batch.ok == 0 && batch.failed > 0 &&
                   !batch.is_last;
    bool due = batch_exceeds || run_exceeds || in_vain;

    HOLDS(world, verdict->tally.failures == run.failed);
    HOLDS(world, verdict->tally.batch == world->batches[index]);
    HOLDS(world, verdict->tally.batch_targets == batch.targets);
    HOLDS(world, verdict->tally.batch_failures == batch.failed);
    HOLDS(world, stage == (due && before < halted ? halted : before));
    HOLDS(world, (verdict->halt != SCHEDULE_NO_HALT) == (stage > before));
    HOLDS(world, !world->halted || stage == before);
    world->halted = world->halted || stage > before;
    if (stage > before)
        HOLDS(world, verdict->halt == (batch_exceeds ? SCHEDULE_HALT_OF_BATCH
                                       : run_exceeds ? SCHEDULE_HALT_OF_RUN
                                                     : SCHEDULE_HALT_OF_NO_OK));
}

static void refuse(struct world *world, size_t index)
{
    struct inhabitant *target = &world->targets[index];
    enum schedule_stage before = schedule_stage(world->schedule);
    bool kept = schedule_no_room(world->schedule, index, world->now);
    struct schedule_verdict verdict;
    struct outcome outcome = outcome_of(OUTCOME_ERROR, REASON_START);

    write_down(world, kept);
    pause_starts(world, target);
    if (kept) {
        HOLDS(world, schedule_stage(world->schedule) == SCHEDULE_GOING);
        target->attempts--;
    } else {
        outcome.fatal = true; /* so that it is settled, to keep the account simple */
        verdict = schedule_ended(world->schedule, index, &outcome, world->now);
        HOLDS(world, verdict.settled && !verdict.cut);
        target->settled = true;
        target->settled_at = world->now;
        target->failed = true;
        see_halt(world, index, &verdict, before);
    }
    target->running = false;
    world->running--;
}

static void see_start(struct world *world, const struct schedule_decision *decision)
{
    struct inhabitant *target = &world->targets[decision->target];

    HOLDS(world, decision->target < world->rules.target_count);
    HOLDS(world, !target->running && !target->settled);
    HOLDS(world, schedule_stage(world->schedule) == SCHEDULE_GOING);
    HOLDS(world, world->now < world->rules.deadline);
    HOLDS(world, world->now >= world->no_start_before);
    HOLDS(world, world->running < (size_t)world->limit);
    HOLDS(world, batch_opens(world, decision->target) <= world->now);
    HOLDS(world, target->due <= world->now);
    HOLDS(world, !target->begun || world->rules.idempotent);
    HOLDS(world, quota_allows(world, decision->target));
    keep_account(world, decision->target);
    target->attempts++;
    HOLDS(world, decision->attempt == target->attempts);
    HOLDS(world, target->attempts <= world->rules.attempts);
    target->running = true;
    target->after_cut = true;
    target->after_refusal = true;
    target->end = world->now + up_to(world, 2000) * MS * chance(world, 90);
    world->running++;
    if (chance(world, world->percent_refused))
        refuse(world, decision->target);
}

static struct outcome invent_outcome(struct world *world)
{
    static const enum outcome_kind kinds[] = {OUTCOME_FAILED, OUTCOME_TIMEOUT, OUTCOME_UNKNOWN,
                                              OUTCOME_ERROR};
    static const enum outcome_reason reasons[] = {REASON_EXIT, REASON_AZ, REASON_ANSWER,
                                                  REASON_BUSY};
    struct outcome outcome = outcome_of(OUTCOME_OK, REASON_NONE);
    int64_t which = up_to(world, 3);

    outcome.script = (enum outcome_script)up_to(world, 2);
    if (schedule_stage(world->schedule) >= SCHEDULE_STOPPING && chance(world, 80)) {
        outcome.kind = OUTCOME_CANCELLED;
        outcome.reason = REASON_SIGNAL;
    } else if (chance(world, world->percent_throttled)) {
        outcome = outcome_of(OUTCOME_ERROR, REASON_THROTTLED);
        outcome.retry_after = chance(world, 50) ? up_to(world, 4000) * MS : 0;
        outcome.cause = chance(world, 30) ? CAUSE_VM_LIMIT : CAUSE_REGION_LIMIT;
    } else if (chance(world, world->percent_bad)) {
        outcome.kind = kinds[which];
        outcome.reason = reasons[which];
        outcome.may_still_run = outcome.script != SCRIPT_NOT_STARTED && chance(world, 30);
        outcome.mark_decides = outcome.script == SCRIPT_MAY_HAVE_STARTED && chance(world, 30);
        outcome.fatal = chance(world, 3);
    }
    return outcome;
}

/* The account of how many may run at once. */
static void see_limit(struct world *world, const struct inhabitant *ended,
                      const struct outcome *outcome, bool cut)
{
    int before = world->limit;

    if (outcome->kind != OUTCOME_ERROR && world->limit < world->rules.workers)
        world->limit++;
    if (outcome->reason == REASON_THROTTLED && ended->after_cut &&
        world->rules.quota.groups == NULL) {
        world->limit = world->limit > 1 ? world->limit / 2 : 1;
        for (size_t i = 0; i < world->rules.target_count; i++)
            world->targets[i].after_cut = false;
    }
    HOLDS(world, cut == (world->limit < before));
    HOLDS(world, schedule_limit(world->schedule) == world->limit);
}

static void see_retry(struct world *world, const struct inhabitant *target,
                      const struct outcome *outcome, int64_t again_at)
{
    int64_t delay = schedule_delay(&world->rules, target->attempts);

    HOLDS(world, schedule_stage(world->schedule) == SCHEDULE_GOING);
    HOLDS(world, outcome->kind != OUTCOME_OK && outcome->kind != OUTCOME_CANCELLED);
    HOLDS(world, outcome_is_in(world->rules.retry_on, outcome->reason) && !outcome->fatal);
    HOLDS(world, target->attempts < world->rules.attempts);
    HOLDS(world, again_at >= world->now + outcome->retry_after);
    HOLDS(world, again_at >= world->now + delay - delay / 4);
    HOLDS(world, again_at <= world->now + outcome->retry_after + delay + delay / 4);
    HOLDS(world, again_at < world->rules.deadline);
}

/* What is settled although it might have been tried again must have a reason. */
static void see_settled(struct world *world, const struct inhabitant *target,
                        const struct outcome *outcome, enum schedule_stage stage)
{
    int64_t delay = schedule_delay(&world->rules, target->attempts);
    bool bad = outcome->kind != OUTCOME_OK && outcome->kind != OUTCOME_CANCELLED;
    bool safe =
        outcome->script == SCRIPT_NOT_STARTED || outcome->mark_decides || world->rules.idempotent;

    HOLDS(world,
          !bad || !safe || stage != SCHEDULE_GOING || outcome->fatal ||
              !outcome_is_in(world->rules.retry_on, outcome->reason) ||
              target->attempts == world->rules.attempts ||
              world->now + outcome->retry_after + delay + delay / 4 >= world->rules.deadline);
}

static void end(struct world *world, size_t index)
{
    struct inhabitant *target = &world->targets[index];
    enum schedule_stage before = schedule_stage(world->schedule);
    struct outcome outcome = invent_outcome(world);
    struct schedule_verdict verdict = schedule_ended(world->schedule, index, &outcome, world->now);

    write_down(world, (uint64_t)verdict.again_at * 2 + verdict.settled);
    world->pause = 0;
    world->no_start_before = INT64_MIN;
    world->running--;
    target->running = false;
    target->begun =
        (outcome.script != SCRIPT_NOT_STARTED || outcome.may_still_run) && !outcome.mark_decides;
    see_limit(world, target, &outcome, verdict.cut);
    close_account(world, index, &outcome);
    if (verdict.settled) {
        see_settled(world, target, &outcome, before);
        target->settled = true;
        target->settled_at = world->now;
        target->ok = outcome.kind == OUTCOME_OK;
        target->failed = !target->ok && outcome.kind != OUTCOME_CANCELLED;
    } else {
        see_retry(world, target, &outcome, verdict.again_at);
        target->due = verdict.again_at;
    }
    see_halt(world, index, &verdict, before);
    if (outcome.fatal && chance(world, 50))
        schedule_halt(world->schedule);
}

/* Now or, when nothing hurries, some attempt of those that run. */
static void end_those_that_end(struct world *world)
{
    bool hurry = chance(world, 10);

    for (size_t i = 0; i < world->rules.target_count; i++) {
        if (!world->targets[i].running)
            continue;
        if (world->targets[i].end > world->now && !(hurry && chance(world, 30)))
            continue;
        if (chance(world, world->percent_refused / 2))
            refuse(world, i);
        else
            end(world, i);
    }
}

static void see_wait(struct world *world, const struct schedule_decision *decision)
{
    enum schedule_stage stage = schedule_stage(world->schedule);
    struct schedule_decision early;
    bool late = world->now >= world->rules.deadline;
    bool no_room = world->now < world->no_start_before;

    HOLDS(world, decision->until > world->now || (late && stage < SCHEDULE_STOPPING));
    HOLDS(world, stage >= SCHEDULE_STOPPING || decision->until <= world->rules.deadline);
    HOLDS(world, decision->until != CLOCK_NEVER || world->running > 0);
    HOLDS(world, decision->limited_until > world->now);
    HOLDS(world, decision->limited_until == CLOCK_NEVER || world->rules.quota.groups != NULL);
    for (size_t i = 0; i < world->rules.target_count; i++) {
        if (stage == SCHEDULE_GOING && !late && !no_room && world->running < (size_t)world->limit)
            HOLDS(world, !is_startable(world, i));
    }
    if (decision->until != CLOCK_NEVER && decision->until > world->now) {
        early = schedule_next(world->schedule, decision->until - 1);
        HOLDS(world, early.step == SCHEDULE_WAIT);
        /* Who is due by then may have to wait longer for Azure's limit. */
        HOLDS(world, early.until == decision->until ||
                         (early.until > decision->until && world->rules.quota.groups != NULL));
    }
}

/* Time passes: to the next thing that is due, or less, or (the machine is busy) more. */
static void pass_time(struct world *world, int64_t until)
{
    int64_t to = until;

    for (size_t i = 0; i < world->rules.target_count; i++) {
        if (world->targets[i].running && world->targets[i].end < to)
            to = world->targets[i].end;
    }
    if (to > world->now && chance(world, 30))
        to = world->now + up_to(world, to - world->now);
    else if (chance(world, 10))
        to += up_to(world, 1500) * MS;
    if (to > world->now)
        world->now = to;
}

static void interfere(struct world *world)
{
    enum schedule_stage before = schedule_stage(world->schedule);

    if (chance(world, world->percent_signals))
        HOLDS(world, schedule_handle_signal(world->schedule, chance(world, 70)) >= before);
    if (chance(world, world->percent_halts))
        schedule_halt(world->schedule);
    HOLDS(world, schedule_stage(world->schedule) >= before);
    before = schedule_stage(world->schedule);
    if (chance(world, 80) && schedule_check_deadline(world->schedule, world->now)) {
        HOLDS(world, !world->timed_out && before < SCHEDULE_STOPPING);
        HOLDS(world, world->now >= world->rules.deadline);
        HOLDS(world, schedule_stage(world->schedule) == SCHEDULE_STOPPING);
        world->timed_out = true;
    }
}

static void see_counts(struct world *world)
{
    HOLDS(world, schedule_running(world->schedule) == world->running);
    HOLDS(world, world->running <= (size_t)world->rules.workers);
}

static void see_the_end(struct world *world)
{
    HOLDS(world, world->running == 0);
    for (size_t i = 0; i < world->rules.target_count; i++)
        HOLDS(world,
              world->targets[i].settled || schedule_stage(world->schedule) != SCHEDULE_GOING);
}

static uint64_t run_world(uint64_t seed)
{
    struct schedule_decision decision;
    struct world world;
    size_t most_steps;

    make_world(&world, seed);
    most_steps = 1000 + 200 * world.rules.target_count * (size_t)world.rules.attempts;
    while ((decision = schedule_next(world.schedule, world.now)).step != SCHEDULE_OVER) {
        write_down(&world, decision.target + 64 * (uint64_t)decision.step);
        write_down(&world, (uint64_t)decision.until);
        HOLDS(&world, ++world.steps < most_steps);
        if (decision.step == SCHEDULE_START) {
            see_start(&world, &decision);
        } else {
            see_wait(&world, &decision);
            pass_time(&world, decision.until);
            end_those_that_end(&world);
            interfere(&world);
        }
        see_counts(&world);
    }
    see_the_end(&world);
    schedule_free(world.schedule);
    return world.trace;
}

START_TEST(every_world_keeps_the_rules)
{
    uint64_t first = (uint64_t)_i * WORLDS_IN_BLOCK;

    for (uint64_t seed = first; seed < first + WORLDS_IN_BLOCK; seed++) {
        uint64_t trace = run_world(seed);

        if (seed % 10 == 0)
            ck_assert_msg(run_world(seed) == trace, "seed %" PRIu64 ": another run", seed);
    }
}
END_TEST

/* ---- size ----------------------------------------------------------------------------------- */

/* Each target is held, throttled once and then taken. The time limit of a test is the bound: with
 * anything that looks at all targets at every step this would take minutes. */
START_TEST(a_hundred_thousand_targets)
{
    enum { TARGETS = 100000, WORKERS = 256 };
    struct schedule_rules rules = simple_rules(TARGETS, WORKERS);
    struct outcome busy = outcome_of(OUTCOME_ERROR, REASON_BUSY);
    struct outcome ok = outcome_of(OUTCOME_OK, REASON_NONE);
    int64_t *not_before = calloc(TARGETS, sizeof *not_before);
    struct schedule *schedule;
    struct schedule_decision decision;
    size_t starts = 0;
    int64_t now = 0;

    ck_assert_ptr_nonnull(not_before);
    for (int i = 0; i < TARGETS; i++)
        not_before[i] = (int64_t)((i * 7919L) % TARGETS) * MS;
    rules.not_before = not_before;
    rules.attempts = 2;
    rules.delay = NUMBER_HOUR;
    schedule = schedule_new(&rules);
    while ((decision = schedule_next(schedule, now)).step != SCHEDULE_OVER) {
        if (decision.step == SCHEDULE_WAIT) {
            now = decision.until;
            continue;
        }
        starts++;
        (void)schedule_ended(schedule, decision.target, decision.attempt == 1 ? &busy : &ok, now);
    }
    ck_assert_uint_eq(starts, 2 * TARGETS);
    schedule_free(schedule);
    free(not_before);
}
END_TEST

static Suite *schedule_suite(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tests = tcase_create("rules");
    TCase *misuse = tcase_create("misuse");
    TCase *worlds = tcase_create("worlds");

    tcase_add_loop_test(tests, plays_go_as_written, 0, UNIT_COUNT(plays));
    tcase_add_test(tests, the_mark_decides);
    tcase_add_test(tests, what_passes_is_repeated);
    tcase_add_test(tests, a_held_schedule_starts_nothing);
    tcase_add_loop_test(tests, what_is_repeated, 0, UNIT_COUNT(repeat_cases));
    tcase_add_loop_test(tests, delays_grow, 0, UNIT_COUNT(delay_cases));
    tcase_add_loop_test(tests, jitter_keeps_targets_apart, 0, UNIT_COUNT(jitter_cases));
    tcase_add_test(tests, a_seed_is_a_sequence);
    tcase_add_test(tests, an_endless_retry_after_settles);
    tcase_add_test(tests, no_targets_are_over_at_once);
    tcase_add_test(tests, rules_are_copied);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test_raise_signal(misuse, ending_what_does_not_run, SIGABRT, 0, 2);
    tcase_add_test_raise_signal(misuse, no_room_for_what_does_not_run, SIGABRT);
    tcase_add_test_raise_signal(misuse, batches_that_fall, SIGABRT);
    suite_add_tcase(suite, misuse);
    tcase_add_loop_test(worlds, every_world_keeps_the_rules, 0, WORLD_BLOCKS);
    tcase_add_test(worlds, a_hundred_thousand_targets);
    tcase_set_timeout(worlds, 20);
    suite_add_tcase(suite, worlds);
    return suite;
}

UNIT_MAIN(schedule_suite)
