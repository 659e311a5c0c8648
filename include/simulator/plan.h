/* SPDX-License-Identifier: MIT */
/*
 * plan: which fault meets which VM, and how long things take.
 *
 * One table in plan.c holds every fault, its value and its meaning.
 * Apart from loading, pure: the same seed and the same VM give the same
 * answer in every process.
 */
#ifndef AZFAN_SIMULATOR_PLAN_H
#define AZFAN_SIMULATOR_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "job/outcome.h"

struct buffer;
struct targets_id;

/* Names the folder with the plan, and with what simulated VMs leave behind. */
#define SIMULATOR_VARIABLE "AZFAN_SIMULATION"

struct simulator_plan {
    const char *const
        *injections; /* each "SELECTORS=FAULT[:VALUE][@PERCENT]"; the last that means a VM wins */
    size_t injection_count;
    uint64_t seed; /* for durations and percentages: the same seed, the same rehearsal */
    bool execute;  /* run the guarded script with /bin/sh on this machine */
    bool led;      /* in time-lapse: no az waits by itself, but until it is let go (engine/child) */
};

/* A switch over them has no default: the compiler tells where a new one is missing. */
enum simulator_fault {
    SIMULATOR_HANG,
    SIMULATOR_STUBBORN,
    SIMULATOR_SLOW,
    SIMULATOR_CRASH,
    SIMULATOR_EXIT,
    SIMULATOR_SCRIPT_TIMEOUT,
    SIMULATOR_NO_TRAILER,
    SIMULATOR_REBOOT,
    SIMULATOR_GARBAGE,
    SIMULATOR_BUSY,
    SIMULATOR_THROTTLED,
    SIMULATOR_NOT_RUNNING,
    SIMULATOR_NOT_FOUND,
    SIMULATOR_FORBIDDEN,
    SIMULATOR_LOGIN,
    SIMULATOR_NETWORK,
    SIMULATOR_AGENT,
    SIMULATOR_EXTENSION,
    SIMULATOR_FAULTS,
    SIMULATOR_NO_FAULT = SIMULATOR_FAULTS
};

/* How far the request for a script comes. */
enum simulator_stage {
    SIMULATOR_UNSENT,  /* it does not leave this machine */
    SIMULATOR_REFUSED, /* Azure takes none of it */
    SIMULATOR_ACCEPTED /* the script runs, or is to */
};

enum simulator_stage simulator_stage(enum simulator_fault fault);

struct simulator_injection {
    char *pattern; /* owned: a text of job/selectors */
    enum simulator_fault fault;
    int64_t value; /* slow: nanoseconds; exit: the status; busy, throttled: attempts, 0 for all */
    int percent;   /* of the VMs that match */
};

/* Reads TEXT into RET, for free(ret->pattern). On error nothing is to be freed. */
int simulator_parse_injection(const char *text, struct simulator_injection *ret,
                              struct error *error);

/* Is INJECTION well-formed? The error lists the faults there are. */
int simulator_check_injection(const char *injection, struct error *error);

/* Appends one line for each fault: its name, its value, what it does. For --help. */
void simulator_describe_faults(struct buffer *buffer);

/*
 * Writes PLAN to FOLDER/simulation.json for the processes to come and makes
 * the folder of the simulated VMs. *RET is the variable, "NAME=VALUE", to free().
 */
int simulator_prepare(const struct simulator_plan *plan, const char *folder, char **ret,
                      struct error *error);

/* What meets the VM with this ID. RET's pattern is NULL. */
void simulator_choose(const struct simulator_plan *plan, const struct targets_id *id,
                      struct simulator_injection *ret);

/* How long the az that FAULT meets on the VM called NAME waits before it answers: 0.2 s to 1.5 s
 * for the simulated script, and what FAULT makes of it; CLOCK_NEVER, and 0 where az or Azure
 * refuses. */
int64_t simulator_wait(const struct simulator_plan *plan, const char *name,
                       const struct simulator_injection *fault);

/* FAULT, as it is for a VM that has met so many ATTEMPTS: busy:N and throttled:N end after N. */
void simulator_spend(struct simulator_injection *fault, int64_t attempts);

/* What is going to happen to an attempt. */
struct simulator_forecast {
    enum simulator_fault fault; /* that meets it, or SIMULATOR_NO_FAULT */
    int64_t wait;               /* simulator_wait() */
    bool deaf;                  /* az does not end by SIGINT */
    struct outcome outcome;     /* as far as a schedule needs to know: it has no text; when the
                                   attempt's own time is not over first */
};

/* To the ATTEMPT-th (from 1) on the VM with this ID. */
struct simulator_forecast simulator_foresee(const struct simulator_plan *plan,
                                            const struct targets_id *id, int attempt);

/* A plan as simulator_prepare() wrote it. */
struct simulator_rehearsal {
    struct simulator_plan plan;
    int owner;               /* the azfan whose rehearsal it is; 0: nobody knows */
    const char **injections; /* what plan points to */
    void *json;              /* and what that points to */
};

int simulator_load(const char *folder, struct simulator_rehearsal *ret, struct error *error);
void simulator_unload(struct simulator_rehearsal *rehearsal);

#endif
