/* SPDX-License-Identifier: MIT */
/*
 * expiry: when a token is to be renewed, and what an answer means for the run.
 *
 * az keeps a token until five minutes are left of it, and gives the same one until then (msal,
 * application.py): so it is asked shortly after that, and again until the token is another one. A
 * client whose token Azure has refused is not kept waiting, but nobody is asked again and again
 * for it. What fails before a token is over does no harm yet. Pure: who asks is run/renewal, and
 * times are its monotonic nanoseconds.
 *
 *   expiry_begin(); at expiry_due(): expiry_ask(), then expiry_renewed() or expiry_failed()
 */
#ifndef AZFAN_RUN_EXPIRY_H
#define AZFAN_RUN_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/number.h"

#define EXPIRY_LEAD  (285 * NUMBER_SECOND) /* before its end a token is asked for */
#define EXPIRY_AGAIN (20 * NUMBER_SECOND)  /* after an answer that was no other token */

/* How soon after a question the next one is asked because Azure has refused a token, and for how
 * long a refusal is one of the token that there is: a client waits for a minute (rest/operation).
 */
#define EXPIRY_PAUSE   (5 * NUMBER_SECOND)
#define EXPIRY_REFUSED NUMBER_MINUTE

struct expiry {
    int64_t mark;          /* what the token's giver says of its end; another token has another */
    int64_t ends;          /* CLOCK_NEVER: nobody knows */
    int64_t due;           /* CLOCK_NEVER while it is asked for */
    int64_t asked;         /* the last time */
    int64_t refused_until; /* Azure has refused it, and a client waits; 0: none does */
    bool failed;           /* the last question did */
};

/* A token that MARK is said of has LEFT to live, less than 0: nobody knows. RANDOM: any number, so
 * that many azfans do not ask at once. */
void expiry_begin(struct expiry *expiry, int64_t mark, int64_t left, int64_t now, uint32_t random);

/* Azure has refused the token. */
void expiry_refuse(struct expiry *expiry, int64_t now);

int64_t expiry_due(const struct expiry *expiry);

/* It is being asked for. */
void expiry_ask(struct expiry *expiry, int64_t now);

/* There is an answer: a token as in expiry_begin(), perhaps the same one. */
void expiry_renewed(struct expiry *expiry, int64_t mark, int64_t left, int64_t now,
                    uint32_t random);

enum expiry_word {
    EXPIRY_TOLD,   /* the last question had failed as well */
    EXPIRY_FAILED, /* to be told */
    EXPIRY_OVER    /* and the token is over: no VM can be asked for anything */
};

/* There is no token. */
enum expiry_word expiry_failed(struct expiry *expiry, int64_t now);

#endif
