/* SPDX-License-Identifier: MIT */
/* cli/execution: what a rerun knows of targets that turn out to be one VM. */
#include "cli/execution.h"

#include <stdlib.h>

#include "base/memory.h"
#include "job/job.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-00000000000a"

enum { TARGETS = 6, LEFT = 3 };

static void make_job(struct job *job)
{
    static const struct {
        const char *subscription;
        const char *name;
    } vms[TARGETS] = {{NULL, "a"}, {NULL, "b"}, {ONE, "a"}, {ONE, "c"}, {ONE, "B"}, {NULL, "c"}};

    *job = (struct job){.targets = memory_zeroed(TARGETS, sizeof *job->targets),
                        .target_count = TARGETS};
    for (size_t i = 0; i < TARGETS; i++)
        job->targets[i] = (struct job_target){.name = memory_string(vms[i].name),
                                              .resource_group = memory_string("rg"),
                                              .subscription = memory_string(vms[i].subscription)};
}

static void forget_job(struct job *job)
{
    for (size_t i = 0; i < job->target_count; i++)
        job_target_done(&job->targets[i]);
    free(job->targets);
}

/* The mark of either is looked for, and the later time is waited for. */
START_TEST(what_is_known_of_both_holds)
{
    const char *marks[TARGETS] = {NULL, "run-b", "run-a", NULL, "later", NULL};
    int64_t starts[TARGETS] = {5, 0, 3, 7, 0, 9};
    static const char *const expected_marks[LEFT] = {"run-a", "run-b", NULL};
    static const int64_t expected_starts[LEFT] = {5, 0, 9};
    struct job job;
    struct execution execution = {.job = &job, .marks = marks, .not_before = starts};

    make_job(&job);
    execution_merge(&execution, ONE);
    ck_assert_uint_eq(job.target_count, LEFT);
    for (int i = 0; i < LEFT; i++) {
        ck_assert_pstr_eq(marks[i], expected_marks[i]);
        ck_assert_int_eq(starts[i], expected_starts[i]);
    }
    forget_job(&job);
}
END_TEST

START_TEST(a_run_knows_nothing)
{
    struct job job;
    struct execution execution = {.job = &job};

    make_job(&job);
    execution_merge(&execution, ONE);
    ck_assert_uint_eq(job.target_count, LEFT);
    ck_assert_str_eq(job.targets[2].label, "c");
    forget_job(&job);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("execution");
    TCase *cases = tcase_create("execution");

    tcase_add_test(cases, what_is_known_of_both_holds);
    tcase_add_test(cases, a_run_knows_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}

UNIT_MAIN(make_suite)
