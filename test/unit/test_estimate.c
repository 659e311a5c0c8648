/* SPDX-License-Identifier: MIT */
/*
 * screen/estimate: whole runs, recorded ones and such that are made up, on which the estimate is
 * asked for every second and held against what came.
 *
 * From half of a run on "about" errs by at most a third; "at least" and "at most" are true at any
 * time. Shown are whole seconds: one is allowed for.
 */
#include "screen/estimate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/job.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/schedule.h"
#include "screen/board.h"
#include "unit.h"

#define S NUMBER_SECOND

enum { TARGETS_MOST = 400, SAMPLES_MOST = 4000, MOMENTS_MOST = 1000 };

static struct job job;
static struct result result;
static struct board board;

/* What was shown when. */
static struct sample {
    int64_t at;
    struct estimate shown;
    bool surprise; /* something hangs for the first time, and nobody can know that yet */
} samples[SAMPLES_MOST];
static size_t sample_count;

static void look(int64_t now, bool surprise)
{
    ck_assert_uint_lt(sample_count, SAMPLES_MOST);
    samples[sample_count++] = (struct sample){now, estimate_rest(&board, now), surprise};
}

static bool is_true(const struct sample *sample, int64_t end)
{
    int64_t rest = end - sample->at;
    int64_t shown = sample->shown.rest;

    switch (sample->shown.kind) {
    case ESTIMATE_ABOUT:
        return sample->surprise || sample->at < end / 2 || llabs(shown - rest) <= rest / 3 + S;
    case ESTIMATE_LEAST:
        return sample->at < end / 2 || rest >= shown - S;
    case ESTIMATE_MOST:
        return rest <= shown + S;
    case ESTIMATE_NONE:
        break;
    }
    return true;
}

/* Holds all that was shown against the END. Returns of how many hundredths of the second half there
 * was an estimate, and no mere bound. */
static int check(const char *name, int64_t end)
{
    static const char *const words[] = {"none", "about", "at least", "at most"};
    size_t half = 0;
    size_t estimates = 0;
    bool wrong = false;

    for (size_t i = 0; i < sample_count; i++) {
        const struct sample *sample = &samples[i];
        bool now_wrong = !is_true(sample, end);

        half += sample->at >= end / 2;
        estimates += sample->at >= end / 2 && sample->shown.kind == ESTIMATE_ABOUT;
        if (now_wrong || getenv("ESTIMATE_ALL") != NULL)
            (void)fprintf(stderr, "%s: at %.1f of %.1f %s %.1f%s\n", name, (double)sample->at / S,
                          (double)end / S, words[sample->shown.kind],
                          (double)sample->shown.rest / S, now_wrong ? " WRONG" : "");
        wrong = wrong || now_wrong;
    }
    ck_assert_msg(!wrong, "%s: see above", name);
    return half > 0 ? (int)(estimates * 100 / half) : 100;
}

/* ---- runs that are made up ---------------------------------------------------------------- */

struct play {
    const char *name;
    size_t targets;
    int workers;
    size_t first; /* in the first batch; 0: there is one batch */
    size_t batch; /* in each of the others */
    int64_t pause;
    int64_t shortest; /* every target takes a time between these, all as likely */
    int64_t longest;
    bool uneven;  /* most of them near the shortest */
    size_t hangs; /* this target takes until az is stopped; 0: none */
    int every;    /* and so many after it, each time; 0: no other */
    size_t busy;  /* the first so many of all are busy at first, and again after 30 s */
    int least;    /* hundredths of the second half that have an estimate */
};

static const struct play plays[] = {
    {"one batch, alike", 300, 30, 0, 0, 0, 20 * S, 20 * S, .least = 95},
    {"one batch, 20 to 40 s", 300, 30, 0, 0, 0, 20 * S, 40 * S, .least = 45},
    {"one batch, 20 to 24 s", 300, 30, 0, 0, 0, 20 * S, 24 * S, .least = 80},
    {"one round", 30, 30, 0, 0, 0, 20 * S, 40 * S, .least = 0},
    {"a few take long", 300, 30, 0, 0, 0, 20 * S, 55 * S, true, .least = 20},
    {"a few take long, in batches", 300, 30, 1, 60, 10 * S, 20 * S, 55 * S, true, .least = 0},
    {"one VM after the other", 20, 1, 0, 0, 0, 20 * S, 40 * S, .least = 60},
    {"a canary, then all", 100, 10, 1, 99, 30 * S, 20 * S, 30 * S, .least = 60},
    {"ten batches", 100, 10, 10, 10, 30 * S, 20 * S, 30 * S, .least = 60},
    {"ten batches of more than can run", 300, 10, 30, 30, 30 * S, 20 * S, 30 * S, .least = 60},
    {"one hangs in the first batch", 40, 10, 10, 10, 10 * S, 5 * S, 8 * S, .hangs = 7},
    {"one hangs in the second batch", 40, 10, 10, 10, 10 * S, 5 * S, 8 * S, .hangs = 17},
    {"one hangs in the last batch", 40, 10, 10, 10, 10 * S, 5 * S, 8 * S, .hangs = 37},
    {"one hangs, and others take longer", 300, 10, 0, 0, 0, 20 * S, 24 * S, .hangs = 7,
     .least = 25},
    {"one in ten hangs", 100, 10, 0, 0, 0, 5 * S, 8 * S, .hangs = 5, .every = 10},
    {"one in ten hangs, in batches", 100, 10, 10, 10, 10 * S, 5 * S, 8 * S, .hangs = 5,
     .every = 10},
    {"all hang", 30, 10, 0, 0, 0, 5 * S, 8 * S, .hangs = 1, .every = 1},
    {"the last one hangs", 30, 10, 0, 0, 0, 5 * S, 8 * S, .hangs = 30},
    {"one hangs, of many", 400, 10, 0, 0, 0, 20 * S, 24 * S, .hangs = 7, .least = 75},
    {"one is busy, of many", 400, 10, 0, 0, 0, 20 * S, 24 * S, .busy = 1, .least = 75},
    {"all are busy at first", 30, 10, 0, 0, 0, 10 * S, 12 * S, .busy = 30},
    {"the first ones are busy", 100, 10, 0, 0, 0, 10 * S, 12 * S, .busy = 10}};

struct running {
    size_t target;
    int64_t ends; /* 0: none runs here */
};

static bool hangs(const struct play *play, size_t target)
{
    size_t number = target + 1;

    return play->hangs > 0 &&
           (number == play->hangs || (play->every > 0 && number > play->hangs &&
                                      (number - play->hangs) % (size_t)play->every == 0));
}

static int64_t duration_of(const struct play *play, size_t target)
{
    int64_t range = (play->longest - play->shortest) / NUMBER_MILLISECOND;
    int64_t part;

    if (hangs(play, target))
        return job.timeout;
    part = rand() % (range + 1);
    if (play->uneven)
        part = part * part / range * part / range * part / range;
    return play->shortest + part * NUMBER_MILLISECOND;
}

/* Does one hang that does not run longer than others have, or has not begun? */
static bool is_surprise(const struct play *play, int64_t now)
{
    for (size_t i = 0; i < play->targets && board.counts[OUTCOME_TIMEOUT] == 0; i++) {
        if (hangs(play, i) && (board.targets[i].began == CLOCK_NEVER ||
                               now - board.targets[i].began <= board.longest))
            return true;
    }
    return false;
}

static void begin(const struct play *play, struct schedule_rules *rules, int *batches)
{
    job = (struct job){.timeout = 60 * S,
                       .script_timeout = 30 * S,
                       .concurrency = play->workers,
                       .target_count = play->targets,
                       .pause_between = play->pause,
                       .retry = {.attempts = 2, .on = outcome_bit(REASON_BUSY)}};
    for (size_t i = 0; i < play->targets; i++)
        batches[i] =
            play->first == 0 || i < play->first ? 1 : (int)((i - play->first) / play->batch) + 2;
    *rules = (struct schedule_rules){.target_count = play->targets,
                                     .batches = batches,
                                     .workers = play->workers,
                                     .attempts = 2,
                                     .delay = 30 * S,
                                     .factor = 1,
                                     .max_delay = 30 * S,
                                     .retry_on = outcome_bit(REASON_BUSY),
                                     .pause_between = play->pause,
                                     .max_failures = SCHEDULE_NO_LIMIT,
                                     .batch_percent = SCHEDULE_ALL,
                                     .deadline = INT64_MAX};
    result = (struct result){.workers = play->workers,
                             .job = {.timeout = job.timeout, .batches = batches[play->targets - 1]},
                             .target_count = play->targets,
                             .targets = memory_zeroed(play->targets, sizeof *result.targets)};
    for (size_t i = 0; i < play->targets; i++)
        result.targets[i].batch = batches[i];
    board_open(&board, &result, &job, NULL, 0);
    board_log_in(&board, NULL);
    sample_count = 0;
}

static void end_one(const struct play *play, struct schedule *schedule, size_t target, int attempts,
                    int64_t now)
{
    struct outcome outcome = {.kind = OUTCOME_OK};
    struct schedule_verdict verdict;

    if (attempts == 1 && target < play->busy)
        outcome = (struct outcome){.kind = OUTCOME_ERROR, .reason = REASON_BUSY};
    else if (hangs(play, target))
        outcome = (struct outcome){.kind = OUTCOME_TIMEOUT, .reason = REASON_AZ};
    result.targets[target].outcome = outcome;
    verdict = schedule_ended(schedule, target, &outcome, now);
    if (verdict.settled)
        board_settle(&board, &result, target, now);
    else
        board_wait(&board, target, verdict.again_at, now);
}

/* Plays it through. Returns when it ended. */
static int64_t play_through(const struct play *play, struct schedule *schedule)
{
    struct running running[TARGETS_MOST] = {{0}};
    int attempts[TARGETS_MOST] = {0};
    int64_t now = 0;
    int64_t next_look = 0;

    for (;;) {
        struct schedule_decision decision = schedule_next(schedule, now);
        int64_t next = next_look;

        if (decision.step == SCHEDULE_OVER)
            return now;
        if (decision.step == SCHEDULE_START) {
            size_t target = decision.target;
            bool busy = attempts[target]++ == 0 && target < play->busy;

            board_start(&board, target, now);
            running[target] =
                (struct running){target, now + (busy ? S : duration_of(play, target))};
            continue;
        }
        for (size_t i = 0; i < play->targets; i++) {
            if (running[i].ends > 0 && running[i].ends < next)
                next = running[i].ends;
        }
        if (decision.until < next)
            next = decision.until;
        now = next;
        if (now == next_look) {
            look(now, is_surprise(play, now));
            next_look += S;
        }
        for (size_t i = 0; i < play->targets; i++) {
            if (running[i].ends > 0 && running[i].ends <= now) {
                running[i].ends = 0;
                end_one(play, schedule, i, attempts[i], now);
            }
        }
    }
}

START_TEST(a_run_that_is_made_up)
{
    const struct play *play = &plays[_i];

    for (unsigned seed = 0; seed < 5; seed++) {
        int batches[TARGETS_MOST];
        struct schedule_rules rules;
        struct schedule *schedule;
        int64_t end;
        int estimates;

        srand(seed);
        begin(play, &rules, batches);
        schedule = schedule_new(&rules);
        end = play_through(play, schedule);
        estimates = check(play->name, end);
        ck_assert_msg(estimates >= play->least, "%s: an estimate for %d%% of the second half",
                      play->name, estimates);
        schedule_free(schedule);
        board_close(&board);
        free(result.targets);
    }
}
END_TEST

/* ---- runs that took place ----------------------------------------------------------------- */

/* What happened at a moment: an attempt of a target began, or ended. */
struct moment {
    int64_t at;
    size_t target;
    size_t attempt;
    bool begins;
};

static const struct {
    const char *name;
    int64_t pause; /* between batches: it stands in no journal */
    int64_t grace; /* likewise kill_grace */
} journals[] = {{"every-fault", 0, S}, {"put-back-throttled", 0, S},   {"retried", 3 * S / 10, S},
                {"rerun", 0, S},       {"hangs-in-batches", 3 * S, S}, {"one-batch", 0, S}};

static int compare_moments(const void *one, const void *other)
{
    const struct moment *a = one;
    const struct moment *b = other;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (int)a->begins - (int)b->begins;
}

static size_t list_moments(struct moment *moments)
{
    size_t count = 0;

    for (size_t i = 0; i < result.target_count; i++) {
        const struct result_target *target = &result.targets[i];

        for (size_t j = 0; j < target->attempt_count; j++) {
            const struct result_attempt *attempt = &target->attempts[j];

            ck_assert_uint_lt(count + 1, MOMENTS_MOST);
            moments[count++] = (struct moment){attempt->at, i, j, true};
            moments[count++] = (struct moment){attempt->at + attempt->duration, i, j, false};
        }
    }
    qsort(moments, count, sizeof *moments, compare_moments);
    return count;
}

static void show_moment(const struct moment *moment)
{
    const struct result_target *target = &result.targets[moment->target];

    if (moment->begins)
        board_start(&board, moment->target, moment->at);
    else if (moment->attempt + 1 < target->attempt_count)
        board_wait(&board, moment->target, target->attempts[moment->attempt + 1].at, moment->at);
    else
        board_settle(&board, &result, moment->target, moment->at);
}

/* Until it is over longer than any before, what hangs for the first time surprises everybody. */
static bool is_recorded_surprise(int64_t now)
{
    for (size_t i = 0; i < result.target_count && board.counts[OUTCOME_TIMEOUT] == 0; i++) {
        if (result.targets[i].outcome.kind == OUTCOME_TIMEOUT &&
            (board.targets[i].began == CLOCK_NEVER ||
             now - board.targets[i].began <= board.longest))
            return true;
    }
    return false;
}

START_TEST(a_run_that_took_place)
{
    static struct moment moments[MOMENTS_MOST];
    char *folder = memory_print("test/journals/%s", journals[_i].name);
    struct error error;
    size_t count;
    int64_t next_look = 0;

    ck_assert_msg(replay_run(folder, &result, &error) == 0, "%s", error.text);
    job = (struct job){.timeout = result.job.timeout,
                       .script_timeout = result.job.script_timeout,
                       .kill_grace = journals[_i].grace,
                       .pause_between = journals[_i].pause,
                       .retry = {.attempts = 1}};
    board_open(&board, &result, &job, NULL, 0);
    board_log_in(&board, NULL);
    sample_count = 0;
    count = list_moments(moments);
    for (size_t i = 0; i < count; i++) {
        for (; next_look < moments[i].at; next_look += S / 5)
            look(next_look, is_recorded_surprise(next_look));
        show_moment(&moments[i]);
    }
    (void)check(journals[_i].name, moments[count - 1].at);
    board_close(&board);
    result_done(&result);
    free(folder);
}
END_TEST

static Suite *estimate_suite(void)
{
    Suite *suite = suite_create("estimate");
    TCase *tests = tcase_create("estimate");

    tcase_add_loop_test(tests, a_run_that_is_made_up, 0, UNIT_COUNT(plays));
    tcase_add_loop_test(tests, a_run_that_took_place, 0, UNIT_COUNT(journals));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(estimate_suite)
