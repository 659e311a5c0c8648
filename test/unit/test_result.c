/* SPDX-License-Identifier: MIT */
/* run/result: counts, and the exit status that make targets and pipelines act on. */
#include <stdlib.h>

#include "base/memory.h"
#include "run/result.h"
#include "unit.h"

static struct job_target targets[3];

static struct job job_with(size_t count)
{
    return (struct job){.targets = targets, .target_count = count};
}

static void settle(struct result *result, size_t index, enum outcome_kind kind)
{
    static const enum outcome_reason reasons[OUTCOME_KINDS] = {
        [OUTCOME_OK] = REASON_NONE,        [OUTCOME_FAILED] = REASON_EXIT,
        [OUTCOME_TIMEOUT] = REASON_SCRIPT, [OUTCOME_ERROR] = REASON_BUSY,
        [OUTCOME_UNKNOWN] = REASON_ANSWER, [OUTCOME_CANCELLED] = REASON_SIGNAL,
        [OUTCOME_SKIPPED] = REASON_HALTED};
    struct answer answer = {
        .outcome = {.kind = kind, .reason = reasons[kind], .message = memory_string("why")}};

    result_settle(result, index, &answer);
}

static const struct status_case {
    const char *name;
    enum outcome_kind kinds[3];
    enum result_ending ending;
    int signal;
    const char *trouble;
    int expected;
} status_cases[] = {
    {"all ok", {OUTCOME_OK, OUTCOME_OK, OUTCOME_OK}, RESULT_COMPLETE, 0, NULL, 0},
    {"one failed", {OUTCOME_OK, OUTCOME_FAILED, OUTCOME_OK}, RESULT_COMPLETE, 0, NULL, 3},
    {"timeout beats failed",
     {OUTCOME_TIMEOUT, OUTCOME_FAILED, OUTCOME_OK},
     RESULT_COMPLETE,
     0,
     NULL,
     4},
    {"unknown is never ok", {OUTCOME_OK, OUTCOME_OK, OUTCOME_UNKNOWN}, RESULT_COMPLETE, 0, NULL, 4},
    {"error beats timeout",
     {OUTCOME_TIMEOUT, OUTCOME_ERROR, OUTCOME_FAILED},
     RESULT_COMPLETE,
     0,
     NULL,
     5},
    {"a halt beats error", {OUTCOME_ERROR, OUTCOME_SKIPPED, OUTCOME_OK}, RESULT_HALTED, 0, NULL, 6},
    {"a broken login",
     {OUTCOME_SKIPPED, OUTCOME_SKIPPED, OUTCOME_SKIPPED},
     RESULT_LOGIN,
     0,
     NULL,
     6},
    {"the deadline beats all outcomes",
     {OUTCOME_ERROR, OUTCOME_CANCELLED, OUTCOME_OK},
     RESULT_DEADLINE,
     0,
     NULL,
     124},
    {"so does a signal",
     {OUTCOME_ERROR, OUTCOME_CANCELLED, OUTCOME_OK},
     RESULT_SIGNAL,
     15,
     NULL,
     143},
    {"a signal when all was ok already",
     {OUTCOME_OK, OUTCOME_OK, OUTCOME_OK},
     RESULT_SIGNAL,
     2,
     NULL,
     130},
    {"trouble of azfan's own",
     {OUTCOME_OK, OUTCOME_OK, OUTCOME_OK},
     RESULT_COMPLETE,
     0,
     "disk full",
     1},
    {"trouble beats failures",
     {OUTCOME_ERROR, OUTCOME_OK, OUTCOME_OK},
     RESULT_COMPLETE,
     0,
     "disk full",
     1},
};

START_TEST(exit_status_follows_the_ladder)
{
    const struct status_case *row = &status_cases[_i];
    struct job job = job_with(3);
    struct result result;

    result_init(&result, &job, "run");
    for (size_t i = 0; i < 3; i++)
        settle(&result, i, row->kinds[i]);
    if (row->ending != RESULT_COMPLETE)
        result_end_early(&result, row->ending, row->signal, NULL);
    if (row->trouble != NULL)
        result_trouble(&result, row->trouble);
    ck_assert_msg(result_exit_status(&result) == row->expected, "%s: %d, not %d", row->name,
                  result_exit_status(&result), row->expected);
    result_done(&result);
}
END_TEST

/* A target that nothing is known of must not look ok, in any report. */
START_TEST(what_is_not_settled_is_not_ok)
{
    struct job job = job_with(1);
    struct result result;

    result_init(&result, &job, "run");
    ck_assert_int_eq(result.targets[0].outcome.kind, OUTCOME_SKIPPED);
    ck_assert_int_eq(result_exit_status(&result), 1);
    result_done(&result);
}
END_TEST

START_TEST(nothing_selected_is_seven)
{
    struct job job = job_with(0);
    struct result result;

    result_init(&result, &job, "run");
    ck_assert_int_eq(result_exit_status(&result), 7);
    result_done(&result);
}
END_TEST

static const struct ending_case {
    const char *name;
    enum result_ending first, second, expected;
} ending_cases[] = {
    {"the first of two clocks", RESULT_DEADLINE, RESULT_SIGNAL, RESULT_DEADLINE},
    {"the first of two halts", RESULT_LOGIN, RESULT_HALTED, RESULT_LOGIN},
    {"a signal during a halt", RESULT_HALTED, RESULT_SIGNAL, RESULT_SIGNAL},
    {"the deadline during a halt", RESULT_LOGIN, RESULT_DEADLINE, RESULT_DEADLINE},
    {"a halt while stopping", RESULT_SIGNAL, RESULT_LOGIN, RESULT_SIGNAL},
};

START_TEST(the_ending_that_counts)
{
    const struct ending_case *row = &ending_cases[_i];
    struct job job = job_with(1);
    struct result result;

    result_init(&result, &job, "run");
    result_end_early(&result, row->first, 2, "first");
    result_end_early(&result, row->second, 15, "second");
    ck_assert_msg(result.ending == row->expected, "%s", row->name);
    ck_assert_str_eq(result.halt_cause, "first");
    result_done(&result);
}
END_TEST

START_TEST(attempts_add_up)
{
    struct job job = job_with(2);
    struct result_attempt attempt = {.duration = 5};
    struct result result;

    result_init(&result, &job, "run");
    result_add_attempt(&result, 1, &attempt);
    result_add_attempt(&result, 1, &attempt);
    ck_assert_uint_eq(result.targets[1].attempt_count, 2);
    ck_assert_int_eq(result.targets[1].duration, 10);
    ck_assert_uint_eq(result.settled, 0);
    result_skip(&result, 0, REASON_HALTED, "why");
    ck_assert_uint_eq(result.counts[OUTCOME_SKIPPED], 1);
    result_done(&result);
}
END_TEST

static Suite *result_suite(void)
{
    Suite *suite = suite_create("result");
    TCase *tests = tcase_create("result");

    tcase_add_loop_test(tests, exit_status_follows_the_ladder, 0, UNIT_COUNT(status_cases));
    tcase_add_test(tests, what_is_not_settled_is_not_ok);
    tcase_add_test(tests, nothing_selected_is_seven);
    tcase_add_loop_test(tests, the_ending_that_counts, 0, UNIT_COUNT(ending_cases));
    tcase_add_test(tests, attempts_add_up);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(result_suite)
