/* SPDX-License-Identifier: MIT */
/*
 * What az printed, word for word, and what azfan makes of it. One row for each
 * message that is known of az and Azure.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "azure/answer.h"
#include "azure/refusal.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "unit/unit.h"

#define NONCE    "0123456789abcdef0123456789abcdef"
#define VM       "/subscriptions/s/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/vm1"
#define POST_URL VM "/runCommand?api-version=2022-11-01"
#define POLL_URL                                                                                   \
    "/subscriptions/s/providers/Microsoft.Compute/locations/westeurope/operations/x?monitor=true"
#define UNEXPECTED "ERROR: The command failed with an unexpected error. Here is the traceback:\n"
#define TRACEBACK                                                                                  \
    "Traceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/knack/cli.py\", " \
    "line 233, in invoke\n    cmd_result = self.invocation.execute(args)\n"                        \
    "To check existing issues, please visit: https://github.com/Azure/azure-cli/issues\n"
#define SERVICE(code, text) "ERROR: (" code ") " text "\nCode: " code "\nMessage: " text "\n"

enum { NO = SCRIPT_NOT_STARTED, MAY = SCRIPT_MAY_HAVE_STARTED };

static const struct {
    int az_exit;
    const char *errors;
    enum outcome_reason reason;
    int script;
    bool runs; /* may_still_run */
    bool fatal;
    int retry_after;     /* seconds */
    const char *message; /* a part */
} refusals[] = {
    {1,
     SERVICE("Conflict", "Run command extension execution is in progress. Please wait for "
                         "completion before invoking a run command."),
     REASON_BUSY, NO, false, false, 0, "another run-command is active on the VM"},
    {1,
     SERVICE("Conflict", "The request failed due to conflict with a concurrent request. To "
                         "resolve it, please refer to https://aka.ms/activitylog to get more "
                         "details on the conflicting requests."),
     REASON_BUSY, NO, false, false, 0, "another operation on the VM is under way: The request"},
    {1,
     SERVICE("OperationPreempted", "Operation execution has been preempted by a more recent "
                                   "operation."),
     REASON_BUSY, MAY, true, false, 0, "preempted by a more recent"},
    {1, SERVICE("ConflictingConcurrentWriteNotAllowed", "The request failed. Please retry later."),
     REASON_BUSY, NO, false, false, 0, "Please retry later"},
    {1,
     SERVICE("SubscriptionRequestsThrottled",
             "Number of requests for subscription 's' and operation "
             "'POST/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/"
             "RUNCOMMAND' exceeded the backend storage limit. Please try again after '6' "
             "seconds."),
     REASON_THROTTLED, NO, false, false, 6, "Azure asks to wait 6s"},
    {1,
     SERVICE("SubscriptionRequestsThrottled",
             "Number of requests for subscription 's' and operation "
             "'GET/SUBSCRIPTIONS/PROVIDERS/MICROSOFT.COMPUTE/LOCATIONS/OPERATIONS' exceeded the "
             "backend storage limit. Please try again after '5' minutes."),
     REASON_THROTTLED, MAY, true, false, 300, "refused az the result; Azure asks to wait 5m"},
    {1,
     "ERROR: (OperationNotAllowed) The server rejected the request because too many requests "
     "have been received for this subscription.\nCode: OperationNotAllowed\nMessage: The server "
     "rejected the request because too many requests have been received for this "
     "subscription.\nException Details:\t(TooManyRequests) {\"operationGroup\":\"UpdateVM3Min\","
     "\"startTime\":\"2024-01-01T00:00:00+00:00\",\"allowedRequestCount\":800,"
     "\"measuredRequestCount\":1238}\n",
     REASON_THROTTLED, NO, false, false, 0, "Azure limits requests"},
    {1,
     SERVICE("OperationNotAllowed", "The server rejected the request because too many requests "
                                    "have been received for this subscription."),
     REASON_THROTTLED, NO, false, false, 0, "Azure limits requests"},
    {1, SERVICE("TooManyRequests", "{\"operationGroup\":\"GetOperation3Min\"}"), REASON_THROTTLED,
     MAY, true, false, 0, "refused az the result"},
    {1,
     SERVICE("OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not "
                                    "running."),
     REASON_NOT_RUNNING, NO, false, false, 0, "the VM is not running"},
    {1,
     SERVICE("OperationNotAllowed", "The operation requires the VM to be running (or set to "
                                    "run)."),
     REASON_NOT_RUNNING, NO, false, false, 0, "the VM is not running"},
    {1,
     SERVICE("OperationNotAllowed", "This operation cannot be performed when extension "
                                    "operations are disallowed. To allow, please ensure VM "
                                    "Agent is installed on the VM and the "
                                    "osProfile.allowExtensionOperations property is true."),
     REASON_EXTENSION, NO, false, false, 0, "does not allow extensions"},
    {1,
     SERVICE("VMAgentStatusCommunicationError", "VM 'vm1' has not reported status for VM agent "
                                                "or extensions. Verify that the VM has a "
                                                "running agent."),
     REASON_AGENT, MAY, true, false, 0, "agent does not report"},
    {1,
     "ERROR: VM agent on VM 'vm1' has not reported latest status for extension "
     "'RunCommandLinux'.\n",
     REASON_AGENT, MAY, true, false, 0, "agent does not report"},
    {1,
     SERVICE("VMExtensionProvisioningError",
             "VM has reported a failure when processing extension 'RunCommandWindows' (publisher "
             "'Microsoft.CPlat.Core'). Error message: \"Finished executing command\"."),
     REASON_EXTENSION, MAY, false, false, 0, "Finished executing command"},
    {1,
     SERVICE("VMExtensionHandlerNonTransientError", "The handler for VM extension type x has "
                                                    "reported terminal failure"),
     REASON_EXTENSION, MAY, false, false, 0, "terminal failure"},
    {1, SERVICE("VMExtensionHandlerTransientError", "x"), REASON_EXTENSION, MAY, false, false, 0,
     "extension failed"},
    {1,
     SERVICE("VMExtensionProvisioningTimeout",
             "Provisioning of VM extension 'RunCommandLinux' has timed out. Extension "
             "installation may be taking too long, or extension status could not be obtained."),
     REASON_EXTENSION, MAY, true, false, 0, "90 minutes"},
    {3,
     SERVICE("ResourceNotFound",
             "The Resource 'Microsoft.Compute/virtualMachines/vm1' under resource group 'rg1' "
             "was not found. For more details please go to "
             "https://aka.ms/ARMResourceNotFoundFix"),
     REASON_NOT_FOUND, NO, false, false, 0, "the VM does not exist"},
    {3, SERVICE("ResourceGroupNotFound", "Resource group 'rg1' could not be found."),
     REASON_NOT_FOUND, NO, false, false, 0, "resource group"},
    {3, SERVICE("NotFound", "The entity was not found in this Azure location."), REASON_NOT_FOUND,
     NO, false, false, 0, "shell"},
    {3, SERVICE("SubscriptionNotFound", "The subscription 's' could not be found."),
     REASON_NOT_FOUND, NO, false, false, 0, "subscription does not exist"},
    {3, SERVICE("SomethingNew", "gone"), REASON_NOT_FOUND, MAY, false, false, 0, "gone"},
    {1,
     SERVICE("AuthorizationFailed",
             "The client 'c' with object id 'o' does not have authorization to perform action "
             "'Microsoft.Compute/virtualMachines/runCommand/action' over scope '" VM "' or the "
             "scope is invalid. If access was recently granted, please refresh your "
             "credentials."),
     REASON_FORBIDDEN, NO, false, false, 0, "may not use Run Command"},
    {1,
     SERVICE("AuthorizationFailed", "The client 'c' does not have authorization to perform "
                                    "action 'Microsoft.Compute/locations/operations/read'"),
     REASON_FORBIDDEN, MAY, false, false, 0, "operations/read"},
    {1, "ERROR: Please run 'az login' to setup account.\n", REASON_LOGIN, NO, false, true, 0,
     "az login"},
    {1,
     "Failed to load or parse file /root/.azure/azureProfile.json. It will be overridden by "
     "default settings.\nERROR: Please run 'az login' to setup account.\n",
     REASON_LOGIN, NO, false, true, 0, "az login"},
    {1, "ERROR: User 'ops@example.org' does not exist in MSAL token cache. Run `az login`.\n",
     REASON_LOGIN, NO, false, true, 0, "az login"},
    {1,
     "ERROR: AADSTS700082: The refresh token has expired due to inactivity. The token was "
     "issued on 2023-01-01.\nInteractive authentication is needed. Please run:\naz login\n",
     REASON_LOGIN, MAY, false, true, 0, "AADSTS700082"},
    {1,
     "ERROR: AADSTS50076: Due to a configuration change made by your administrator, you must "
     "use multi-factor authentication.\n",
     REASON_LOGIN, MAY, false, true, 0, "multi-factor"},
    {1, "ERROR: AADSTS7000222: The provided client secret keys for app 'a' are expired.\n",
     REASON_LOGIN, MAY, false, true, 0, "service principal"},
    {1, "ERROR: AADSTS70043: The refresh token has expired or is invalid.\n", REASON_LOGIN, MAY,
     false, true, 0, "AADSTS70043"},
    {1,
     "ERROR: V2Error: invalid_grant AADSTS700082: The refresh token has expired. Status: "
     "Response_Status.Status_InteractionRequired, Error code: 0, Tag: 0\n",
     REASON_LOGIN, MAY, false, true, 0, "V2Error"},
    {1, SERVICE("InvalidAuthenticationToken", "The access token is invalid."), REASON_LOGIN, MAY,
     false, true, 0, "does not accept az's token"},
    {1,
     "WARNING: Subscription 'x' not recognized.\nERROR: Subscription 'x' not found. Check the "
     "spelling and casing and try again.\n",
     REASON_NOT_FOUND, NO, false, false, 0, "Subscription 'x' not found"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded "
     "with url: " POST_URL " (Caused by NewConnectionError('<urllib3.connection."
     "HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] "
     "Temporary failure in name resolution'))\n",
     REASON_NETWORK, NO, false, false, 0, "cannot reach Azure"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded "
     "with url: " POLL_URL " (Caused by NewConnectionError('<urllib3.connection."
     "HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] "
     "Temporary failure in name resolution'))\n",
     REASON_NETWORK, MAY, true, false, 0, "may have started"},
    {1,
     UNEXPECTED "ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max "
                "retries exceeded with url: /organizations/v2.0/.well-known/openid-configuration"
                "\n" TRACEBACK,
     REASON_NETWORK, MAY, true, false, 0, "login.microsoftonline.com"},
    {1,
     "ERROR: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without "
     "response'))\n",
     REASON_NETWORK, MAY, true, false, 0, "lost the connection"},
    {1,
     SERVICE("InternalExecutionError", "An internal execution error occurred. Please retry "
                                       "later."),
     REASON_OTHER, MAY, true, false, 0, "internal error"},
    {1, "ERROR: Operation returned an invalid status 'Service Unavailable'\n", REASON_OTHER, MAY,
     true, false, 0, "Service Unavailable"},
    {1,
     UNEXPECTED "ERROR: Unterminated string starting at: line 1 column 18 (char 17)\n" TRACEBACK
                "json.decoder.JSONDecodeError: Unterminated string starting at: line 1 column 18\n",
     REASON_AZ_BROKEN, MAY, false, true, 0, "az account clear"},
    {1,
     UNEXPECTED "ERROR: API version 2022-11-01 does not have operation group "
                "'virtual_machine_run_commands'\n" TRACEBACK,
     REASON_AZ_BROKEN, NO, false, true, 0, "az cloud update --profile 2020-09-01-hybrid"},
    {2,
     "ERROR: the following arguments are required: --command-id\n\nExamples from AI knowledge "
     "base:\nhttps://aka.ms/cli_ref\nRead more about the command in reference docs\n",
     REASON_AZ_BROKEN, NO, false, true, 0, "the following arguments are required: --command-id"},
    {2, "ERROR: unrecognized arguments: --scripts\n", REASON_AZ_BROKEN, NO, false, true, 0,
     "unrecognized arguments"},
    {127, "/usr/bin/env: 'python3': No such file or directory\n", REASON_AZ_BROKEN, NO, false,
     false, 0, "python3"},
    {1,
     "Traceback (most recent call last):\n  File \"/usr/bin/az\", line 3\n"
     "ModuleNotFoundError: No module named 'azure'\n",
     REASON_AZ_BROKEN, MAY, false, false, 0, "No module named 'azure'"},
    {1,
     SERVICE("ScopeLocked", "The scope '" VM "' cannot perform write operation because "
                            "following scope(s) are locked"),
     REASON_FORBIDDEN, NO, false, false, 0, "a lock"},
    {1,
     SERVICE("ReadOnlyDisabledSubscription", "The subscription 's' is disabled and therefore "
                                             "marked as read only."),
     REASON_FORBIDDEN, NO, false, false, 0, "disabled"},
    {1, "ERROR: Long-running operation wait cancelled.  \n", REASON_OTHER, MAY, true, false, 0,
     "interrupted az"},
    {1, "ERROR: something that nobody has seen before\nmore\n", REASON_OTHER, MAY, true, false, 0,
     "something that nobody has seen before"},
    {1, SERVICE("BrandNewCode", "a new thing"), REASON_OTHER, MAY, true, false, 0,
     "(BrandNewCode) a new thing"},
    {1, "WARNING: only this\n", REASON_OTHER, MAY, true, false, 0, "said nothing"},
    {77, "", REASON_OTHER, MAY, true, false, 0, "az ended with status 77 and said nothing"},
};

static void take_text(struct capture_text *text, const char *bytes, size_t length)
{
    *text = (struct capture_text){
        .data = length > 0 ? memory_copy(bytes, length) : NULL, .length = length, .complete = true};
}

static struct finish ended(int status, const char *output, const char *errors)
{
    struct finish finish = {.end = FINISH_EXITED, .exit = {.known = true, .status = status}};

    take_text(&finish.output, output, strlen(output));
    take_text(&finish.errors, errors, strlen(errors));
    return finish;
}

static struct answer read_answer(struct finish *finish)
{
    static const struct answer_question question = {
        .nonce = NONCE, .timeout = 220 * NUMBER_SECOND, .script_timeout = 130 * NUMBER_SECOND};
    struct answer answer;

    answer_read(finish, &question, &answer);
    capture_text_done(&finish->output);
    capture_text_done(&finish->errors);
    ck_assert(outcome_is_valid(answer.outcome.kind, answer.outcome.reason));
    if (answer.outcome.kind == OUTCOME_OK) {
        ck_assert_ptr_null(answer.outcome.message);
    } else {
        size_t bad;

        ck_assert_ptr_nonnull(answer.outcome.message);
        ck_assert_ptr_null(strpbrk(answer.outcome.message, "\r\n\t\033"));
        ck_assert(text_is_utf8(answer.outcome.message, strlen(answer.outcome.message), &bad));
        ck_assert_uint_gt(strlen(answer.outcome.message), 0);
    }
    return answer;
}

START_TEST(a_refusal_is_understood)
{
    struct finish finish = ended(refusals[_i].az_exit, "", refusals[_i].errors);
    struct answer answer = read_answer(&finish);
    struct outcome *outcome = &answer.outcome;

    ck_assert_msg(outcome->kind == OUTCOME_ERROR && outcome->reason == refusals[_i].reason,
                  "%s %s: %s", outcome_name(outcome->kind), outcome_reason_name(outcome->reason),
                  refusals[_i].errors);
    ck_assert_msg((int)outcome->script == refusals[_i].script &&
                      outcome->may_still_run == refusals[_i].runs &&
                      outcome->fatal == refusals[_i].fatal,
                  "script %d, may still run %d, fatal %d: %s", (int)outcome->script,
                  outcome->may_still_run, outcome->fatal, refusals[_i].errors);
    ck_assert_int_eq(outcome->retry_after, refusals[_i].retry_after * NUMBER_SECOND);
    ck_assert_int_eq(outcome->exit_code, -1);
    ck_assert_msg(strstr(outcome->message, refusals[_i].message) != NULL, "\"%s\" lacks \"%s\"",
                  outcome->message, refusals[_i].message);
    ck_assert_str_eq(buffer_text(&answer.errors), refusals[_i].errors); /* kept as it was */
    answer_done(&answer);
}
END_TEST

/* One line, no control characters, cut between characters, whatever az wrote. */
START_TEST(a_message_is_fit_for_people)
{
    struct buffer errors = BUFFER_INIT;
    struct finish finish = {.end = FINISH_EXITED, .exit = {.known = true, .status = 1}};
    struct answer answer;

    buffer_append(&errors, "ERROR: \033[31m\0\xff", 14);
    for (int i = 0; i < 500; i++)
        buffer_add(&errors, "\xe2\x82\xac");
    take_text(&finish.errors, errors.data, errors.length);
    answer = read_answer(&finish);
    ck_assert_uint_le(strlen(answer.outcome.message), 310);
    ck_assert_ptr_nonnull(strstr(answer.outcome.message, "\xe2\x82\xac\xe2\x80\xa6"));
    answer_done(&answer);
    buffer_done(&errors);
}
END_TEST

#define TRAILER(end, status) "\nazfan:" NONCE " end=" end " status=" status " seconds=3\n"
#define LINUX(out, err)      "Enable succeeded: \n[stdout]\n" out "\n[stderr]\n" err

static const struct {
    const char *what;
    const char *message; /* of a Linux VM */
    enum outcome_kind kind;
    enum outcome_reason reason;
    int exit_code;
    const char *text; /* a part of the message for people */
    const char *output, *errors;
} messages[] = {
    {"ok", LINUX("total 12\n" TRAILER("exit", "0"), "warn\n"), OUTCOME_OK, REASON_NONE, 0, NULL,
     "total 12\n", "warn\n"},
    {"a failed script is not ok, though Azure says so", LINUX(TRAILER("exit", "7"), ""),
     OUTCOME_FAILED, REASON_EXIT, 7, "status 7", "", ""},
    {"a command that is not there", LINUX(TRAILER("exit", "127"), ""), OUTCOME_FAILED, REASON_EXIT,
     127, "not found", "", ""},
    {"a signal", LINUX("x" TRAILER("exit", "137"), ""), OUTCOME_FAILED, REASON_SIGNAL, 137,
     "status 137: ended by signal 9 (SIGKILL), often the kernel's out-of-memory killer", "x", ""},
    {"the last signal", LINUX(TRAILER("exit", "192"), ""), OUTCOME_FAILED, REASON_SIGNAL, 192,
     "signal 64", "", ""},
    {"128 is no signal", LINUX(TRAILER("exit", "128"), ""), OUTCOME_FAILED, REASON_EXIT, 128,
     "status 128", "", ""},
    {"193 is no signal", LINUX(TRAILER("exit", "193"), ""), OUTCOME_FAILED, REASON_EXIT, 193,
     "status 193", "", ""},
    {"the time limit on the VM", LINUX("half" TRAILER("timeout", "143"), ""), OUTCOME_TIMEOUT,
     REASON_SCRIPT, -1, "2m10s", "half", ""},
    {"stopped, and it said 0", LINUX(TRAILER("timeout", "0"), ""), OUTCOME_TIMEOUT, REASON_SCRIPT,
     -1, "script_timeout", "", ""},
    {"the guard could not begin", LINUX(TRAILER("broken", "1"), "\nmktemp: No space left\nmore"),
     OUTCOME_ERROR, REASON_OTHER, -1, "mktemp: No space left", "", "\nmktemp: No space left\nmore"},
    {"a script that had run before", LINUX(TRAILER("again", "1"), ""), OUTCOME_UNKNOWN,
     REASON_NO_TRAILER, -1, "was not run again", "", ""},
    {"a script that prints the division itself",
     LINUX("a\n[stderr]\nb\n" TRAILER("exit", "0"), "c\n[stderr]\nd"), OUTCOME_OK, REASON_NONE, 0,
     NULL, "a\n[stderr]\nb\n", "c\n[stderr]\nd"},
    {"a daemon that writes behind the trailer", LINUX("a" TRAILER("exit", "0") "late\n", ""),
     OUTCOME_OK, REASON_NONE, 0, NULL, "alate\n", ""},
    {"a trailer without its newline",
     "Enable succeeded: \n[stdout]\na\nazfan:" NONCE " end=exit status=0 seconds=1\n[stderr]\nb",
     OUTCOME_OK, REASON_NONE, 0, NULL, "a", "b"},
    {"no trailer is never ok", LINUX("all done\n", "e"), OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1,
     "was not reported", "all done\n", "e"},
    {"nothing at all", LINUX("", ""), OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "was not reported",
     "", ""},
    {"an old trailer",
     LINUX("\nazfan:ffffffffffffffffffffffffffffffff end=exit status=0 seconds=1\n", ""),
     OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "was not reported",
     "\nazfan:ffffffffffffffffffffffffffffffff end=exit status=0 seconds=1\n", ""},
    {"azure-cli 2.78.0", LINUX("This is a sample script\nOptional parameters: \n", ""),
     OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "2.78.0",
     "This is a sample script\nOptional parameters: \n", ""},
    {"a restart in the middle", "Enable succeeded: Last script execution didn't finish.",
     OUTCOME_UNKNOWN, REASON_INTERRUPTED, -1, "restarted", "", ""},
    {"a failed handler",
     "Enable failed: invalid configuration: 'commandToExecute' is not specified", OUTCOME_ERROR,
     REASON_EXTENSION, -1, "commandToExecute", "", ""},
    {"a failed handler with streams", "Enable failed: exit status=1\n[stdout]\na\n[stderr]\nb",
     OUTCOME_ERROR, REASON_EXTENSION, -1, "exit status=1", "a", "b"},
};

/* az's JSON around a Linux VM's message. free() it. */
static char *wrap(const char *message, size_t length)
{
    json_t *root =
        json_pack("{s:[{s:s, s:s, s:s, s:s%, s:n}]}", "value", "code",
                  "ProvisioningState/succeeded", "displayStatus", "Provisioning succeeded", "level",
                  "Info", "message", message, length, "time");
    char *text = json_dumps(root, JSON_INDENT(2));

    ck_assert_ptr_nonnull(text);
    json_decref(root);
    return text;
}

START_TEST(a_linux_vm_is_understood)
{
    char *json = wrap(messages[_i].message, strlen(messages[_i].message));
    struct finish finish = ended(0, json, "");
    struct answer answer = read_answer(&finish);
    struct outcome *outcome = &answer.outcome;
    const char *what = messages[_i].what;

    ck_assert_msg(outcome->kind == messages[_i].kind && outcome->reason == messages[_i].reason,
                  "%s: %s %s", what, outcome_name(outcome->kind),
                  outcome_reason_name(outcome->reason));
    ck_assert_msg(outcome->exit_code == messages[_i].exit_code, "%s: %d", what, outcome->exit_code);
    if (messages[_i].text != NULL)
        ck_assert_msg(strstr(outcome->message, messages[_i].text) != NULL, "%s: %s", what,
                      outcome->message);
    ck_assert_msg(strcmp(buffer_text(&answer.output), messages[_i].output) == 0, "%s: \"%s\"", what,
                  buffer_text(&answer.output));
    ck_assert_msg(strcmp(buffer_text(&answer.errors), messages[_i].errors) == 0, "%s: \"%s\"", what,
                  buffer_text(&answer.errors));
    ck_assert(!answer.output_truncated && !answer.errors_truncated && !outcome->fatal);
    answer_done(&answer);
    free(json);
}
END_TEST

#define STATUS                                                                                     \
    "{\"code\":\"ProvisioningState/succeeded\",\"message\":\"Enable succeeded: "                   \
    "\\n[stdout]\\nhi\\n\\nazfan:" NONCE " end=exit status=0 seconds=3\\n\\n[stderr]\\n\"}"
#define WINDOWS(out, err)                                                                          \
    "{\"value\":[{\"code\":\"ComponentStatus/StdOut/"                                              \
    "succeeded\",\"level\":\"Info\",\"message\":\"" out                                            \
    "\",\"time\":null},{\"code\":\"ComponentStatus/StdErr/succeeded\",\"message\":\"" err "\"}]}"

/* What a retry must know: it has begun, so it is not to be repeated, and a rerun need not wait. */
START_TEST(a_script_that_had_run_before_is_over)
{
    char *json = wrap(LINUX(TRAILER("again", "1"), ""), strlen(LINUX(TRAILER("again", "1"), "")));
    struct finish finish = ended(0, json, "");
    struct answer answer = read_answer(&finish);

    ck_assert_int_eq((int)answer.outcome.script, SCRIPT_STARTED);
    ck_assert(!answer.outcome.may_still_run);
    answer_done(&answer);
    free(json);
}
END_TEST

/* Every shape that a version of az has given. */
START_TEST(a_shape_is_understood)
{
    static const struct {
        const char *json;
        enum outcome_kind kind;
        enum outcome_reason reason;
        int exit_code;
        const char *output, *errors;
    } shapes[] = {
        {"{\"value\":[" STATUS "]}", OUTCOME_OK, REASON_NONE, 0, "hi\n", ""},
        {"{\"endTime\":\"x\",\"error\":null,\"name\":\"n\",\"output\":[" STATUS "]}", OUTCOME_OK,
         REASON_NONE, 0, "hi\n", ""},
        {"{\"properties\":{\"output\":{\"value\":[" STATUS "]}}}", OUTCOME_OK, REASON_NONE, 0,
         "hi\n", ""},
        {"{\"output\":{\"value\":[" STATUS "]}}", OUTCOME_OK, REASON_NONE, 0, "hi\n", ""},
        {"{\"value\":[" STATUS "]}\ntrailing noise", OUTCOME_OK, REASON_NONE, 0, "hi\n", ""},
        {WINDOWS("hi\\n\\nazfan:" NONCE " end=exit status=0 seconds=3", "e"), OUTCOME_OK,
         REASON_NONE, 0, "hi\n", "e"},
        {WINDOWS("hi\\r\\nazfan:" NONCE " end=exit status=5 seconds=3\\r\\n", ""), OUTCOME_FAILED,
         REASON_EXIT, 5, "hi", ""},
        {WINDOWS("azfan:" NONCE " end=exit status=130 seconds=3", ""), OUTCOME_FAILED, REASON_EXIT,
         130, "", ""}, /* no signals on Windows */
        {WINDOWS("azfan:" NONCE " end=exit status=-1073741510 seconds=3", ""), OUTCOME_FAILED,
         REASON_EXIT, -1073741510, "", ""},
        {WINDOWS("Test 123", ""), OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "Test 123", ""},
        {WINDOWS("This is a sample script with parameters ", ""), OUTCOME_UNKNOWN,
         REASON_NO_TRAILER, -1, "This is a sample script with parameters ", ""},
        {"{\"value\":[]}", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "{\"value\":[]}", ""},
        {"{\"value\":[{}]}", OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "", ""},
        {"{\"value\":[7]}", OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "", ""},
        {"{\"value\":[{\"message\":7}]}", OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "", ""},
        {"{\"value\":{}}", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "{\"value\":{}}", ""},
        {"", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "", ""},
        {"null", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "null", ""},
        {"[]", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "[]", ""},
        {"1", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "1", ""},
        {"{\"value\":[" STATUS, OUTCOME_UNKNOWN, REASON_ANSWER, -1, "{\"value\":[" STATUS, ""},
        {"\xff\xfe garbage", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "\xff\xfe garbage", ""},
    };

    for (int i = 0; i < UNIT_COUNT(shapes); i++) {
        struct finish finish = ended(0, shapes[i].json, "");
        struct answer answer = read_answer(&finish);

        ck_assert_msg(answer.outcome.kind == shapes[i].kind &&
                          answer.outcome.reason == shapes[i].reason &&
                          answer.outcome.exit_code == shapes[i].exit_code,
                      "%s: %s %s %d", shapes[i].json, outcome_name(answer.outcome.kind),
                      outcome_reason_name(answer.outcome.reason), answer.outcome.exit_code);
        ck_assert_str_eq(buffer_text(&answer.output), shapes[i].output);
        ck_assert_str_eq(buffer_text(&answer.errors), shapes[i].errors);
        answer_done(&answer);
    }
}
END_TEST

/* 4,096 bytes are Azure's limit: from there on the head may be missing. NUL survives. */
START_TEST(a_full_stream_is_truncated)
{
    static const char nul[] = "Enable succeeded: \n[stdout]\na\0b\nazfan:" NONCE
                              " end=exit status=0 seconds=1\n\n[stderr]\n";

    for (int extra = -1; extra <= 0; extra++) {
        struct buffer message = BUFFER_INIT;
        size_t start;
        struct finish finish;
        struct answer answer;
        char *json;

        buffer_add(&message, "Enable succeeded: \n[stdout]\n");
        start = message.length;
        while (message.length - start < 4096 + (size_t)extra - strlen(TRAILER("exit", "0")))
            buffer_add_char(&message, 'x');
        buffer_add(&message, TRAILER("exit", "0") "\n[stderr]\n");
        json = wrap(message.data, message.length);
        finish = ended(0, json, "");
        answer = read_answer(&finish);
        ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_OK);
        ck_assert_int_eq(answer.output_truncated, extra == 0);
        ck_assert(!answer.errors_truncated);
        answer_done(&answer);
        free(json);
        buffer_done(&message);
    }
    {
        char *json = wrap(nul, sizeof nul - 1);
        struct finish finish = ended(0, json, "");
        struct answer answer = read_answer(&finish);

        ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_OK);
        ck_assert_uint_eq(answer.output.length, 3);
        ck_assert_mem_eq(answer.output.data, "a\0b", 3);
        answer_done(&answer);
        free(json);
    }
}
END_TEST

/* An answer that is larger than output_limit has lost its middle: nothing in it is believed. */
START_TEST(a_cut_answer_is_unknown)
{
    struct finish finish =
        ended(0, "{\"value\":[{\"message\":\"x\n[… 99 bytes left out …]\n\"}]}", "");
    struct answer answer;

    finish.output.dropped = 99;
    answer = read_answer(&finish);
    ck_assert_int_eq((int)answer.outcome.reason, REASON_ANSWER);
    ck_assert_ptr_nonnull(strstr(answer.outcome.message, "output_limit"));
    ck_assert(answer.output_truncated);
    answer_done(&answer);
}
END_TEST

START_TEST(what_became_of_the_process)
{
    static const struct {
        const char *what;
        struct finish finish;
        enum outcome_kind kind;
        enum outcome_reason reason;
        enum outcome_script script;
        bool runs;
        const char *message;
    } cases[] = {
        {"no start",
         {.end = FINISH_NOT_STARTED, .error = {"cannot start /usr/bin/az: No such file"}},
         OUTCOME_ERROR,
         REASON_START,
         SCRIPT_NOT_STARTED,
         false,
         "cannot start /usr/bin/az: No such file"},
        {"its time was over",
         {.end = FINISH_EXITED, .stop = FINISH_TIMED_OUT, .exit = {.known = true, .status = 1}},
         OUTCOME_TIMEOUT,
         REASON_AZ,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "3m40s"},
        {"its time was over just when it had ended well, without a word",
         {.end = FINISH_EXITED, .stop = FINISH_TIMED_OUT, .exit = {.known = true}},
         OUTCOME_TIMEOUT,
         REASON_AZ,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "3m40s"},
        {"it survived SIGKILL",
         {.end = FINISH_ABANDONED, .stop = FINISH_TIMED_OUT},
         OUTCOME_TIMEOUT,
         REASON_AZ,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "SIGKILL"},
        {"the operator stopped it",
         {.end = FINISH_EXITED,
          .stop = FINISH_CANCELLED,
          .exit = {.known = true, .signaled = true, .status = SIGKILL}},
         OUTCOME_CANCELLED,
         REASON_SIGNAL,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "was stopped"},
        {"stopped by the operator, and it survived",
         {.end = FINISH_ABANDONED, .stop = FINISH_CANCELLED},
         OUTCOME_CANCELLED,
         REASON_SIGNAL,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "SIGKILL"},
        {"az was killed by somebody else",
         {.end = FINISH_EXITED, .exit = {.known = true, .signaled = true, .status = SIGKILL}},
         OUTCOME_ERROR,
         REASON_AZ_BROKEN,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "SIGKILL"},
        {"az crashed",
         {.end = FINISH_EXITED, .exit = {.known = true, .signaled = true, .status = SIGSEGV}},
         OUTCOME_ERROR,
         REASON_AZ_BROKEN,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "SIGSEGV"},
        {"its status is lost",
         {.end = FINISH_EXITED},
         OUTCOME_UNKNOWN,
         REASON_ANSWER,
         SCRIPT_MAY_HAVE_STARTED,
         false,
         "lost"},
    };

    for (int i = 0; i < UNIT_COUNT(cases); i++) {
        struct finish finish = cases[i].finish;
        struct answer answer;

        take_text(&finish.errors, "raw", 3);
        answer = read_answer(&finish);
        ck_assert_msg(answer.outcome.kind == cases[i].kind &&
                          answer.outcome.reason == cases[i].reason &&
                          answer.outcome.script == cases[i].script &&
                          answer.outcome.may_still_run == cases[i].runs && !answer.outcome.fatal,
                      "%s", cases[i].what);
        ck_assert_msg(strstr(answer.outcome.message, cases[i].message) != NULL, "%s: %s",
                      cases[i].what, answer.outcome.message);
        ck_assert_str_eq(buffer_text(&answer.errors), "raw");
        answer_done(&answer);
    }
}
END_TEST

/* az was stopped, but its whole answer had come: what the guard says is the truth. */
START_TEST(a_complete_answer_is_believed_after_a_stop)
{
    static const enum finish_stop stops[] = {FINISH_TIMED_OUT, FINISH_CANCELLED};

    for (int i = 0; i < UNIT_COUNT(stops); i++) {
        struct finish finish = ended(1, "{\"value\":[" STATUS "]}", "");
        struct finish without = ended(0, "{\"value\":[{\"message\":\"Enable failed: x\"}]}", "");
        struct answer answer;

        finish.stop = without.stop = stops[i];
        answer = read_answer(&finish);
        ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_OK);
        ck_assert_str_eq(buffer_text(&answer.output), "hi\n");
        answer_done(&answer);
        answer = read_answer(&without); /* without a trailer it is not */
        ck_assert_int_ne((int)answer.outcome.kind, OUTCOME_ERROR);
        ck_assert(answer.outcome.may_still_run);
        answer_done(&answer);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("answer");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_refusal_is_understood, 0, UNIT_COUNT(refusals));
    tcase_add_test(all, a_message_is_fit_for_people);
    tcase_add_loop_test(all, a_linux_vm_is_understood, 0, UNIT_COUNT(messages));
    tcase_add_test(all, a_script_that_had_run_before_is_over);
    tcase_add_test(all, a_shape_is_understood);
    tcase_add_test(all, a_full_stream_is_truncated);
    tcase_add_test(all, a_cut_answer_is_unknown);
    tcase_add_test(all, what_became_of_the_process);
    tcase_add_test(all, a_complete_answer_is_believed_after_a_stop);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
