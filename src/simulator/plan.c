/* SPDX-License-Identifier: MIT */
#include "simulator/plan.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/number.h"
#include "job/outcome.h"
#include "job/selectors.h"
#include "job/targets.h"
#include "sys/file.h"

enum { PLAN_LIMIT = 64 * 1024 * 1024, PERCENT_MOST = 100, COUNT_MOST = 1000000, STATUS_MOST = 255 };

enum value { VALUE_NONE, VALUE_DURATION, VALUE_COUNT, VALUE_STATUS };

/* How long the client waits before it answers. */
enum wait {
    WAIT_SCRIPT, /* as long as the simulated script takes */
    WAIT_LONGER, /* and the fault's value */
    WAIT_NONE,
    WAIT_FOREVER
};

/* The last three say what an attempt comes to, as far as a schedule needs to know. */
static const struct fault_kind {
    const char *name;
    enum value value;
    const char *usage; /* the name with its value */
    const char *meaning;
    enum simulator_stage stage;
    enum wait wait;
    enum outcome_kind kind;
    enum outcome_reason reason;
    enum outcome_script script;
} kinds[SIMULATOR_FAULTS] = {
    [SIMULATOR_HANG] = {"hang", VALUE_NONE, "hang", "az never answers; SIGINT ends it",
                        SIMULATOR_ACCEPTED, WAIT_FOREVER, OUTCOME_TIMEOUT, REASON_AZ,
                        SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_STUBBORN] = {"stubborn", VALUE_NONE, "stubborn",
                            "az never answers and ignores SIGINT and SIGTERM", SIMULATOR_ACCEPTED,
                            WAIT_FOREVER, OUTCOME_TIMEOUT, REASON_AZ, SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_SLOW] = {"slow", VALUE_DURATION, "slow:DURATION",
                        "the answer comes DURATION later (30s, 2m)", SIMULATOR_ACCEPTED,
                        WAIT_LONGER, OUTCOME_OK, REASON_NONE, SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_CRASH] = {"crash", VALUE_NONE, "crash", "az dies of SIGSEGV", SIMULATOR_ACCEPTED,
                         WAIT_NONE, OUTCOME_UNKNOWN, REASON_ANSWER, SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_EXIT] = {"exit", VALUE_STATUS, "exit[:N]",
                        "the script ends with exit status N (1 when not given)", SIMULATOR_ACCEPTED,
                        WAIT_SCRIPT, OUTCOME_FAILED, REASON_EXIT, SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_SCRIPT_TIMEOUT] = {"script_timeout", VALUE_NONE, "script_timeout",
                                  "the script's time is over and it is ended on the VM",
                                  SIMULATOR_ACCEPTED, WAIT_SCRIPT, OUTCOME_TIMEOUT, REASON_SCRIPT,
                                  SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_NO_TRAILER] = {"no_trailer", VALUE_NONE, "no_trailer",
                              "the script's output comes without the guard's trailer",
                              SIMULATOR_ACCEPTED, WAIT_SCRIPT, OUTCOME_UNKNOWN, REASON_NO_TRAILER,
                              SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_REBOOT] = {"reboot", VALUE_NONE, "reboot",
                          "the VM restarts in the middle of the script", SIMULATOR_ACCEPTED,
                          WAIT_SCRIPT, OUTCOME_UNKNOWN, REASON_INTERRUPTED,
                          SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_GARBAGE] = {"garbage", VALUE_NONE, "garbage",
                           "az succeeds with an answer that cannot be read", SIMULATOR_ACCEPTED,
                           WAIT_SCRIPT, OUTCOME_UNKNOWN, REASON_ANSWER, SCRIPT_MAY_HAVE_STARTED},
    [SIMULATOR_BUSY] = {"busy", VALUE_COUNT, "busy[:N]",
                        "another script runs on the VM, for N attempts or always",
                        SIMULATOR_REFUSED, WAIT_NONE, OUTCOME_ERROR, REASON_BUSY,
                        SCRIPT_NOT_STARTED},
    [SIMULATOR_THROTTLED] = {"throttled", VALUE_COUNT, "throttled[:N]",
                             "Azure answers 429 Too Many Requests, for N attempts or always",
                             SIMULATOR_REFUSED, WAIT_NONE, OUTCOME_ERROR, REASON_THROTTLED,
                             SCRIPT_NOT_STARTED},
    [SIMULATOR_NOT_RUNNING] = {"not_running", VALUE_NONE, "not_running", "the VM is stopped",
                               SIMULATOR_REFUSED, WAIT_NONE, OUTCOME_ERROR, REASON_NOT_RUNNING,
                               SCRIPT_NOT_STARTED},
    [SIMULATOR_NOT_FOUND] = {"not_found", VALUE_NONE, "not_found", "there is no such VM",
                             SIMULATOR_REFUSED, WAIT_NONE, OUTCOME_ERROR, REASON_NOT_FOUND,
                             SCRIPT_NOT_STARTED},
    [SIMULATOR_FORBIDDEN] = {"forbidden", VALUE_NONE, "forbidden",
                             "the login has no right to run commands on the VM", SIMULATOR_REFUSED,
                             WAIT_NONE, OUTCOME_ERROR, REASON_FORBIDDEN, SCRIPT_NOT_STARTED},
    [SIMULATOR_LOGIN] = {"login", VALUE_NONE, "login", "the login has expired", SIMULATOR_REFUSED,
                         WAIT_NONE, OUTCOME_ERROR, REASON_LOGIN, SCRIPT_NOT_STARTED},
    [SIMULATOR_NETWORK] = {"network", VALUE_NONE, "network",
                           "Azure's name cannot be resolved; nothing was sent", SIMULATOR_UNSENT,
                           WAIT_NONE, OUTCOME_ERROR, REASON_NETWORK, SCRIPT_NOT_STARTED},
    [SIMULATOR_AGENT] = {"agent", VALUE_NONE, "agent", "the VM's agent does not report",
                         SIMULATOR_ACCEPTED, WAIT_NONE, OUTCOME_ERROR, REASON_AGENT,
                         SCRIPT_NOT_STARTED},
    [SIMULATOR_EXTENSION] = {"extension", VALUE_NONE, "extension",
                             "the Run Command extension fails on the VM", SIMULATOR_ACCEPTED,
                             WAIT_NONE, OUTCOME_ERROR, REASON_EXTENSION, SCRIPT_NOT_STARTED},
};

/* Letters in either case, and '-' for '_': what people type. */
static bool same_word(const char *name, const char *word)
{
    for (; *name != '\0'; name++, word++) {
        if (tolower((unsigned char)*word) != *name && !(*name == '_' && *word == '-'))
            return false;
    }
    return *word == '\0';
}

static int bad_fault(const char *word, const char *text, struct error *error)
{
    const char *names[SIMULATOR_FAULTS];
    struct buffer list = BUFFER_INIT;
    const char *nearest;

    for (int i = 0; i < SIMULATOR_FAULTS; i++) {
        names[i] = kinds[i].name;
        buffer_print(&list, "%s%s", i > 0 ? ", " : "", kinds[i].usage);
    }
    nearest = nearest_word(word, names, SIMULATOR_FAULTS);
    (void)error_set(error, "%s: there is no fault '%s'%s%s%s; the faults are %s", text, word,
                    nearest != NULL ? " (did you mean " : "", nearest != NULL ? nearest : "",
                    nearest != NULL ? "?)" : "", buffer_text(&list));
    buffer_done(&list);
    return -1;
}

/* VALUE is NULL when none was given. */
static int parse_value(const struct fault_kind *kind, const char *value, const char *text,
                       int64_t *ret, struct error *error)
{
    struct error why;
    int result = 0;

    *ret = kind->value == VALUE_STATUS ? 1 : 0;
    if (value == NULL && kind->value == VALUE_DURATION)
        return error_set(error, "%s: %s needs a duration, as in %s:30s", text, kind->name,
                         kind->name);
    if (value == NULL)
        return 0;
    switch (kind->value) {
    case VALUE_NONE:
        return error_set(error, "%s: %s takes no value", text, kind->name);
    case VALUE_DURATION:
        result = number_parse_duration(value, ret, &why);
        break;
    case VALUE_COUNT:
        result = number_parse(value, 1, COUNT_MOST, ret, &why);
        break;
    case VALUE_STATUS:
        result = number_parse(value, 1, STATUS_MOST, ret, &why);
        break;
    }
    if (result < 0)
        return error_set(error, "%s: the value of %s %s", text, kind->name, why.text);
    return 0;
}

/* FAULT[:VALUE], which is cut up. */
static int parse_fault(char *word, const char *text, struct simulator_injection *ret,
                       struct error *error)
{
    char *colon = strchr(word, ':');

    if (colon != NULL)
        *colon = '\0';
    ret->fault = 0;
    while (ret->fault < SIMULATOR_FAULTS && !same_word(kinds[ret->fault].name, word))
        ret->fault++;
    if (ret->fault == SIMULATOR_FAULTS)
        return bad_fault(word, text, error);
    return parse_value(&kinds[ret->fault], colon != NULL ? colon + 1 : NULL, text, &ret->value,
                       error);
}

static int parse_percent(char *word, const char *text, int *ret, struct error *error)
{
    char *at = strrchr(word, '@');
    struct error why;
    int64_t percent = PERCENT_MOST;

    if (at != NULL) {
        size_t length = strlen(at);

        /* "@10%" is what some will type. */
        if (length > 2 && at[length - 1] == '%')
            at[length - 1] = '\0';
        *at = '\0';
        if (number_parse(at + 1, 0, PERCENT_MOST, &percent, &why) < 0)
            return error_set(error, "%s: the percentage after @ %s", text, why.text);
    }
    *ret = (int)percent;
    return 0;
}

static int parse_parts(char *pattern, const char *text, struct simulator_injection *ret,
                       struct error *error)
{
    char *equals = strrchr(pattern, '=');
    struct error why;

    if (equals == NULL || equals == pattern || equals[1] == '\0')
        return error_set(error,
                         "%s: must be SELECTORS=FAULT[:VALUE][@PERCENT], as in "
                         "web-03=hang or *=throttled:1@10",
                         text);
    *equals = '\0';
    if (selectors_check(pattern, &why) < 0)
        return error_set(error, "%s: %s", text, why.text);
    if (parse_percent(equals + 1, text, &ret->percent, error) < 0)
        return -1;
    return parse_fault(equals + 1, text, ret, error);
}

int simulator_parse_injection(const char *text, struct simulator_injection *ret,
                              struct error *error)
{
    ret->pattern = memory_string(text);
    if (parse_parts(ret->pattern, text, ret, error) == 0)
        return 0;
    free(ret->pattern);
    ret->pattern = NULL;
    return -1;
}

int simulator_check_injection(const char *injection, struct error *error)
{
    struct simulator_injection parsed;

    if (simulator_parse_injection(injection, &parsed, error) < 0)
        return -1;
    free(parsed.pattern);
    return 0;
}

void simulator_describe_faults(struct buffer *buffer)
{
    for (int i = 0; i < SIMULATOR_FAULTS; i++)
        buffer_print(buffer, "  %-15s  %s\n", kinds[i].usage, kinds[i].meaning);
}

/* Of the seed, the VM's name in lower case and PURPOSE, well mixed (splitmix64's end). */
static uint64_t draw(uint64_t seed, const char *name, const char *purpose)
{
    uint64_t hash = HASH_BEGIN ^ seed;

    for (; *name != '\0'; name++)
        hash = hash_add(hash, (unsigned char)ascii_lower(*name));
    hash = hash_add(hash, '/');
    hash = hash_bytes(hash, purpose, strlen(purpose));
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

/*
 * Each fault draws for itself: with one draw for all, the VMs of "@10" would
 * be the first of those of "@20", and two faults would never mix.
 */
static bool is_picked(const struct simulator_injection *injection, uint64_t seed, const char *name)
{
    return draw(seed, name, kinds[injection->fault].name) % PERCENT_MOST <
           (uint64_t)injection->percent;
}

void simulator_choose(const struct simulator_plan *plan, const struct targets_id *id,
                      struct simulator_injection *ret)
{
    for (size_t i = plan->injection_count; i-- > 0;) {
        struct error ignored;

        if (simulator_parse_injection(plan->injections[i], ret, &ignored) < 0)
            continue;
        if (selectors_mean(ret->pattern, id) && is_picked(ret, plan->seed, id->name)) {
            free(ret->pattern);
            ret->pattern = NULL;
            return;
        }
        free(ret->pattern);
    }
    *ret = (struct simulator_injection){NULL, SIMULATOR_NO_FAULT, 0, 0};
}

enum simulator_stage simulator_stage(enum simulator_fault fault)
{
    return fault == SIMULATOR_NO_FAULT ? SIMULATOR_ACCEPTED : kinds[fault].stage;
}

int64_t simulator_wait(const struct simulator_plan *plan, const char *name,
                       const struct simulator_injection *fault)
{
    int64_t script =
        (int64_t)(200 + draw(plan->seed, name, "duration") % 1301) * NUMBER_MILLISECOND;

    if (fault->fault == SIMULATOR_NO_FAULT)
        return script;
    switch (kinds[fault->fault].wait) {
    case WAIT_FOREVER:
        return CLOCK_NEVER;
    case WAIT_LONGER:
        return script + fault->value;
    case WAIT_NONE:
        return 0;
    case WAIT_SCRIPT:
        break;
    }
    return script;
}

/* Without a message. */
static struct outcome outcome_of(enum simulator_fault fault)
{
    const struct fault_kind *kind = &kinds[fault];

    if (fault == SIMULATOR_NO_FAULT)
        return (struct outcome){.kind = OUTCOME_OK, .script = SCRIPT_MAY_HAVE_STARTED};
    return (struct outcome){.kind = kind->kind,
                            .reason = kind->reason,
                            .script = kind->script,
                            .fatal = kind->reason == REASON_LOGIN};
}

void simulator_spend(struct simulator_injection *fault, int64_t attempts)
{
    bool ends = fault->fault == SIMULATOR_BUSY || fault->fault == SIMULATOR_THROTTLED;

    if (ends && fault->value > 0 && attempts > fault->value)
        fault->fault = SIMULATOR_NO_FAULT;
}

struct simulator_forecast simulator_foresee(const struct simulator_plan *plan,
                                            const struct targets_id *id, int attempt)
{
    struct simulator_injection fault = {.fault = SIMULATOR_NO_FAULT};

    simulator_choose(plan, id, &fault);
    simulator_spend(&fault, attempt);
    return (struct simulator_forecast){.fault = fault.fault,
                                       .wait = simulator_wait(plan, id->name, &fault),
                                       .deaf = fault.fault == SIMULATOR_STUBBORN,
                                       .outcome = outcome_of(fault.fault)};
}

/* With what its files hold: the processes to come must all read the same. */
static int add_injection(json_t *injections, const char *injection, struct error *error)
{
    const char *equals = strrchr(injection, '=');
    char *pattern = memory_copy(injection, (size_t)(equals - injection));
    struct buffer text = BUFFER_INIT;
    int result = selectors_inline(pattern, &text, error);

    buffer_add(&text, equals);
    if (result == 0)
        (void)json_array_append_new(injections, json_string(buffer_text(&text)));
    buffer_done(&text);
    free(pattern);
    return result;
}

static int write_plan(const struct simulator_plan *plan, const char *path, struct error *error)
{
    json_t *injections = json_array();
    json_t *root;
    char *text;
    int result = 0;

    for (size_t i = 0; i < plan->injection_count && result == 0; i++)
        result = add_injection(injections, plan->injections[i], error);
    if (result < 0) {
        json_decref(injections);
        return -1;
    }
    /* JSON's integers are signed here; the bits come back as they were. */
    root = json_pack("{s:I, s:b, s:b, s:i, s:o}", "seed", (json_int_t)plan->seed, "execute",
                     plan->execute, "led", plan->led, "owner", getpid(), "injections", injections);
    text = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
    if (text != NULL)
        result = file_write(path, 0600, text, strlen(text), error);
    else
        result = error_set(error, "cannot write %s: an injection is not UTF-8", path);
    free(text);
    json_decref(root);
    return result;
}

int simulator_prepare(const struct simulator_plan *plan, const char *folder, char **ret,
                      struct error *error)
{
    char *absolute;
    char *path;
    int result = 0;

    for (size_t i = 0; i < plan->injection_count; i++) {
        if (simulator_check_injection(plan->injections[i], error) < 0)
            return -1;
    }
    /* The guard's working folder is another one. */
    absolute = realpath(folder, NULL);
    if (absolute == NULL)
        return error_set(error, "cannot use folder %s: %s", folder, strerror(errno));
    path = memory_print("%s/vm", absolute);
    result = file_make_private_folder(path, error);
    free(path);
    path = memory_print("%s/simulation.json", absolute);
    if (result == 0)
        result = write_plan(plan, path, error);
    if (result == 0)
        *ret = memory_print("%s=%s", SIMULATOR_VARIABLE, absolute);
    free(path);
    free(absolute);
    return result;
}

/* Fills in RET from RET->json. */
static int read_plan(struct simulator_rehearsal *ret, const char *path, struct error *error)
{
    json_t *list = NULL;
    json_int_t seed = 0;
    int execute = 0;
    int led = 0;
    size_t count;

    if (json_unpack(ret->json, "{s:I, s:b, s?b, s?i, s:o}", "seed", &seed, "execute", &execute,
                    "led", &led, "owner", &ret->owner, "injections", &list) < 0 ||
        !json_is_array(list))
        return error_set(error, "cannot use %s: it is not a plan for a rehearsal", path);
    count = json_array_size(list);
    ret->injections = memory_zeroed(count, sizeof *ret->injections);
    for (size_t i = 0; i < count; i++) {
        const char *injection = json_string_value(json_array_get(list, i));

        ret->injections[i] = injection != NULL ? injection : "";
        if (simulator_check_injection(ret->injections[i], error) < 0)
            return -1;
    }
    ret->plan =
        (struct simulator_plan){ret->injections, count, (uint64_t)seed, execute != 0, led != 0};
    return 0;
}

int simulator_load(const char *folder, struct simulator_rehearsal *ret, struct error *error)
{
    struct buffer text = BUFFER_INIT;
    char *path = memory_print("%s/simulation.json", folder);
    int result;

    memset(ret, 0, sizeof *ret);
    result = file_read(path, PLAN_LIMIT, &text, error);
    if (result == 0) {
        ret->json = json_loadb(buffer_text(&text), text.length, 0, NULL);
        result = ret->json != NULL
                     ? read_plan(ret, path, error)
                     : error_set(error, "cannot use %s: it is not readable JSON", path);
    }
    buffer_done(&text);
    free(path);
    if (result < 0)
        simulator_unload(ret);
    return result;
}

void simulator_unload(struct simulator_rehearsal *rehearsal)
{
    json_decref(rehearsal->json);
    free(rehearsal->injections);
    memset(rehearsal, 0, sizeof *rehearsal);
}
