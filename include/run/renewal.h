/* SPDX-License-Identifier: MIT */
/*
 * renewal: the tokens of a run that takes longer than they live, or whose tokens Azure refuses.
 *
 * One az, or azfan-rest, beside all others, when run/expiry says so, and nobody waits for it: what
 * it brings goes onto pages, where clients that run already find it. Main thread.
 *
 *   renewal_open(&renewal, az, &login); … renewal_close(&renewal)
 *   poll(renewal_fd(&renewal)) until renewal_due(&renewal);  renewal_go_on(&renewal, …)
 */
#ifndef AZFAN_RUN_RENEWAL_H
#define AZFAN_RUN_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#include "azure/command.h"
#include "azure/login.h"
#include "base/error.h"
#include "engine/pool.h"
#include "run/expiry.h"

struct az;

/* Starts zeroed. */
struct renewal {
    const struct az *az;
    struct login *login; /* NULL: no token is anybody's business */
    struct expiry *list; /* one a token */
    struct pool pool;
    struct pool_task task;
    struct command command;
    size_t asked; /* which token is on its way */
    bool begun;   /* the pool is there */
    bool busy;
};

/* What the caller is to do. */
enum renewal_word {
    RENEWAL_NOTHING,
    RENEWAL_FAILED, /* tell it, once: the token that there is still counts */
    RENEWAL_OVER    /* it is over, and there is no other one */
};

/* LOGIN's tokens were got just now. Does nothing where no client of REST needs them. */
void renewal_open(struct renewal *renewal, const struct az *az, struct login *login);

/* Readable when there is an answer; -1: there is none on its way. */
int renewal_fd(const struct renewal *renewal);

/* From when on there is something to be done; CLOCK_NEVER. */
int64_t renewal_due(const struct renewal *renewal);

/* Takes an answer, and asks what is to be asked. After RENEWAL_FAILED and RENEWAL_OVER the error
 * says why, and RESULT whose fault it is. */
enum renewal_word renewal_go_on(struct renewal *renewal, enum login_result *ret_result,
                                struct error *error);

void renewal_close(struct renewal *renewal);

#endif
