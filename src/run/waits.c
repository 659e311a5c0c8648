/* SPDX-License-Identifier: MIT */
#include "run/waits.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"

struct waits_entry {
    int64_t due;
    size_t target;
};

void waits_init(struct waits *waits, size_t most, uint64_t seed)
{
    *waits = (struct waits){.random = seed};
    waits->heap = memory_zeroed(most, sizeof *waits->heap);
}

void waits_done(struct waits *waits)
{
    free(waits->heap);
}

/* ---- the heap ------------------------------------------------------------------------------ */

/* The order is total, so that the same events always give the same run. */
static bool is_before(const struct waits_entry *one, const struct waits_entry *other)
{
    return one->due != other->due ? one->due < other->due : one->target < other->target;
}

static void swap(struct waits_entry *one, struct waits_entry *other)
{
    struct waits_entry kept = *one;

    *one = *other;
    *other = kept;
}

void waits_put(struct waits *waits, size_t target, int64_t due)
{
    struct waits_entry *heap = waits->heap;
    size_t at = waits->count++;

    heap[at] = (struct waits_entry){due, target};
    while (at > 0 && is_before(&heap[at], &heap[(at - 1) / 2])) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

int64_t waits_due(const struct waits *waits)
{
    return waits->count > 0 ? waits->heap[0].due : CLOCK_NEVER;
}

size_t waits_first(const struct waits *waits)
{
    return waits->heap[0].target;
}

size_t waits_take(struct waits *waits)
{
    struct waits_entry *heap = waits->heap;
    size_t target = heap[0].target;
    size_t at = 0;

    heap[0] = heap[--waits->count];
    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < waits->count && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (child >= waits->count || !is_before(&heap[child], &heap[at]))
            return target;
        swap(&heap[at], &heap[child]);
        at = child;
    }
}

/* ---- chance -------------------------------------------------------------------------------- */

/* splitmix64: small, and good enough to keep targets apart. */
static uint64_t draw(struct waits *waits)
{
    uint64_t bits = waits->random += UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

int64_t waits_jitter(struct waits *waits, int64_t delay)
{
    return (int64_t)(draw(waits) % ((uint64_t)delay / 4 + 1));
}
