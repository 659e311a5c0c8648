/* SPDX-License-Identifier: MIT */
/*
 * subscriptions: which ones the targets of a run are in. A pure function of the result.
 */
#ifndef AZFAN_REPORT_SUBSCRIPTIONS_H
#define AZFAN_REPORT_SUBSCRIPTIONS_H

#include <stdbool.h>

struct buffer;
struct result;

/* Appends "subscription 0000…", or "subscriptions …, …" of which a few are named; az's default one
 * counts for targets without one of their own. False, and nothing appended: none is known. */
bool subscriptions_print(struct buffer *buffer, const struct result *result);

#endif
