/* SPDX-License-Identifier: MIT */
/*
 * lanes: which attempt stands where on a timeline.
 *
 * One lane a worker, one bar an attempt, in the order of lanes and then of time.
 * An attempt that has no end, because the run is going on or azfan was killed,
 * has a bar up to the end of what is known; no journal says which worker has it, so
 * it gets a lane that is free from then on. A pure function of the result,
 * which must outlive it. For lanes_done(). Main thread.
 */
#ifndef AZFAN_PAGE_LANES_H
#define AZFAN_PAGE_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct result;

struct bar {
    size_t target;
    size_t attempt; /* from 0; the number of attempts that have ended: this one has not */
    int lane;
    int64_t at; /* nanoseconds from the start of the run */
    int64_t duration;
    bool open; /* without an end */
};

struct lanes {
    struct bar *bars;
    size_t count; /* of bars */
    int lanes;
    int64_t span;    /* of the whole run; at least a millisecond */
    int64_t *begins; /* of each batch: when its first attempt began; -1: none has */
    int batches;
};

void lanes_make(struct lanes *ret, const struct result *result);
void lanes_done(struct lanes *lanes);

#endif
