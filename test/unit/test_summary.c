/* SPDX-License-Identifier: MIT */
/* report/summary: what goes into a ticket as it is; test_report has the rest. */
#include "report/summary.h"

#include <stdio.h>
#include <string.h>

#include "job/outcome.h"
#include "report/view.h"
#include "run/result.h"
#include "unit/sample.h"
#include "unit/unit.h"

enum { TARGETS = 5 };

static struct result result;

static void tear_down(void)
{
    result_done(&result);
}

static void write_summary(FILE *stream, const struct result *shown)
{
    summary_write(stream, shown, &(struct view){.outputs = VIEW_GROUPED});
}

static void check_has(const char *expected)
{
    char *text = sample_write(write_summary, &result);

    ck_assert_msg(strstr(text, expected) != NULL, "%s is not in:\n%s", expected, text);
    free(text);
}

static const struct {
    const char *own[TARGETS]; /* the targets' subscriptions; NULL: az's default one */
    const char *of_az;
    const char *expected;
} subscriptions[] = {
    {{NULL}, NULL, "\nAzure:   az 2.45.0\n"},
    {{NULL}, "s", "\nAzure:   subscription s, az 2.45.0\n"},
    {{"a", "A", "a", "A", "a"}, "b", "\nAzure:   subscription a, az 2.45.0\n"},
    {{"a", NULL, "b"}, "c", "\nAzure:   subscriptions a, c, b, az 2.45.0\n"},
    {{"a", "b", "c", "d", "e"}, NULL, "\nAzure:   subscriptions a, b, c and others, az 2.45.0\n"},
};

START_TEST(it_says_where_the_targets_are)
{
    sample_begin(&result, TARGETS);
    free(result.origin.subscription);
    result.origin.subscription =
        subscriptions[_i].of_az != NULL ? memory_string(subscriptions[_i].of_az) : NULL;
    for (size_t i = 0; i < TARGETS; i++) {
        const char *own = subscriptions[_i].own[i];

        free(result.targets[i].subscription);
        result.targets[i].subscription = own != NULL ? memory_string(own) : NULL;
    }
    check_has(subscriptions[_i].expected);
}
END_TEST

static const struct {
    enum result_ending ending;
    const char *expected;
} endings[] = {
    {RESULT_COMPLETE, "\nEnded:   2025-11-23T03:01:30Z, complete, exit status 3\n"},
    {RESULT_HALTED, "\nEnded:   2025-11-23T03:01:30Z, halted, exit status 6\n"},
    {RESULT_INTERRUPTED, "\nEnded:   after 2025-11-23T03:01:30Z, interrupted, exit status 137\n"},
};

START_TEST(it_says_who_started_it_and_how_it_ended)
{
    sample_begin(&result, 1);
    sample_end(&result, 0,
               &(struct sample){OUTCOME_FAILED, REASON_EXIT, .exit_code = 3, .message = "no"});
    result.ending = endings[_i].ending;
    result.wall_started = SAMPLE_STARTED;
    result.wall_ended = SAMPLE_STARTED + 90 * NUMBER_SECOND;
    check_has("\nStarted: 2025-11-23T03:00:00Z by anna on ops-1\n");
    check_has(endings[_i].expected);
}
END_TEST

/* What is not known is not said, and what has not happened neither. */
START_TEST(of_a_run_that_goes_on_nobody_knows_the_end)
{
    char *text;

    sample_begin(&result, 1);
    result.ending = RESULT_GOING;
    free(result.origin.user);
    result.origin.user = NULL;
    result.wall_started = SAMPLE_STARTED;
    check_has("\nStarted: 2025-11-23T03:00:00Z on ops-1\n");
    text = sample_write(write_summary, &result);
    ck_assert_ptr_null(strstr(text, "Ended:"));
    free(text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("summary");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, NULL, tear_down);
    tcase_add_loop_test(all, it_says_where_the_targets_are, 0, UNIT_COUNT(subscriptions));
    tcase_add_loop_test(all, it_says_who_started_it_and_how_it_ended, 0, UNIT_COUNT(endings));
    tcase_add_test(all, of_a_run_that_goes_on_nobody_knows_the_end);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
