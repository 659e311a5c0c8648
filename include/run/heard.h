/* SPDX-License-Identifier: MIT */
/*
 * heard: what clients of REST have said on the way, as events of the run. Main thread.
 */
#ifndef AZFAN_RUN_HEARD_H
#define AZFAN_RUN_HEARD_H

struct calls;
struct record;
struct rest;
struct schedule;

/* Takes all that has been said by now: a request that was sent, one that was accepted. Tells
 * SCHEDULE how much Azure says that is left, and REST's pages of a token that it has refused; REST
 * may be NULL, for then nobody says anything. Before the end of a call is recorded, for it comes
 * after these. */
void heard_take(struct calls *calls, struct record *record, struct schedule *schedule,
                struct rest *rest);

#endif
