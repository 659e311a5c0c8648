/* SPDX-License-Identifier: MIT */
/*
 * remaining: how much Azure says, beside an answer, that is left of its limits.
 *
 * Azure Resource Manager counts by subscription, Compute by region:
 *
 *   x-ms-ratelimit-remaining-subscription-writes: 199
 *   x-ms-ratelimit-remaining-resource: Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,
 *                                      Microsoft.Compute/UpdateVMResource;11
 *
 * Of Compute's the least counts, but for what is counted of this VM or operation alone (…Resource),
 * and VmssQueuedVMOperations, which is always 0. For azfan a line says it, after the POST's answer:
 *
 *   limits {"compute": 1499, "region": "westeurope", "writes": 199}
 *
 * What is not known is not there. Pure.
 */
#ifndef AZFAN_REST_REMAINING_H
#define AZFAN_REST_REMAINING_H

#include <stdbool.h>

#include "base/buffer.h"

struct transport_headers;

/* Appends the line, without its end; nothing where HEADERS say nothing. */
void remaining_print(struct buffer *line, const struct transport_headers *headers);

/* Are few reads left? Then all who ask ask half as often. */
bool remaining_has_few_reads(const struct transport_headers *headers);

#endif
