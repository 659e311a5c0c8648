/* SPDX-License-Identifier: MIT */
/* report/groups: who came to the same, found quickly, with hostile output made harmless. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/groups.h"
#include "report/ignore.h"
#include "run/result.h"
#include "unit/happen.h"
#include "unit/unit.h"

static struct result result;
static struct groups groups;

static void set_up(void)
{
    result_init(&result, "run-1");
}

static void tear_down(void)
{
    groups_done(&groups);
    result_done(&result);
}

/* COUNT targets called web-1, web-2, … that wait. */
static void take(size_t count)
{
    result_take_targets(&result, count);
    for (size_t i = 0; i < count; i++) {
        result.targets[i].name = memory_print("web-%zu", i + 1);
        result.targets[i].label = memory_print("web-%zu", i + 1);
    }
}

static void settle(size_t index, enum outcome_kind kind, enum outcome_reason reason, int exit_code,
                   const char *output, const char *errors)
{
    struct result_attempt attempt = {.outcome = kind, .reason = reason};
    struct answer answer = {.outcome = {.kind = kind, .reason = reason, .exit_code = exit_code}};

    buffer_add(&answer.output, output);
    buffer_add(&answer.errors, errors);
    happen_start(&result, index, 0, 0);
    happen_end(&result, index, &attempt, &answer, true);
}

static void settle_ok(size_t index, const char *output)
{
    settle(index, OUTCOME_OK, REASON_NONE, 0, output, "");
}

/* "3 ok: web-[1-3]" of every group, a line each. */
static void check_groups(const struct ignore *ignore, const char *expected)
{
    struct buffer text = BUFFER_INIT;

    groups_make(&groups, &result, ignore);
    for (size_t i = 0; i < groups.count; i++) {
        groups_print_title(&text, &groups.list[i]);
        buffer_add(&text, ": ");
        groups_print_names(&text, &result, &groups.list[i]);
        buffer_add(&text, "\n");
    }
    ck_assert_str_eq(buffer_text(&text), expected);
    buffer_done(&text);
}

START_TEST(the_same_is_gathered_and_the_largest_comes_first)
{
    take(6);
    settle_ok(0, "odd\n");
    settle_ok(1, "even\n");
    settle_ok(2, "even\n");
    settle(3, OUTCOME_OK, REASON_NONE, 0, "even\n", "a warning\n");
    settle_ok(4, "even\n");
    settle_ok(5, "more than even\n");
    check_groups(NULL, "3 ok: web-[2-3,5]\n1 ok: web-1\n1 ok: web-4\n1 ok: web-6\n");
    ck_assert_str_eq(buffer_text(&groups.list[0].output), "even\n");
    ck_assert_str_eq(buffer_text(&groups.list[2].errors), "a warning\n");
    ck_assert_uint_eq(groups.list[0].members[2], 4);
}
END_TEST

START_TEST(what_became_of_them_tells_targets_apart)
{
    take(8);
    settle(0, OUTCOME_FAILED, REASON_EXIT, 7, "x", "");
    settle(1, OUTCOME_FAILED, REASON_EXIT, 7, "x", "");
    settle(2, OUTCOME_FAILED, REASON_EXIT, 8, "x", "");
    settle_ok(3, "x");
    settle(4, OUTCOME_TIMEOUT, REASON_AZ, -1, "x", "");
    settle(5, OUTCOME_TIMEOUT, REASON_SCRIPT, -1, "x", "");
    settle(6, OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "x", "");
    settle(7, OUTCOME_FAILED, REASON_SIGNAL, 137, "x", "");
    check_groups(NULL, "2 failed (exit 7): web-[1-2]\n1 failed (exit 8): web-3\n1 ok: web-4\n"
                       "1 timeout (az): web-5\n1 timeout (script): web-6\n"
                       "1 unknown (no_trailer): web-7\n1 failed (exit 137): web-8\n");
}
END_TEST

/* An id of the request in az's words would make a group of every throttled VM. */
START_TEST(words_of_az_that_the_message_has_do_not_count)
{
    take(4);
    settle(0, OUTCOME_ERROR, REASON_BUSY, -1, "", "Conflict, request 1\n");
    settle(1, OUTCOME_ERROR, REASON_BUSY, -1, "", "Conflict, request 2\n");
    settle(2, OUTCOME_ERROR, REASON_OTHER, -1, "", "strange 1\n");
    settle(3, OUTCOME_ERROR, REASON_OTHER, -1, "", "strange 2\n");
    result.targets[0].errors_truncated = true;
    check_groups(NULL, "2 error (busy): web-[1-2]\n1 error (other): web-3\n"
                       "1 error (other): web-4\n");
    ck_assert_uint_eq(groups.list[0].errors.length, 0);
    ck_assert(!groups.list[0].errors_truncated);
}
END_TEST

START_TEST(skipped_targets_are_last_and_waiting_ones_are_not_there)
{
    take(5);
    settle_ok(0, "x");
    happen_start(&result, 4, 0, 0);
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
    check_groups(NULL, "1 ok: web-1\n3 skipped (signal): web-[2-4]\n");
}
END_TEST

START_TEST(nothing_settled_is_no_group)
{
    take(2);
    check_groups(NULL, "");
}
END_TEST

START_TEST(what_is_ignored_does_not_tell_apart)
{
    struct ignore ignore = {.count = 0};
    struct error error;

    take(3);
    settle_ok(0, "pid 17 on web-1\n");
    settle_ok(1, "pid 4711 on web-2\n");
    settle_ok(2, "no pid on web-3\n");
    ck_assert_int_eq(ignore_add(&ignore, "pid [0-9]+", &error), 0);
    ck_assert_int_eq(ignore_add(&ignore, "web-[0-9]+", &error), 0);
    check_groups(&ignore, "2 ok: web-[1-2]\n1 ok: web-3\n");
    ck_assert_str_eq(buffer_text(&groups.list[0].output), "… on …\n");
    ignore_done(&ignore);
}
END_TEST

START_TEST(a_name_of_ones_own_does_not_tell_apart)
{
    take(4);
    settle_ok(0, "hello from web-1\n");
    settle_ok(1, "\033[1mhello\033[m from WEB-2\r\n");
    settle(2, OUTCOME_OK, REASON_NONE, 0, "hello from web-3\n", "web-3: no disk\n");
    settle(3, OUTCOME_OK, REASON_NONE, 0, "hello from {target}\n", "web-3: no disk\n");
    check_groups(NULL, "2 ok: web-[1-2]\n1 ok: web-3\n1 ok: web-4\n");
    ck_assert_str_eq(buffer_text(&groups.list[0].output), "hello from {target}\n");
    ck_assert_str_eq(buffer_text(&groups.list[1].output), "hello from {target}\n");
    ck_assert_str_eq(buffer_text(&groups.list[1].errors), "web-3: no disk\n");
    ck_assert_str_eq(buffer_text(&groups.list[2].output), "hello from \\x7btarget}\n");
}
END_TEST

START_TEST(truncation_of_one_member_is_told)
{
    take(3);
    for (size_t i = 0; i < 3; i++)
        settle_ok(i, "x");
    result.targets[1].output_truncated = true;
    groups_make(&groups, &result, NULL);
    ck_assert(groups.list[0].output_truncated);
    ck_assert(!groups.list[0].errors_truncated);
}
END_TEST

START_TEST(hostile_bytes_are_harmless)
{
    take(1);
    settle(0, OUTCOME_OK, REASON_NONE, 0, "\033[31mred\r\n\xff", "\xe2\x80\xae");
    groups_make(&groups, &result, NULL);
    ck_assert_str_eq(buffer_text(&groups.list[0].output), "red\n\xef\xbf\xbd");
    ck_assert_str_eq(buffer_text(&groups.list[0].errors), "\\u202e");
}
END_TEST

/* 5,000 outputs of one length that differ in their last byte: nothing but sorting finds that out
 * in time. */
START_TEST(thousands_of_different_outputs_end)
{
    enum { TARGETS = 5000, SIZE = 4096 };
    char output[SIZE + 1];

    memset(output, 'x', SIZE);
    take(TARGETS);
    for (size_t i = 0; i < TARGETS; i++) {
        (void)snprintf(output + SIZE - 8, 9, "%08zu", i);
        settle(i, OUTCOME_OK, REASON_NONE, 0, output, output);
    }
    groups_make(&groups, &result, NULL);
    ck_assert_uint_eq(groups.count, TARGETS);
    for (size_t i = 0; i < TARGETS; i++)
        ck_assert_uint_eq(groups.list[i].members[0], i);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("groups");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, the_same_is_gathered_and_the_largest_comes_first);
    tcase_add_test(tests, what_became_of_them_tells_targets_apart);
    tcase_add_test(tests, words_of_az_that_the_message_has_do_not_count);
    tcase_add_test(tests, skipped_targets_are_last_and_waiting_ones_are_not_there);
    tcase_add_test(tests, nothing_settled_is_no_group);
    tcase_add_test(tests, what_is_ignored_does_not_tell_apart);
    tcase_add_test(tests, a_name_of_ones_own_does_not_tell_apart);
    tcase_add_test(tests, truncation_of_one_member_is_told);
    tcase_add_test(tests, hostile_bytes_are_harmless);
    tcase_add_test(tests, thousands_of_different_outputs_end);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
