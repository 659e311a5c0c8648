/* SPDX-License-Identifier: MIT */
/* run/redact: a secret that a VM prints is not in what azfan keeps. */
#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "base/memory.h"
#include "job/job.h"
#include "run/redact.h"
#include "unit.h"

static const struct redact_case {
    const char *name;
    const char *secret;
    const char *printed;
    bool truncated;
    const char *expected;
} cases[] = {
    {"in the middle", "hunter2", "a hunter2 b", false, "a *** b"},
    {"more than once", "hunter2", "hunter2hunter2", false, "******"},
    {"alone", "hunter2", "hunter2", false, "***"},
    {"not there", "hunter2", "hunter3", false, "hunter3"},
    {"nothing printed", "hunter2", "", false, ""},
    {"an empty secret hides nothing", "", "text", false, "text"},
    {"cut off at the head", "correct-horse", "horse battery", true, "***** battery"},
    {"the same text uncut", "correct-horse", "horse battery", false, "horse battery"},
    {"a rest too short to tell", "correct-horse", "rse battery", true, "rse battery"},
    {"several lines, whole", "-----BEGIN\nabcdefghij\n", "x-----BEGIN\nabcdefghij\ny", false,
     "x***y"},
    {"several lines, one of them", "-----BEGIN\nabcdefghij\n", "key: abcdefghij.", false,
     "key: ***."},
    {"short lines are words", "ab\ncd", "ab and cd", false, "ab and cd"},
};

/* Its value would be hidden too, were it a secret. */
static struct job_parameter parameters[] = {{(char[]){"OPEN"}, (char[]){"battery"}, NULL},
                                            {(char[]){"TOKEN"}, NULL, (char[]){"VARIABLE"}}};

START_TEST(secrets_are_masked)
{
    const struct redact_case *row = &cases[_i];
    struct job job = {.parameters = {parameters, 2}};
    struct job_target target = {.name = NULL};
    struct answer answer = {.output_truncated = row->truncated, .errors_truncated = row->truncated};

    parameters[1].value = memory_string(row->secret);
    buffer_add(&answer.output, row->printed);
    buffer_add(&answer.errors, row->printed);
    answer.outcome.message = memory_print("az said %s", row->printed);
    redact_answer(&answer, &job, &target);
    ck_assert_msg(strcmp(buffer_text(&answer.output), row->expected) == 0, "%s: %s", row->name,
                  buffer_text(&answer.output));
    ck_assert_msg(strcmp(buffer_text(&answer.errors), row->expected) == 0, "%s: %s", row->name,
                  buffer_text(&answer.errors));
    if (row->secret[0] != '\0')
        ck_assert_ptr_null(strstr(answer.outcome.message, row->secret));
    answer_done(&answer);
    free(parameters[1].value);
}
END_TEST

START_TEST(a_targets_own_secret_is_masked_too)
{
    struct job_parameter own = {(char[]){"KEY"}, (char[]){"sesame"}, (char[]){"VARIABLE"}};
    struct job job = {.parameters = {NULL, 0}};
    struct job_target target = {.parameters = {&own, 1}};
    struct answer answer = {.output_truncated = false};

    buffer_append(&answer.output, "open\0sesame", 11);
    redact_answer(&answer, &job, &target);
    ck_assert_mem_eq(answer.output.data, "open\0***", 8);
    ck_assert_uint_eq(answer.output.length, 8);
    answer_done(&answer);
}
END_TEST

static Suite *redact_suite(void)
{
    Suite *suite = suite_create("redact");
    TCase *tests = tcase_create("redact");

    tcase_add_loop_test(tests, secrets_are_masked, 0, UNIT_COUNT(cases));
    tcase_add_test(tests, a_targets_own_secret_is_masked_too);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(redact_suite)
