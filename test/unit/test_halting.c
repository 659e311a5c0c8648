/* SPDX-License-Identifier: MIT */
/* run/halting: when failures halt a run, and why they have, as people read it. */
#include "run/halting.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "job/job.h"
#include "run/rules.h"
#include "unit.h"

enum { SHARES = 12, LINE_MOST = 400 };

#define COUNT(n)                                                                                   \
    {                                                                                              \
        false, n                                                                                   \
    }
#define PERCENT(n)                                                                                 \
    {                                                                                              \
        true, n                                                                                    \
    }

/* ---- when ----------------------------------------------------------------------------------- */

#define HALTS "the run halts after "
#define NO_OK "the run halts when nothing in a batch is ok: after "
#define NEVER "failures never halt the run"
#define DRAIN "; what is running then may finish"

static const struct when_case {
    const char *name;
    size_t targets;
    struct job_share batches[SHARES]; /* up to the first empty one */
    bool given;
    struct job_share share;
    enum job_halt on_halt;
    const char *text;
} when_cases[] = {
    {"a canary, some, all",
     30,
     {COUNT(1), PERCENT(10), PERCENT(100)},
     true,
     PERCENT(10),
     JOB_DRAIN,
     HALTS "1 failure in batch 1 (1 VM), 1 in batch 2 (3), 3 in batch 3 (26), or 4 in all "
           "(30)" DRAIN},
    {"no batches",
     30,
     {{0}},
     true,
     PERCENT(10),
     JOB_STOP,
     HALTS "4 failures in all (30 VMs); what is running then is stopped"},
    {"a batch for all",
     10,
     {COUNT(10)},
     true,
     PERCENT(0),
     JOB_DRAIN,
     HALTS "1 failure in all (10 VMs)" DRAIN},
    {"a count",
     30,
     {COUNT(1), PERCENT(100)},
     true,
     COUNT(2),
     JOB_DRAIN,
     HALTS "3 failures in all (30 VMs)" DRAIN},
    {"not one", 1, {{0}}, true, COUNT(0), JOB_DRAIN, HALTS "1 failure in all (1 VM)" DRAIN},
    {"batches of one size",
     40,
     {COUNT(20)},
     true,
     PERCENT(50),
     JOB_DRAIN,
     HALTS "11 failures in batch 1 (20 VMs), 11 in batch 2 (20), or 21 in all (40)" DRAIN},
    {"many of one size",
     300,
     {COUNT(1)},
     true,
     PERCENT(10),
     JOB_DRAIN,
     HALTS "1 failure in any of batches 1 to 300 (1 VM each), or 31 in all (300)" DRAIN},
    {"many of one size in the middle",
     1011,
     {COUNT(1), COUNT(20)},
     true,
     PERCENT(10),
     JOB_DRAIN,
     HALTS "1 failure in batch 1 (1 VM), 3 in any of batches 2 to 51 (20 each), 2 in batch 52 "
           "(10), or 102 in all (1011)" DRAIN},
    {"as many as are still told one by one",
     9,
     {COUNT(3)},
     true,
     PERCENT(50),
     JOB_DRAIN,
     HALTS "2 failures in batch 1 (3 VMs), 2 in batch 2 (3), 2 in batch 3 (3), or 5 in all "
           "(9)" DRAIN},
    {"many sizes",
     100,
     {COUNT(1), COUNT(2), COUNT(3), COUNT(4), COUNT(5), COUNT(6), COUNT(7), COUNT(8), COUNT(9),
      PERCENT(100)},
     true,
     PERCENT(50),
     JOB_DRAIN,
     HALTS "1 failure in batch 1 (1 VM), 2 in batch 2 (2), 2 in batch 3 (3), 3 in batch 4 (4), 3 "
           "in batch 5 (5), 4 in batch 6 (6), 4 in batch 7 (7), and so on to 28 in batch 10 (55), "
           "or 51 in all (100)" DRAIN},
    {"nothing said, one batch", 30, {{0}}, false, COUNT(0), JOB_DRAIN, NEVER},
    {"nothing said, a batch for all", 3, {COUNT(3)}, false, COUNT(0), JOB_DRAIN, NEVER},
    {"nothing said",
     30,
     {COUNT(1), PERCENT(10), PERCENT(100)},
     false,
     COUNT(0),
     JOB_STOP,
     NO_OK "1 failure in batch 1 (1 VM), 3 in batch 2 (3)"},
    {"nothing said, a batch of several first",
     5,
     {COUNT(4)},
     false,
     COUNT(0),
     JOB_DRAIN,
     NO_OK "4 failures in batch 1 (4 VMs)"},
    {"nothing said, many",
     300,
     {COUNT(1)},
     false,
     COUNT(0),
     JOB_DRAIN,
     NO_OK "1 failure in any of batches 1 to 299 (1 VM each)"},
    {"all may fail", 30, {COUNT(1), PERCENT(100)}, true, PERCENT(100), JOB_DRAIN, NEVER},
    {"as many may fail as there are", 3, {COUNT(1)}, true, COUNT(3), JOB_DRAIN, NEVER},
    {"nearly all",
     3,
     {COUNT(1)},
     true,
     PERCENT(99),
     JOB_DRAIN,
     HALTS
     "1 failure in batch 1 (1 VM), 1 in batch 2 (1), 1 in batch 3 (1), or 3 in all (3)" DRAIN},
    {"no targets", 0, {COUNT(1)}, false, COUNT(0), JOB_DRAIN, NEVER},
    {"as many batches as can be",
     JOB_TARGETS_MOST,
     {COUNT(1)},
     true,
     PERCENT(100),
     JOB_DRAIN,
     NEVER},
};

START_TEST(when_it_halts)
{
    const struct when_case *row = &when_cases[_i];
    struct job_share shares[SHARES];
    struct job job = {.target_count = row->targets,
                      .has_max_failures = row->given,
                      .max_failures = row->share,
                      .on_halt = row->on_halt,
                      .batches = shares};
    struct buffer text = BUFFER_INIT;
    int *batches;

    memcpy(shares, row->batches, sizeof shares);
    while (job.batch_count < SHARES && shares[job.batch_count].value != 0)
        job.batch_count++;
    batches = rules_batches(&job);
    halting_print(&text, &job, batches);
    ck_assert_msg(strcmp(buffer_text(&text), row->text) == 0, "%s: %s", row->name,
                  buffer_text(&text));
    free(batches);
    buffer_done(&text);
}
END_TEST

/* Sizes that go up and down, as many as a job may have. */
START_TEST(however_many_batches_it_is_short)
{
    struct job_share shares[JOB_BATCHES_MOST];
    struct job job = {.target_count = JOB_TARGETS_MOST,
                      .has_max_failures = true,
                      .max_failures = PERCENT(1),
                      .batches = shares,
                      .batch_count = JOB_BATCHES_MOST};
    struct buffer text = BUFFER_INIT;
    int *batches;

    for (int i = 0; i < JOB_BATCHES_MOST; i++)
        shares[i] = (struct job_share){.value = 1 + i % 7};
    batches = rules_batches(&job);
    halting_print(&text, &job, batches);
    ck_assert_uint_lt(text.length, LINE_MOST);
    free(batches);
    buffer_done(&text);
}
END_TEST

/* ---- why ------------------------------------------------------------------------------------ */

static const struct why_case {
    const char *name;
    struct job_share share;
    enum schedule_halt halt;
    struct schedule_tally tally;
    const char *text;
} why_cases[] = {
    {"a batch",
     PERCENT(10),
     SCHEDULE_HALT_OF_BATCH,
     {1, 1, 1, 1},
     "1 of 1 failed in batch 1, and max_failures allows 0 (10% of 1)"},
    {"a later batch",
     PERCENT(10),
     SCHEDULE_HALT_OF_BATCH,
     {4, 3, 26, 3},
     "3 of 26 failed in batch 3, and max_failures allows 2 (10% of 26)"},
    {"the run",
     PERCENT(10),
     SCHEDULE_HALT_OF_RUN,
     {4, 1, 30, 4},
     "4 targets have failed, and max_failures allows 3 (10% of 30)"},
    {"a count",
     COUNT(0),
     SCHEDULE_HALT_OF_RUN,
     {1, 2, 3, 1},
     "1 target has failed, and max_failures allows 0"},
    {"nothing is ok",
     COUNT(0),
     SCHEDULE_HALT_OF_NO_OK,
     {4, 2, 3, 3},
     "3 of 3 failed in batch 2, and without max_failures a batch needs at least one ok"},
};

START_TEST(why_it_has_halted)
{
    const struct why_case *row = &why_cases[_i];
    struct job job = {.target_count = 30,
                      .has_max_failures = row->halt != SCHEDULE_HALT_OF_NO_OK,
                      .max_failures = row->share};
    char *text = halting_explain(&job, row->halt, &row->tally);

    ck_assert_msg(strcmp(text, row->text) == 0, "%s: %s", row->name, text);
    free(text);
}
END_TEST

static Suite *halting_suite(void)
{
    Suite *suite = suite_create("halting");
    TCase *tests = tcase_create("halting");

    tcase_add_loop_test(tests, when_it_halts, 0, UNIT_COUNT(when_cases));
    tcase_add_test(tests, however_many_batches_it_is_short);
    tcase_add_loop_test(tests, why_it_has_halted, 0, UNIT_COUNT(why_cases));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(halting_suite)
