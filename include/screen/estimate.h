/* SPDX-License-Identifier: MIT */
/*
 * estimate: how long the rest of a run takes, by what a board knows.
 *
 * It counts what the current batch waits for, the batches to come with the pauses before them, and
 * the attempts that are due again. Where it cannot be within a third of the truth it is a bound
 * instead. Pure; looks at all that run and wait. Times are nanoseconds, monotonic. Main thread.
 */
#ifndef AZFAN_SCREEN_ESTIMATE_H
#define AZFAN_SCREEN_ESTIMATE_H

#include <stdint.h>

struct board;

enum estimate_kind {
    ESTIMATE_NONE, /* nobody can say */
    ESTIMATE_ABOUT,
    ESTIMATE_LEAST, /* what hangs may take longer */
    ESTIMATE_MOST   /* by then all that runs has been stopped */
};

struct estimate {
    enum estimate_kind kind;
    int64_t rest; /* above 0; with NONE 0 */
};

struct estimate estimate_rest(const struct board *board, int64_t now);

#endif
