/* SPDX-License-Identifier: MIT */
/*
 * doubts: attempts whose az says that the login has ended, until that is proven.
 *
 * What befalls one az is not the end of the run: it may have lost a race for
 * the token cache, or have read a file that another one was writing. So such an
 * end is put aside, nothing new is started, and az is asked for a token, once
 * for all that say so at the same moment. Only when it gives none is the run
 * halted; else each of them is an error of its own. Main thread.
 */
#ifndef AZFAN_RUN_DOUBTS_H
#define AZFAN_RUN_DOUBTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer;
struct conducting;
struct doubt;
struct flight;
struct outcome;
struct result_attempt;

/* Starts zeroed. */
struct doubts {
    struct doubt *list; /* put aside: their targets count as running */
    size_t count;
    struct flight *flight; /* the question, on its way; NULL: none is */
    int questions;         /* so many since the first of the list */
    int64_t again_at;      /* when there is to be another one; 0: none is due */
    bool was_good;         /* the last answer was a token */
    int64_t good_at;       /* … and came then */
};

/* Does the end OUTCOME of one az's attempt leave a doubt whether the login has ended? */
bool doubts_are_about(const struct outcome *outcome);

/*
 * The attempt of target INDEX has ended. True: it is put aside, and ATTEMPT and ANSWER are taken
 * over; ends_keep() will get them. False: it is the caller's to keep, perhaps as an error of its
 * own by now.
 */
bool doubts_take(struct conducting *self, size_t index, struct result_attempt *attempt,
                 struct answer *answer);

/* FLIGHT has finished, or (TAKEN_BACK) was begun by no worker. False: it is none of these. */
bool doubts_see_flight(struct conducting *self, struct flight *flight, bool taken_back);

/* Asks again when it is time, and lets go what nobody asks about any more. */
void doubts_see_time(struct conducting *self);

/* When doubts_see_time() has something to do; CLOCK_NEVER. */
int64_t doubts_due(const struct conducting *self);

#endif
