/* SPDX-License-Identifier: MIT */
/*
 * What Azure refuses a POST with, from its bytes to the outcome of the target: through azfan-rest's
 * operation and its last line, and the tables of az's words. Each row is given in both forms that
 * Azure has for an error, and as the text of az that says the same.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "azure/refusal.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/cause.h"
#include "rest/operation.h"
#include "rest/request.h"
#include "rest/transport.h"
#include "sys/tokenpage.h"
#include "unit/unit.h"

/* Has the script started? What az cannot know of the same words is in `az`. */
enum expected { NO, MAYBE, RUNS };

#define VM "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
#define TOO_MANY                                                                                   \
    "The server rejected the request because too many requests have been received for this "       \
    "subscription."
#define NOT_ON "Operation 'runCommand' is not allowed on VM 'vm' since the VM is "
#define EXPIRED                                                                                    \
    "The access token expiry UTC time '3/4/2026 5:06:33 AM' is earlier than current UTC time "     \
    "'3/4/2026 5:06:51 AM'."

static const struct {
    int http;
    const char *code;
    const char *message;
    const char *detail; /* {"code", "message"} of a detail, in JSON; NULL: there is none */
    const char *retry_after;
    enum outcome_reason reason;
    enum cause cause;
    enum expected started;
    enum expected az;
    bool fatal;
    int wait; /* seconds */
} rows[] = {
    /* ---- throttled ---- */
    {429, "SubscriptionRequestsThrottled",
     "Number of requests for subscription 's' and operation "
     "'POST/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/RUNCOMMAND' "
     "exceeded the backend storage limit. Please try again after '6' seconds.",
     NULL, "9", REASON_THROTTLED, CAUSE_SUBSCRIPTION_LIMIT, NO, NO, false, 9},
    {429, "SubscriptionRequestsThrottled",
     "Number of 'write' requests for subscription 's' actor 'a' exceeded. Please try again after "
     "'12' seconds after additional tokens are available.",
     NULL, NULL, REASON_THROTTLED, CAUSE_SUBSCRIPTION_LIMIT, NO, NO, false, 12},
    {429, "ResourceRequestsThrottled",
     "Number of requests for action 'Microsoft.Compute/virtualMachines/runCommand/action' exceeded "
     "the limit of '150' for time interval '01:00:00'. Please try again after '324' seconds.",
     NULL, NULL, REASON_THROTTLED, CAUSE_SUBSCRIPTION_LIMIT, NO, NO, false, 324},
    {429, "OperationNotAllowed", TOO_MANY,
     "{\"code\":\"TooManyRequests\",\"target\":\"UpdateVMResource\",\"message\":"
     "\"{\\\"operationGroup\\\":\\\"UpdateVMResource\\\",\\\"allowedRequestCount\\\":12}\"}",
     "1200", REASON_THROTTLED, CAUSE_VM_LIMIT, NO, NO, false, 1200},
    {429, "OperationNotAllowed", TOO_MANY,
     "{\"code\":\"TooManyRequests\",\"target\":\"UpdateVMSubscriptionMaximum\",\"message\":"
     "\"{\\\"operationGroup\\\":\\\"UpdateVMSubscriptionMaximum\\\"}\"}",
     NULL, REASON_THROTTLED, CAUSE_REGION_LIMIT, NO, NO, false, 0},
    {429, "OperationNotAllowed", TOO_MANY, NULL, NULL, REASON_THROTTLED, CAUSE_NONE, NO, RUNS,
     false, 0},
    {429, "TooManyRequests", "The request is being throttled.", NULL, "3", REASON_THROTTLED,
     CAUSE_NONE, NO, RUNS, false, 3},
    {429, "429", "Cannot acquire exclusive lock. Retry the request later.", NULL, NULL,
     REASON_THROTTLED, CAUSE_NONE, NO, RUNS, false, 0},
    {429, "RetryableError", "A retryable error occurred.",
     "{\"code\":\"RetryableErrorDueToAnotherOperation\",\"message\":\"Operation StartVM (x) is "
     "updating resource " VM ". The call can be retried in 14 seconds.\"}",
     NULL, REASON_BUSY, CAUSE_CHANGE, NO, RUNS, false, 14},
    {429, "RetryableErrorDueToAnotherOperation", "The call can be retried in 14 seconds.", NULL,
     NULL, REASON_BUSY, CAUSE_CHANGE, NO, RUNS, false, 14},

    /* ---- busy ---- */
    {409, "Conflict",
     "Run command extension execution is in progress. Please wait for completion before invoking a "
     "run command.",
     NULL, "40", REASON_BUSY, CAUSE_NONE, NO, RUNS, false, 40},
    {409, "Conflict",
     "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
     "https://aka.ms/activitylog to get more details on the conflicting requests.",
     NULL, NULL, REASON_BUSY, CAUSE_CHANGE, NO, NO, false, 0},
    {409, "Conflict", "Something else.", NULL, NULL, REASON_BUSY, CAUSE_CHANGE, NO, RUNS, false, 0},
    {409, "OperationNotAllowed",
     "Cannot modify VM 'vm' when another operation is in progress on it.", NULL, NULL, REASON_BUSY,
     CAUSE_CHANGE, NO, NO, false, 0},
    {409, "OperationNotAllowed", "Cannot do it while changing power state of VM 'vm'.", NULL, NULL,
     REASON_BUSY, CAUSE_CHANGE, NO, NO, false, 0},
    {409, "OperationNotAllowed",
     NOT_ON "with disks that are being converted: disks are being converted.", NULL, NULL,
     REASON_BUSY, CAUSE_CHANGE, NO, NO, false, 0},
    {409, "ConflictingConcurrentWriteNotAllowed", "The request failed due to a concurrent write.",
     NULL, NULL, REASON_BUSY, CAUSE_CHANGE, NO, NO, false, 0},
    {409, "ResourceUpdateBlockedOnPlatformUpdate", "Resource cannot be updated at the moment.",
     NULL, NULL, REASON_BUSY, CAUSE_CHANGE, NO, NO, false, 0},

    /* ---- not running ---- */
    {409, "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running.",
     NULL, NULL, REASON_NOT_RUNNING, CAUSE_NONE, NO, MAYBE, false, 0},
    {409, "OperationNotAllowed", "The operation requires the VM to be running (or set to run).",
     NULL, NULL, REASON_NOT_RUNNING, CAUSE_NONE, NO, MAYBE, false, 0},
    {409, "OperationNotAllowed", NOT_ON "either deallocated or marked to be deallocated.", NULL,
     NULL, REASON_NOT_RUNNING, CAUSE_NONE, NO, NO, false, 0},

    /* ---- not on this VM ---- */
    {409, "OperationNotAllowed",
     NOT_ON "marked for deletion. You can only retry the Delete operation (or wait for an ongoing "
            "one to complete).",
     NULL, NULL, REASON_NOT_FOUND, CAUSE_DELETION, NO, NO, false, 0},
    {409, "OperationNotAllowed", "Cannot do it since VM has extension 'X' in failed state.", NULL,
     NULL, REASON_EXTENSION, CAUSE_EXTENSION_STATE, NO, NO, false, 0},
    {409, "OperationNotAllowed", NOT_ON "generalized.", NULL, NULL, REASON_OTHER, CAUSE_STATE, NO,
     NO, false, 0},
    {409, "OperationNotAllowed",
     "This operation cannot be performed when extension operations are disallowed. To allow, "
     "please ensure VM Agent is installed on the VM and the osProfile.allowExtensionOperations "
     "property is true.",
     NULL, NULL, REASON_EXTENSION, CAUSE_NO_EXTENSIONS, NO, NO, false, 0},
    {409, "OperationNotAllowed", "Something else.", NULL, NULL, REASON_OTHER, CAUSE_STATE, NO, RUNS,
     false, 0},

    /* ---- forbidden ---- */
    {409, "ScopeLocked",
     "The scope '" VM "' cannot perform write operation because following scope(s) are locked: "
     "'" VM "'. Please remove the lock and try again.",
     NULL, NULL, REASON_FORBIDDEN, CAUSE_LOCK, NO, NO, false, 0},
    {409, "ReadOnlyDisabledSubscription",
     "The subscription 's' is disabled and therefore marked as read only. You cannot perform any "
     "write actions on this subscription until it is re-enabled.",
     NULL, NULL, REASON_FORBIDDEN, CAUSE_DISABLED, NO, NO, false, 0},
    {403, "AuthorizationFailed",
     "The client 'c' with object id 'c' does not have authorization to perform action "
     "'Microsoft.Compute/virtualMachines/runCommand/action' over scope '" VM "' or the scope is "
     "invalid.",
     NULL, NULL, REASON_FORBIDDEN, CAUSE_NONE, NO, NO, false, 0},
    {403, "LinkedAuthorizationFailed",
     "The client has permission to perform action "
     "'Microsoft.Compute/virtualMachines/runCommand/action' on scope '" VM "'; however, it does "
     "not have permission to perform action 'x/action' on the linked scope '/y'.",
     NULL, NULL, REASON_FORBIDDEN, CAUSE_NONE, NO, NO, false, 0},
    {403, "RequestDisallowedByPolicy", "Resource 'vm' was disallowed by policy.", NULL, NULL,
     REASON_FORBIDDEN, CAUSE_POLICY, NO, NO, false, 0},

    /* ---- the request, and the subscription's set-up ---- */
    {409, "MissingSubscriptionRegistration",
     "The subscription is not registered to use namespace 'Microsoft.Compute'.",
     "{\"code\":\"MissingSubscriptionRegistration\",\"target\":\"Microsoft.Compute\",\"message\":"
     "\"The subscription is not registered.\"}",
     NULL, REASON_OTHER, CAUSE_REGISTRATION, NO, NO, false, 0},
    {400, "BadRequest", "Error converting value.", NULL, NULL, REASON_OTHER, CAUSE_NONE, NO, RUNS,
     false, 0},
    {400, "InvalidParameter", "The value of parameter commandId is invalid.", NULL, NULL,
     REASON_OTHER, CAUSE_REQUEST, NO, NO, false, 0},
    {400, "InvalidRequestContent", "The request content was invalid.", NULL, NULL, REASON_OTHER,
     CAUSE_REQUEST, NO, NO, false, 0},
    {400, "InvalidApiVersionParameter", "The api-version '1' is invalid.", NULL, NULL, REASON_OTHER,
     CAUSE_NONE, NO, RUNS, false, 0},
    {404, "InvalidResourceType",
     "The resource type 'virtualMachines/runCommand' could not be found in the namespace "
     "'Microsoft.Compute' for api version '1'.",
     NULL, NULL, REASON_OTHER, CAUSE_REQUEST, NO, NO, false, 0},
    {400, "NoRegisteredProviderFound",
     "No registered resource provider found for location 'westeurope' and API version '1' for type "
     "'virtualMachines/runCommand'.",
     NULL, NULL, REASON_OTHER, CAUSE_REQUEST, NO, NO, false, 0},
    {413, "RequestEntityTooLarge", "The request content was too large.", NULL, NULL, REASON_OTHER,
     CAUSE_REQUEST, NO, NO, false, 0},

    /* ---- the token ---- */
    {401, "ExpiredAuthenticationToken", EXPIRED, NULL, NULL, REASON_LOGIN, CAUSE_NONE, NO, RUNS,
     true, 0},
    {401, "InvalidAuthenticationToken", "The access token is invalid.", NULL, NULL, REASON_LOGIN,
     CAUSE_NONE, NO, RUNS, true, 0},
    {401, "AuthenticationFailed", "Authentication failed.", NULL, NULL, REASON_LOGIN, CAUSE_NONE,
     NO, RUNS, true, 0},
    {401, "InvalidAuthenticationTokenTenant",
     "The access token is from the wrong issuer 'https://sts.windows.net/a/'. It must match the "
     "tenant 'https://sts.windows.net/b/' associated with this subscription.",
     NULL, NULL, REASON_LOGIN, CAUSE_TENANT, NO, NO, true, 0},

    /* ---- what is not there ---- */
    {404, "ResourceNotFound",
     "The Resource 'Microsoft.Compute/virtualMachines/vm' under resource group 'rg' was not found.",
     NULL, NULL, REASON_NOT_FOUND, CAUSE_NONE, NO, MAYBE, false, 0},
    {404, "ParentResourceNotFound",
     "Can not perform requested operation on nested resource. Parent resource 'vm' not found.",
     NULL, NULL, REASON_NOT_FOUND, CAUSE_NONE, NO, MAYBE, false, 0},
    {404, "VMNotFound", "There is no such VM.", NULL, NULL, REASON_NOT_FOUND, CAUSE_NONE, NO, MAYBE,
     false, 0},
    {404, "ResourceGroupNotFound", "Resource group 'rg' could not be found.", NULL, NULL,
     REASON_NOT_FOUND, CAUSE_NONE, NO, MAYBE, false, 0},
    {404, "SubscriptionNotFound", "The subscription 's' could not be found.", NULL, NULL,
     REASON_NOT_FOUND, CAUSE_SUBSCRIPTION, NO, RUNS, false, 0},
    {400, "InvalidSubscriptionId",
     "The provided subscription identifier 's' is malformed or invalid.", NULL, NULL,
     REASON_NOT_FOUND, CAUSE_SUBSCRIPTION, NO, NO, false, 0},
    {404, "NotFound", "The entity was not found in this Azure location.", NULL, NULL,
     REASON_NOT_FOUND, CAUSE_NONE, NO, MAYBE, false, 0},

    /* ---- nobody can say ---- */
    {500, "InternalServerError", "Encountered internal server error.", NULL, NULL, REASON_OTHER,
     CAUSE_NONE, RUNS, RUNS, false, 0},
    {500, "InternalExecutionError", "An internal execution error occurred.", NULL, NULL,
     REASON_OTHER, CAUSE_NONE, RUNS, RUNS, false, 0},
    {503, "ServerTimeout", "The request timed out.", NULL, NULL, REASON_OTHER, CAUSE_NONE, RUNS,
     RUNS, false, 0},
    {504, "GatewayTimeout",
     "The gateway did not receive a response from 'Microsoft.Compute' within the specified time "
     "period.",
     NULL, NULL, REASON_OTHER, CAUSE_NONE, RUNS, RUNS, false, 0},
    /* Whatever is refused with it: with this status it may have gone on. */
    {500, "InvalidParameter", "The value of parameter commandId is invalid.", NULL, NULL,
     REASON_OTHER, CAUSE_REQUEST, RUNS, NO, false, 0},
};

/* ---- one answer --------------------------------------------------------------------------- */

static struct {
    int http;
    const char *retry_after;
    const char *body;
    int64_t now;
} server;

void transport_post(struct transport *transport, const char *url, const char *token,
                    const struct buffer *body, int64_t patience, transport_sending *sending,
                    void *context, struct exchange *ret)
{
    (void)transport;
    (void)url;
    (void)token;
    (void)body;
    (void)patience;
    sending(context);
    *ret = (struct exchange){.sent = true,
                             .status = server.http,
                             .headers = {.retry_after = memory_string(server.retry_after)}};
    buffer_add(&ret->body, server.body);
}

void transport_get(struct transport *transport, const char *url, const char *token,
                   int64_t patience, struct exchange *ret)
{
    (void)transport;
    (void)url;
    (void)token;
    (void)patience;
    (void)ret;
    ck_abort_msg("nothing was accepted");
}

void exchange_done(struct exchange *exchange)
{
    free(exchange->headers.retry_after);
    buffer_done(&exchange->body);
}

static void say(const char *line, void *context)
{
    buffer_print(context, "%s\n", line);
}

static int64_t now(void *context)
{
    (void)context;
    return server.now;
}

static void wait(int64_t duration, void *context)
{
    (void)context;
    server.now += duration;
}

/* What azfan-rest writes to standard error. */
static struct buffer ask(const char *body)
{
    struct request request = {.endpoint = memory_string("https://arm.example"),
                              .url = memory_string("https://arm.example/vm/runCommand"),
                              .deadline = 220 * NUMBER_SECOND};
    struct buffer printed = BUFFER_INIT;
    struct buffer errors = BUFFER_INIT;
    struct tokenpage page;
    struct operation_world world = {
        .page = &page, .say = say, .now = now, .wait = wait, .context = &errors};
    struct error error;

    server.body = body;
    ck_assert_int_eq(tokenpage_make(&page, &error), 0);
    ck_assert_int_eq(tokenpage_write(&page, "token", &error), 0);
    ck_assert_int_eq(operation_run(&request, &world, &printed), OPERATION_FAILED);
    buffer_append(&errors, buffer_text(&printed), printed.length);
    tokenpage_close(&page);
    request_done(&request);
    buffer_done(&printed);
    return errors;
}

/* ---- what it means ------------------------------------------------------------------------ */

static void check(int row, const struct outcome *outcome, enum expected started, const char *form)
{
    ck_assert_msg(outcome->kind == OUTCOME_ERROR && outcome->reason == rows[row].reason,
                  "%s, %s: %s: %s", rows[row].code, form, outcome_reason_name(outcome->reason),
                  outcome->message);
    ck_assert_msg(outcome->cause == rows[row].cause, "%s, %s: %s", rows[row].code, form,
                  cause_name(outcome->cause));
    ck_assert_msg((outcome->script == SCRIPT_NOT_STARTED) == (started == NO) &&
                      outcome->may_still_run == (started == RUNS),
                  "%s, %s: script %d, may still run %d", rows[row].code, form, (int)outcome->script,
                  outcome->may_still_run);
    ck_assert_msg(outcome->fatal == rows[row].fatal, "%s, %s: fatal %d", rows[row].code, form,
                  outcome->fatal);
}

static json_t *make_error(int row)
{
    json_t *error = json_pack("{s:s, s:s}", "code", rows[row].code, "message", rows[row].message);

    if (rows[row].detail != NULL)
        json_object_set_new(error, "details",
                            json_pack("[o]", json_loads(rows[row].detail, 0, NULL)));
    return error;
}

static void check_form(int row, json_t *root, const char *form)
{
    char *body = json_dumps(root, JSON_INDENT(2));
    struct buffer errors = ask(body);
    struct outcome outcome;
    enum rest_end end;

    refusal_read_rest(buffer_text(&errors), errors.length, false, &outcome, &end);
    check(row, &outcome, rows[row].started, form);
    ck_assert_msg(outcome.retry_after == rows[row].wait * NUMBER_SECOND, "%s, %s: %lld s",
                  rows[row].code, form, (long long)(outcome.retry_after / NUMBER_SECOND));
    outcome_done(&outcome);
    buffer_done(&errors);
    free(body);
    json_decref(root);
}

START_TEST(a_refusal_means_the_same_in_every_form)
{
    server.http = rows[_i].http;
    server.retry_after = rows[_i].retry_after;
    check_form(_i, json_pack("{s:o}", "error", make_error(_i)), "wrapped");
    check_form(_i, make_error(_i), "bare");
    check_form(_i, json_pack("{s:o}", "odata.error", make_error(_i)), "odata");
}
END_TEST

/* az does not know whether it was the POST that Azure refused; all else it says the same. */
START_TEST(az_says_the_same_of_it)
{
    json_t *detail = rows[_i].detail != NULL ? json_loads(rows[_i].detail, 0, NULL) : NULL;
    struct buffer errors = BUFFER_INIT;
    struct outcome outcome;

    buffer_print(&errors, "ERROR: (%s) %s\nCode: %s\nMessage: %s\n", rows[_i].code,
                 rows[_i].message, rows[_i].code, rows[_i].message);
    if (detail != NULL)
        buffer_print(&errors, "Exception Details:\t(%s) %s\n\tCode: %s\n\tMessage: %s\n",
                     json_string_value(json_object_get(detail, "code")),
                     json_string_value(json_object_get(detail, "message")),
                     json_string_value(json_object_get(detail, "code")),
                     json_string_value(json_object_get(detail, "message")));
    refusal_read(buffer_text(&errors), errors.length, 1, &outcome);
    check(_i, &outcome, rows[_i].az, "az");
    outcome_done(&outcome);
    buffer_done(&errors);
    json_decref(detail);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("refusal_post");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_refusal_means_the_same_in_every_form, 0, UNIT_COUNT(rows));
    tcase_add_loop_test(all, az_says_the_same_of_it, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
