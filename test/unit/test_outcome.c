/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "job/outcome.h"
#include "unit/unit.h"

/* The words of the report: programs read them, so they never change. */
START_TEST(names_are_the_reports)
{
    static const char *const kinds[] = {"ok",      "failed",    "timeout", "error",
                                        "unknown", "cancelled", "skipped"};
    static const char *const reasons[] = {"",          "exit",       "signal",      "script",
                                          "az",        "busy",       "throttled",   "not_running",
                                          "not_found", "forbidden",  "login",       "network",
                                          "agent",     "extension",  "az_broken",   "start",
                                          "other",     "no_trailer", "interrupted", "answer",
                                          "halted",    "deadline"};

    ck_assert_int_eq(UNIT_COUNT(kinds), OUTCOME_KINDS);
    ck_assert_int_eq(UNIT_COUNT(reasons), REASONS);
    for (int i = 0; i < OUTCOME_KINDS; i++)
        ck_assert_str_eq(outcome_name((enum outcome_kind)i), kinds[i]);
    for (int i = 0; i < REASONS; i++)
        ck_assert_str_eq(outcome_reason_name((enum outcome_reason)i), reasons[i]);
}
END_TEST

/* Exactly the pairs of azfan(1), OUTCOMES. */
START_TEST(only_the_pairs_of_the_manual_are_valid)
{
    static const struct {
        enum outcome_kind kind;
        enum outcome_reason first, last;
    } ranges[] = {
        {OUTCOME_OK, REASON_NONE, REASON_NONE},
        {OUTCOME_FAILED, REASON_EXIT, REASON_SIGNAL},
        {OUTCOME_TIMEOUT, REASON_SCRIPT, REASON_AZ},
        {OUTCOME_ERROR, REASON_BUSY, REASON_OTHER},
        {OUTCOME_UNKNOWN, REASON_NO_TRAILER, REASON_ANSWER},
        {OUTCOME_CANCELLED, REASON_SIGNAL, REASON_SIGNAL},
        {OUTCOME_CANCELLED, REASON_HALTED, REASON_DEADLINE},
        {OUTCOME_SKIPPED, REASON_SIGNAL, REASON_SIGNAL},
        {OUTCOME_SKIPPED, REASON_LOGIN, REASON_LOGIN},
        {OUTCOME_SKIPPED, REASON_HALTED, REASON_DEADLINE},
    };

    for (enum outcome_kind kind = 0; kind < OUTCOME_KINDS; kind++) {
        for (enum outcome_reason reason = 0; reason < REASONS; reason++) {
            bool expected = false;

            for (int i = 0; i < UNIT_COUNT(ranges); i++)
                expected = expected || (ranges[i].kind == kind && reason >= ranges[i].first &&
                                        reason <= ranges[i].last);
            ck_assert_msg(outcome_is_valid(kind, reason) == expected, "%s %s", outcome_name(kind),
                          outcome_reason_name(reason));
        }
    }
}
END_TEST

/* What az said about a busy VM is the message; showing it twice would hide the rest. */
START_TEST(most_errors_have_said_all_in_their_message)
{
    static const enum outcome_reason with_streams[] = {REASON_AGENT, REASON_EXTENSION,
                                                       REASON_AZ_BROKEN, REASON_OTHER};

    for (enum outcome_reason reason = 0; reason < REASONS; reason++) {
        bool expected = false;

        for (int i = 0; i < UNIT_COUNT(with_streams); i++)
            expected = expected || reason == with_streams[i];
        ck_assert_msg(outcome_has_streams(OUTCOME_ERROR, reason) == expected, "%s",
                      outcome_reason_name(reason));
    }
    ck_assert(outcome_has_streams(OUTCOME_OK, REASON_NONE));
    ck_assert(outcome_has_streams(OUTCOME_TIMEOUT, REASON_AZ));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("outcome");
    TCase *all = tcase_create("all");

    tcase_add_test(all, names_are_the_reports);
    tcase_add_test(all, only_the_pairs_of_the_manual_are_valid);
    tcase_add_test(all, most_errors_have_said_all_in_their_message);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
