/* SPDX-License-Identifier: MIT */
/*
 * advices: what is to be done about the targets of one outcome and reason.
 *
 * They share it as a rule. Where they have come to the same for different
 * causes there are several, each with the names of those it is for. A pure
 * function of the result, which must outlive it. Main thread.
 */
#ifndef AZFAN_REPORT_ADVICES_H
#define AZFAN_REPORT_ADVICES_H

#include <stddef.h>

#include "job/outcome.h"

struct buffer;
struct result;

struct advices_item {
    const char *text;    /* of azure/advice */
    const char **labels; /* in the job's order */
    size_t count;
};

struct advices {
    struct advices_item *list;
    size_t count;
};

/* Of all settled targets of KIND and REASON. For advices_done(). */
void advices_make(struct advices *ret, const struct result *result, enum outcome_kind kind,
                  enum outcome_reason reason);

/* Appends whom advice INDEX is for, "web-[01-03]: "; nothing when there is no other. */
void advices_add_names(struct buffer *buffer, const struct advices *advices, size_t index);

void advices_done(struct advices *advices);

#endif
