/* SPDX-License-Identifier: MIT */
/*
 * doubts: attempts whose az says that the login has ended, until that is proven.
 *
 * What befalls one az is not the end of the run: it may have lost a race for
 * the token cache, or have read a file that another one was writing. So such an
 * end is put aside, nothing new is started, and az is asked for a token, once
 * for all that say so at the same moment. Only when it gives none is the run
 * halted; else each of them is an error of its own. Pure: who asks is run/conduct,
 * and times are its monotonic nanoseconds. Main thread.
 *
 *   doubts_take(…) for each end
 *   once doubts_due(): doubts_ask(), and az is asked; doubts_answer() with what it says
 *   doubts_let_go(): what was put aside
 */
#ifndef AZFAN_RUN_DOUBTS_H
#define AZFAN_RUN_DOUBTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/answer.h"
#include "run/result.h"

struct doubt {
    size_t target;
    struct result_attempt attempt;
    struct answer answer;
};

/* Starts zeroed. */
struct doubts {
    bool rest;          /* azfan's own clients have them: no race for az's files is behind them */
    struct doubt *list; /* put aside: their targets count as running */
    size_t count;
    bool asking;      /* a question is on its way */
    int questions;    /* so many since the first of the list */
    int64_t again_at; /* when there is to be another one; 0: at once */
    bool was_good;    /* the last answer was a token */
    int64_t good_at;  /* … and came then */
};

enum doubts_reply { DOUBTS_TOKEN, DOUBTS_NO_TOKEN, DOUBTS_NO_ROOM /* to ask; there will be */ };

enum doubts_word {
    DOUBTS_OPEN,    /* there is to be another question */
    DOUBTS_CLEARED, /* the login is good */
    DOUBTS_PROVEN   /* it is not */
};

/*
 * The attempt of target INDEX, which began at BEGAN, has ended. True: it is put aside, and ATTEMPT
 * and ANSWER are taken over. False: it is the caller's to keep, perhaps as an error of its own by
 * now.
 */
bool doubts_take(struct doubts *doubts, size_t index, struct result_attempt *attempt,
                 struct answer *answer, int64_t began, int64_t now);

/* From when on az is to be asked; CLOCK_NEVER: there is nothing to ask, or it is on its way. */
int64_t doubts_due(const struct doubts *doubts);

/* It is being asked. */
void doubts_ask(struct doubts *doubts);

/* What it said. */
enum doubts_word doubts_answer(struct doubts *doubts, enum doubts_reply reply, int64_t now);

/* It was not asked after all. */
void doubts_drop_question(struct doubts *doubts);

/* Hands over what was put aside, for free(). GOOD: each is an error of its own; else they stay what
 * their az had said. */
struct doubt *doubts_let_go(struct doubts *doubts, bool good, size_t *ret_count);

#endif
