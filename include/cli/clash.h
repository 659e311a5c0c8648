/* SPDX-License-Identifier: MIT */
/*
 * clash: may a run begin, though others are going on? And what is said about them.
 *
 *   struct clash clash = {live, result, regardless};
 *   if (clash_check(&clash) && …somebody is asked… && clash_begin(&clash)) {
 *       … the run …
 *       clash_leave(&clash);
 *   }
 *
 * Main thread.
 */
#ifndef AZFAN_CLI_CLASH_H
#define AZFAN_CLI_CLASH_H

#include <stdbool.h>

struct live;
struct result;

struct clash {
    struct live *live;
    const struct result *result; /* which is to begin; its targets have their ids */
    bool regardless;             /* of others: they are told, and no more */
    bool told;                   /* private, and so below */
    bool entered;
};

/* Does it overlap with runs that are going on? They are told, each once. True: it may begin. */
bool clash_check(struct clash *clash);

/* The same; and when it is true the run has begun, and others see it until clash_leave(). */
bool clash_begin(struct clash *clash);
void clash_leave(struct clash *clash);

#endif
