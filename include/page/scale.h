/* SPDX-License-Identifier: MIT */
/*
 * scale: an axis of time with round numbers on it. Pure.
 */
#ifndef AZFAN_PAGE_SCALE_H
#define AZFAN_PAGE_SCALE_H

#include <stdint.h>

struct buffer;

/* The smallest round step (1s, 2s, 5s, 10s, 15s, 30s, 1m, …) of which at most MOST go into SPAN. */
int64_t scale_step(int64_t span, int most);

/* Appends AT, a multiple of a step: "0s", "0.5s", "1m30s". */
void scale_print(struct buffer *buffer, int64_t at);

/* Where AT lies on an axis for SPAN that is WIDE units long; never outside of it. */
int scale_place(int64_t at, int64_t span, int wide);

#endif
