/* SPDX-License-Identifier: MIT */
/*
 * heard: what clients of REST have said on the way, as events of the run. Main thread.
 */
#ifndef AZFAN_RUN_HEARD_H
#define AZFAN_RUN_HEARD_H

#include <stdbool.h>

struct calls;
struct record;
struct schedule;

/* Takes all that has been said by now: a request that was sent, one that was accepted; and tells
 * SCHEDULE how much Azure says that is left. True: some
 * client waits for a newer token. Before the end of a call is recorded, for it comes after these.
 */
bool heard_take(struct calls *calls, struct record *record, struct schedule *schedule);

#endif
