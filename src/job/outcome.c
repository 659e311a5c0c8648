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

/* Every reason: its name, and the kinds it goes with. */
static const struct {
    const char *name;
    unsigned kinds;
} reasons[REASONS] = {
    [REASON_NONE] = {"", BIT(OUTCOME_OK)},
    [REASON_EXIT] = {"exit", BIT(OUTCOME_FAILED)},
    [REASON_SIGNAL] = {"signal",
                       BIT(OUTCOME_FAILED) | BIT(OUTCOME_CANCELLED) | BIT(OUTCOME_SKIPPED)},
    [REASON_SCRIPT] = {"script", BIT(OUTCOME_TIMEOUT)},
    [REASON_AZ] = {"az", BIT(OUTCOME_TIMEOUT)},
    [REASON_BUSY] = {"busy", BIT(OUTCOME_ERROR)},
    [REASON_THROTTLED] = {"throttled", BIT(OUTCOME_ERROR)},
    [REASON_NOT_RUNNING] = {"not_running", BIT(OUTCOME_ERROR)},
    [REASON_NOT_FOUND] = {"not_found", BIT(OUTCOME_ERROR)},
    [REASON_FORBIDDEN] = {"forbidden", BIT(OUTCOME_ERROR)},
    [REASON_LOGIN] = {"login", BIT(OUTCOME_ERROR) | BIT(OUTCOME_SKIPPED)},
    [REASON_NETWORK] = {"network", BIT(OUTCOME_ERROR)},
    [REASON_AGENT] = {"agent", BIT(OUTCOME_ERROR)},
    [REASON_EXTENSION] = {"extension", BIT(OUTCOME_ERROR)},
    [REASON_AZ_BROKEN] = {"az_broken", BIT(OUTCOME_ERROR)},
    [REASON_START] = {"start", BIT(OUTCOME_ERROR)},
    [REASON_OTHER] = {"other", BIT(OUTCOME_ERROR)},
    [REASON_NO_TRAILER] = {"no_trailer", BIT(OUTCOME_UNKNOWN)},
    [REASON_INTERRUPTED] = {"interrupted", BIT(OUTCOME_UNKNOWN)},
    [REASON_ANSWER] = {"answer", BIT(OUTCOME_UNKNOWN)},
    [REASON_HALTED] = {"halted", BIT(OUTCOME_CANCELLED) | BIT(OUTCOME_SKIPPED)},
    [REASON_DEADLINE] = {"deadline", BIT(OUTCOME_CANCELLED) | BIT(OUTCOME_SKIPPED)},
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
    if (kind != OUTCOME_ERROR)
        return true;
    return reason == REASON_OTHER || reason == REASON_AZ_BROKEN || reason == REASON_EXTENSION ||
           reason == REASON_AGENT;
}

void outcome_done(struct outcome *outcome)
{
    free(outcome->message);
    outcome->message = NULL;
}
