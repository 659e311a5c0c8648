/* SPDX-License-Identifier: MIT */
/* run/rules: percentages as counts, and the arithmetic that people decide by. */
#include "run/rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/number.h"
#include "job/job.h"
#include "unit.h"

enum { SHARES = 4 };

static struct job job_with(size_t targets)
{
    return (struct job){.target_count = targets,
                        .timeout = 220 * NUMBER_SECOND,
                        .kill_grace = 2 * NUMBER_SECOND,
                        .retry = {.attempts = 1,
                                  .delay = 30 * NUMBER_SECOND,
                                  .factor = 2,
                                  .max_delay = 5 * NUMBER_MINUTE}};
}

/* Shares up to the first empty one. */
static void set_batches(struct job *job, struct job_share *shares)
{
    job->batch_count = 0;
    while (job->batch_count < SHARES && shares[job->batch_count].value != 0)
        job->batch_count++;
    job->batches = job->batch_count > 0 ? shares : NULL;
}

/* ---- batches -------------------------------------------------------------------------------- */

#define COUNT(n)                                                                                   \
    {                                                                                              \
        false, n                                                                                   \
    }
#define PERCENT(n)                                                                                 \
    {                                                                                              \
        true, n                                                                                    \
    }

static const struct batches_case {
    const char *name;
    size_t targets;
    struct job_share shares[SHARES];
    size_t sizes[6]; /* up to the first 0 */
} batches_cases[] = {
    {"none", 3, {{0}}, {3}},
    {"the last repeats", 7, {COUNT(1), COUNT(2)}, {1, 2, 2, 2}},
    {"what is left may be less", 6, {COUNT(1), COUNT(4)}, {1, 4, 1}},
    {"one size", 5, {COUNT(2)}, {2, 2, 1}},
    {"larger than all", 5, {COUNT(9)}, {5}},
    {"a canary, some, all", 30, {COUNT(1), PERCENT(10), PERCENT(100)}, {1, 3, 26}},
    {"a percentage is rounded up", 31, {PERCENT(10), PERCENT(100)}, {4, 27}},
    {"exactly", 20, {PERCENT(10), PERCENT(100)}, {2, 18}},
    {"never below one", 3, {PERCENT(1), PERCENT(100)}, {1, 2}},
    {"of all targets, not of those that are left", 10, {COUNT(5), PERCENT(50)}, {5, 5}},
    {"a percentage that repeats", 10, {PERCENT(25)}, {3, 3, 3, 1}},
    {"more sizes than targets", 2, {COUNT(1), COUNT(1), COUNT(1)}, {1, 1}},
    {"one target", 1, {PERCENT(50)}, {1}},
};

START_TEST(shares_become_batches)
{
    const struct batches_case *row = &batches_cases[_i];
    struct job_share shares[SHARES];
    struct job job = job_with(row->targets);
    int *batches;
    size_t largest = 0;
    size_t at = 0;

    memcpy(shares, row->shares, sizeof shares);
    set_batches(&job, shares);
    batches = rules_batches(&job);
    for (int batch = 1; batch <= 6 && row->sizes[batch - 1] > 0; batch++) {
        for (size_t i = 0; i < row->sizes[batch - 1]; i++, at++)
            ck_assert_msg(batches[at] == batch, "%s: target %zu is in %d, not %d", row->name, at,
                          batches[at], batch);
    }
    ck_assert_msg(at == row->targets, "%s: the row is wrong", row->name);
    for (int i = 0; i < 6; i++)
        largest = row->sizes[i] > largest ? row->sizes[i] : largest;
    ck_assert_uint_eq(rules_at_once(&job, batches, 100000), largest);
    ck_assert_uint_eq(rules_at_once(&job, batches, 1), 1);
    free(batches);
}
END_TEST

START_TEST(no_targets_have_no_batches)
{
    struct job job = job_with(0);
    int *batches = rules_batches(&job);
    struct rules_duration duration = rules_duration(&job, batches, 30);

    ck_assert_uint_eq(duration.rounds, 0);
    ck_assert_int_eq(duration.worst, 0);
    ck_assert_uint_eq(rules_at_once(&job, batches, 30), 0);
    free(batches);
}
END_TEST

/* ---- max_failures --------------------------------------------------------------------------- */

static const struct failures_case {
    const char *name;
    size_t targets;
    bool given;
    struct job_share share;
    size_t expected;
} failures_cases[] = {
    {"none", 30, false, COUNT(0), SCHEDULE_NO_LIMIT},
    {"a count", 30, true, COUNT(3), 3},
    {"not one", 30, true, COUNT(0), 0},
    {"not one, in percent", 30, true, PERCENT(0), 0},
    {"10% of 30", 30, true, PERCENT(10), 3},
    {"10% of 29: the third is more than 2.9", 29, true, PERCENT(10), 2},
    {"10% of 9: the first is more than 0.9", 9, true, PERCENT(10), 0},
    {"10% of a canary", 1, true, PERCENT(10), 0},
    {"99% of a canary", 1, true, PERCENT(99), 0},
    {"all may fail", 30, true, PERCENT(100), 30},
    {"also a canary", 1, true, PERCENT(100), 1},
    {"of many", 100000, true, PERCENT(99), 99000},
};

START_TEST(max_failures_is_a_count)
{
    const struct failures_case *row = &failures_cases[_i];
    struct job job = job_with(1000);

    job.has_max_failures = row->given;
    job.max_failures = row->share;
    ck_assert_msg(rules_max_failures(&job, row->targets) == row->expected, "%s: %zu", row->name,
                  rules_max_failures(&job, row->targets));
}
END_TEST

/* What halts, of the run and of each batch. */
static const struct halts_case {
    const char *name;
    bool given;
    struct job_share share;
    int last_batch; /* of four targets the last is in this one */
    size_t of_run;
    int of_batch;
    bool needs_ok;
} halts_cases[] = {
    {"nothing said, one batch", false, COUNT(0), 1, SCHEDULE_NO_LIMIT, 100, true},
    {"nothing said", false, COUNT(0), 2, SCHEDULE_NO_LIMIT, 100, true},
    {"a count", true, COUNT(2), 2, 2, 100, false},
    {"a percentage, one batch", true, PERCENT(50), 1, 2, 100, false},
    {"a percentage", true, PERCENT(50), 2, 2, 50, false},
    {"none", true, PERCENT(0), 2, 0, 0, false},
    {"all", true, PERCENT(100), 2, 4, 100, false},
};

START_TEST(what_halts_is_of_the_run_or_of_a_batch)
{
    const struct halts_case *row = &halts_cases[_i];
    int batches[4] = {1, 1, 1, row->last_batch};
    struct job job = job_with(4);
    struct schedule_rules rules;

    job.has_max_failures = row->given;
    job.max_failures = row->share;
    rules = rules_of(&job, batches, NULL, 1, 0, 0);
    ck_assert_msg(rules.max_failures == row->of_run, "%s: %zu", row->name, rules.max_failures);
    ck_assert_msg(rules.batch_percent == row->of_batch, "%s: %d%%", row->name, rules.batch_percent);
    ck_assert_msg(rules.needs_ok == row->needs_ok, "%s", row->name);
}
END_TEST

/* ---- rules ---------------------------------------------------------------------------------- */

/* Also when the part of the job that reads these keys left them empty. */
START_TEST(an_empty_job_has_rules)
{
    struct job job = {.timeout = NUMBER_MINUTE};
    struct schedule_rules rules = rules_of(&job, NULL, NULL, 0, 0, 5);

    ck_assert_int_eq(rules.workers, 1);
    ck_assert_int_eq(rules.attempts, 1);
    ck_assert_int_eq(rules.factor, 1);
    ck_assert_int_eq(rules.deadline, CLOCK_NEVER);
    ck_assert_int_eq(rules.patience, NUMBER_MINUTE);
    ck_assert(rules.max_failures == SCHEDULE_NO_LIMIT);
    ck_assert_int_eq(rules.batch_percent, SCHEDULE_ALL);
    ck_assert(!rules.stop_on_halt);
    ck_assert_uint_eq(rules.retry_on, 0);
}
END_TEST

START_TEST(what_the_job_says_is_the_rule)
{
    static const int batches[2] = {1, 2};
    static const int64_t not_before[2] = {0, 9};
    struct job job = job_with(2);
    struct schedule_rules rules;

    job.retry.attempts = 3;
    job.retry.on = outcome_bit(REASON_BUSY);
    job.idempotent = true;
    job.pause_between = 7;
    job.deadline = 100;
    job.on_halt = JOB_STOP;
    job.has_max_failures = true;
    job.max_failures.value = 1;
    rules = rules_of(&job, batches, not_before, 4, 11, 1000);
    ck_assert_uint_eq(rules.target_count, 2);
    ck_assert_ptr_eq(rules.batches, batches);
    ck_assert_ptr_eq(rules.not_before, not_before);
    ck_assert_int_eq(rules.workers, 4);
    ck_assert_int_eq(rules.attempts, 3);
    ck_assert_int_eq(rules.delay, 30 * NUMBER_SECOND);
    ck_assert_int_eq(rules.factor, 2);
    ck_assert_int_eq(rules.max_delay, 5 * NUMBER_MINUTE);
    ck_assert(rules.idempotent && rules.stop_on_halt);
    ck_assert_uint_eq(rules.seed, 11);
    ck_assert_int_eq(rules.pause_between, 7);
    ck_assert_uint_eq(rules.max_failures, 1);
    ck_assert_int_eq(rules.deadline, 1100);
    ck_assert_uint_eq(rules.retry_on, outcome_bit(REASON_BUSY));
}
END_TEST

/* ---- durations and the warning -------------------------------------------------------------- */

#define WARNS "this job may not finish by its deadline: "
#define TELLS "this job cannot finish by its deadline: "

static const struct duration_case {
    const char *name;
    size_t targets;
    int workers;
    struct job_share shares[SHARES];
    int attempts;
    int64_t pause_between, deadline; /* seconds */
    bool simulated;
    size_t rounds;
    int64_t worst, least; /* milliseconds */
    const char *warning;  /* NULL: none */
} duration_cases[] = {
    {"one target", 1, 30, {{0}}, 1, 0, 0, false, 1, 222200, 11000, NULL},
    {"no deadline", 300, 30, {{0}}, 3, 0, 0, false, 10, 7566000, 110000, NULL},
    {"a last round that is not full", 31, 30, {{0}}, 1, 0, 0, false, 2, 444400, 22000, NULL},
    {"every batch has rounds of its own",
     30,
     30,
     {COUNT(1), PERCENT(10), PERCENT(100)},
     1,
     30,
     0,
     false,
     3,
     726600,
     93000,
     NULL},
    {"time enough", 300, 30, {{0}}, 1, 0, 2222, false, 10, 2222000, 110000, NULL},
    {"a second less",
     300,
     30,
     {{0}},
     1,
     0,
     2221,
     false,
     10,
     2222000,
     110000,
     WARNS "300 targets, 30 at once, are 10 rounds of up to 3m42s, so 37m02s at worst; the "
           "deadline is 37m1s"},
    {"the end of a stop counts",
     1,
     30,
     {{0}},
     1,
     0,
     222,
     false,
     1,
     222200,
     11000,
     WARNS "1 target, 1 at once, is 1 round of up to 3m42s, so 3m43s at worst; the deadline is "
           "3m42s"},
    {"attempts",
     300,
     30,
     {{0}},
     3,
     0,
     1800,
     false,
     10,
     7566000,
     110000,
     WARNS "300 targets, 30 at once, are 10 rounds of up to 12m36s (3 attempts of 3m42s, and "
           "1m30s between them), so 2h07m at worst; the deadline is 30m"},
    {"batches and a pause",
     31,
     30,
     {COUNT(1), PERCENT(100)},
     1,
     60,
     300,
     false,
     2,
     504400,
     82000,
     WARNS "31 targets in 2 batches, 30 at once, are 2 rounds of up to 3m42s, and 1 pause of 1m, "
           "so 8m25s at worst; the deadline is 5m"},
    {"not even all at once in a batch",
     9,
     30,
     {COUNT(3)},
     1,
     0,
     600,
     false,
     3,
     666600,
     33000,
     WARNS "9 targets in 3 batches, 3 at once, are 3 rounds of up to 3m42s, so 11m07s at worst; "
           "the deadline is 10m"},
    {"Azure is too slow for it",
     300,
     30,
     {{0}},
     1,
     0,
     100,
     false,
     10,
     2222000,
     110000,
     TELLS "300 targets, 30 at once, are 10 rounds of at least 11s (Azure is never quicker), so "
           "1m50s at least; the deadline is 1m40s"},
    {"just not",
     300,
     30,
     {{0}},
     1,
     0,
     110,
     false,
     10,
     2222000,
     110000,
     WARNS "300 targets, 30 at once, are 10 rounds of up to 3m42s, so 37m02s at worst; the "
           "deadline is 1m50s"},
    {"a simulated Azure is not",
     300,
     30,
     {{0}},
     1,
     0,
     100,
     true,
     10,
     2222000,
     110000,
     WARNS "300 targets, 30 at once, are 10 rounds of up to 3m42s, so 37m02s at worst; the "
           "deadline is 1m40s"},
    {"with pauses Azure is too slow for it",
     10,
     1,
     {COUNT(5)},
     1,
     30,
     130,
     false,
     10,
     2252000,
     140000,
     TELLS "10 targets in 2 batches, 1 at once, are 10 rounds of at least 11s (Azure is never "
           "quicker), and 1 pause of 30s, so 2m20s at least; the deadline is 2m10s"},
    {"pauses alone are too long",
     4,
     30,
     {COUNT(1)},
     1,
     30,
     90,
     true,
     4,
     978800,
     134000,
     TELLS "4 batches have 3 pauses of 30s between them, so 1m30s at least; the deadline is 1m30s"},
    {"more than any duration",
     100000,
     1,
     {{0}},
     1000,
     0,
     60,
     true,
     100000,
     8640000000,
     1100000000,
     WARNS "100000 targets, 1 at once, are 100000 rounds of up to 144h45m (1000 attempts of "
           "3m42s, and 83h2m30s between them), so 2400h00m or more at worst; the deadline is 1m"},
};

static void see_warning(const struct duration_case *row, const struct job *job, const int *batches)
{
    struct buffer buffer = BUFFER_INIT;
    bool warned = rules_warn(&buffer, job, batches, row->workers, row->simulated);

    ck_assert_msg(warned == (row->warning != NULL), "%s: warned: %d", row->name, warned);
    ck_assert_msg(strcmp(buffer_text(&buffer), warned ? row->warning : "") == 0, "%s: %s",
                  row->name, buffer_text(&buffer));
    buffer_done(&buffer);
}

START_TEST(durations_and_warnings)
{
    const struct duration_case *row = &duration_cases[_i];
    struct job_share shares[SHARES];
    struct job job = job_with(row->targets);
    struct rules_duration duration;
    int *batches;

    memcpy(shares, row->shares, sizeof shares);
    set_batches(&job, shares);
    job.retry.attempts = row->attempts;
    job.retry.on = UINT32_MAX;
    job.pause_between = row->pause_between * NUMBER_SECOND;
    job.deadline = row->deadline * NUMBER_SECOND;
    batches = rules_batches(&job);
    duration = rules_duration(&job, batches, row->workers);
    ck_assert_msg(duration.rounds == row->rounds, "%s: %zu rounds", row->name, duration.rounds);
    ck_assert_msg(duration.worst == row->worst * NUMBER_MILLISECOND, "%s: worst %" PRId64,
                  row->name, duration.worst);
    ck_assert_msg(duration.least == row->least * NUMBER_MILLISECOND, "%s: least %" PRId64,
                  row->name, duration.least);
    see_warning(row, &job, batches);
    free(batches);
}
END_TEST

START_TEST(attempts_that_nothing_repeats_take_no_time)
{
    struct job job = job_with(1);
    int *batches = rules_batches(&job);

    job.retry.attempts = 5;
    ck_assert_int_eq(rules_duration(&job, batches, 1).worst, 222200 * NUMBER_MILLISECOND);
    free(batches);
}
END_TEST

/* The pauses of as many batches as there can be, each as long as it can be. */
START_TEST(pauses_do_not_overflow)
{
    struct job_share shares[SHARES] = {COUNT(1)};
    struct job job = job_with(JOB_TARGETS_MOST);
    struct rules_duration duration;
    int *batches;

    set_batches(&job, shares);
    job.pause_between = NUMBER_LONGEST;
    batches = rules_batches(&job);
    duration = rules_duration(&job, batches, 1);
    ck_assert_uint_eq(duration.batches, JOB_TARGETS_MOST);
    ck_assert_int_eq(duration.pauses, NUMBER_LONGEST);
    ck_assert_int_eq(duration.least, NUMBER_LONGEST);
    ck_assert_int_eq(duration.worst, NUMBER_LONGEST);
    free(batches);
}
END_TEST

static Suite *rules_suite(void)
{
    Suite *suite = suite_create("rules");
    TCase *tests = tcase_create("rules");

    tcase_add_loop_test(tests, shares_become_batches, 0, UNIT_COUNT(batches_cases));
    tcase_add_test(tests, no_targets_have_no_batches);
    tcase_add_loop_test(tests, max_failures_is_a_count, 0, UNIT_COUNT(failures_cases));
    tcase_add_loop_test(tests, what_halts_is_of_the_run_or_of_a_batch, 0, UNIT_COUNT(halts_cases));
    tcase_add_test(tests, an_empty_job_has_rules);
    tcase_add_test(tests, what_the_job_says_is_the_rule);
    tcase_add_loop_test(tests, durations_and_warnings, 0, UNIT_COUNT(duration_cases));
    tcase_add_test(tests, attempts_that_nothing_repeats_take_no_time);
    tcase_add_test(tests, pauses_do_not_overflow);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(rules_suite)
