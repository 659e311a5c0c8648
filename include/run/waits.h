/* SPDX-License-Identifier: MIT */
/*
 * waits: targets that wait until they are due, the earliest first; and how those that failed
 * together are kept apart.
 *
 * Of run/schedule: a heap, and a sequence of chance. Pure. Main thread.
 */
#ifndef AZFAN_RUN_WAITS_H
#define AZFAN_RUN_WAITS_H

#include <stddef.h>
#include <stdint.h>

struct waits_entry;

struct waits {
    struct waits_entry *heap;
    size_t count;
    uint64_t random;
};

/* For MOST targets, each at most once. The same SEED gives the same jitters. */
void waits_init(struct waits *waits, size_t most, uint64_t seed);
void waits_done(struct waits *waits);

void waits_put(struct waits *waits, size_t target, int64_t due);

/* When the first is due; CLOCK_NEVER: none waits. */
int64_t waits_due(const struct waits *waits);

/* The first, of which there must be one. */
size_t waits_first(const struct waits *waits);

/* The same; it waits no more. */
size_t waits_take(struct waits *waits);

/* From 0 to a quarter of DELAY, another one each time. */
int64_t waits_jitter(struct waits *waits, int64_t delay);

#endif
