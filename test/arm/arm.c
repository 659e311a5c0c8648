/* SPDX-License-Identifier: MIT */
/*
 * arm HOME OWNER: Azure Resource Manager on loopback for measurements, light enough not to be what
 * is measured.
 *
 * Takes the place of test/azure/arm.py (ARM_SERVER in test/azure/start), whose ports, files and end
 * are its own too. Nothing is run: a script takes as long as the first line says that begins with
 * "sleep ", and "hello" is what it prints, with the trailer that its guard would print. No VM is
 * unknown, no request refused, no limit reached. But headers and bodies are those that Azure was
 * recorded with: a signed URL of 3 kB for each operation, which must come back as it was given,
 * CRLF in the answers to questions, and no Retry-After unless ARM_RETRY_AFTER says one, in seconds.
 *
 * GET /counts at the second port says what came until now, and what the server took for it. GET
 * /counts/GROUP says of a resource group how many scripts were started there, on how many VMs, and
 * how many on the one that got the most.
 */
#include <ftw.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arm/server.h"
#include "base/buffer.h"
#include "base/memory.h"

#define SUBSCRIPTION "00000000-0000-0000-0000-000000000001"
#define TENANT       "00000000-0000-0000-0000-00000000aaaa"

enum {
    NONCE_SIZE = 32,
    SIGNATURE_SIZE = 2800,
    NAME_SIZE = 256,
    MILLION = 1000000,
    DAYS_2 = 172800
};

struct operation {
    char nonce[NONCE_SIZE + 1]; /* of its guard; empty: it has none */
    double takes;               /* seconds */
    double due;                 /* monotonic */
    time_t began;
};

/* What the operations' numbers begin with; the rest of a GUID is the place in the list. */
static const char guid[] = "5de70273-4644-48d2-aa5f";

static struct arm {
    int port;
    const char *retry_after;
    char signature[SIGNATURE_SIZE + 1]; /* one for all: nobody looks into it */
    struct operation *operations;
    size_t count;
    json_t *starts; /* by group, and by VM */
    double began;
} arm;

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void print_stamp(struct buffer *ret, time_t time)
{
    struct tm parts;

    (void)gmtime_r(&time, &parts);
    buffer_print(ret, "%04d-%02d-%02dT%02d:%02d:%02d.7874796+00:00", 1900 + parts.tm_year,
                 1 + parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

static void print_date(struct buffer *ret, time_t time)
{
    char text[NAME_SIZE];
    struct tm parts;

    (void)gmtime_r(&time, &parts);
    (void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    buffer_print(ret, "Date: %s\r\n", text);
}

/* What an answer begins with; HEADERS are whole lines. */
static void begin(struct buffer *ret, int status, const char *headers, size_t length)
{
    buffer_print(ret, "HTTP/1.1 %d %s\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n", status,
                 status == 200   ? "OK"
                 : status == 202 ? "Accepted"
                 : status == 401 ? "Unauthorized"
                                 : "Not Found");
    buffer_print(ret, "Content-Length: %zu\r\n", length);
    if (length > 0)
        buffer_add(ret, "Content-Type: application/json; charset=utf-8\r\n");
    buffer_add(ret,
               "Expires: -1\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n");
    buffer_print(ret, "x-ms-request-id: %s-000000000000\r\n", guid);
    buffer_print(ret, "x-ms-correlation-request-id: %s-000000000000\r\n", guid);
    buffer_print(ret, "x-ms-routing-request-id: WESTEUROPE:20260101T000000Z:%s-000000000000\r\n",
                 guid);
    buffer_add(ret, "X-Content-Type-Options: nosniff\r\nX-Cache: CONFIG_NOCACHE\r\n");
    print_date(ret, time(NULL));
    if (arm.retry_after != NULL)
        buffer_print(ret, "Retry-After: %s\r\n", arm.retry_after);
    buffer_print(ret, "%s\r\n", headers);
}

static void answer_json(struct buffer *ret, int status, const char *text)
{
    begin(ret, status, "", strlen(text));
    buffer_add(ret, text);
}

static void refuse(struct buffer *ret, int status, const char *code)
{
    char *text = memory_print("{\"error\":{\"code\":\"%s\",\"message\":\"No.\"}}", code);

    answer_json(ret, status, text);
    free(text);
}

/* ---- operations ----------------------------------------------------------------------------- */

static void print_url(struct buffer *ret, size_t number, const char *monitor)
{
    buffer_print(ret,
                 "/subscriptions/" SUBSCRIPTION
                 "/providers/Microsoft.Compute/locations/westeurope/operations/"
                 "%s-%012zx?p=" TENANT "%s&api-version=2024-07-01&t=638374481999177235&c=%s",
                 guid, number, monitor, arm.signature);
}

/* The nonce of a guarded script; NULL: it is none. */
static const char *find_nonce(const char *script)
{
    static const char word[] = "azfan_nonce=";
    const char *at = strstr(script, word);

    if (at == NULL || strspn(at + sizeof word - 1, "0123456789abcdef") != NONCE_SIZE)
        return NULL;
    return at + sizeof word - 1;
}

/* How long SCRIPT sleeps, in seconds: a guard's own are indented. */
static double find_sleep(const char *script)
{
    static const char word[] = "\nsleep ";
    const char *at = strstr(script, word);

    if (strncmp(script, word + 1, sizeof word - 2) == 0)
        return strtod(script + sizeof word - 2, NULL);
    return at != NULL ? strtod(at + sizeof word - 1, NULL) : 0;
}

/* The text of the first script in BODY. False: it is no request. */
static bool read_script(const char *body, struct operation *ret)
{
    json_t *root = json_loads(body, 0, NULL);
    const char *script = json_string_value(json_array_get(json_object_get(root, "script"), 0));
    bool good = script != NULL && json_is_string(json_object_get(root, "commandId"));
    const char *nonce = good ? find_nonce(script) : NULL;

    if (nonce != NULL)
        memcpy(ret->nonce, nonce, NONCE_SIZE);
    if (good)
        ret->takes = find_sleep(script);
    json_decref(root);
    return good;
}

/* Counts a start of the VM that PATH names. False: it names none. */
static bool count_start(const char *path)
{
    char subscription[NAME_SIZE];
    char group[NAME_SIZE];
    char name[NAME_SIZE];
    json_t *vms;

    if (sscanf(path,
               "/subscriptions/%255[^/]/resourceGroups/%255[^/]/providers/Microsoft.Compute/"
               "virtualMachines/%255[^/]/runCommand?",
               subscription, group, name) != 3)
        return false;
    vms = json_object_get(arm.starts, group);
    if (vms == NULL) {
        vms = json_object();
        (void)json_object_set_new(arm.starts, group, vms);
    }
    (void)json_object_set_new(vms, name,
                              json_integer(json_integer_value(json_object_get(vms, name)) + 1));
    return true;
}

static void accept_script(const struct request *request, struct buffer *ret)
{
    struct operation operation = {.began = time(NULL)};
    struct buffer headers = BUFFER_INIT;

    if (!count_start(request->path) || !read_script(request->body, &operation)) {
        refuse(ret, 404, "ResourceNotFound");
        return;
    }
    operation.due = now() + operation.takes;
    arm.operations = memory_grow(arm.operations, arm.count, sizeof operation);
    arm.operations[arm.count] = operation;
    buffer_print(&headers,
                 "Azure-AsyncNotification: Enabled\r\nAzure-AsyncOperation: https://localhost:%d",
                 arm.port);
    print_url(&headers, arm.count, "");
    buffer_print(&headers, "\r\nLocation: https://localhost:%d", arm.port);
    print_url(&headers, arm.count, "&monitor=true");
    buffer_add(&headers, "\r\nx-ms-ratelimit-remaining-subscription-writes: 199\r\n"
                         "x-ms-ratelimit-remaining-subscription-global-writes: 2999\r\n"
                         "x-ms-ratelimit-remaining-resource: Microsoft.Compute/UpdateVMResource;11,"
                         "Microsoft.Compute/UpdateVMSubscriptionMaximum;1499\r\n");
    begin(ret, 202, buffer_text(&headers), 0);
    buffer_done(&headers);
    arm.count++;
}

/* Compact, as Azure has it also within a body that is not. */
static void print_result(struct buffer *ret, const struct operation *operation)
{
    buffer_add(ret, "{\"value\":[{\"code\":\"ProvisioningState/succeeded\",\"level\":\"Info\","
                    "\"displayStatus\":\"Provisioning succeeded\","
                    "\"message\":\"Enable succeeded: \\n[stdout]\\nhello\\n");
    if (operation->nonce[0] != '\0')
        buffer_print(ret, "\\nazfan:%s end=exit status=0 seconds=%.0f\\n", operation->nonce,
                     operation->takes);
    buffer_add(ret, "\\n[stderr]\\n\"}]}");
}

static void print_status(struct buffer *ret, size_t number, bool over)
{
    const struct operation *operation = &arm.operations[number];

    buffer_add(ret, "{\r\n  \"startTime\": \"");
    print_stamp(ret, operation->began);
    if (over) {
        buffer_add(ret, "\",\r\n  \"endTime\": \"");
        print_stamp(ret, operation->began + (time_t)operation->takes);
    }
    buffer_print(ret, "\",\r\n  \"status\": \"%s\",\r\n", over ? "Succeeded" : "InProgress");
    if (over) {
        buffer_add(ret, "  \"properties\": {\r\n    \"output\": ");
        print_result(ret, operation);
        buffer_add(ret, "\r\n  },\r\n");
    }
    buffer_print(ret, "  \"name\": \"%s-%012zx\"\r\n}", guid, number);
}

static void answer_status(struct buffer *ret, size_t number, bool over)
{
    struct buffer body = BUFFER_INIT;

    print_status(&body, number, over);
    begin(ret, 200,
          "x-ms-ratelimit-remaining-subscription-reads: 249\r\n"
          "x-ms-ratelimit-remaining-subscription-global-reads: 3749\r\n"
          "x-ms-ratelimit-remaining-resource: Microsoft.Compute/GetOperationResource;44,"
          "Microsoft.Compute/GetOperationSubscriptionMaximum;14999\r\n",
          body.length);
    buffer_append(ret, body.data, body.length);
    buffer_done(&body);
}

/* Location: nothing until it is over. */
static void answer_location(struct buffer *ret, size_t number, bool over)
{
    struct buffer text = BUFFER_INIT;

    if (over) {
        print_result(&text, &arm.operations[number]);
        answer_json(ret, 200, buffer_text(&text));
    } else {
        buffer_print(&text, "Location: https://localhost:%d", arm.port);
        print_url(&text, number, "&monitor=true");
        buffer_add(&text, "\r\n");
        begin(ret, 202, buffer_text(&text), 0);
    }
    buffer_done(&text);
}

/* False: PATH is none of an operation's two URLs, byte for byte. */
static bool is_operation(const char *path, const char *monitor, size_t *ret)
{
    struct buffer url = BUFFER_INIT;
    const char *at = strstr(path, guid);
    bool is;

    if (at == NULL)
        return false;
    *ret = strtoul(at + sizeof guid, NULL, 16);
    print_url(&url, *ret, monitor);
    is = *ret < arm.count && strcmp(buffer_text(&url), path) == 0;
    buffer_done(&url);
    return is;
}

/* ---- what az asks besides ------------------------------------------------------------------- */

static void answer_account(const struct request *request, struct buffer *ret)
{
    static const char subscription[] =
        "{\"id\":\"/subscriptions/" SUBSCRIPTION "\",\"subscriptionId\":\"" SUBSCRIPTION
        "\",\"tenantId\":\"" TENANT "\","
        "\"displayName\":\"Simulated\",\"state\":\"Enabled\",\"managedByTenants\":[],"
        "\"subscriptionPolicies\":"
        "{\"locationPlacementId\":\"Public_2014-09-01\",\"quotaId\":\"Test\",\"spendingLimit\":"
        "\"Off\"}}";
    static const char tenant[] = "{\"id\":\"/tenants/" TENANT "\",\"tenantId\":\"" TENANT "\"}";
    bool tenants = strncmp(request->path, "/tenants?", 9) == 0;
    char *text;

    if (!tenants && strncmp(request->path, "/subscriptions?", 15) != 0) {
        refuse(ret, 404, "NotFound");
        return;
    }
    text = memory_print("{\"value\":[%s]}", tenants ? tenant : subscription);
    answer_json(ret, 200, text);
    free(text);
}

static void answer_arm(const struct request *request, struct buffer *ret, void *context)
{
    size_t number = 0;

    (void)context;
    if (request->method == NULL || request->path == NULL)
        return;
    if (request->token == NULL)
        refuse(ret, 401, "AuthenticationFailed");
    else if (strcmp(request->method, "POST") == 0)
        accept_script(request, ret);
    else if (is_operation(request->path, "", &number))
        answer_status(ret, number, now() >= arm.operations[number].due);
    else if (is_operation(request->path, "&monitor=true", &number))
        answer_location(ret, number, now() >= arm.operations[number].due);
    else
        answer_account(request, ret);
}

/* ---- the other port ------------------------------------------------------------------------- */

/* A JWT that az can read and nobody check: its claims are those of test/azure/arm.py. */
static void answer_token(struct buffer *ret)
{
    long long expires = (long long)time(NULL) + 86400;
    char *claims = memory_print(
        "{\"oid\":\"" TENANT "\",\"appid\":\"" TENANT "\",\"tid\":\"" TENANT "\",\"exp\":%lld,"
        "\"xms_mirid\":\"/subscriptions/" SUBSCRIPTION
        "/resourcegroups/rg/providers/Microsoft.Compute/virtualMachines/host\"}",
        expires);
    unsigned char coded[2048];
    char *text;

    (void)EVP_EncodeBlock(coded, (const unsigned char *)claims, (int)strlen(claims));
    for (unsigned char *at = coded; *at != '\0'; at++) /* base64url */
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at == '=' ? '\0' : *at;
    text =
        memory_print("{\"access_token\":\"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.%s.c2lnbmF0dXJl\","
                     "\"token_type\":\"Bearer\",\"expires_in\":\"86400\",\"resource\":\"arm\","
                     "\"expires_on\":\"%lld\"}",
                     (const char *)coded, expires);
    answer_json(ret, 200, text);
    free(text);
    free(claims);
}

static json_t *count_group(const char *group)
{
    json_t *vms = json_object_get(arm.starts, group);
    json_int_t starts = 0;
    json_int_t most = 0;
    const char *name;
    json_t *count;

    json_object_foreach(vms, name, count)
    {
        starts += json_integer_value(count);
        if (json_integer_value(count) > most)
            most = json_integer_value(count);
    }
    return json_pack("{s:I, s:I, s:I}", "starts", starts, "vms", (json_int_t)json_object_size(vms),
                     "most", most);
}

static json_int_t milliseconds(struct timeval time)
{
    return (json_int_t)time.tv_sec * 1000 + time.tv_usec / 1000;
}

static json_t *count_all(void)
{
    struct server_counts counts = server_counts();
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "connections", (json_int_t)counts.connections,
                     "most_open", (json_int_t)counts.most_open, "requests",
                     (json_int_t)counts.requests, "ms", (json_int_t)((now() - arm.began) * 1000),
                     "cpu_ms", milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime));
}

static void answer_plain(const struct request *request, struct buffer *ret, void *context)
{
    static const char path[] = "/counts";
    json_t *counts;
    char *text;

    (void)context;
    if (request->method == NULL || request->path == NULL)
        return;
    if (strncmp(request->path, path, sizeof path - 1) != 0) {
        answer_token(ret);
        return;
    }
    counts = request->path[sizeof path - 1] == '/' ? count_group(request->path + sizeof path)
                                                   : count_all();
    text = json_dumps(counts, JSON_COMPACT);
    json_decref(counts);
    answer_json(ret, 200, text);
    free(text);
}

/* ---- from the beginning --------------------------------------------------------------------- */

static void give_up(const char *what)
{
    (void)fprintf(stderr, "arm: %s\n", what);
    exit(1);
}

static FILE *create(const char *home, const char *name)
{
    char *path = memory_print("%s/%s", home, name);
    FILE *file = fopen(path, "we");

    free(path);
    if (file == NULL)
        give_up("cannot write in HOME");
    return file;
}

static int open_signals(void)
{
    sigset_t ends;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    return signalfd(-1, &ends, SFD_CLOEXEC);
}

static void set_up(void)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

    arm.retry_after = getenv("ARM_RETRY_AFTER");
    arm.starts = json_object();
    arm.began = now();
    for (size_t i = 0; i < SIGNATURE_SIZE; i++)
        arm.signature[i] = letters[i % (sizeof letters - 1)];
    memcpy(arm.signature + SIGNATURE_SIZE - 400, "&s=", 3);
    memcpy(arm.signature + SIGNATURE_SIZE - 46, "&h=", 3);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

int main(int count, char **arguments)
{
    const char *home = arguments[1];
    FILE *certificate;
    FILE *file;
    int plain;

    if (count != 3)
        give_up("usage: arm HOME OWNER");
    set_up();
    file = create(home, "pid");
    (void)fprintf(file, "%d\n", (int)getpid());
    (void)fclose(file);
    certificate = create(home, "cert.pem");
    arm.port = server_listen(server_tls(certificate), answer_arm, NULL);
    (void)fclose(certificate);
    plain = server_listen(NULL, answer_plain, NULL);
    server_end_with(open_signals());
    server_end_with((int)syscall(SYS_pidfd_open, (pid_t)strtol(arguments[2], NULL, 10), 0));
    (void)printf("ready %d %d\n", arm.port, plain);
    (void)fclose(stdout); /* nobody reads on */
    server_run();
    (void)nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
