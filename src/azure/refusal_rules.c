/* SPDX-License-Identifier: MIT */
#include "azure/refusal_rules.h"

#include <string.h>

#include "azure/said.h"

/* What az's, or its launcher's, exit status says alone. */
static const struct refusal_rule statuses[] = {
    {.az_exit = 2,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .cause = CAUSE_USAGE,
     .effect = REFUSAL_NOTHING | REFUSAL_FATAL,
     .message = "this az does not understand azfan's command:"},
    {.az_exit = 126,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_NOTHING,
     .message = "az's launcher cannot run az:"},
    {.az_exit = 127,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_NOTHING,
     .message = "az's launcher cannot find az:"},
    /* A shell's way to tell of a signal: az has no such status of its own. */
    {.az_exit = 137,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .cause = CAUSE_MEMORY,
     .effect = REFUSAL_STILL_RUNS,
     .message = "az was killed under its launcher, perhaps because this machine is out of memory:"},
    {.az_exit = 134,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_STILL_RUNS,
     .message = "az crashed under its launcher:"},
    {.az_exit = 139,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_STILL_RUNS,
     .message = "az crashed under its launcher:"},
    {.az_exit = 143,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_STILL_RUNS,
     .message = "somebody ended az under its launcher:"},
    {.message = NULL},
};

/* What is in no table. */
static const struct refusal_rule rest[] = {
    /* az ends so after any HTTP 404: the operation itself may be what is missing. */
    {.az_exit = 3,
     .code = "*",
     .reason = REASON_NOT_FOUND,
     .effect = REFUSAL_STILL_RUNS,
     .message = "Azure cannot find it:"},
    {.code = "*", .reason = REASON_OTHER, .effect = REFUSAL_STILL_RUNS, .message = ""},
};

/*
 * Old versions of az drop Azure's code, and its sentence alone is left. A line that begins and goes
 * on as one of these has the code after it; "" is any.
 */
static const struct {
    const char *begin;
    const char *text;
    const char *code;
} sentences[] = {
    {"The client '", "does not have authorization to perform action", "AuthorizationFailed"},
    {"The client '", "because of the deny assignment", "DenyAssignmentAuthorizationFailed"},
    {"The subscription '", "is disabled and therefore marked as read only",
     "ReadOnlyDisabledSubscription"},
    {"The scope '", "operation because following scope(s) are locked", "ScopeLocked"},
    {"Resource '", "was disallowed by policy", "RequestDisallowedByPolicy"},
    {"The resource group '", "is in deprovisioning state", "ResourceGroupBeingDeleted"},
    {"Resource group '", "could not be found", "ResourceGroupNotFound"},
    {"The Resource 'Microsoft.Compute/virtualMachines/", "was not found", "ResourceNotFound"},
    {"The subscription '", "could not be found", "SubscriptionNotFound"},
    {"The subscription is not registered to use namespace", "", "MissingSubscriptionRegistration"},
    {"Number of ", "requests for subscription", "SubscriptionRequestsThrottled"},
    {"Number of ", "requests for tenant", "TenantRequestsThrottled"},
    {"The server rejected the request because too many requests", "", "OperationNotAllowed"},
    {"Operation '", "is not allowed on", "OperationNotAllowed"},
    {"Cannot modify extensions in the VM when the VM is not running", "", "OperationNotAllowed"},
    {"The operation requires the VM to be running", "", "OperationNotAllowed"},
    {"This operation cannot be performed when extension operations are disallowed", "",
     "OperationNotAllowed"},
    {"", "changing power state of", "OperationNotAllowed"},
    {"Run command OS type '", "does not match the target OS", "Conflict"},
    {"The request failed due to conflict with a concurrent request", "", "Conflict"},
    {"Operation execution ", "preempted by a more recent operation", "OperationPreempted"},
    {"Cannot attach data disk '", "currently being detached", "AttachDiskWhileBeingDetached"},
    {"OS Provisioning for VM '", "did not finish in the allotted time", "OSProvisioningTimedOut"},
    {"Provisioning of VM extension", "has timed out", "VMExtensionProvisioningTimeout"},
    {"The access token expiry UTC time", "is earlier than current", "ExpiredAuthenticationToken"},
    {"The access token is from the wrong issuer", "", "InvalidAuthenticationTokenTenant"},
    {"The access token is invalid", "", "InvalidAuthenticationToken"},
};

/* The next of the words between '|'; NULL: there is none. */
static const char *next_word(const char *word, size_t length)
{
    return word[length] == '\0' ? NULL : word + length + 1;
}

static bool is_code(const char *wanted, size_t wanted_length, const char *code, size_t length)
{
    bool ending = wanted[0] == '*';

    wanted += ending ? 1 : 0;
    wanted_length -= ending ? 1 : 0;
    return wanted_length <= length && (ending || wanted_length == length) &&
           memcmp(wanted, code + length - wanted_length, wanted_length) == 0;
}

static bool fits_code(const char *wanted, const char *code, size_t code_length)
{
    if (wanted == NULL)
        return code_length == 0;
    for (const char *word = wanted; word != NULL; word = next_word(word, strcspn(word, "|"))) {
        if (is_code(word, strcspn(word, "|"), code, code_length))
            return true;
    }
    return false;
}

static bool fits_text(const char *wanted, const struct said *said)
{
    if (wanted == NULL)
        return true;
    for (const char *word = wanted; word != NULL; word = next_word(word, strcspn(word, "|"))) {
        if (said_has(said, word, strcspn(word, "|")))
            return true;
    }
    return false;
}

/* Azure's code, also where az dropped it; "" when there is none. */
static const char *name_code(const struct said *said)
{
    if (said->code[0] != '\0')
        return said->code;
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        const char *text = sentences[i].text;

        if (strncmp(said->own, sentences[i].begin, strlen(sentences[i].begin)) == 0 &&
            memmem(said->own, strcspn(said->own, "\n\""), text, strlen(text)) != NULL)
            return sentences[i].code;
    }
    return "";
}

static const struct refusal_rule *find(const struct refusal_rule *rule, const struct said *said,
                                       const char *code, int az_exit)
{
    for (; rule->message != NULL; rule++) {
        if ((rule->az_exit == 0 || rule->az_exit == az_exit) &&
            fits_code(rule->code, code, strlen(code)) && fits_text(rule->text, said) &&
            fits_text(rule->also, said))
            return rule;
    }
    return NULL;
}

const struct refusal_rule *refusal_rules_find(const struct said *said, int az_exit)
{
    const char *code = name_code(said);
    const struct refusal_rule *rule = find(statuses, said, code, az_exit);

    if (rule == NULL)
        rule = find(refusal_service, said, code, az_exit);
    if (rule == NULL)
        rule = find(refusal_local, said, code, az_exit);
    if (rule == NULL)
        rule = find(refusal_rest, said, code, az_exit);
    return rule != NULL ? rule : find(rest, said, code, az_exit);
}

const struct refusal_rule *refusal_rules_find_token(const struct said *said)
{
    static const struct refusal_rule other = {.reason = REASON_LOGIN, .message = "no token came:"};
    const struct refusal_rule *rule = find(refusal_token, said, "", 1);

    if (rule != NULL)
        return rule;
    /* Before the words of az, of which no az is here to say one. */
    rule = find(refusal_rest, said, "", 1);
    if (rule != NULL)
        return rule;
    rule = refusal_rules_find(said, 1);
    /* All others of these speak of az. */
    return rule->reason == REASON_NETWORK || rule->reason == REASON_THROTTLED ? rule : &other;
}

bool refusal_rules_know(const char *code, size_t length)
{
    for (const struct refusal_rule *rule = refusal_service; rule->message != NULL; rule++) {
        if (rule->code != NULL && rule->code[0] != '*' && fits_code(rule->code, code, length))
            return true;
    }
    return false;
}
