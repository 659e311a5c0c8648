/* SPDX-License-Identifier: MIT */
/*
 * Forms and texts: az 2.45.0, measured against recorded answers of Azure; the
 * messages of Azure itself come from issues of Azure/azure-cli and from the
 * source of Azure/run-command-extension-linux, as said at each. Errors of Azure are
 * the same for azfan-rest, in its own form (voice_rest).
 */
#include "simulator/voice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "job/targets.h"
#include "simulator/voice_rest.h"
#include "sys/fd.h"

#define DEFAULT_SUBSCRIPTION "00000000-0000-0000-0000-00000000000a"
#define TENANT               "00000000-0000-0000-0000-00000000000b"
#define TOKEN                "a-simulated-token-that-opens-nothing"

/* One write, so that two streams of two processes do not mix. Nobody to tell when it fails. */
static void speak(int fd, struct buffer *text)
{
    (void)fd_write_all(fd, buffer_text(text), text->length);
    buffer_done(text);
}

__attribute__((format(printf, 2, 0))) static void add_values(struct buffer *text,
                                                             const char *format, va_list values)
{
    va_list again;
    int length;

    va_copy(again, values);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return;
    buffer_reserve(text, (size_t)length);
    (void)vsnprintf(text->data + text->length, (size_t)length + 1, format, values);
    text->length += (size_t)length;
}

__attribute__((format(printf, 2, 0))) static void add_error(struct buffer *text, const char *format,
                                                            va_list values)
{
    buffer_add(text, "ERROR: ");
    add_values(text, format, values);
    buffer_add_char(text, '\n');
}

int simulator_say_failure(const char *format, ...)
{
    struct buffer text = BUFFER_INIT;
    va_list values;
    int status = SIMULATOR_FAILURE;

    va_start(values, format);
    if (simulator_is_rest())
        add_values(&text, format, values);
    else
        add_error(&text, format, values);
    va_end(values);
    if (simulator_is_rest())
        status = simulator_rest_fail("request", buffer_text(&text));
    else
        speak(STDERR_FILENO, &text);
    buffer_done(&text);
    return status;
}

int simulator_say_usage(const char *format, ...)
{
    struct buffer text = BUFFER_INIT;
    va_list values;

    va_start(values, format);
    add_error(&text, format, values);
    va_end(values);
    buffer_add(&text, "\nExamples from AI knowledge base:\nhttps://aka.ms/cli_ref\n"
                      "Read more about the command in reference docs\n");
    speak(STDERR_FILENO, &text);
    return SIMULATOR_USAGE;
}

int simulator_say_interrupted(void)
{
    /* Two blanks: the place of a correlation id (azure-cli core/commands/__init__.py). */
    return simulator_say_failure("Long-running operation wait cancelled.  ");
}

/* A service error has three lines (azure-core, HttpResponseError), and azfan-rest has it with the
 * answer's HTTP status. */
__attribute__((format(printf, 3, 4))) static int
say_service_error(enum simulator_http http, const char *code, const char *format, ...)
{
    struct buffer message = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;
    va_list values;

    va_start(values, format);
    add_values(&message, format, values);
    va_end(values);
    if (simulator_is_rest()) {
        (void)simulator_rest_refuse(http, code, buffer_text(&message));
        buffer_done(&message);
        return SIMULATOR_FAILURE;
    }
    buffer_print(&text, "ERROR: (%s) %s\nCode: %s\nMessage: %s\n", code, buffer_text(&message),
                 code, buffer_text(&message));
    buffer_done(&message);
    speak(STDERR_FILENO, &text);
    return SIMULATOR_FAILURE;
}

static int say_forbidden(const struct targets_id *id)
{
    return say_service_error(
        SIMULATOR_HTTP_FORBIDDEN, "AuthorizationFailed",
        "The client 'rehearsal' with object id '00000000-0000-0000-0000-00000000000c' does not "
        "have authorization to perform action "
        "'Microsoft.Compute/virtualMachines/runCommand/action' over scope "
        "'/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/virtualMachines/%s' or "
        "the scope is invalid. If access was recently granted, please refresh your credentials.",
        id->subscription, id->resource_group, id->name);
}

/* az's own status of any 404. */
static int missing(void)
{
    return simulator_is_rest() ? SIMULATOR_FAILURE : SIMULATOR_MISSING;
}

static int say_not_found(const struct targets_id *id)
{
    (void)say_service_error(
        SIMULATOR_HTTP_NOT_FOUND, "ResourceNotFound",
        "The Resource 'Microsoft.Compute/virtualMachines/%s' under resource group '%s' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        id->name, id->resource_group);
    return missing();
}

int simulator_say_unknown_command(void)
{
    (void)say_service_error(SIMULATOR_HTTP_NOT_FOUND, "NotFound",
                            "The entity was not found in this Azure location.");
    return missing();
}

static int say_throttled(const struct targets_id *id)
{
    return say_service_error(
        SIMULATOR_HTTP_THROTTLED, "SubscriptionRequestsThrottled",
        "Number of requests for subscription '%s' and operation "
        "'POST/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/"
        "RUNCOMMAND' exceeded the backend storage limit. Please try again after '%d' seconds.",
        id->subscription, SIMULATOR_RETRY_AFTER);
}

static int say_network(const struct targets_id *id)
{
    if (simulator_is_rest())
        return simulator_rest_fail("connect", "Could not resolve host: " SIMULATOR_HOST);
    return simulator_say_failure(
        "HTTPSConnectionPool(host='" SIMULATOR_HOST "', port=443): Max retries exceeded with "
        "url: /subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/virtualMachines/%s/"
        "runCommand?api-version=2022-11-01 (Caused by NewConnectionError('<urllib3.connection."
        "HTTPSConnection object at 0x7f0000000000>: Failed to establish a new connection: "
        "[Errno -3] Temporary failure in name resolution'))",
        id->subscription, id->resource_group, id->name);
}

/* azure-cli core/auth/util.py: the advice follows without a prefix. az has no token then;
 * azfan-rest has one that Azure does not take any more. */
int simulator_say_login(void)
{
    if (simulator_is_rest())
        return simulator_rest_refuse(
            SIMULATOR_HTTP_UNAUTHORIZED, "ExpiredAuthenticationToken",
            "The access token expiry UTC time '1/1/2026 1:00:00 AM' is earlier "
            "than current UTC time '1/1/2026 2:00:00 AM'.");
    return simulator_say_failure(
        "AADSTS700082: The refresh token has expired due to inactivity. The token was issued on "
        "2026-01-01T00:00:00.0000000Z and was inactive for 90.00:00:00.\n"
        "Interactive authentication is needed. Please run:\naz login");
}

static int say_agent(const struct targets_id *id, bool windows)
{
    return say_service_error(
        SIMULATOR_HTTP_OK, "VMAgentStatusCommunicationError",
        "VM '%s' has not reported status for VM agent or extensions. Verify that the OS is up and "
        "healthy, the VM has a running VM agent, and that it can establish outbound connections "
        "to Azure storage. Please refer to https://aka.ms/vmextension%stroubleshoot for "
        "additional VM agent troubleshooting information.",
        id->name, windows ? "windows" : "linux");
}

/* Windows: azure-cli#6898. Linux: run-command-extension-linux main/cmds.go. */
static int say_extension(bool windows)
{
    return say_service_error(
        SIMULATOR_HTTP_OK, "VMExtensionProvisioningError",
        "VM has reported a failure when processing extension 'RunCommand%s'. Error message: "
        "\"%s\".",
        windows ? "Windows" : "Linux",
        windows ? "Finished executing command"
                : "Enable failed: invalid configuration: 'commandToExecute' is not specified");
}

int simulator_say_refusal(enum simulator_fault fault, const struct targets_id *id, bool windows)
{
    switch (fault) {
    case SIMULATOR_BUSY:
        return say_service_error(SIMULATOR_HTTP_CONFLICT, "Conflict",
                                 "Run command extension execution is in progress. Please wait for "
                                 "completion before invoking a run command.");
    case SIMULATOR_THROTTLED:
        return say_throttled(id);
    case SIMULATOR_NOT_RUNNING:
        return say_service_error(SIMULATOR_HTTP_CONFLICT, "OperationNotAllowed",
                                 "Cannot modify extensions in the VM when "
                                 "the VM is not running.");
    case SIMULATOR_NOT_FOUND:
        return say_not_found(id);
    case SIMULATOR_FORBIDDEN:
        return say_forbidden(id);
    case SIMULATOR_LOGIN:
        return simulator_say_login();
    case SIMULATOR_NETWORK:
        return say_network(id);
    case SIMULATOR_AGENT:
        return say_agent(id, windows);
    case SIMULATOR_EXTENSION:
        return say_extension(windows);
    case SIMULATOR_NO_FAULT:
    case SIMULATOR_HANG:
    case SIMULATOR_STUBBORN:
    case SIMULATOR_SLOW:
    case SIMULATOR_CRASH:
    case SIMULATOR_EXIT:
    case SIMULATOR_SCRIPT_TIMEOUT:
    case SIMULATOR_NO_TRAILER:
    case SIMULATOR_REBOOT:
    case SIMULATOR_GARBAGE:
        break;
    }
    return -1;
}

/* As Python's json.dumps(ensure_ascii=False) has it, which is what az calls. */
static void add_json(struct buffer *buffer, const char *bytes, size_t length)
{
    static const char escaped[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";

    buffer_add_char(buffer, '"');
    for (size_t i = 0; i < length; i++) {
        const char *found = bytes[i] != '\0' ? strchr(escaped, bytes[i]) : NULL;

        if (found != NULL) {
            buffer_add_char(buffer, '\\');
            buffer_add_char(buffer, letters[found - escaped]);
        } else if ((unsigned char)bytes[i] < 0x20) {
            buffer_print(buffer, "\\u%04x", (unsigned)bytes[i]);
        } else {
            buffer_add_char(buffer, bytes[i]);
        }
    }
    buffer_add_char(buffer, '"');
}

/* One element of "value". */
static void add_status(struct buffer *text, const char *code, const char *message, size_t length)
{
    buffer_print(text,
                 "    {\n      \"code\": \"%s\",\n      \"displayStatus\": \"Provisioning "
                 "succeeded\",\n      \"level\": \"Info\",\n      \"message\": ",
                 code);
    add_json(text, message, length);
    buffer_add(text, ",\n      \"time\": null\n    }");
}

static int say_linux(const struct buffer *message)
{
    struct buffer text = BUFFER_INIT;

    buffer_add(&text, "{\n  \"value\": [\n");
    add_status(&text, "ProvisioningState/succeeded", buffer_text(message), message->length);
    buffer_add(&text, "\n  ]\n}\n");
    speak(STDOUT_FILENO, &text);
    return SIMULATOR_OK;
}

/* Two elements (azure-docs-cli#4542); a newline at the end of a stream is not in the message. */
static int say_windows(const struct buffer *output, const struct buffer *errors)
{
    static const char *const codes[] = {"ComponentStatus/StdOut/succeeded",
                                        "ComponentStatus/StdErr/succeeded"};
    const struct buffer *streams[] = {output, errors};
    struct buffer text = BUFFER_INIT;

    buffer_add(&text, "{\n  \"value\": [\n");
    for (int i = 0; i < 2; i++) {
        struct buffer clean = BUFFER_INIT;

        text_append_utf8(&clean, buffer_text(streams[i]), streams[i]->length);
        while (clean.length > 0 && strchr("\r\n", clean.data[clean.length - 1]) != NULL)
            clean.data[--clean.length] = '\0';
        add_status(&text, codes[i], buffer_text(&clean), clean.length);
        buffer_add(&text, i == 0 ? ",\n" : "\n  ]\n}\n");
        buffer_done(&clean);
    }
    speak(STDOUT_FILENO, &text);
    return SIMULATOR_OK;
}

int simulator_say_streams(bool windows, const struct buffer *output, const struct buffer *errors)
{
    struct buffer message = BUFFER_INIT;

    if (windows)
        return say_windows(output, errors);
    /* run-command-extension-linux main/status.go; what is not UTF-8 is lost in Go's JSON. */
    buffer_add(&message, "Enable succeeded: \n[stdout]\n");
    text_append_utf8(&message, buffer_text(output), output->length);
    buffer_add(&message, "\n[stderr]\n");
    text_append_utf8(&message, buffer_text(errors), errors->length);
    (void)say_linux(&message);
    buffer_done(&message);
    return SIMULATOR_OK;
}

int simulator_say_restarted(bool windows)
{
    struct buffer message = BUFFER_INIT;

    /* Nothing is known of what Windows says; two empty streams are the least that it can. */
    if (windows)
        return say_windows(&message, &message);
    /* run-command-extension-linux main/cmds.go, enablePre. */
    buffer_add(&message, "Enable succeeded: Last script execution didn't finish.");
    (void)say_linux(&message);
    buffer_done(&message);
    return SIMULATOR_OK;
}

int simulator_say_garbage(void)
{
    struct buffer text = BUFFER_INIT;

    buffer_add(&text, "{\n  \"value\": [\n    {\n      \"code\": \"Provisioni");
    speak(STDOUT_FILENO, &text);
    return SIMULATOR_OK;
}

int simulator_say_version(void)
{
    struct buffer text = BUFFER_INIT;

    /* The last version before "time" became doubtful; 2.78.0 is one to refuse (azure-cli#32258). */
    buffer_add(&text, "{\n  \"azure-cli\": \"2.77.0\",\n  \"azure-cli-core\": \"2.77.0\",\n"
                      "  \"azure-cli-telemetry\": \"1.1.0\",\n  \"extensions\": {}\n}\n");
    speak(STDOUT_FILENO, &text);
    return SIMULATOR_OK;
}

int simulator_say_cloud(void)
{
    struct buffer text = BUFFER_INIT;

    buffer_add(&text,
               "{\n  \"endpoints\": {\n"
               "    \"activeDirectory\": \"https://login.microsoftonline.com\",\n"
               "    \"activeDirectoryResourceId\": \"https://management.core.windows.net/\",\n"
               "    \"resourceManager\": \"" SIMULATOR_ENDPOINT
               "/\"\n  },\n  \"name\": \"AzureCloud\"\n}\n");
    speak(STDOUT_FILENO, &text);
    return SIMULATOR_OK;
}

int simulator_say_token(const char *subscription)
{
    struct buffer text = BUFFER_INIT;
    time_t expires = (time_t)((clock_wall() + 24 * NUMBER_HOUR) / NUMBER_SECOND);
    char when[CLOCK_TEXT_SIZE];
    struct tm local;

    if (localtime_r(&expires, &local) == NULL ||
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S.000000", &local) == 0)
        when[0] = '\0';
    buffer_print(
        &text,
        "{\n  \"accessToken\": \"%s\",\n  \"expiresOn\": \"%s\",\n  \"expires_on\": %lld,\n"
        "  \"subscription\": ",
        TOKEN, when, (long long)expires);
    if (subscription == NULL)
        subscription = DEFAULT_SUBSCRIPTION;
    add_json(&text, subscription, strlen(subscription));
    buffer_print(&text, ",\n  \"tenant\": \"%s\",\n  \"tokenType\": \"Bearer\"\n}\n", TENANT);
    speak(STDOUT_FILENO, &text);
    return SIMULATOR_OK;
}
