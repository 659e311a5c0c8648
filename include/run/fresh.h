/* SPDX-License-Identifier: MIT */
/*
 * fresh: targets of the current batch that have not been started, in the job's order, by group.
 *
 * Of run/schedule: where one group may start nothing, the next of another one is at hand. Pure.
 * Main thread.
 */
#ifndef AZFAN_RUN_FRESH_H
#define AZFAN_RUN_FRESH_H

#include <stddef.h>

#define FRESH_NONE SIZE_MAX /* no target */

struct fresh {
    const size_t *groups; /* of each target; borrowed; NULL: all are one */
    size_t group_count;
    size_t *heads;     /* of each group the first */
    size_t *followers; /* of each target the next of its group */
};

void fresh_init(struct fresh *fresh, size_t targets, const size_t *groups, size_t group_count);
void fresh_done(struct fresh *fresh);

size_t fresh_group(const struct fresh *fresh, size_t target);

/* TARGET goes before all that its group has: the last one of a batch is put first. */
void fresh_put(struct fresh *fresh, size_t target);

/* The first of GROUP; FRESH_NONE: it has none. */
size_t fresh_first(const struct fresh *fresh, size_t group);

/* Takes that out, which must be there. */
void fresh_take(struct fresh *fresh, size_t group);

#endif
