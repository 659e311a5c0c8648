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
    enum rest_end end;

    ck_assert(refusal_read_rest(errors, strlen(errors), false, &outcome, &end));
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

static void read_both(const char *errors, struct outcome *azs, struct outcome *own)
{
    enum rest_end end;

    ck_assert(refusal_read_rest(errors, strlen(errors), false, azs, &end));
    ck_assert(refusal_read_rest(errors, strlen(errors), true, own, &end));
}

START_TEST(a_login_that_is_not_az_s)
{
    static const char errors[] = "sent\n{\"code\":\"InvalidAuthenticationToken\",\"http\":401,"
                                 "\"message\":\"The access token is invalid.\"," NOT;
    struct outcome azs;
    struct outcome own;

    read_both(errors, &azs, &own);
    ck_assert(azs.reason == REASON_LOGIN && azs.fatal && azs.cause == CAUSE_NONE);
    ck_assert_ptr_nonnull(strstr(azs.message, "az login"));
    ck_assert(own.reason == REASON_LOGIN && own.fatal && own.cause == CAUSE_OWN_IDENTITY);
    ck_assert_ptr_null(strstr(own.message, "az login"));
    outcome_done(&azs);
    outcome_done(&own);
}
END_TEST

/* Another token would be refused as well. */
START_TEST(a_challenge_wants_a_person)
{
    static const char errors[] =
        "sent\n{\"code\":\"InvalidAuthenticationToken\",\"http\":401,\"challenge\":\"Bearer "
        "authorization_uri=\\\"https://login.example/x\\\", error=\\\"insufficient_claims\\\", "
        "claims=\\\"e30=\\\"\",\"message\":\"no\"," NOT;
    struct outcome azs;
    struct outcome own;

    read_both(errors, &azs, &own);
    ck_assert(azs.reason == REASON_LOGIN && azs.cause == CAUSE_CLAIMS && azs.fatal);
    ck_assert(azs.script == SCRIPT_NOT_STARTED);
    ck_assert(own.cause == CAUSE_CLAIMS);
    outcome_done(&azs);
    outcome_done(&own);
}
END_TEST

#define TOKEN_FAILED "\"phase\":\"token\",\"started\":\"no\"}\n"

static const struct {
    const char *errors;
    enum outcome_reason reason;
    const char *message;
} refused[] = {
    {"{\"code\":\"invalid_client\",\"http\":401,\"message\":\"AADSTS7000215: Invalid client secret "
     "provided.\\r\\nTrace ID: 1\"," TOKEN_FAILED,
     REASON_LOGIN, "does not accept AZURE_CLIENT_SECRET"},
    {"{\"code\":\"invalid_client\",\"http\":401,\"message\":\"AADSTS7000222: The provided client "
     "secret keys for app 'a' are expired.\"," TOKEN_FAILED,
     REASON_LOGIN, "make a new secret"},
    {"{\"code\":\"invalid_client\",\"http\":401,\"message\":\"AADSTS700024: Client assertion is "
     "not within its valid time range.\"," TOKEN_FAILED,
     REASON_LOGIN, "check this machine's clock"},
    {"{\"code\":\"unauthorized_client\",\"http\":400,\"message\":\"AADSTS700016: Application with "
     "identifier 'a' was not found in the directory 'D'.\"," TOKEN_FAILED,
     REASON_LOGIN, "knows no such application"},
    {"{\"code\":\"invalid_resource\",\"http\":400,\"message\":\"AADSTS500011: The resource "
     "principal named x was not found in the tenant named y.\"," TOKEN_FAILED,
     REASON_LOGIN, "the job's cloud"},
    {"{\"code\":\"invalid_request\",\"http\":400,\"message\":\"AADSTS90002: Tenant 'x' not "
     "found.\"," TOKEN_FAILED,
     REASON_LOGIN, "no such tenant"},
    {"{\"code\":\"invalid_client\",\"http\":400,\"message\":\"AADSTS9999999: Something "
     "new.\"," TOKEN_FAILED,
     REASON_LOGIN, "no token came: AADSTS9999999: Something new"},
    {"{\"code\":\"x\",\"http\":503,\"message\":\"AADSTS90033: A transient error has occurred. "
     "Please try again.\"," TOKEN_FAILED,
     REASON_NETWORK, "problem of its own"},
    {"{\"code\":\"invalid_request\",\"http\":400,\"message\":\"Identity not found\"," TOKEN_FAILED,
     REASON_LOGIN, "no such managed identity"},
    {"{\"message\":\"Failed to connect to 169.254.169.254 port 80 after 2001 ms: Couldn't connect "
     "to server\"," TOKEN_FAILED,
     REASON_NETWORK, "is it one of Azure's?"},
    {"{\"message\":\"Could not resolve host: login.microsoftonline.com\"," TOKEN_FAILED,
     REASON_NETWORK, "cannot reach Azure"},
    {"{\"message\":\"Recv failure: Connection reset by peer\"," TOKEN_FAILED, REASON_NETWORK,
     "azfan-rest lost the connection to Azure"},
    {"{\"message\":\"SSL certificate problem: unable to get local issuer "
     "certificate\"," TOKEN_FAILED,
     REASON_NETWORK, "azfan-rest does not trust"},
    {"{\"message\":\"cannot read /var/t: No such file or directory\"," TOKEN_FAILED, REASON_LOGIN,
     "no token came: cannot read /var/t"},
    {"", REASON_LOGIN, "no token came"},
};

START_TEST(a_token_that_did_not_come)
{
    struct outcome outcome;

    refusal_read_token(refused[_i].errors, strlen(refused[_i].errors), &outcome);
    ck_assert_msg(outcome.reason == refused[_i].reason, "%s: %s",
                  outcome_reason_name(outcome.reason), outcome.message);
    ck_assert_msg(strstr(outcome.message, refused[_i].message) != NULL, "%s", outcome.message);
    ck_assert_ptr_null(strstr(outcome.message, "az login"));
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
    enum rest_end end;

    for (size_t i = 0; i < UNIT_COUNT(words); i++)
        ck_assert_msg(!refusal_read_rest(words[i], strlen(words[i]), false, &outcome, &end), "%s",
                      words[i]);
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
    {SAID "{\"http\":200," POLL, "ERROR: \n"},
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
    tcase_add_test(all, a_login_that_is_not_az_s);
    tcase_add_test(all, a_challenge_wants_a_person);
    tcase_add_loop_test(all, a_token_that_did_not_come, 0, UNIT_COUNT(refused));
    tcase_add_test(all, other_words_are_no_failure);
    tcase_add_loop_test(all, what_it_wrote_is_told_as_az_would, 0, UNIT_COUNT(said));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
