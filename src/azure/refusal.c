/* SPDX-License-Identifier: MIT */
#include "azure/refusal.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

enum {
    ANY = -1,
    LONGEST = 300,       /* of az's own words in a message */
    EXAMINED = 64 * 1024 /* of what az wrote: messages are short, tracebacks are long */
};

enum effect {
    NOTHING,    /* the script did not start */
    PERHAPS,    /* it may have started; it does not run any more, or nobody can say */
    STILL_RUNS, /* it may have started, and it may be running now */
    FATAL = 8,  /* added: every other target would meet the same */
    EFFECT = FATAL - 1
};

struct rule {
    int az_exit;      /* ANY: any but 0 */
    const char *code; /* of "ERROR: (CODE) …"; NULL: any, or none */
    const char *text; /* stands somewhere in what az wrote; likewise `also` */
    const char *also;
    enum outcome_reason reason;
    int effect;
    const char *message; /* az's own words are put behind a message that ends in ':' */
};

/*
 * The first rule that fits counts. Codes and texts are those of azure-cli 2.45
 * to 2.88 and of ARM; where a line names an issue, the text was seen there.
 * NOTHING only where Azure refuses the POST itself or az fails before it.
 */
static const struct rule rules[] = {
    /* Throttling. Compute uses the code OperationNotAllowed for it, so it comes first. A limit on
       reading operations hits az while it polls: the script runs then. */
    {ANY, "SubscriptionRequestsThrottled", "operation 'GET/", NULL, REASON_THROTTLED, STILL_RUNS,
     "Azure limits requests and refused az the result"},
    {ANY, "SubscriptionRequestsThrottled", NULL, NULL, REASON_THROTTLED, NOTHING,
     "Azure limits requests (subscription and region)"},
    {ANY, NULL, "TooManyRequests", "GetOperation", REASON_THROTTLED, STILL_RUNS,
     "Azure limits requests and refused az the result"},
    {ANY, NULL, "TooManyRequests", NULL, REASON_THROTTLED, NOTHING,
     "Azure limits requests (compute, per subscription)"},
    {ANY, "OperationNotAllowed", "too many requests", NULL, REASON_THROTTLED, NOTHING,
     "Azure limits requests (compute, per subscription)"},

    /* azure-cli#14642, #19137: one run-command a VM, for up to 90 minutes. */
    {ANY, NULL, "Run command extension execution is in progress", NULL, REASON_BUSY, NOTHING,
     "another run-command is active on the VM"},
    {ANY, "OperationPreempted", NULL, NULL, REASON_BUSY, STILL_RUNS,
     "another operation on the VM replaced this one:"},
    {ANY, "ConflictingConcurrentWriteNotAllowed", NULL, NULL, REASON_BUSY, NOTHING,
     "another operation on the VM is under way:"},
    {ANY, "Conflict", "concurrent request", NULL, REASON_BUSY, NOTHING,
     "another operation on the VM is under way:"},
    {ANY, "Conflict", NULL, NULL, REASON_BUSY, PERHAPS,
     "Azure reports a conflict with another operation:"},

    {ANY, NULL, "when the VM is not running", NULL, REASON_NOT_RUNNING, NOTHING,
     "the VM is not running"},
    {ANY, NULL, "requires the VM to be running", NULL, REASON_NOT_RUNNING, NOTHING,
     "the VM is not running"},
    /* osProfile.allowExtensionOperations: false */
    {ANY, "OperationNotAllowed", "xtension operations", NULL, REASON_EXTENSION, NOTHING,
     "the VM does not allow extensions, and Run Command is one:"},
    {ANY, "OperationNotAllowed", "allowExtensionOperations", NULL, REASON_EXTENSION, NOTHING,
     "the VM does not allow extensions, and Run Command is one:"},
    {ANY, "OperationNotAllowed", NULL, NULL, REASON_OTHER, NOTHING,
     "Azure does not allow it on this VM:"},

    {ANY, "VMAgentStatusCommunicationError", NULL, NULL, REASON_AGENT, STILL_RUNS,
     "the VM's agent does not report; the script may have run:"},
    /* azure-linux-extensions#684 */
    {ANY, NULL, "has not reported latest status for extension", NULL, REASON_AGENT, STILL_RUNS,
     "the VM's agent does not report; the script may have run:"},
    {ANY, "VMExtensionProvisioningTimeout", NULL, NULL, REASON_EXTENSION, STILL_RUNS,
     "Run Command's own limit (90 minutes) passed, the script may still be running on the VM:"},
    /* azure-cli#6898 */
    {ANY, "VMExtensionProvisioningError", NULL, NULL, REASON_EXTENSION, PERHAPS,
     "the run-command extension failed and the output is lost:"},
    {ANY, "VMExtensionHandlerNonTransientError", NULL, NULL, REASON_EXTENSION, PERHAPS,
     "the run-command extension failed:"},
    {ANY, "VMExtensionHandlerTransientError", NULL, NULL, REASON_EXTENSION, PERHAPS,
     "the run-command extension failed:"},

    {ANY, NULL, "The entity was not found in this Azure location", NULL, REASON_NOT_FOUND, NOTHING,
     "Azure has no such command for this VM: does the script's shell fit its operating system?"},
    {ANY, "ResourceGroupNotFound", NULL, NULL, REASON_NOT_FOUND, NOTHING,
     "the resource group does not exist:"},
    {ANY, "SubscriptionNotFound", NULL, NULL, REASON_NOT_FOUND, NOTHING,
     "the subscription does not exist, or the login cannot see it:"},
    {ANY, NULL, "Check the spelling and casing and try again", "ubscription", REASON_NOT_FOUND,
     NOTHING, "az's login does not know the subscription:"},
    {ANY, "ResourceNotFound", "Microsoft.Compute/virtualMachines/", NULL, REASON_NOT_FOUND, NOTHING,
     "the VM does not exist:"},
    {ANY, "ParentResourceNotFound", NULL, NULL, REASON_NOT_FOUND, NOTHING,
     "the VM does not exist:"},
    /* az ends with 3 after any HTTP 404, so the operation itself may be what is missing. */
    {3, NULL, NULL, NULL, REASON_NOT_FOUND, PERHAPS, "Azure cannot find it:"},

    {ANY, "AuthorizationFailed", "runCommand/action", NULL, REASON_FORBIDDEN, NOTHING,
     "the account may not use Run Command on this VM:"},
    {ANY, "AuthorizationFailed", NULL, NULL, REASON_FORBIDDEN, PERHAPS,
     "the account lacks a permission:"},
    {ANY, "LinkedAuthorizationFailed", NULL, NULL, REASON_FORBIDDEN, NOTHING,
     "the account lacks a permission:"},
    {ANY, "ScopeLocked", NULL, NULL, REASON_FORBIDDEN, NOTHING, "a lock protects the VM:"},
    {ANY, "ReadOnlyDisabledSubscription", NULL, NULL, REASON_FORBIDDEN, NOTHING,
     "the subscription is disabled and read-only:"},
    {ANY, "RequestDisallowedByPolicy", NULL, NULL, REASON_FORBIDDEN, NOTHING,
     "a policy forbids it:"},

    /* Login. Whoever is not logged in at all fails before the request; a token that cannot be
       renewed may also hit az while it polls. */
    {ANY, NULL, "Please run 'az login' to setup account", NULL, REASON_LOGIN, NOTHING | FATAL,
     "az is not logged in: run `az login`"},
    {ANY, NULL, "does not exist in MSAL token cache", NULL, REASON_LOGIN, NOTHING | FATAL,
     "az's login is lost, its user is not in the token cache any more: run `az login`"},
    {ANY, NULL, "AADSTS7000222", NULL, REASON_LOGIN, PERHAPS | FATAL,
     "the secret of az's service principal has expired: make a new one and log in again"},
    {ANY, NULL, "AADSTS5007", NULL, REASON_LOGIN, PERHAPS | FATAL,
     "az's login needs multi-factor authentication again: run `az login`"},
    {ANY, NULL, "AADSTS", NULL, REASON_LOGIN, PERHAPS | FATAL,
     "az's login has ended, run `az login`:"},
    {ANY, NULL, "Interactive authentication is needed", NULL, REASON_LOGIN, PERHAPS | FATAL,
     "az's login has ended, run `az login`:"},
    {ANY, "InvalidAuthenticationToken", NULL, NULL, REASON_LOGIN, PERHAPS | FATAL,
     "Azure does not accept az's token, run `az login`:"},
    {ANY, "InvalidAuthenticationTokenTenant", NULL, NULL, REASON_LOGIN, NOTHING | FATAL,
     "az's login is for another tenant than the subscription's:"},
    {ANY, "ExpiredAuthenticationToken", NULL, NULL, REASON_LOGIN, PERHAPS | FATAL,
     "az's token has expired, run `az login`:"},

    /* The network. Only a connection that was never made has certainly carried no request, and
       only when it was for the POST to …/runCommand: polls go elsewhere, and a token may be
       renewed between two of them. */
    {ANY, NULL, "Certificate verification failed", NULL, REASON_NETWORK, NOTHING,
     "az does not trust the TLS certificate it was shown, perhaps a proxy's: set "
     "REQUESTS_CA_BUNDLE"},
    {ANY, NULL, "HTTPSConnectionPool(host='login.", NULL, REASON_NETWORK, STILL_RUNS,
     "az cannot reach Azure's login:"},
    {ANY, NULL, "/runCommand?", "NewConnectionError", REASON_NETWORK, NOTHING,
     "az cannot reach Azure:"},
    {ANY, NULL, "/runCommand?", "NameResolutionError", REASON_NETWORK, NOTHING,
     "az cannot reach Azure:"},
    {ANY, NULL, "/runCommand?", "ConnectTimeoutError", REASON_NETWORK, NOTHING,
     "az cannot reach Azure:"},
    {ANY, NULL, "/runCommand?", "ProxyError", REASON_NETWORK, NOTHING,
     "az cannot reach Azure through the proxy:"},
    {ANY, NULL, "Max retries exceeded with url", NULL, REASON_NETWORK, STILL_RUNS,
     "az lost Azure; the script may have started:"},
    {ANY, NULL, "Connection aborted", NULL, REASON_NETWORK, STILL_RUNS,
     "az lost the connection to Azure; the script may have started:"},
    {ANY, NULL, "Read timed out", NULL, REASON_NETWORK, STILL_RUNS,
     "Azure did not answer az in time; the script may have started:"},
    {ANY, NULL, "Failed to establish a new connection", NULL, REASON_NETWORK, STILL_RUNS,
     "az cannot reach Azure; the script may have started:"},
    {ANY, NULL, "Connection reset by peer", NULL, REASON_NETWORK, STILL_RUNS,
     "az lost the connection to Azure; the script may have started:"},

    /* az itself. Debian 12's 2.45.0 (azure-cli#25826, #23033). */
    {ANY, NULL, "does not have operation group", NULL, REASON_AZ_BROKEN, NOTHING | FATAL,
     "this az cannot run any `az vm` command (Debian's azure-cli does not fit its libraries): run "
     "`az cloud update --profile 2020-09-01-hybrid`, or install Microsoft's package"},
    /* azure-cli#21848 */
    {ANY, NULL, "JSONDecodeError", NULL, REASON_AZ_BROKEN, PERHAPS | FATAL,
     "az's own cache in ~/.azure is damaged: run `az account clear`, then `az login`"},
    {ANY, NULL, "Unterminated string starting at", NULL, REASON_AZ_BROKEN, PERHAPS | FATAL,
     "az's own cache in ~/.azure is damaged: run `az account clear`, then `az login`"},
    {2, NULL, NULL, NULL, REASON_AZ_BROKEN, NOTHING | FATAL,
     "this az does not understand azfan's command:"},
    {126, NULL, NULL, NULL, REASON_AZ_BROKEN, NOTHING, "az's launcher cannot run az:"},
    {127, NULL, NULL, NULL, REASON_AZ_BROKEN, NOTHING, "az's launcher cannot find az:"},
    {ANY, NULL, "ModuleNotFoundError", NULL, REASON_AZ_BROKEN, PERHAPS,
     "az's installation is damaged:"},

    {ANY, NULL, "Long-running operation wait cancelled", NULL, REASON_OTHER, STILL_RUNS,
     "somebody interrupted az; the script may still be running on the VM"},
    {ANY, "InternalExecutionError", NULL, NULL, REASON_OTHER, STILL_RUNS,
     "Azure had an internal error; the script may have started:"},
    {ANY, "InternalServerError", NULL, NULL, REASON_OTHER, STILL_RUNS,
     "Azure had an internal error; the script may have started:"},
    {ANY, NULL, "Operation returned an invalid status", NULL, REASON_OTHER, STILL_RUNS,
     "Azure had an internal error; the script may have started:"},
    {ANY, NULL, NULL, NULL, REASON_OTHER, STILL_RUNS, ""},
};

/* The parts of az's standard error that matter. */
struct said {
    char *whole;      /* a copy that is a C string */
    const char *line; /* the meaningful line, without "ERROR: " and "(CODE) "; never NULL */
    size_t length;
    char code[64]; /* "" when there is none */
};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end == NULL ? NULL : end + 1;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r")] == '\n' || line[strspn(line, " \t\r")] == '\0';
}

/*
 * The line with the cause: the first "ERROR: ", but after "unexpected error …
 * Here is the traceback:" the second (azure-cli core/util.py handle_exception).
 * Without one, the last line of a Python traceback or the first line there is.
 */
static const char *find_cause(const char *whole)
{
    const char *unexpected = NULL;
    const char *first = NULL;
    const char *last = NULL;
    bool traceback = false;

    for (const char *line = whole; line != NULL && *line != '\0'; line = next_line(line)) {
        if (starts_with(line, "ERROR: The command failed with an unexpected error"))
            unexpected = line;
        else if (starts_with(line, "ERROR: "))
            return line;
        if (starts_with(line, "Traceback "))
            traceback = true;
        if (starts_with(line, "WARNING: ") || is_blank(line))
            continue;
        first = first != NULL ? first : line;
        last = line;
    }
    if (unexpected != NULL)
        return unexpected;
    return traceback ? last : first;
}

/* Reads "(CODE) " at *AT, if it is there, and moves *AT behind it. */
static void read_code(const char **at, char code[64])
{
    size_t length = 0;

    code[0] = '\0';
    if (**at != '(')
        return;
    while (isalnum((unsigned char)(*at)[1 + length]) || strchr("_.", (*at)[1 + length]) != NULL) {
        if ((*at)[1 + length] == '\0' || ++length == 63)
            return;
    }
    if (length == 0 || (*at)[1 + length] != ')')
        return;
    memcpy(code, *at + 1, length);
    code[length] = '\0';
    *at += length + 2;
    *at += strspn(*at, " ");
}

static void said_read(struct said *said, const char *errors, size_t length)
{
    const char *cause;

    said->whole = memory_copy(errors, length < EXAMINED ? length : EXAMINED);
    for (size_t i = 0; i < length && i < EXAMINED; i++) {
        if (said->whole[i] == '\0')
            said->whole[i] = ' ';
    }
    cause = find_cause(said->whole);
    said->line = cause != NULL ? cause : "";
    if (starts_with(said->line, "ERROR: "))
        said->line += strlen("ERROR: ");
    read_code(&said->line, said->code);
    said->length = strcspn(said->line, "\n");
}

static bool fits(const struct rule *rule, const struct said *said, int az_exit)
{
    return (rule->az_exit == ANY || rule->az_exit == az_exit) &&
           (rule->code == NULL || strcmp(rule->code, said->code) == 0) &&
           (rule->text == NULL || strstr(said->whole, rule->text) != NULL) &&
           (rule->also == NULL || strstr(said->whole, rule->also) != NULL);
}

/* Where to cut valid UTF-8 so that at most MOST bytes and no half character are left. */
static size_t cut(const char *text, size_t length, size_t most)
{
    if (length <= most)
        return length;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

void refusal_add_line(struct buffer *buffer, const char *text, size_t length)
{
    struct buffer clean = BUFFER_INIT;
    size_t end;

    text_append_utf8(&clean, text, length);
    for (size_t i = 0; i < clean.length; i++) {
        if (iscntrl((unsigned char)clean.data[i]))
            clean.data[i] = ' ';
    }
    /* A message has no full stop of its own: what it is put into may go on. */
    while (clean.length > 0 && strchr(" .", clean.data[clean.length - 1]) != NULL)
        clean.length--;
    end = cut(clean.data, clean.length, LONGEST);
    buffer_append(buffer, buffer_text(&clean), end);
    if (end < clean.length)
        buffer_add(buffer, REFUSAL_CUT_MARK);
    buffer_done(&clean);
}

static char *write_message(const struct rule *rule, const struct said *said, int az_exit,
                           int64_t retry_after)
{
    struct buffer message = BUFFER_INIT;
    size_t length = strlen(rule->message);
    bool wants_line = length == 0 || rule->message[length - 1] == ':';

    buffer_add(&message, rule->message);
    if (wants_line && said->length == 0)
        buffer_print(&message, "%saz ended with status %d and said nothing", length > 0 ? " " : "",
                     az_exit);
    else if (wants_line) {
        if (length > 0)
            buffer_add_char(&message, ' ');
        if (length == 0 && said->code[0] != '\0')
            buffer_print(&message, "(%s) ", said->code);
        refusal_add_line(&message, said->line, said->length);
    }
    if (retry_after > 0) {
        buffer_add(&message, "; Azure asks to wait ");
        number_print_exact_duration(&message, retry_after);
    }
    return buffer_take(&message);
}

/* "after '6' seconds", "after 5 minutes", as ARM and Compute write it; 0: nothing of the kind. */
static int64_t find_retry_after(const char *text)
{
    static const struct {
        const char *name;
        int64_t size;
    } units[] = {{"second", NUMBER_SECOND}, {"minute", NUMBER_MINUTE}, {"hour", NUMBER_HOUR}};

    for (const char *at = strcasestr(text, "after "); at != NULL; at = strcasestr(at, "after ")) {
        int64_t value = 0;

        at += strlen("after ");
        at += strspn(at, "'\"` ");
        for (; isdigit((unsigned char)*at) && value < 100000000; at++)
            value = value * 10 + (*at - '0');
        at += strspn(at, "'\"` ");
        for (size_t i = 0; i < sizeof units / sizeof units[0] && value > 0; i++) {
            if (strncasecmp(at, units[i].name, strlen(units[i].name)) == 0)
                return value < NUMBER_LONGEST / units[i].size ? value * units[i].size
                                                              : NUMBER_LONGEST;
        }
    }
    return 0;
}

static void set_effect(struct outcome *outcome, int effect)
{
    outcome->script = (effect & EFFECT) == NOTHING ? SCRIPT_NOT_STARTED : SCRIPT_MAY_HAVE_STARTED;
    outcome->may_still_run = (effect & EFFECT) == STILL_RUNS;
    outcome->fatal = (effect & FATAL) != 0;
}

void refusal_read(const char *errors, size_t length, int az_exit, struct outcome *ret)
{
    const struct rule *rule = rules;
    struct said said;

    said_read(&said, errors, length);
    while (!fits(rule, &said, az_exit)) /* the last one fits everything */
        rule++;
    *ret = (struct outcome){.kind = OUTCOME_ERROR, .reason = rule->reason, .exit_code = -1};
    set_effect(ret, rule->effect);
    if (rule->reason == REASON_THROTTLED || rule->reason == REASON_BUSY)
        ret->retry_after = find_retry_after(said.whole);
    ret->message = write_message(rule, &said, az_exit, ret->retry_after);
    free(said.whole);
}

void refusal_read_extension(const char *text, size_t length, struct outcome *ret)
{
    struct buffer message = BUFFER_INIT;

    *ret = (struct outcome){.kind = OUTCOME_ERROR,
                            .reason = REASON_EXTENSION,
                            .script = SCRIPT_MAY_HAVE_STARTED,
                            .exit_code = -1};
    buffer_add(&message, "the run-command extension failed" REFUSAL_QUOTE_MARK);
    refusal_add_line(&message, text, length);
    ret->message = buffer_take(&message);
}
