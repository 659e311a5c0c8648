/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/outcome.h"
#include "job/problems.h"
#include "unit/unit.h"

#define JOB                                                                                        \
    "version: 1\nname: try\nscript: {inline: \"true\"}\n"                                          \
    "targets: {resource_group: rg, vms: [a]}\n"

static struct problems problems;
static struct buffer text; /* what problems print */

static void set_up(void)
{
    memset(&problems, 0, sizeof problems);
    memset(&text, 0, sizeof text);
}

static void tear_down(void)
{
    problems_done(&problems);
    buffer_done(&text);
}

/* The job with LINES; NULL when they are wrong: then `text` says what. */
static struct job *load(const char *lines)
{
    char *whole = memory_print(JOB "%s", lines);
    struct job *job = jobfile_parse("job.yaml", whole, strlen(whole), NULL, &problems);

    free(whole);
    problems_print(&problems, &text);
    return job;
}

static struct job *load_well(const char *lines)
{
    struct job *job = load(lines);

    ck_assert_msg(job != NULL, "%s: %s", lines, buffer_text(&text));
    return job;
}

/* Does a job take REASON into retry.on, and only that? */
static bool takes(enum outcome_reason reason, bool idempotent)
{
    char *lines = memory_print("idempotent: %s\nretry: {on: \"%s\"}\n",
                               idempotent ? "true" : "false", outcome_reason_name(reason));
    struct job *job = load(lines);
    bool taken = job != NULL;

    ck_assert_msg(!taken || job->retry.on == outcome_bit(reason), "%s",
                  outcome_reason_name(reason));
    job_free(job);
    free(lines);
    tear_down();
    set_up();
    return taken;
}

static const struct {
    const char *lines;
    int attempts;
    int64_t delay; /* seconds */
    int factor;
    int64_t max_delay; /* seconds */
} sections[] = {
    {"", 1, 30, 2, 300},
    {"retry: {}\n", 3, 30, 2, 300},
    {"retry: {attempts: 1}\n", 1, 30, 2, 300},
    {"retry: {attempts: 100, delay: 0s, factor: 1, max_delay: 0s}\n", 100, 0, 1, 0},
    {"retry: {delay: 24h, factor: 10, max_delay: 24h}\n", 3, 86400, 10, 86400},
    {"retry: {delay: 5m}\n", 3, 300, 2, 300},
    {"retry: {delay: 10m}\n", 3, 600, 2, 600},   /* the other one's default gives way, */
    {"retry: {max_delay: 10s}\n", 3, 10, 2, 10}, /* whichever it is */
    {"retry: {max_delay: 31s}\n", 3, 30, 2, 31},
    {"retry:\n  on:\n    - busy\n  delay: \"1m30s\"\n", 3, 90, 2, 300},
};

START_TEST(numbers)
{
    struct job *job = load_well(sections[_i].lines);
    const struct job_retry *retry = &job->retry;

    ck_assert_msg(retry->attempts == sections[_i].attempts &&
                      retry->delay == sections[_i].delay * NUMBER_SECOND &&
                      retry->factor == sections[_i].factor &&
                      retry->max_delay == sections[_i].max_delay * NUMBER_SECOND,
                  "%s", sections[_i].lines);
    job_free(job);
}
END_TEST

/* Which words of REASONS the job repeats, one after another. */
static void list_repeated(const struct job *job, struct buffer *ret)
{
    const char *words[REASONS];
    size_t count = outcome_list_reasons(job->retry.on, words);

    for (size_t i = 0; i < count; i++)
        buffer_print(ret, "%s ", words[i]);
}

static const struct {
    const char *lines;
    const char *expected;
} choices[] = {
    {"", ""},
    {"idempotent: true\n", ""},
    {"retry: {}\n", "busy throttled network "},
    {"idempotent: true\nretry: {}\n", "busy throttled network "},
    {"retry: {on: busy}\n", "busy "},
    {"retry: {on: \"busy\"}\n", "busy "},
    {"retry: {on: [start, agent]}\n", "agent start "},
    {"idempotent: true\nretry: {on: [exit, az]}\n", "exit az "},
    {"retry: {on: [exit, az]}\nidempotent: true\n", "exit az "},
};

START_TEST(reasons)
{
    struct job *job = load_well(choices[_i].lines);
    struct buffer repeated = BUFFER_INIT;

    list_repeated(job, &repeated);
    ck_assert_msg(strcmp(buffer_text(&repeated), choices[_i].expected) == 0, "%s: %s",
                  choices[_i].lines, buffer_text(&repeated));
    buffer_done(&repeated);
    job_free(job);
}
END_TEST

static bool is_failure(enum outcome_reason reason)
{
    return outcome_is_valid(OUTCOME_FAILED, reason) || outcome_is_valid(OUTCOME_TIMEOUT, reason) ||
           outcome_is_valid(OUTCOME_ERROR, reason) || outcome_is_valid(OUTCOME_UNKNOWN, reason);
}

START_TEST(every_failure_can_be_repeated)
{
    for (enum outcome_reason reason = 0; reason < REASONS; reason++) {
        bool halts = reason == REASON_LOGIN || reason == REASON_AZ_BROKEN;
        bool expected = is_failure(reason) && !halts;

        ck_assert_msg(takes(reason, true) == expected, "%s", outcome_reason_name(reason));
    }
}
END_TEST

/* A script may have run by all but an error; the attempt itself tells of an error. */
START_TEST(only_errors_without_idempotent)
{
    for (enum outcome_reason reason = 0; reason < REASONS; reason++) {
        bool halts = reason == REASON_LOGIN || reason == REASON_AZ_BROKEN;
        bool expected = outcome_is_valid(OUTCOME_ERROR, reason) && !halts;

        ck_assert_msg(takes(reason, false) == expected, "%s", outcome_reason_name(reason));
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("retry");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(all, numbers, 0, UNIT_COUNT(sections));
    tcase_add_loop_test(all, reasons, 0, UNIT_COUNT(choices));
    tcase_add_test(all, every_failure_can_be_repeated);
    tcase_add_test(all, only_errors_without_idempotent);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
