/* SPDX-License-Identifier: MIT */
/*
 * outcome: what became of a target, in the words of azfan(1), OUTCOMES.
 *
 * Pure values and their names. Thread-safe.
 */
#ifndef AZFAN_JOB_OUTCOME_H
#define AZFAN_JOB_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/cause.h"

enum outcome_kind {
    OUTCOME_OK,
    OUTCOME_FAILED,    /* the script ended with a status that is not ok */
    OUTCOME_TIMEOUT,   /* a clock ran out */
    OUTCOME_ERROR,     /* az or Azure refused or broke */
    OUTCOME_UNKNOWN,   /* az succeeded, and nobody can say what ran */
    OUTCOME_CANCELLED, /* it ran, and the operator or the deadline stopped it */
    OUTCOME_SKIPPED,   /* it was never started */
    OUTCOME_KINDS
};

enum outcome_reason {
    REASON_NONE,   /* ok */
    REASON_EXIT,   /* failed */
    REASON_SIGNAL, /* failed, cancelled, skipped */
    REASON_SCRIPT, /* timeout: ended on the VM */
    REASON_AZ,     /* timeout: az was stopped, the script may still run */
    REASON_BUSY,   /* error, from here */
    REASON_THROTTLED,
    REASON_NOT_RUNNING,
    REASON_NOT_FOUND,
    REASON_FORBIDDEN,
    REASON_LOGIN, /* also skipped */
    REASON_NETWORK,
    REASON_AGENT,
    REASON_EXTENSION,
    REASON_AZ_BROKEN,
    REASON_START,
    REASON_OTHER,
    REASON_NO_TRAILER, /* unknown, from here */
    REASON_INTERRUPTED,
    REASON_ANSWER,
    REASON_HALTED,   /* cancelled, skipped */
    REASON_DEADLINE, /* cancelled, skipped */
    REASONS
};

_Static_assert(REASONS <= 32, "a set of reasons is a bit for each");

/* Has the script begun on the VM? What a retry must know. */
enum outcome_script { SCRIPT_NOT_STARTED, SCRIPT_MAY_HAVE_STARTED, SCRIPT_STARTED };

/* May an attempt that ended for a reason be followed by another, where a job wants it? */
enum outcome_repeat {
    REPEAT_OVER,   /* no: nothing is started any more, or nothing failed */
    REPEAT_MENDED, /* no: it ends so again until a person has mended something */
    REPEAT_RUN,    /* the script has run by then: where it may run twice */
    REPEAT_MAYBE,  /* likewise, perhaps */
    REPEAT_ASKED   /* yes: the script has not begun, or the attempt's own outcome tells */
};

struct outcome {
    enum outcome_kind kind;
    enum outcome_reason reason;
    enum cause cause; /* with an error: why exactly, where advice depends on it */
    enum outcome_script script;
    bool may_still_run; /* the script may be running on the VM at this moment */
    bool mark_decides;  /* nobody knows whether the script's own request was refused or a later one:
                           an attempt whose guard looks for the mark (azure/guard) may follow */
    bool fatal;         /* every other target would meet the same: start no more */
    bool passing;       /* it looked so, but it befell this one az alone: the login was asked for
                           afterwards, and is good */
    int exit_code;      /* of the script: with ok and failed; else -1 */
    int64_t retry_after; /* Azure's own "try again after", nanoseconds; 0: none */
    char *message;       /* one sentence for people, no newline; NULL for ok with status 0; owned */
};

/* All kinds, the most urgent first; ok is the last. */
extern const enum outcome_kind outcome_urgency[OUTCOME_KINDS];

/* "ok", "not_running", …: the words of the report. REASON_NONE is "". */
const char *outcome_name(enum outcome_kind kind);
const char *outcome_reason_name(enum outcome_reason reason);

/* The kind or reason of that name; OUTCOME_KINDS or REASONS: there is none. */
enum outcome_kind outcome_find_kind(const char *name);
enum outcome_reason outcome_find_reason(const char *name);

/* A set of reasons has this bit for each. */
static inline uint32_t outcome_bit(enum outcome_reason reason)
{
    return UINT32_C(1) << reason;
}

static inline bool outcome_is_in(uint32_t set, enum outcome_reason reason)
{
    return (set & outcome_bit(reason)) != 0;
}

enum outcome_repeat outcome_repeat(enum outcome_reason reason);

/* The set of reasons that a job may repeat, and of those that it does where it names none. */
uint32_t outcome_repeatable(void);
uint32_t outcome_repeated_by_default(void);

/* The words of the reasons in SET, in the order of azfan(1), OUTCOMES. Returns how many. */
size_t outcome_list_reasons(uint32_t set, const char *ret[REASONS]);

/* "no", "maybe", "yes": whether the script started, in the words of the report; and back, or -1. */
const char *outcome_script_name(enum outcome_script script);
int outcome_find_script(const char *name);

/* Does an outcome of this kind and reason exist (azfan(1), OUTCOMES)? */
bool outcome_is_valid(enum outcome_kind kind, enum outcome_reason reason);

/* Do its streams tell something that its message does not? Of most errors az's own words are in the
 * message already. */
bool outcome_has_streams(enum outcome_kind kind, enum outcome_reason reason);

/* Did the script come to an end, so that what came back is all that it printed? Else nobody knows
 * what else it did. */
bool outcome_script_ended(enum outcome_kind kind, enum outcome_reason reason);

void outcome_done(struct outcome *outcome);

#endif
