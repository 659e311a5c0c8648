/* SPDX-License-Identifier: MIT */
#include "job/outcome.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BIT(kind) (1U << (kind))

static const char *const kind_names[OUTCOME_KINDS] = {
    [OUTCOME_OK] = "ok",           [OUTCOME_FAILED] = "failed",   [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_ERROR] = "error",     [OUTCOME_UNKNOWN] = "unknown", [OUTCOME_CANCELLED] = "cancelled",
    [OUTCOME_SKIPPED] = "skipped",
};

static const char *const script_names[] = {
    [SCRIPT_NOT_STARTED] = "no", [SCRIPT_MAY_HAVE_STARTED] = "maybe", [SCRIPT_STARTED] = "yes"};

/* Of the kinds that a reason goes with. */
#define STOPPED  (BIT(OUTCOME_CANCELLED) | BIT(OUTCOME_SKIPPED))
#define OF_ERROR BIT(OUTCOME_ERROR)
#define UNKNOWN  BIT(OUTCOME_UNKNOWN)

/* Every reason, and all that is known of it. */
static const struct {
    const char *name;
    unsigned kinds; /* that it goes with */
    enum outcome_repeat repeat;
    bool by_default;  /* repeated by a job that names no reasons */
    bool has_streams; /* with an error: they tell more than the message */
} reasons[REASONS] = {
    [REASON_NONE] = {"", BIT(OUTCOME_OK), .repeat = REPEAT_OVER},
    [REASON_EXIT] = {"exit", BIT(OUTCOME_FAILED), .repeat = REPEAT_RUN},
    [REASON_SIGNAL] = {"signal", BIT(OUTCOME_FAILED) | STOPPED, .repeat = REPEAT_RUN},
    [REASON_SCRIPT] = {"script", BIT(OUTCOME_TIMEOUT), .repeat = REPEAT_RUN},
    [REASON_AZ] = {"az", BIT(OUTCOME_TIMEOUT), .repeat = REPEAT_MAYBE},
    [REASON_BUSY] = {"busy", OF_ERROR, .repeat = REPEAT_ASKED, .by_default = true},
    [REASON_THROTTLED] = {"throttled", OF_ERROR, .repeat = REPEAT_ASKED, .by_default = true},
    [REASON_NOT_RUNNING] = {"not_running", OF_ERROR, .repeat = REPEAT_ASKED},
    [REASON_NOT_FOUND] = {"not_found", OF_ERROR, .repeat = REPEAT_ASKED},
    [REASON_FORBIDDEN] = {"forbidden", OF_ERROR, .repeat = REPEAT_ASKED},
    [REASON_LOGIN] = {"login", OF_ERROR | BIT(OUTCOME_SKIPPED), .repeat = REPEAT_MENDED},
    [REASON_NETWORK] = {"network", OF_ERROR, .repeat = REPEAT_ASKED, .by_default = true},
    [REASON_AGENT] = {"agent", OF_ERROR, .repeat = REPEAT_ASKED, .has_streams = true},
    [REASON_EXTENSION] = {"extension", OF_ERROR, .repeat = REPEAT_ASKED, .has_streams = true},
    [REASON_AZ_BROKEN] = {"az_broken", OF_ERROR, .repeat = REPEAT_MENDED, .has_streams = true},
    [REASON_START] = {"start", OF_ERROR, .repeat = REPEAT_ASKED},
    [REASON_OTHER] = {"other", OF_ERROR, .repeat = REPEAT_ASKED, .has_streams = true},
    [REASON_NO_TRAILER] = {"no_trailer", UNKNOWN, .repeat = REPEAT_MAYBE},
    [REASON_INTERRUPTED] = {"interrupted", UNKNOWN, .repeat = REPEAT_MAYBE},
    [REASON_ANSWER] = {"answer", UNKNOWN, .repeat = REPEAT_MAYBE},
    [REASON_HALTED] = {"halted", STOPPED, .repeat = REPEAT_OVER},
    [REASON_DEADLINE] = {"deadline", STOPPED, .repeat = REPEAT_OVER},
};

const enum outcome_kind outcome_urgency[OUTCOME_KINDS] = {
    OUTCOME_UNKNOWN,   OUTCOME_ERROR,   OUTCOME_TIMEOUT, OUTCOME_FAILED,
    OUTCOME_CANCELLED, OUTCOME_SKIPPED, OUTCOME_OK};

const char *outcome_name(enum outcome_kind kind)
{
    return kind_names[kind];
}

const char *outcome_reason_name(enum outcome_reason reason)
{
    return reasons[reason].name;
}

enum outcome_kind outcome_find_kind(const char *name)
{
    int kind = 0;

    while (kind < OUTCOME_KINDS && strcmp(kind_names[kind], name) != 0)
        kind++;
    return (enum outcome_kind)kind;
}

enum outcome_reason outcome_find_reason(const char *name)
{
    int reason = 0;

    while (reason < REASONS && strcmp(reasons[reason].name, name) != 0)
        reason++;
    return (enum outcome_reason)reason;
}

enum outcome_repeat outcome_repeat(enum outcome_reason reason)
{
    return reasons[reason].repeat;
}

uint32_t outcome_repeatable(void)
{
    uint32_t set = 0;

    for (enum outcome_reason reason = 0; reason < REASONS; reason++)
        set |= reasons[reason].repeat > REPEAT_MENDED ? outcome_bit(reason) : 0;
    return set;
}

uint32_t outcome_repeated_by_default(void)
{
    uint32_t set = 0;

    for (enum outcome_reason reason = 0; reason < REASONS; reason++)
        set |= reasons[reason].by_default ? outcome_bit(reason) : 0;
    return set;
}

size_t outcome_list_reasons(uint32_t set, const char *ret[REASONS])
{
    size_t count = 0;

    for (enum outcome_reason reason = 0; reason < REASONS; reason++) {
        if (outcome_is_in(set, reason))
            ret[count++] = reasons[reason].name;
    }
    return count;
}

const char *outcome_script_name(enum outcome_script script)
{
    return script_names[script];
}

int outcome_find_script(const char *name)
{
    for (int i = SCRIPT_NOT_STARTED; i <= SCRIPT_STARTED; i++) {
        if (strcmp(script_names[i], name) == 0)
            return i;
    }
    return -1;
}

bool outcome_is_valid(enum outcome_kind kind, enum outcome_reason reason)
{
    return (reasons[reason].kinds & BIT(kind)) != 0;
}

bool outcome_has_streams(enum outcome_kind kind, enum outcome_reason reason)
{
    return kind != OUTCOME_ERROR || reasons[reason].has_streams;
}

bool outcome_script_ended(enum outcome_kind kind, enum outcome_reason reason)
{
    return kind == OUTCOME_OK || kind == OUTCOME_FAILED || reason == REASON_SCRIPT;
}

void outcome_done(struct outcome *outcome)
{
    free(outcome->message);
    outcome->message = NULL;
}
