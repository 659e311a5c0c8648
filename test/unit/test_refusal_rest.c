/* SPDX-License-Identifier: MIT */
/* What azfan-rest says in its last line, and what that means: Azure's words by the tables of az's,
 * and whether the script started by what the client knows. */
#include <string.h>

#include "azure/refusal.h"
#include "base/buffer.h"
#include "base/number.h"
#include "job/cause.h"
#include "unit/unit.h"

enum expected { NO, MAYBE, RUNS };

#define SAID   "sent\naccepted {\"operation\":\"https://arm.example/o\"}\n"
#define NOT    "\"phase\":\"sent\",\"started\":\"no\"}\n"
#define OPEN   "\"phase\":\"sent\",\"started\":\"unknown\"}\n"
#define POLL   "\"phase\":\"polling\",\"started\":\"unknown\"}\n"
#define CONN   "\"phase\":\"connect\",\"started\":\"no\"}\n"
#define NOBODY "\"message\":\"<html>sorry</html>\","

static const struct {
    const char *errors;
    enum outcome_reason reason;
    enum cause cause;
    enum expected started;
    int retry_after; /* seconds */
    const char *message;
} rows[] = {
    {"sent\n{\"code\":\"Conflict\",\"http\":409,\"message\":\"Run command extension execution is "
     "in "
     "progress. Please wait for completion before invoking a run command.\"," NOT,
     REASON_BUSY, CAUSE_NONE, NO, 0, "another run-command is active"},
    {"sent\n{\"code\":\"OperationNotAllowed\",\"http\":409,\"message\":\"Cannot modify extensions "
     "in "
     "the VM when the VM is not running.\"," NOT,
     REASON_NOT_RUNNING, CAUSE_NONE, NO, 0, "the VM is not running"},
    {"sent\n{\"code\":\"OperationNotAllowed\",\"details\":[{\"code\":\"TooManyRequests\","
     "\"message\":"
     "\"{\\\"operationGroup\\\":\\\"UpdateVM3Min\\\"}\"}],\"http\":429,\"message\":\"The server "
     "rejected the request because too many requests have been received for this "
     "subscription.\",\"retry_after\":1200," NOT,
     REASON_THROTTLED, CAUSE_REGION_LIMIT, NO, 1200, "Azure limits requests"},
    {"sent\n{\"code\":\"OperationNotAllowed\",\"details\":[{\"code\":\"TooManyRequests\","
     "\"message\":\"{}\",\"target\":\"UpdateVMResource\"}],\"http\":429,\"message\":\"The server "
     "rejected the request because too many requests have been received for this "
     "subscription.\",\"retry_after\":17," NOT,
     REASON_THROTTLED, CAUSE_VM_LIMIT, NO, 17, "for this VM"},
    {"sent\n{\"code\":\"SubscriptionRequestsThrottled\",\"http\":429,\"message\":\"Number of "
     "requests "
     "for subscription 's' and operation 'POST/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/"
     "MICROSOFT.COMPUTE/VIRTUALMACHINES/RUNCOMMAND' exceeded the backend storage limit. Please try "
     "again after '6' seconds.\",\"retry_after\":7," NOT,
     REASON_THROTTLED, CAUSE_SUBSCRIPTION_LIMIT, NO, 7, "Azure limits requests"},
    {"sent\n{\"http\":429,\"retry_after\":3," NOT, REASON_THROTTLED, CAUSE_PAGE, NO, 3, "Too Many"},
    {"sent\n{\"code\":\"AuthorizationFailed\",\"http\":403,\"message\":\"The client 'c' with "
     "object id "
     "'c' does not have authorization to perform action "
     "'Microsoft.Compute/virtualMachines/runCommand/action' over scope '/x'.\"," NOT,
     REASON_FORBIDDEN, CAUSE_NONE, NO, 0, "may not use Run Command"},
    {"sent\n{\"code\":\"ResourceNotFound\",\"http\":404,\"message\":\"The Resource "
     "'Microsoft.Compute/virtualMachines/vm' under resource group 'rg' was not found.\"," NOT,
     REASON_NOT_FOUND, CAUSE_NONE, NO, 0, "the VM does not exist"},
    {"sent\n{\"code\":\"InternalExecutionError\",\"http\":500,\"message\":\"An internal execution "
     "error occurred.\"," OPEN,
     REASON_OTHER, CAUSE_NONE, RUNS, 0, "internal error"},
    {"sent\n{\"http\":502," NOBODY OPEN, REASON_OTHER, CAUSE_PAGE, RUNS, 0, "Bad Gateway"},
    {"sent\n{\"http\":403," NOBODY NOT, REASON_FORBIDDEN, CAUSE_PAGE, NO, 0, "Forbidden"},
    {"sent\n{\"message\":\"Empty reply from server\"," OPEN, REASON_NETWORK, CAUSE_NONE, RUNS, 0,
     "lost the connection"},
    {SAID
     "{\"code\":\"VMAgentStatusCommunicationError\",\"http\":200,\"message\":\"VM 'vm' has not "
     "reported status for VM agent or extensions.\"," POLL,
     REASON_AGENT, CAUSE_NONE, RUNS, 0, "agent does not report"},
    {SAID "{\"code\":\"VMExtensionProvisioningError\",\"http\":200,\"message\":\"VM has reported a "
          "failure when processing extension 'RunCommandLinux'.\"," POLL,
     REASON_EXTENSION, CAUSE_NONE, MAYBE, 0, "extension failed"},
    {SAID "{\"http\":200," POLL, REASON_OTHER, CAUSE_NONE, MAYBE, 0, "did not succeed"},
    {"{\"message\":\"Could not resolve host: management.azure.com\"," CONN, REASON_NETWORK,
     CAUSE_NONE, NO, 0, "azfan-rest cannot reach Azure: Could not resolve host"},
    {"{\"message\":\"Failed to connect to 10.0.0.1 port 443 after 0 ms: Couldn't connect to "
     "server\"," CONN,
     REASON_NETWORK, CAUSE_NONE, NO, 0, "cannot reach Azure"},
    {"{\"message\":\"SSL certificate problem: unable to get local issuer certificate\"," CONN,
     REASON_NETWORK, CAUSE_CERTIFICATE, NO, 0, "does not trust"},
    {"{\"message\":\"CONNECT tunnel failed, response 407\",\"proxy\":407," CONN, REASON_NETWORK,
     CAUSE_PROXY, NO, 0, "through the proxy"},
};

START_TEST(a_failure_is_understood)
{
    const char *errors = rows[_i].errors;
    struct outcome outcome;

    ck_assert(refusal_read_rest(errors, strlen(errors), &outcome));
    ck_assert_msg(outcome.kind == OUTCOME_ERROR && outcome.reason == rows[_i].reason, "%s: %s: %s",
                  outcome_reason_name(outcome.reason), outcome.message, errors);
    ck_assert_msg(outcome.cause == rows[_i].cause, "%s: %s", cause_name(outcome.cause), errors);
    ck_assert_msg((outcome.script == SCRIPT_NOT_STARTED) == (rows[_i].started == NO) &&
                      outcome.may_still_run == (rows[_i].started == RUNS),
                  "script %d, may still run %d: %s", (int)outcome.script, outcome.may_still_run,
                  errors);
    ck_assert_int_eq(outcome.retry_after, rows[_i].retry_after * NUMBER_SECOND);
    ck_assert_msg(strstr(outcome.message, rows[_i].message) != NULL, "\"%s\" lacks \"%s\"",
                  outcome.message, rows[_i].message);
    outcome_done(&outcome);
}
END_TEST

/* A client that is not ours, or was cut off in the middle of its line. */
START_TEST(other_words_are_no_failure)
{
    static const char *const words[] = {
        "",     "sent\n", "sent\n{\"code\":\"Confl",
        "{}\n", "null\n", "azfan-rest: error while loading shared libraries\n"};
    struct outcome outcome;

    for (size_t i = 0; i < UNIT_COUNT(words); i++)
        ck_assert_msg(!refusal_read_rest(words[i], strlen(words[i]), &outcome), "%s", words[i]);
}
END_TEST

static const struct {
    const char *errors;
    const char *words;
} said[] = {
    {"", ""},
    {"sent\ntoken\n", ""},
    {SAID, ""},
    {"sent\nsentinel\nlibcurl: half a lin", "sentinel\nlibcurl: half a lin"},
    {"accepted {\"operation\":7}\n", "accepted {\"operation\":7}\n"},
    {SAID "{\"http\":200," POLL, "ERROR: \nHTTP status 200\n"},
    {"sent\n{\"code\":\"Conflict\",\"details\":[{\"code\":\"Inner\"}],\"http\":409,"
     "\"message\":\"busy\"," NOT,
     "ERROR: (Conflict) busy\nHTTP status 409\nERROR: (Inner)\n"},
    {"noise\n{\"message\":\"Could not resolve host\"," CONN,
     "noise\nERROR: Could not resolve host\n"},
};

/* Nothing of what it says to azfan alone is a target's standard error. */
START_TEST(what_it_wrote_is_told_as_az_would)
{
    struct buffer words = BUFFER_INIT;

    refusal_add_rest_words(&words, said[_i].errors, strlen(said[_i].errors));
    ck_assert_str_eq(buffer_text(&words), said[_i].words);
    buffer_done(&words);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("refusal_rest");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_failure_is_understood, 0, UNIT_COUNT(rows));
    tcase_add_test(all, other_words_are_no_failure);
    tcase_add_loop_test(all, what_it_wrote_is_told_as_az_would, 0, UNIT_COUNT(said));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
