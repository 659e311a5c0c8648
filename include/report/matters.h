/* SPDX-License-Identifier: MIT */
/*
 * matters: what is not ok: its targets, and what is to be done about them.
 *
 * A matter is all settled targets of one outcome and reason. They share one
 * advice as a rule; where they have come to the same for different causes there
 * are several, each for some of them. A pure function of the result, which must
 * outlive it. For matters_done(). Main thread.
 */
#ifndef AZFAN_REPORT_MATTERS_H
#define AZFAN_REPORT_MATTERS_H

#include <stddef.h>

#include "job/outcome.h"

struct buffer;
struct result;
struct result_target;

/* In the job's order; at least one. */
struct matter_targets {
    const struct result_target **list;
    size_t count;
};

struct matter_advice {
    const char *text; /* of azure/advice */
    struct matter_targets targets;
};

struct matter {
    enum outcome_kind kind;
    enum outcome_reason reason;
    struct matter_targets targets;
    struct matter_advice *advices; /* at least one; in the order of the first target of each */
    size_t advice_count;
};

/* The most urgent outcome first (outcome_urgency); of one outcome, in the order of the reasons. */
struct matters {
    struct matter *list;
    size_t count;
};

void matters_make(struct matters *ret, const struct result *result);

/* Appends the names of TARGETS, folded: "web-[01-03], db-07". */
void matters_print_names(struct buffer *buffer, const struct matter_targets *targets);

/* Appends whom advice INDEX of MATTER is for, "web-[01-03]: "; nothing when there is no other. */
void matters_print_whom(struct buffer *buffer, const struct matter *matter, size_t index);

void matters_done(struct matters *matters);

#endif
