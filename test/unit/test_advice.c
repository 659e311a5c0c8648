/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "azure/advice.h"
#include "azure/refusal.h"
#include "unit/unit.h"

static const char *advise(enum outcome_kind kind, enum outcome_reason reason, enum cause cause,
                          enum outcome_script script)
{
    struct outcome outcome = {.kind = kind, .reason = reason, .cause = cause, .script = script};

    return advice_for(&outcome);
}

/* Is somebody sent to the VM before all else? */
static bool checks_first(const char *advice)
{
    return strcasestr(advice, "check the VM first") != NULL ||
           strcasestr(advice, "first check") != NULL ||
           strcasestr(advice, "check its state first") != NULL;
}

static void check_words(const char *advice, enum outcome_script script)
{
    ck_assert_msg(strlen(advice) > 20 && strlen(advice) < 300, "%s", advice);
    ck_assert_ptr_null(strchr(advice, '\n'));
    ck_assert_int_eq(advice[strlen(advice) - 1], '.');
    /* Nobody is sent to run it again without a check. */
    if (script != SCRIPT_NOT_STARTED && strstr(advice, "rerun") != NULL)
        ck_assert_msg(strcasestr(advice, "check") != NULL, "%s", advice);
    if (script != SCRIPT_NOT_STARTED && strstr(advice, "and rerun") != NULL)
        ck_assert_msg(checks_first(advice), "%s", advice);
}

/* Somebody at three in the morning gets whole sentences for every outcome but ok. */
START_TEST(every_outcome_has_advice)
{
    for (enum outcome_kind kind = 0; kind < OUTCOME_KINDS; kind++) {
        for (enum outcome_reason reason = 0; reason < REASONS; reason++) {
            for (enum outcome_script script = 0; script <= SCRIPT_STARTED; script++) {
                const char *advice = advise(kind, reason, CAUSE_NONE, script);

                if (kind == OUTCOME_OK && outcome_is_valid(kind, reason))
                    ck_assert_str_eq(advice, "");
                else if (outcome_is_valid(kind, reason))
                    check_words(advice, kind == OUTCOME_SKIPPED ? SCRIPT_NOT_STARTED : script);
            }
        }
    }
}
END_TEST

START_TEST(every_cause_has_advice)
{
    for (enum cause cause = CAUSE_NONE + 1; cause < CAUSES; cause++) {
        for (enum outcome_script script = 0; script <= SCRIPT_STARTED; script++)
            check_words(advise(OUTCOME_ERROR, REASON_OTHER, cause, script), script);
        ck_assert_int_eq((int)cause_find(cause_name(cause)), (int)cause);
    }
    ck_assert_ptr_null(cause_name(CAUSE_NONE));
    ck_assert_int_eq((int)cause_find(NULL), CAUSE_NONE);
    ck_assert_int_eq((int)cause_find("of a later azfan"), CAUSE_NONE);
}
END_TEST

/* A cancelled target needs other advice than a script that a signal ended. */
START_TEST(advice_depends_on_the_kind)
{
    static const enum outcome_script no = SCRIPT_NOT_STARTED;

    ck_assert_str_ne(advise(OUTCOME_FAILED, REASON_SIGNAL, CAUSE_NONE, no),
                     advise(OUTCOME_CANCELLED, REASON_SIGNAL, CAUSE_NONE, no));
    ck_assert_str_ne(advise(OUTCOME_CANCELLED, REASON_SIGNAL, CAUSE_NONE, no),
                     advise(OUTCOME_SKIPPED, REASON_SIGNAL, CAUSE_NONE, no));
    ck_assert_str_ne(advise(OUTCOME_ERROR, REASON_LOGIN, CAUSE_NONE, no),
                     advise(OUTCOME_SKIPPED, REASON_LOGIN, CAUSE_NONE, no));
}
END_TEST

/* What az said, and a word of the advice; and one that must not be in it. */
static const struct {
    const char *errors, *word, *other;
} fitting[] = {
    {"ERROR: (ReadOnlyDisabledSubscription) The subscription 's' is disabled.", "enable it",
     "runCommand/action"},
    {"ERROR: (RequestDisallowedByPolicy) Resource 'vm1' was disallowed by policy.", "Policy",
     "runCommand/action"},
    {"ERROR: (ScopeLocked) The scope '/s' cannot perform write operation because following "
     "scope(s) are locked",
     "az lock list", "runCommand/action"},
    {"ERROR: (DenyAssignmentAuthorizationFailed) access to perform action "
     "'Microsoft.Compute/virtualMachines/runCommand/action' is denied",
     "deny assignment", "runCommand/action"},
    {"ERROR: (AuthorizationFailed) no authorization to perform action "
     "'Microsoft.Compute/virtualMachines/runCommand/action'",
     "runCommand/action", "lock"},
    {"ERROR: (AuthorizationFailed) no authorization to perform action "
     "'Microsoft.Compute/locations/operations/read'",
     "Microsoft.Compute/locations/operations/read", "runCommand/action"},
    {"ERROR: (SubscriptionRequestsThrottled) Number of 'read' requests for subscription 's' "
     "exceeded.",
     "may have run", "subscription and region"},
    {"ERROR: (ExpiredAuthenticationToken) The access token expiry", "check the VM first",
     "and rerun"},
    {"ERROR: (Conflict) Run command extension execution is in progress", "Check the VM first",
     "`az vm s"},
    {"ERROR: (OperationNotAllowed) Cannot modify extensions in the VM when the VM is not running.",
     "check the VM first", "and rerun"},
    {"ERROR: AADSTS90033: A transient error has occurred. Please try again.", "still good",
     "az login"},
    {"ERROR: ('Connection aborted.', RemoteDisconnected('x'))", "check the VM first", "and rerun"},
    {"ERROR: (Conflict) Run command OS type 'Linux' does not match the target OS Windows.", "shell",
     "rerun"},
    {"ERROR: (OperationPreempted) Operation execution has been preempted", "Check the VM first",
     "rerun"},
    {"ERROR: Operation returned an invalid status 'Forbidden'", "filter", "runCommand/action"},
    {"ERROR: (SubscriptionRequestsThrottled) operation 'POST/SUBSCRIPTIONS' exceeded", "and rerun",
     "may have run"},
    {"ERROR: No module named 'azure'", "check the VM first", "and rerun"},
    {"ERROR: (ResourceGroupNotFound) Resource group 'rg1' could not be found.",
     "check the VM first", "and rerun"},
    {"ERROR: (SubscriptionNotFound) The subscription 's' could not be found.", "check the VM first",
     "and rerun"},
    {"ERROR: Subscription 's' not found. Check the spelling and casing and try again.",
     "az account list", "may have run"},
    {"ERROR: (VMExtensionProvisioningError) VM has reported a failure when processing extension "
     "'RunCommandLinux'.",
     "check there first", "and rerun"},
};

START_TEST(advice_fits_the_cause)
{
    struct outcome outcome;
    const char *advice;

    refusal_read(fitting[_i].errors, strlen(fitting[_i].errors), 1, &outcome);
    advice = advice_for(&outcome);
    ck_assert_msg(strstr(advice, fitting[_i].word) != NULL, "\"%s\" lacks \"%s\"", advice,
                  fitting[_i].word);
    ck_assert_msg(strstr(advice, fitting[_i].other) == NULL, "\"%s\" has \"%s\"", advice,
                  fitting[_i].other);
    check_words(advice, outcome.script);
    outcome_done(&outcome);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("advice");
    TCase *all = tcase_create("all");

    tcase_add_test(all, every_outcome_has_advice);
    tcase_add_test(all, every_cause_has_advice);
    tcase_add_test(all, advice_depends_on_the_kind);
    tcase_add_loop_test(all, advice_fits_the_cause, 0, UNIT_COUNT(fitting));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
