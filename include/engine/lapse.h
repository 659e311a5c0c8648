/* SPDX-License-Identifier: MIT */
/*
 * lapse: the time of a run, which in a rehearsal may go faster than the machine's.
 *
 * Without a lapse it is the machine's (base/clock), and a wait is a ppoll(). In a lapse the run has
 * a clock of its own, which goes SPEED times as fast, but only while all that takes part in the run
 * waits; and it never passes by a time that somebody waits for. So what azfan and the processes of
 * a rehearsal really need, on however busy a machine, takes no time of the run, and changes nothing
 * in it.
 *
 *   lapse_begin(speed, waiters, &error);    // the caller is at work
 *   … lapse_now() … lapse_poll(…) …         // waits; more threads may, each on behalf of a hold
 *   lapse_end();                            // also without a lapse
 *
 * There is one a process. lapse_begin() and lapse_end() while there is no other thread that asks.
 */
#ifndef AZFAN_ENGINE_LAPSE_H
#define AZFAN_ENGINE_LAPSE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    LAPSE_SPEED_MOST = 100000, /* a day in less than a second */
    LAPSE_WATCHES = 8          /* descriptors that one may wait for */
};

/* The turn of who goes after all others. */
#define LAPSE_LAST UINT64_MAX

/* From now on; at most WAITERS wait at once. On error there is no lapse. */
int lapse_begin(int speed, size_t waiters, struct error *error);
void lapse_end(void);

/* Nanoseconds of the run: clock_now(), clock_wall() without a lapse, and when it begins. */
int64_t lapse_now(void);
int64_t lapse_wall(void);

/* The same at REAL, which the machine's clock has just shown. */
int64_t lapse_at(int64_t real);

/* One more is at work, or one less: as long as any is, the run's clock stands. */
void lapse_hold(void);
void lapse_release(void);

/*
 * As ppoll() of COUNT descriptors until one is ready, or UNTIL of the run's clock has come
 * (absolute, or CLOCK_NEVER): then true. Who calls it is at work, and is so no longer as long as it
 * waits. Of several whose time comes at once the one with the lowest TURN goes on first, and the
 * next when it and all else is no longer at work; who is ready meanwhile is not true yet. It may
 * return early; then all `revents` are 0; and does by AT_LATEST of the machine's clock (absolute,
 * or CLOCK_NEVER).
 */
bool lapse_poll(struct pollfd *watches, size_t count, int64_t until, uint64_t turn,
                int64_t at_latest);

/* All that wait go back to work now: something has happened that they see when they look. */
void lapse_wake(void);

#endif
