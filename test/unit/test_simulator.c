/* SPDX-License-Identifier: MIT */
/*
 * The simulated az, from its argument to its last byte, and the simulated azfan-rest. This program
 * is both the test and, started with SIMULATOR_COMMAND or SIMULATOR_REST, the simulator itself.
 */
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "azure/guard.h"
#include "azure/trailer.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/supervise.h"
#include "job/job.h"
#include "job/targets.h"
#include "simulator/plan.h"
#include "simulator/simulator.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/tokenpage.h"
#include "unit/folder.h"
#include "unit/unit.h"

#define SUBSCRIPTION "00000000-0000-0000-0000-000000000001"
#define NONCE        "0123456789abcdef0123456789abcdef"
#define NOT_RUN      "rehearsal: the script was not run (--execute runs it on this machine)\n"

enum { ARGUMENTS = 16 };

/* ---- one az ------------------------------------------------------------------------------- */

struct az {
    char *words[ARGUMENTS]; /* argv */
    char *environment[4];
    char *script; /* the guarded script's file */
    struct child_command command;
};

/* A plan of up to two injections. */
static char *prepare(const char *first, const char *second, bool execute)
{
    const char *injections[] = {first, second};
    struct simulator_plan plan = {injections,
                                  first == NULL    ? 0
                                  : second == NULL ? 1
                                                   : 2,
                                  7, execute, false};
    struct error error;
    char *variable = NULL;

    ck_assert_msg(simulator_prepare(&plan, folder, &variable, &error) == 0, "%s", error.text);
    return variable;
}

static void az_words(struct az *az, char *variable, const char *const *words)
{
    size_t count = 0;

    memset(az, 0, sizeof *az);
    az->words[count++] = memory_string("/proc/self/exe");
    az->words[count++] = memory_string(SIMULATOR_COMMAND);
    for (; *words != NULL; words++) {
        ck_assert_uint_lt(count, ARGUMENTS - 1);
        az->words[count++] = memory_string(*words);
    }
    az->environment[0] = variable;
    az->environment[1] = memory_string("SECRET_OF_AZFAN=1");
    az->environment[2] = memory_string("HOME=/nowhere");
    az->command = (struct child_command){.program = az->words[0],
                                         .arguments = az->words,
                                         .environment = az->environment,
                                         .input = -1,
                                         .output = -1,
                                         .errors = -1};
}

/* An invoke of the guarded TEXT on the VM called NAME. Takes VARIABLE over. */
static void az_invoke(struct az *az, char *variable, const char *name, const char *text,
                      enum job_shell shell)
{
    char *path = memory_print("%s/script", folder);
    char *id = memory_print("/subscriptions/" SUBSCRIPTION "/resourceGroups/RG-web/providers/"
                            "Microsoft.Compute/virtualMachines/%s",
                            name);
    char *file = memory_print("@%s", path);
    const char *words[] = {"vm",
                           "run-command",
                           "invoke",
                           "--ids",
                           id,
                           "--command-id",
                           shell == JOB_SH ? "RunShellScript" : "RunPowerShellScript",
                           "--scripts",
                           file,
                           "-o",
                           "json",
                           "--only-show-errors",
                           NULL};
    char *copy = memory_string(text);
    char *target_name = memory_string(name);
    struct job job = {.script = copy,
                      .script_length = strlen(text),
                      .shell = shell,
                      .script_timeout = 15 * NUMBER_SECOND};
    struct job_target target = {.name = target_name, .label = target_name};
    struct guard guard = {.job = &job, .target = &target, .run = "r", .batch = 1, .nonce = NONCE};
    struct buffer script = BUFFER_INIT;
    struct error error;

    guard_write(&script, &guard);
    ck_assert_msg(file_write(path, 0600, buffer_text(&script), script.length, &error) == 0, "%s",
                  error.text);
    az_words(az, variable, words);
    az->script = path;
    buffer_done(&script);
    free(target_name);
    free(copy);
    free(file);
    free(id);
}

static void az_done(struct az *az)
{
    for (int i = 0; i < ARGUMENTS; i++)
        free(az->words[i]);
    for (int i = 0; i < 4; i++)
        free(az->environment[i]);
    free(az->script);
}

static void az_run(struct az *az, int64_t timeout, struct finish *finish)
{
    struct supervise_limits limits = {
        .timeout = timeout, .kill_grace = 5 * NUMBER_SECOND, .output_limit = 1 << 20};
    struct supervise_stop stop = {-1, -1};

    supervise_run(&az->command, &limits, &stop, NULL, finish);
    ck_assert_msg(finish->end == FINISH_EXITED, "%s", finish->error.text);
    az_done(az);
}

static void run(char *variable, const char *name, const char *text, enum job_shell shell,
                struct finish *finish)
{
    struct az az;

    az_invoke(&az, variable, name, text, shell);
    az_run(&az, 15 * NUMBER_SECOND, finish);
}

/* TEXT as it is, without a guard, which prints no more than comes back. */
static void run_unguarded(const char *text, struct finish *finish)
{
    struct az az;
    struct error error;

    az_invoke(&az, prepare(NULL, NULL, true), "web-01", text, JOB_SH);
    ck_assert_int_eq(file_write(az.script, 0600, text, strlen(text), &error), 0);
    az_run(&az, 15 * NUMBER_SECOND, finish);
}

static void run_words(const char *const *words, struct finish *finish)
{
    struct az az;

    az_words(&az, prepare(NULL, NULL, false), words);
    az_run(&az, 15 * NUMBER_SECOND, finish);
}

static void same(const struct capture_text *text, const char *expected)
{
    char *copy = memory_copy(text->data, text->length);

    ck_assert_str_eq(copy, expected);
    free(copy);
}

static void starts(const struct capture_text *text, const char *expected)
{
    ck_assert_msg(text->length >= strlen(expected) &&
                      memcmp(text->data, expected, strlen(expected)) == 0,
                  "\"%.*s\" does not begin with \"%s\"", (int)text->length, text->data, expected);
}

static bool contains(const struct capture_text *text, const char *part)
{
    return memmem(text->data, text->length, part, strlen(part)) != NULL;
}

static void exited(const struct finish *finish, int status)
{
    ck_assert_msg(!finish->exit.signaled && finish->exit.status == status,
                  "%s %d instead of status %d; %.*s", finish->exit.signaled ? "signal" : "status",
                  finish->exit.status, status, (int)finish->errors.length,
                  finish->errors.length > 0 ? finish->errors.data : "");
}

/* The "message" of element INDEX of an answer, for free(). */
static char *message_of(const struct finish *finish, size_t index, size_t *ret_length)
{
    json_error_t error;
    json_t *root = json_loadb(finish->output.data, finish->output.length, JSON_ALLOW_NUL, &error);
    json_t *message =
        json_object_get(json_array_get(json_object_get(root, "value"), index), "message");
    char *copy;

    ck_assert_msg(message != NULL, "no message in %.*s", (int)finish->output.length,
                  finish->output.data);
    copy = memory_copy(json_string_value(message), json_string_length(message));
    if (ret_length != NULL)
        *ret_length = json_string_length(message);
    json_decref(root);
    return copy;
}

/* The trailer in the answer's stdout. */
static void trailer_is(const struct finish *finish, enum trailer_end end, int status)
{
    struct trailer trailer;
    size_t length;
    char *message = message_of(finish, 0, &length);
    char *stop = strstr(message, "\n[stderr]\n");

    if (stop != NULL)
        length = (size_t)(stop - message);
    ck_assert_msg(trailer_find(message, length, NONCE, &trailer), "no trailer: %s", message);
    ck_assert_int_eq(trailer.end, end);
    if (end == TRAILER_EXIT)
        ck_assert_int_eq(trailer.status, status);
    free(message);
}

static void nap(void)
{
    (void)nanosleep(&(struct timespec){0, NUMBER_MILLISECOND}, NULL);
}

/* Waits until the line FIELD of /proc/PID/status has SIGINT in it: az is ready for a signal. */
static void await_signal_mask(int pid, const char *field)
{
    char *path = memory_print("/proc/%d/status", pid);
    unsigned long mask = 0;

    while ((mask & (1UL << (SIGINT - 1))) == 0) {
        char text[4096];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = read(fd, text, sizeof text - 1);
        const char *found;

        ck_assert_int_gt(got, 0);
        text[got] = '\0';
        found = strstr(text, field);
        ck_assert_ptr_nonnull(found);
        mask = strtoul(found + strlen(field), NULL, 16);
        fd_close(&fd);
        nap();
    }
    free(path);
}

static void await_end(const struct child *child)
{
    while (!child_has_exited(child))
        nap();
}

/* A FIFO in the folder; its path is for free(). */
static char *make_fifo(const char *name)
{
    char *path = memory_print("%s/%s", folder, name);

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    return path;
}

/* Waits until the script has opened the FIFO, which says that it runs. */
static void await_fifo(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char byte;

    ck_assert_int_ge(fd, 0);
    while (read(fd, &byte, 1) > 0)
        ;
    fd_close(&fd);
}

/* ---- the plan ----------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *pattern;
    enum simulator_fault fault;
    int64_t value;
    int percent;
} good[] = {
    {"web-03=hang", "web-03", SIMULATOR_HANG, 0, 100},
    {"web-[01-03]=stubborn", "web-[01-03]", SIMULATOR_STUBBORN, 0, 100},
    {"*=slow:1m30s@25", "*", SIMULATOR_SLOW, 90 * NUMBER_SECOND, 25},
    {"*=slow:500ms@5%", "*", SIMULATOR_SLOW, 500 * NUMBER_MILLISECOND, 5},
    {"a=crash", "a", SIMULATOR_CRASH, 0, 100},
    {"a=exit", "a", SIMULATOR_EXIT, 1, 100},
    {"a=exit:7", "a", SIMULATOR_EXIT, 7, 100},
    {"a=throttled", "a", SIMULATOR_THROTTLED, 0, 100},
    {"a=throttled:2@0", "a", SIMULATOR_THROTTLED, 2, 0},
    {"a=busy:1", "a", SIMULATOR_BUSY, 1, 100},
    {"a=not_running", "a", SIMULATOR_NOT_RUNNING, 0, 100},
    {"a=Not-Found", "a", SIMULATOR_NOT_FOUND, 0, 100},
    {"a=no-trailer", "a", SIMULATOR_NO_TRAILER, 0, 100},
    {"a=script-timeout", "a", SIMULATOR_SCRIPT_TIMEOUT, 0, 100},
};

/* Protects what people type after --inject. */
START_TEST(injection_is_read)
{
    struct simulator_injection injection;
    struct error error;

    ck_assert_msg(simulator_parse_injection(good[_i].text, &injection, &error) == 0, "%s",
                  error.text);
    ck_assert_str_eq(injection.pattern, good[_i].pattern);
    ck_assert_msg(injection.fault == good[_i].fault, "%s", good[_i].text);
    ck_assert_int_eq(injection.value, good[_i].value);
    ck_assert_int_eq(injection.percent, good[_i].percent);
    free(injection.pattern);
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} bad[] = {
    {"", "SELECTORS=FAULT"},
    {"hang", "SELECTORS=FAULT"},
    {"=hang", "SELECTORS=FAULT"},
    {"a=", "SELECTORS=FAULT"},
    {"a=hnag", "did you mean hang?"},
    {"a=hnag", "throttled[:N], not_running"},
    {"a=whatever", "no fault 'whatever'; the faults are hang, stubborn, slow:DURATION, crash"},
    {"a=@10", "no fault ''"},
    {"a=hang:3", "hang takes no value"},
    {"a=not_found:", "not_found takes no value"},
    {"a=slow", "slow needs a duration"},
    {"a=slow:", "the value of slow must be a duration"},
    {"a=slow:10", "needs a unit"},
    {"a=exit:0", "the value of exit must be from 1 to 255"},
    {"a=exit:256", "from 1 to 255"},
    {"a=busy:0", "the value of busy must be from 1"},
    {"a=busy:x", "whole number"},
    {"a=hang@", "the percentage after @"},
    {"a=hang@101", "from 0 to 100"},
    {"a=hang@-1", "from 0 to 100"},
    {"web-[3-1]=hang", "web-[3-1]=hang: "},
};

/* Protects against a misspelt fault that is silently no fault. */
START_TEST(bad_injection_is_explained)
{
    struct error error = {""};

    ck_assert_int_eq(simulator_check_injection(bad[_i].text, &error), -1);
    ck_assert_msg(strstr(error.text, bad[_i].says) != NULL, "\"%s\": \"%s\" lacks \"%s\"",
                  bad[_i].text, error.text, bad[_i].says);
}
END_TEST

static enum simulator_fault choose(const struct simulator_plan *plan, const char *name)
{
    char subscription[] = "00000000-0000-0000-0000-000000000001";
    char group[] = "rg";
    char *copy = memory_string(name);
    const struct targets_id id = {subscription, group, copy};
    struct simulator_injection injection;

    simulator_choose(plan, &id, &injection);
    free(copy);
    return injection.fault;
}

/* Protects the order: a general injection first, the exceptions behind it. */
START_TEST(last_match_wins)
{
    static const char *const list[] = {"*=slow:1s", "web-*=hang", "web-02=crash", "db-01=login@0"};
    struct simulator_plan plan = {list, 4, 1, false, false};

    ck_assert_int_eq(choose(&plan, "web-01"), SIMULATOR_HANG);
    ck_assert_int_eq(choose(&plan, "WEB-02"), SIMULATOR_CRASH);
    ck_assert_int_eq(choose(&plan, "db-01"), SIMULATOR_SLOW);
    plan.injection_count = 0;
    ck_assert_int_eq(choose(&plan, "db-01"), SIMULATOR_NO_FAULT);
}
END_TEST

/* Whatever is printed of a VM, several at once, and all but some. */
START_TEST(injections_mean_what_selectors_mean)
{
    static const char *const list[] = {"web-[01-02], db-01=hang", "RG/web-03=crash",
                                       "other/web-01=login", "!web-*,!db-01=slow:1s"};
    struct simulator_plan plan = {list, 4, 1, false, false};

    ck_assert_int_eq(choose(&plan, "web-01"), SIMULATOR_HANG);
    ck_assert_int_eq(choose(&plan, "db-01"), SIMULATOR_HANG);
    ck_assert_int_eq(choose(&plan, "web-03"), SIMULATOR_CRASH);
    ck_assert_int_eq(choose(&plan, "web-04"), SIMULATOR_NO_FAULT);
    ck_assert_int_eq(choose(&plan, "app"), SIMULATOR_SLOW);
}
END_TEST

/* How many of a thousand VMs meet FAULT. */
static int count_chosen(const struct simulator_plan *plan, enum simulator_fault fault)
{
    int count = 0;

    for (int i = 0; i < 1000; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "web-%04d", i);
        count += choose(plan, name) == fault ? 1 : 0;
    }
    return count;
}

/* Protects percentages: about right, the same for the same seed, others for another. */
START_TEST(percent_picks_by_seed)
{
    static const char *const list[] = {"*=hang@10"};
    struct simulator_plan plan = {list, 1, 42, false, false};
    struct simulator_plan other = {list, 1, 43, false, false};
    int both = 0;

    ck_assert_int_gt(count_chosen(&plan, SIMULATOR_HANG), 60);
    ck_assert_int_lt(count_chosen(&plan, SIMULATOR_HANG), 140);
    for (int i = 0; i < 1000; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "web-%04d", i);
        ck_assert_int_eq(choose(&plan, name), choose(&plan, name));
        both += choose(&plan, name) == SIMULATOR_HANG && choose(&other, name) == SIMULATOR_HANG;
    }
    ck_assert_int_lt(both, 50);
}
END_TEST

/* Protects mixtures: a larger percentage of one fault must not swallow a smaller one of another. */
START_TEST(faults_draw_for_themselves)
{
    static const char *const list[] = {"*=busy@10", "*=hang@20"};
    struct simulator_plan plan = {list, 2, 42, false, false};

    ck_assert_int_gt(count_chosen(&plan, SIMULATOR_BUSY), 40);
    ck_assert_int_gt(count_chosen(&plan, SIMULATOR_HANG), 140);
}
END_TEST

/* Protects the pace of a rehearsal: durations are spread over their range and repeat. */
START_TEST(durations_are_spread)
{
    struct simulator_plan plan = {NULL, 0, 9, false, false};
    struct simulator_injection none = {.fault = SIMULATOR_NO_FAULT};
    int64_t least = INT64_MAX;
    int64_t most = 0;

    for (int i = 0; i < 1000; i++) {
        char name[16];
        int64_t duration;

        (void)snprintf(name, sizeof name, "web-%04d", i);
        duration = simulator_wait(&plan, name, &none);
        ck_assert_int_eq(duration, simulator_wait(&plan, name, &none));
        least = duration < least ? duration : least;
        most = duration > most ? duration : most;
    }
    ck_assert_int_ge(least, 200 * NUMBER_MILLISECOND);
    ck_assert_int_lt(least, 300 * NUMBER_MILLISECOND);
    ck_assert_int_le(most, 1500 * NUMBER_MILLISECOND);
    ck_assert_int_gt(most, 1400 * NUMBER_MILLISECOND);
}
END_TEST

/* Protects a time-lapse: what is foreseen is what the simulated az does. A wait: -1 for ever, 1
 * that of a script, 2 ten seconds more. */
static const struct {
    const char *fault;
    int attempt;
    enum simulator_fault found;
    int wait;
    bool deaf;
} forecasts[] = {
    {"hang@0", 1, SIMULATOR_NO_FAULT, 1, false},
    {"hang", 1, SIMULATOR_HANG, -1, false},
    {"stubborn", 1, SIMULATOR_STUBBORN, -1, true},
    {"slow:10s", 1, SIMULATOR_SLOW, 2, false},
    {"crash", 1, SIMULATOR_CRASH, 0, false},
    {"exit:3", 1, SIMULATOR_EXIT, 1, false},
    {"script_timeout", 1, SIMULATOR_SCRIPT_TIMEOUT, 1, false},
    {"no_trailer", 1, SIMULATOR_NO_TRAILER, 1, false},
    {"reboot", 1, SIMULATOR_REBOOT, 1, false},
    {"garbage", 1, SIMULATOR_GARBAGE, 1, false},
    {"busy", 99, SIMULATOR_BUSY, 0, false},
    {"busy:2", 2, SIMULATOR_BUSY, 0, false},
    {"busy:2", 3, SIMULATOR_NO_FAULT, 1, false},
    {"throttled:1", 1, SIMULATOR_THROTTLED, 0, false},
    {"throttled:1", 2, SIMULATOR_NO_FAULT, 1, false},
    {"not_running", 1, SIMULATOR_NOT_RUNNING, 0, false},
    {"not_found", 1, SIMULATOR_NOT_FOUND, 0, false},
    {"forbidden", 1, SIMULATOR_FORBIDDEN, 0, false},
    {"login", 1, SIMULATOR_LOGIN, 0, false},
    {"network", 1, SIMULATOR_NETWORK, 0, false},
    {"agent", 1, SIMULATOR_AGENT, 0, false},
    {"extension", 1, SIMULATOR_EXTENSION, 0, false},
};

START_TEST(attempts_are_foreseen)
{
    char *injection = memory_print("web-01=%s", forecasts[_i].fault);
    const char *list[] = {injection};
    struct simulator_plan plan = {list, 1, 9, false, true};
    struct simulator_injection none = {.fault = SIMULATOR_NO_FAULT};
    char name[] = "web-01";
    char group[] = "rg";
    char subscription[] = SUBSCRIPTION;
    struct targets_id id = {subscription, group, name};
    int64_t script = simulator_wait(&plan, name, &none);
    const int64_t expected[] = {CLOCK_NEVER, 0, script, script + 10 * NUMBER_SECOND};
    struct simulator_forecast forecast = simulator_foresee(&plan, &id, forecasts[_i].attempt);

    ck_assert_int_eq(forecast.fault, forecasts[_i].found);
    ck_assert_int_eq(forecast.wait, expected[forecasts[_i].wait + 1]);
    ck_assert(forecast.deaf == forecasts[_i].deaf);
    free(injection);
}
END_TEST

/* Protects the way of the plan from azfan to the simulated az: a seed of 64 bits, odd characters.
 */
START_TEST(plan_comes_back)
{
    static const char *const list[] = {"a=hang", "b-[1-3]=slow:1s@50"};
    struct simulator_plan plan = {list, 2, UINT64_MAX - 5, true, true};
    struct simulator_rehearsal rehearsal;
    struct error error;
    char *variable;

    ck_assert_int_eq(simulator_prepare(&plan, folder, &variable, &error), 0);
    ck_assert_msg(strncmp(variable, SIMULATOR_VARIABLE "=/", 18) == 0, "%s", variable);
    ck_assert_msg(simulator_load(folder, &rehearsal, &error) == 0, "%s", error.text);
    ck_assert(rehearsal.plan.seed == UINT64_MAX - 5);
    ck_assert(rehearsal.plan.execute && rehearsal.plan.led);
    ck_assert_uint_eq(rehearsal.plan.injection_count, 2);
    ck_assert_str_eq(rehearsal.plan.injections[1], list[1]);
    simulator_unload(&rehearsal);
    free(variable);
}
END_TEST

/* Protects --help: every fault is there, each on a line. */
START_TEST(faults_are_described)
{
    struct buffer text = BUFFER_INIT;
    int lines = 0;

    simulator_describe_faults(&text);
    for (const char *at = buffer_text(&text); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    ck_assert_int_eq(lines, SIMULATOR_FAULTS);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "  slow:DURATION    the answer"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "  not_found        there is no such VM\n"));
    buffer_done(&text);
}
END_TEST

/* ---- what az says ------------------------------------------------------------------------- */

#define ID                                                                                         \
    "/subscriptions/" SUBSCRIPTION "/resourceGroups/RG-web/providers/Microsoft.Compute/"           \
    "virtualMachines/web-01"
#define THREE(code, message) "ERROR: (" code ") " message "\nCode: " code "\nMessage: " message "\n"

static const struct {
    const char *injection;
    int status;
    const char *errors;
} refusals[] = {
    {"*=busy", 1,
     THREE("Conflict", "Run command extension execution is in progress. Please wait for completion "
                       "before invoking a run command.")},
    {"*=throttled", 1,
     THREE("SubscriptionRequestsThrottled",
           "Number of requests for subscription '" SUBSCRIPTION "' and operation "
           "'POST/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/"
           "RUNCOMMAND' exceeded the backend storage limit. Please try again after '6' seconds.")},
    {"*=not-running", 1,
     THREE("OperationNotAllowed",
           "Cannot modify extensions in the VM when the VM is not running.")},
    {"*=not_found", 3,
     THREE("ResourceNotFound",
           "The Resource 'Microsoft.Compute/virtualMachines/web-01' under resource group 'RG-web' "
           "was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix")},
    {"*=forbidden", 1,
     THREE("AuthorizationFailed",
           "The client 'rehearsal' with object id '00000000-0000-0000-0000-00000000000c' does not "
           "have authorization to perform action "
           "'Microsoft.Compute/virtualMachines/runCommand/action' over scope '" ID "' or the scope "
           "is invalid. If access was recently granted, please refresh your credentials.")},
    {"*=login", 1,
     "ERROR: AADSTS700082: The refresh token has expired due to inactivity. The token was issued "
     "on 2026-01-01T00:00:00.0000000Z and was inactive for 90.00:00:00.\n"
     "Interactive authentication is needed. Please run:\naz login\n"},
    {"*=network", 1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with "
     "url: " ID "/runCommand?api-version=2022-11-01 (Caused by NewConnectionError("
     "'<urllib3.connection.HTTPSConnection object at 0x7f0000000000>: Failed to establish a new "
     "connection: [Errno -3] Temporary failure in name resolution'))\n"},
    {"*=agent", 1,
     THREE("VMAgentStatusCommunicationError",
           "VM 'web-01' has not reported status for VM agent or extensions. Verify that the OS is "
           "up and healthy, the VM has a running VM agent, and that it can establish outbound "
           "connections to Azure storage. Please refer to "
           "https://aka.ms/vmextensionlinuxtroubleshoot for additional VM agent troubleshooting "
           "information.")},
    {"*=extension", 1,
     THREE("VMExtensionProvisioningError",
           "VM has reported a failure when processing extension 'RunCommandLinux'. Error message: "
           "\"Enable failed: invalid configuration: 'commandToExecute' is not specified\".")},
};

/* Protects az's forms of refusal, which azure/answer must know; and that the script did not run. */
START_TEST(refusal_is_verbatim)
{
    struct finish finish;
    struct stat status;
    char *mark = memory_print("%s/mark", folder);
    char *text = memory_print("touch '%s'\n", mark);

    run(prepare(refusals[_i].injection, NULL, true), "web-01", text, JOB_SH, &finish);
    exited(&finish, refusals[_i].status);
    same(&finish.output, "");
    same(&finish.errors, refusals[_i].errors);
    ck_assert_int_lt(stat(mark, &status), 0);
    finish_done(&finish);
    free(text);
    free(mark);
}
END_TEST

/* Protects retries: "busy:2" and "throttled:2" end after two attempts, on each VM for itself. */
START_TEST(refusal_ends_after_attempts)
{
    static const char *const injections[] = {"*=busy:2", "*=throttled:2"};
    static const int expected[] = {1, 1, 0};
    struct finish finish;

    for (int i = 0; i < 3; i++) {
        run(prepare(injections[_i], NULL, true), "web-01", "exit 0\n", JOB_SH, &finish);
        exited(&finish, expected[i]);
        finish_done(&finish);
    }
    run(prepare(injections[_i], NULL, true), "web-02", "exit 0\n", JOB_SH, &finish);
    exited(&finish, 1);
    finish_done(&finish);
}
END_TEST

/* Protects the shape of a success on Linux, byte for byte, and that nothing is run unasked. */
START_TEST(linux_answer_is_verbatim)
{
    struct finish finish;
    struct stat status;
    char *mark = memory_print("%s/mark", folder);
    char *text = memory_print("touch '%s'\n", mark);

    run(prepare(NULL, NULL, false), "web-01", text, JOB_SH, &finish);
    exited(&finish, 0);
    same(&finish.errors, "");
    starts(&finish.output,
           "{\n  \"value\": [\n    {\n      \"code\": \"ProvisioningState/succeeded\",\n"
           "      \"displayStatus\": \"Provisioning succeeded\",\n      \"level\": \"Info\",\n"
           "      \"message\": \"Enable succeeded: \\n[stdout]\\nrehearsal: the script was not run "
           "(--execute runs it on this machine)\\n\\nazfan:" NONCE " end=exit status=0 seconds=");
    ck_assert(
        contains(&finish.output, "\\n\\n[stderr]\\n\",\n      \"time\": null\n    }\n  ]\n}\n"));
    ck_assert_int_ge(finish.duration, 200 * NUMBER_MILLISECOND);
    trailer_is(&finish, TRAILER_EXIT, 0);
    ck_assert_int_lt(stat(mark, &status), 0);
    finish_done(&finish);
    free(text);
    free(mark);
}
END_TEST

/* Protects the shape of a success on Windows: two elements, no markers, no last newline. */
START_TEST(windows_answer_is_verbatim)
{
    struct finish finish;
    char *first;
    char *second;

    run(prepare(NULL, NULL, _i == 1), "win-01", "exit 1\n", JOB_POWERSHELL, &finish);
    exited(&finish, 0);
    starts(&finish.output,
           "{\n  \"value\": [\n    {\n      \"code\": \"ComponentStatus/StdOut/succeeded\",\n"
           "      \"displayStatus\": \"Provisioning succeeded\",\n      \"level\": \"Info\",\n"
           "      \"message\": \"rehearsal: the script was not run (");
    first = message_of(&finish, 0, NULL);
    second = message_of(&finish, 1, NULL);
    ck_assert_msg(
        strncmp(first,
                _i == 0 ? NOT_RUN : "rehearsal: the script was not run (there is no pwsh here)\n",
                57) == 0,
        "%s", first);
    ck_assert_str_eq(second, "");
    ck_assert_int_ne(first[strlen(first) - 1], '\n');
    trailer_is(&finish, TRAILER_EXIT, 0);
    ck_assert(contains(&finish.output, "\n      \"time\": null\n    },\n    {\n      \"code\": "
                                       "\"ComponentStatus/StdErr/succeeded\",\n"));
    free(first);
    free(second);
    finish_done(&finish);
}
END_TEST

/* Protects the answers that succeed and yet say that something is wrong. */
START_TEST(odd_answers)
{
    static const char *const injections[] = {"*=no_trailer", "*=reboot", "*=garbage"};
    static const char *const messages[] = {"Enable succeeded: \n[stdout]\n" NOT_RUN "\n[stderr]\n",
                                           "Enable succeeded: Last script execution didn't finish.",
                                           NULL};
    struct finish finish;

    run(prepare(injections[_i], NULL, false), "web-01", "exit 0\n", JOB_SH, &finish);
    exited(&finish, 0);
    same(&finish.errors, "");
    if (messages[_i] != NULL) {
        char *message = message_of(&finish, 0, NULL);

        ck_assert_str_eq(message, messages[_i]);
        free(message);
    } else {
        same(&finish.output, "{\n  \"value\": [\n    {\n      \"code\": \"Provisioni");
    }
    finish_done(&finish);
}
END_TEST

/* Protects exit:N and script_timeout, with and without a script that really runs. */
START_TEST(trailer_says_the_fault)
{
    bool execute = _i % 2 == 1;
    struct finish finish;

    run(prepare(_i < 2 ? "*=exit:9" : "*=script-timeout", NULL, execute), "web-01", "echo hello\n",
        JOB_SH, &finish);
    exited(&finish, 0);
    trailer_is(&finish, _i < 2 ? TRAILER_EXIT : TRAILER_TIMEOUT, 9);
    ck_assert((contains(&finish.output, "hello")) == (_i == 1));
    finish_done(&finish);
}
END_TEST

/* Protects the rehearsal of an az that dies: a signal, nothing said, no core left behind. */
START_TEST(crash_is_a_signal)
{
    struct finish finish;

    run(prepare("*=crash", NULL, _i == 1), "web-01", "exit 0\n", JOB_SH, &finish);
    ck_assert(finish.exit.signaled);
    ck_assert_int_eq(finish.exit.status, SIGSEGV);
    ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
    same(&finish.output, "");
    same(&finish.errors, "");
    finish_done(&finish);
}
END_TEST

/* Protects slow: the answer is the usual one, later. */
START_TEST(slow_answers_later)
{
    struct finish finish;

    run(prepare("*=slow:700ms", NULL, true), "web-01", "exit 3\n", JOB_SH, &finish);
    exited(&finish, 0);
    ck_assert_int_ge(finish.duration, 700 * NUMBER_MILLISECOND);
    trailer_is(&finish, TRAILER_EXIT, 3);
    finish_done(&finish);
}
END_TEST

/* Starts az and leaves it running. */
static void start(struct az *az, struct child *child)
{
    struct error error;

    ck_assert_msg(child_start(child, &az->command, &error) == 0, "%s", error.text);
}

static void reap(struct child *child, struct child_exit *ret)
{
    await_end(child);
    child_reap(child, ret);
}

/* What az has written to its standard error, after its end. */
static void errors_are(const struct child *child, const char *expected)
{
    char text[1024];
    ssize_t got;

    await_end(child);
    got = read(child->errors, text, sizeof text - 1);
    ck_assert_int_ge(got, 0);
    text[got] = '\0';
    ck_assert_str_eq(text, expected);
}

/* Protects the soft stop: az ends with its own words on SIGINT, whatever it waits for. */
START_TEST(interrupt_ends_az)
{
    static const char *const injections[] = {"*=hang", "*=slow:1h", "*=hang"};
    struct child_exit end;
    struct child child;
    struct az az;

    az_invoke(&az, prepare(injections[_i], NULL, _i == 2), "web-01", "exit 0\n", JOB_SH);
    start(&az, &child);
    await_signal_mask(child.pid, "SigBlk:");
    child_signal(&child, SIGINT);
    errors_are(&child, "ERROR: Long-running operation wait cancelled.  \n");
    reap(&child, &end);
    ck_assert(!end.signaled);
    ck_assert_int_eq(end.status, 1);
    az_done(&az);
}
END_TEST

/* Protects SIGTERM's default effect: a hung az dies of it. */
START_TEST(terminate_ends_az)
{
    struct child_exit end;
    struct child child;
    struct az az;

    az_invoke(&az, prepare("*=hang", NULL, false), "web-01", "exit 0\n", JOB_SH);
    start(&az, &child);
    await_signal_mask(child.pid, "SigBlk:");
    child_signal(&child, SIGTERM);
    reap(&child, &end);
    ck_assert(end.signaled);
    ck_assert_int_eq(end.status, SIGTERM);
    az_done(&az);
}
END_TEST

/* Protects the last step of the stop ladder: only SIGKILL ends a stubborn az. */
START_TEST(stubborn_needs_kill)
{
    struct child_exit end;
    struct child child;
    struct az az;

    az_invoke(&az, prepare("*=stubborn", NULL, false), "web-01", "exit 0\n", JOB_SH);
    start(&az, &child);
    await_signal_mask(child.pid, "SigIgn:");
    child_signal(&child, SIGINT);
    child_signal(&child, SIGTERM);
    for (int i = 0; i < 100; i++)
        nap();
    ck_assert(!child_has_exited(&child));
    child_signal(&child, SIGKILL);
    reap(&child, &end);
    ck_assert(end.signaled);
    ck_assert_int_eq(end.status, SIGKILL);
    az_done(&az);
}
END_TEST

/* ---- what azfan-rest says ----------------------------------------------------------------- */

#define NUMBER "00000000-0000-4000-8000-00000000000e"
#define ACCEPTED                                                                                   \
    "accepted {\"operation\":\"https://management.azure.com/subscriptions/" SUBSCRIPTION           \
    "/providers/Microsoft.Compute/locations/simulated/operations/" NUMBER                          \
    "?api-version=2024-07-01\",\"request_id\":\"" NUMBER "\",\"correlation_id\":\"" NUMBER "\"}\n"

struct client {
    struct az az;
    struct tokenpage page;
    int request;
};

static int memory_of(const char *text)
{
    int fd = memfd_create("request", MFD_CLOEXEC);

    ck_assert_int_eq(fd_write_all(fd, text, strlen(text)), 0);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* One that gets REQUEST, and a token where there is one. Takes VARIABLE over. */
static void client_make(struct client *client, char *variable, const char *request,
                        const char *token)
{
    struct error error;

    az_words(&client->az, variable, (const char *const[]){NULL});
    free(client->az.words[1]);
    client->az.words[1] = memory_string(SIMULATOR_REST);
    ck_assert_int_eq(tokenpage_make(&client->page, &error), 0);
    if (token != NULL)
        ck_assert_int_eq(tokenpage_write(&client->page, token, &error), 0);
    client->request = memory_of(request);
    client->az.command.input = client->request;
    client->az.command.extra = client->page.fd;
}

static void client_done(struct client *client)
{
    fd_close(&client->request);
    tokenpage_close(&client->page);
    az_done(&client->az);
}

/* For free(): as azfan writes it (azure/rest), with a letter that a URL has not. */
static char *request_for(const char *command_id)
{
    return memory_print(
        "{\"endpoint\":\"https://management.azure.com\",\"path\":\"/subscriptions/" SUBSCRIPTION
        "/resourceGroups/RG-%%C3%%BC/providers/"
        "Microsoft.Compute/virtualMachines/web-01/runCommand\","
        "\"api_version\":\"2024-07-01\",\"client_request_id\":\"" NUMBER "\","
        "\"body\":{\"commandId\":\"%s\",\"script\":[\"exit 3\"]}}",
        command_id);
}

static void client_run(char *variable, struct finish *finish)
{
    struct supervise_limits limits = {
        .timeout = 15 * NUMBER_SECOND, .kill_grace = NUMBER_SECOND, .output_limit = 1 << 20};
    struct supervise_stop stop = {-1, -1};
    char *request = request_for("RunShellScript");
    struct client client;

    client_make(&client, variable, request, "a.token");
    supervise_run(&client.az.command, &limits, &stop, NULL, finish);
    ck_assert_msg(finish->end == FINISH_EXITED, "%s", finish->error.text);
    client_done(&client);
    free(request);
}

/* Of the message only its beginning: Azure's words are those that az repeats. */
static const struct {
    const char *injection;
    const char *said;
    const char *code;
    int http;
    const char *phase;
    const char *started;
} failures[] = {
    {"*=busy", "sent\n", "Conflict", 409, "sent", "no"},
    {"*=throttled", "sent\n", "SubscriptionRequestsThrottled", 429, "sent", "no"},
    {"*=not_running", "sent\n", "OperationNotAllowed", 409, "sent", "no"},
    {"*=not_found", "sent\n", "ResourceNotFound", 404, "sent", "no"},
    {"*=forbidden", "sent\n", "AuthorizationFailed", 403, "sent", "no"},
    {"*=login", "sent\n", "ExpiredAuthenticationToken", 401, "sent", "no"},
    {"*=network", "", NULL, 0, "connect", "no"},
    {"*=agent", "sent\n" ACCEPTED, "VMAgentStatusCommunicationError", 200, "polling", "unknown"},
    {"*=extension", "sent\n" ACCEPTED, "VMExtensionProvisioningError", 200, "polling", "unknown"},
};

static void text_is(const json_t *line, const char *key, const char *expected)
{
    const char *text = json_string_value(json_object_get(line, key));

    ck_assert_msg((text == NULL) == (expected == NULL) &&
                      (text == NULL || strcmp(text, expected) == 0),
                  "%s: %s instead of %s", key, text, expected);
}

/* Protects the seam: the last line is one that azure/refusal reads, and what was said before it is
 * what azfan writes down. */
START_TEST(failure_is_a_line)
{
    struct finish finish;
    size_t said = strlen(failures[_i].said);
    json_t *line;

    client_run(prepare(failures[_i].injection, NULL, false), &finish);
    exited(&finish, 1);
    same(&finish.output, "");
    starts(&finish.errors, failures[_i].said);
    line = json_loadb(finish.errors.data + said, finish.errors.length - said, 0, NULL);
    ck_assert_msg(line != NULL, "%s", finish.errors.data + said);
    text_is(line, "phase", failures[_i].phase);
    text_is(line, "code", failures[_i].code);
    text_is(line, "started", failures[_i].started);
    ck_assert_int_eq(json_integer_value(json_object_get(line, "http")), failures[_i].http);
    ck_assert_int_eq(json_integer_value(json_object_get(line, "retry_after")),
                     failures[_i].http == 429 ? 6 : 0);
    ck_assert(json_is_string(json_object_get(line, "message")));
    json_decref(line);
    finish_done(&finish);
}
END_TEST

START_TEST(success_is_as_of_az)
{
    struct finish finish;
    char *message;

    client_run(prepare(NULL, NULL, _i == 1), &finish);
    exited(&finish, 0);
    same(&finish.errors, "sent\n" ACCEPTED);
    message = message_of(&finish, 0, NULL);
    ck_assert_ptr_nonnull(strstr(message, "Enable succeeded: \n[stdout]\n"));
    free(message);
    finish_done(&finish);
}
END_TEST

static const struct {
    const char *request;
    const char *token;
    const char *message;
} unusable[] = {
    {"{", "a.token", "the request cannot be used"},
    {"{}", "a.token", "the request cannot be used"},
    {"{\"path\":\"/runCommand\",\"client_request_id\":\"a\",\"body\":{\"commandId\":\"b\"}}",
     "a.token", "the request cannot be used"},
    {NULL, NULL, "there is no token"},
};

START_TEST(unusable_request_sends_nothing)
{
    char *usable = request_for("RunShellScript");
    char expected[200];
    struct child_exit end;
    struct client client;
    struct child child;

    client_make(&client, prepare(NULL, NULL, false),
                unusable[_i].request != NULL ? unusable[_i].request : usable, unusable[_i].token);
    start(&client.az, &child);
    (void)snprintf(expected, sizeof expected,
                   "{\"message\":\"%s\",\"phase\":\"request\",\"started\":\"no\"}\n",
                   unusable[_i].message);
    errors_are(&child, expected);
    reap(&child, &end);
    ck_assert_int_eq(end.status, 1);
    client_done(&client);
    free(usable);
}
END_TEST

static void await_text(const struct child *child, const char *expected)
{
    char text[1024];
    size_t length = 0;

    while (length < strlen(expected)) {
        ssize_t got = read(child->errors, text + length, sizeof text - length);

        if (got > 0)
            length += (size_t)got;
        else
            nap();
    }
    ck_assert_uint_eq(length, strlen(expected));
    ck_assert_int_eq(memcmp(text, expected, length), 0);
}

/* Protects the soft stop: azfan-rest ends by SIGINT, and what it had reached is known. Row 1: in
 * time-lapse, where its lead is a descriptor of its own, and what it says comes before it is ready
 * to be stopped. */
START_TEST(interrupt_ends_a_client_by_itself)
{
    char *request = request_for("RunShellScript");
    struct simulator_plan plan = {(const char *const[]){"*=hang"}, 1, 7, false, _i == 1};
    struct child_exit end;
    struct client client;
    struct child child;
    struct error error;
    char *variable;
    char ready = '\0';

    ck_assert_int_eq(simulator_prepare(&plan, folder, &variable, &error), 0);
    client_make(&client, variable, request, "a.token");
    client.az.command.led = _i == 1;
    start(&client.az, &child);
    if (_i == 1)
        ck_assert_int_eq(read(child.lead, &ready, 1), 1);
    await_text(&child, "sent\n" ACCEPTED);
    ck_assert_int_eq(ready, _i == 1 ? 'r' : '\0');
    child_signal(&child, SIGINT);
    reap(&child, &end);
    ck_assert(end.signaled);
    ck_assert_int_eq(end.status, SIGINT);
    client_done(&client);
    free(request);
}
END_TEST

/* ---- scripts that really run -------------------------------------------------------------- */

/* Protects --execute: output, exit status, both streams. */
START_TEST(script_is_executed)
{
    struct finish finish;
    char *message;

    run(prepare(NULL, NULL, true), "web-01", "echo out; echo err >&2; exit 7\n", JOB_SH, &finish);
    exited(&finish, 0);
    trailer_is(&finish, TRAILER_EXIT, 7);
    message = message_of(&finish, 0, NULL);
    ck_assert_msg(strncmp(message, "Enable succeeded: \n[stdout]\nout\n", 32) == 0, "%s", message);
    ck_assert_msg(strstr(message, "\n[stderr]\nerr\n") != NULL, "%s", message);
    free(message);
    finish_done(&finish);
}
END_TEST

/* Protects the VM's world: almost no environment, no input, nothing of azfan's own. */
START_TEST(script_finds_a_bare_machine)
{
    struct finish finish;
    char *message;

    run(prepare(NULL, NULL, true), "web-01",
        "echo \"home=${HOME-none} user=${USER-none} secret=${SECRET_OF_AZFAN-none}\"\n"
        "echo \"plan=${" SIMULATOR_VARIABLE "-none} language=$LANG path=$PATH\"\n"
        "cat; ls /proc/self/fd | tr '\\n' ' '\n",
        JOB_SH, &finish);
    exited(&finish, 0);
    trailer_is(&finish, TRAILER_EXIT, 0);
    message = message_of(&finish, 0, NULL);
    ck_assert_msg(strstr(message,
                         "[stdout]\nhome=none user=none secret=none\nplan=none language=C.UTF-8 "
                         "path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                         "0 1 2 3 ") != NULL,
                  "%s", message);
    free(message);
    finish_done(&finish);
}
END_TEST

/* Protects what the agent leaves on the VM: script.sh (0500), stdout, stderr, a folder a run. */
START_TEST(runs_leave_their_files)
{
    struct finish finish;
    struct stat status;
    char *path;

    for (int i = 0; i < 2; i++) {
        run(prepare(NULL, NULL, true), "Web-01", "echo hello\n", JOB_SH, &finish);
        exited(&finish, 0);
        finish_done(&finish);
    }
    path = memory_print("%s/vm/web-01+rg-web+" SUBSCRIPTION "/1/script.sh", folder);
    ck_assert_msg(stat(path, &status) == 0, "%s is not there", path);
    ck_assert_int_eq(status.st_mode & 0777, 0500);
    strcpy(strrchr(path, '/'), "/stdout");
    ck_assert_msg(stat(path, &status) == 0, "%s is not there", path);
    free(path);
}
END_TEST

/* Protects Azure's limit: the last 4,096 bytes, and U+FFFD for the rest of a cut character. */
START_TEST(output_is_a_tail)
{
    struct finish finish;
    char *message;
    size_t length;

    /* 1,500 characters of three bytes on standard error: 4,096 is one byte more than a multiple. */
    run_unguarded("i=0\nwhile [ $i -lt 1500 ]; do printf '\\342\\202\\254' >&2; printf "
                  "'abcd\\n'; i=$((i + 1)); done\nexit 0\n",
                  &finish);
    exited(&finish, 0);
    message = message_of(&finish, 0, &length);
    ck_assert_msg(strstr(message, "[stderr]\n\xef\xbf\xbd\xe2\x82\xac\xe2\x82\xac") != NULL,
                  "%.300s", message);
    /* The bad byte is three when it comes out. */
    ck_assert_uint_eq(length, strlen("Enable succeeded: \n[stdout]\n\n[stderr]\n") + 2 * 4096 + 2);
    free(message);
    finish_done(&finish);
}
END_TEST

/* Protects the reader of answers from a simulator that is too clean: control characters come out.
 */
START_TEST(json_is_escaped_as_by_python)
{
    struct finish finish;

    run(prepare(NULL, NULL, true), "web-01", "printf '\\033[1m\"\\\\\\t\\303\\244\\0\\377\\n'\n",
        JOB_SH, &finish);
    exited(&finish, 0);
    ck_assert_msg(contains(&finish.output, "\\u001b[1m\\\"\\\\\\t\xc3\xa4\\u0000\xef\xbf\xbd\\n"),
                  "%.*s", (int)finish.output.length, finish.output.data);
    finish_done(&finish);
}
END_TEST

/* Takes the VM's lock, which waits for the guard's end. */
static void await_lock(const char *name)
{
    char *path = memory_print("%s/vm/%s+rg-web+" SUBSCRIPTION ".lock", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    fd_close(&fd);
    free(path);
}

/* A script that says in one FIFO that it runs and waits at another. */
static char *waiting_script(char *const *fifos)
{
    return memory_print("echo runs > '%s'\nread line < '%s'\necho done > '%s/mark'\n", fifos[0],
                        fifos[1], folder);
}

static void busy_now(bool busy)
{
    struct finish finish;

    run(prepare(NULL, NULL, true), "web-01", "exit 0\n", JOB_SH, &finish);
    exited(&finish, busy ? 1 : 0);
    if (busy)
        same(&finish.errors, refusals[0].errors);
    finish_done(&finish);
}

/*
 * Protects the truth about a killed az: Azure goes on running the script and
 * refuses the next one until it has ended. Row 0: SIGKILL, row 1: SIGINT, row
 * 2: az crashed by itself.
 */
START_TEST(vm_is_busy_until_the_script_ends)
{
    char *fifos[] = {make_fifo("started"), make_fifo("finish")};
    char *text = waiting_script(fifos);
    char *mark = memory_print("%s/mark", folder);
    struct stat status;
    struct child_exit end;
    struct child child;
    struct az az;
    int fd;

    az_invoke(&az, prepare(_i == 2 ? "*=crash" : NULL, NULL, true), "web-01", text, JOB_SH);
    start(&az, &child);
    await_fifo(fifos[0]);
    if (_i < 2)
        child_signal(&child, _i == 0 ? SIGKILL : SIGINT);
    reap(&child, &end);
    ck_assert_int_eq(end.status, _i == 0 ? SIGKILL : _i == 1 ? 1 : SIGSEGV);
    busy_now(true);
    ck_assert_int_lt(stat(mark, &status), 0);
    fd = open(fifos[1], O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(fd_write_all(fd, "go\n", 3), 0);
    fd_close(&fd);
    await_lock("web-01");
    ck_assert_int_eq(stat(mark, &status), 0);
    busy_now(false);
    az_done(&az);
    free(mark);
    free(text);
    free(fifos[0]);
    free(fifos[1]);
}
END_TEST

/* Protects against a VM that stays busy for ever: what a script leaves running does not hold it. */
START_TEST(left_behind_process_holds_no_lock)
{
    char *fifo = make_fifo("finish");
    char *text =
        memory_print("setsid sh -c \"read line < '%s'\" >/dev/null 2>&1 &\nexit 0\n", fifo);
    struct finish finish;
    int fd;

    run(prepare(NULL, NULL, true), "web-01", text, JOB_SH, &finish);
    exited(&finish, 0);
    trailer_is(&finish, TRAILER_EXIT, 0);
    finish_done(&finish);
    busy_now(false);
    fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    fd_close(&fd);
    free(text);
    free(fifo);
}
END_TEST

/* Protects the rest of the fleet: VMs of one name in two groups are two VMs. */
START_TEST(lock_is_per_vm)
{
    char *fifos[] = {make_fifo("started"), make_fifo("finish")};
    char *text = waiting_script(fifos);
    struct finish finish;
    struct child_exit end;
    struct child child;
    struct az az;
    int fd;

    az_invoke(&az, prepare(NULL, NULL, true), "web-01", text, JOB_SH);
    start(&az, &child);
    await_fifo(fifos[0]);
    run(prepare(NULL, NULL, true), "web-02", "exit 0\n", JOB_SH, &finish);
    exited(&finish, 0);
    finish_done(&finish);
    fd = open(fifos[1], O_WRONLY | O_CLOEXEC);
    fd_close(&fd);
    reap(&child, &end);
    ck_assert_int_eq(end.status, 0);
    az_done(&az);
    free(text);
    free(fifos[0]);
    free(fifos[1]);
}
END_TEST

/* ---- az's arguments ----------------------------------------------------------------------- */

#define USAGE                                                                                      \
    "\nExamples from AI knowledge base:\nhttps://aka.ms/cli_ref\n"                                 \
    "Read more about the command in reference docs\n"

static const struct {
    const char *words[10];
    int status;
    const char *errors;
} refused[] = {
    {{"vm", "run-command", "invoke", "--ids", ID, NULL},
     2,
     "ERROR: the following arguments are required: --command-id\n" USAGE},
    {{"vm", "run-command", "invoke", "--command-id", "RunShellScript", NULL},
     1,
     "ERROR: (--resource-group --name | --ids) are required\n"},
    {{"vm", "run-command", "invoke", "--command-id", "RunShellScript", "--ids", "foo", NULL},
     1,
     "ERROR: invalid resource ID: foo\n"},
    {{"vm", "run-command", "invoke", "--ids", NULL},
     2,
     "ERROR: argument --ids: expected one argument\n" USAGE},
    {{"vm", "run-command", "invoke", "--scripts", "-o", "json", NULL},
     2,
     "ERROR: argument --scripts: expected at least one argument\n" USAGE},
    {{"vm", "run-command", "invoke", "--frob", NULL},
     2,
     "ERROR: unrecognized arguments: --frob\n" USAGE},
    {{"vm", "run-command", "invoke", "--ids", ID, "--command-id", "Nope", NULL},
     3,
     "ERROR: (NotFound) The entity was not found in this Azure location.\n"
     "Code: NotFound\nMessage: The entity was not found in this Azure location.\n"},
    {{"version", "-o", "tsv", NULL},
     2,
     "ERROR: 'tsv' is not a valid value for '--output'. Allowed values: json.\n" USAGE},
    {{"nosuch", NULL}, 2, "ERROR: 'nosuch' is misspelled or not recognized by the system.\n" USAGE},
    {{"vm", "list", NULL},
     2,
     "ERROR: 'list' is misspelled or not recognized by the system.\n" USAGE},
    {{"account", NULL}, 2, "ERROR: the following arguments are required: _subcommand\n" USAGE},
};

/* Protects against an azfan that starts az wrongly and would not notice in a rehearsal. */
START_TEST(arguments_are_checked)
{
    struct finish finish;

    run_words(refused[_i].words, &finish);
    exited(&finish, refused[_i].status);
    same(&finish.output, "");
    same(&finish.errors, refused[_i].errors);
    finish_done(&finish);
}
END_TEST

/* Protects az's trap: a file that is missing is the script's text, so there is no trailer. */
START_TEST(missing_script_file_is_literal)
{
    static const char *const words[] = {
        "vm",        "run-command",      "invoke", "--ids", ID, "--command-id", "RunShellScript",
        "--scripts", "@/nonexistent.sh", NULL};
    struct finish finish;
    char *message;

    run_words(words, &finish);
    exited(&finish, 0);
    message = message_of(&finish, 0, NULL);
    ck_assert_str_eq(message, "Enable succeeded: \n[stdout]\n" NOT_RUN "\n[stderr]\n");
    free(message);
    finish_done(&finish);
}
END_TEST

/* Protects the check of the login: a token that says what it is, with az's keys in az's order. */
START_TEST(token_is_fake)
{
    static const char *const words[] = {"account", "get-access-token", "-o", "json", NULL};
    static const char *const chosen[] = {"account", "get-access-token", "--subscription",
                                         SUBSCRIPTION, NULL};
    struct finish finish;
    json_t *root;

    run_words(_i == 0 ? words : chosen, &finish);
    exited(&finish, 0);
    starts(&finish.output, "{\n  \"accessToken\": \"a-simulated-token-that-opens-nothing\",\n"
                           "  \"expiresOn\": \"20");
    root = json_loadb(finish.output.data, finish.output.length, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(root, "subscription")),
                     _i == 0 ? "00000000-0000-0000-0000-00000000000a" : SUBSCRIPTION);
    ck_assert_str_eq(json_string_value(json_object_get(root, "tokenType")), "Bearer");
    ck_assert_int_gt(json_integer_value(json_object_get(root, "expires_on")),
                     clock_wall() / NUMBER_SECOND + 3600);
    json_decref(root);
    finish_done(&finish);
}
END_TEST

/* Protects the check of az's version. */
START_TEST(version_is_told)
{
    static const char *const words[] = {"version", "-o", "json", NULL};
    struct finish finish;

    run_words(words, &finish);
    exited(&finish, 0);
    same(&finish.output, "{\n  \"azure-cli\": \"2.77.0\",\n  \"azure-cli-core\": \"2.77.0\",\n"
                         "  \"azure-cli-telemetry\": \"1.1.0\",\n  \"extensions\": {}\n}\n");
    finish_done(&finish);
}
END_TEST

/* Protects the person who starts the simulated az by hand: an error of az's form, no crash. */
START_TEST(missing_plan_is_an_error)
{
    struct finish finish;
    char *variable = memory_print("%s=%s/nowhere", SIMULATOR_VARIABLE, folder);

    run(variable, "web-01", "exit 0\n", JOB_SH, &finish);
    exited(&finish, 1);
    starts(&finish.errors, "ERROR: the simulated Azure: cannot open ");
    finish_done(&finish);
}
END_TEST

static TCase *plan_case(void)
{
    TCase *tcase = tcase_create("plan");

    tcase_add_unchecked_fixture(tcase, folder_make, folder_remove);
    tcase_add_loop_test(tcase, injection_is_read, 0, UNIT_COUNT(good));
    tcase_add_loop_test(tcase, bad_injection_is_explained, 0, UNIT_COUNT(bad));
    tcase_add_test(tcase, last_match_wins);
    tcase_add_test(tcase, injections_mean_what_selectors_mean);
    tcase_add_test(tcase, percent_picks_by_seed);
    tcase_add_test(tcase, faults_draw_for_themselves);
    tcase_add_test(tcase, durations_are_spread);
    tcase_add_loop_test(tcase, attempts_are_foreseen, 0, UNIT_COUNT(forecasts));
    tcase_add_test(tcase, plan_comes_back);
    tcase_add_test(tcase, faults_are_described);
    return tcase;
}

/* A case of one test: each row of it that shares a folder shares its VMs. */
static void add(Suite *suite, const char *name, const TTest *test, int rows)
{
    for (int i = 0; i < rows; i++) {
        TCase *tcase = tcase_create(name);

        tcase_set_timeout(tcase, 20);
        tcase_add_unchecked_fixture(tcase, folder_make, folder_remove);
        tcase_add_loop_test(tcase, test, i, i + 1);
        suite_add_tcase(suite, tcase);
    }
}

static Suite *simulator_suite(void)
{
    Suite *suite = suite_create("simulator");

    suite_add_tcase(suite, plan_case());
    add(suite, "refusal", refusal_is_verbatim, UNIT_COUNT(refusals));
    add(suite, "attempts", refusal_ends_after_attempts, 2);
    add(suite, "linux", linux_answer_is_verbatim, 1);
    add(suite, "windows", windows_answer_is_verbatim, 2);
    add(suite, "odd", odd_answers, 3);
    add(suite, "trailer", trailer_says_the_fault, 4);
    add(suite, "crash", crash_is_a_signal, 2);
    add(suite, "slow", slow_answers_later, 1);
    add(suite, "interrupt", interrupt_ends_az, 3);
    add(suite, "terminate", terminate_ends_az, 1);
    add(suite, "stubborn", stubborn_needs_kill, 1);
    add(suite, "execute", script_is_executed, 1);
    add(suite, "bare", script_finds_a_bare_machine, 1);
    add(suite, "files", runs_leave_their_files, 1);
    add(suite, "tail", output_is_a_tail, 1);
    add(suite, "json", json_is_escaped_as_by_python, 1);
    add(suite, "busy", vm_is_busy_until_the_script_ends, 3);
    add(suite, "left", left_behind_process_holds_no_lock, 1);
    add(suite, "lock", lock_is_per_vm, 1);
    add(suite, "arguments", arguments_are_checked, UNIT_COUNT(refused));
    add(suite, "literal", missing_script_file_is_literal, 1);
    add(suite, "token", token_is_fake, 2);
    add(suite, "version", version_is_told, 1);
    add(suite, "no plan", missing_plan_is_an_error, 1);
    add(suite, "failure", failure_is_a_line, UNIT_COUNT(failures));
    add(suite, "success", success_is_as_of_az, 2);
    add(suite, "unusable", unusable_request_sends_nothing, UNIT_COUNT(unusable));
    add(suite, "interrupt rest", interrupt_ends_a_client_by_itself, 2);
    return suite;
}

/* Instead of UNIT_MAIN: this program is also what it tests. */
int main(int count, char **arguments)
{
    if (count > 1 && simulator_is_meant(arguments[1]))
        return simulator_main(arguments + 1);
    return unit_run(simulator_suite(), __FILE__);
}
