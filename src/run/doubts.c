/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. While there are doubts the schedule is held: what runs
 * goes on, nothing is started. The question needs no worker of its own, since
 * the attempt that raised it has left one free. A first answer that is no token
 * may have lost the same race: there is a second question a moment later, and
 * its answer counts. A token is good for every attempt that began before it
 * came, and for a while nobody asks again: what ends so in that time is an error
 * of its own, too.
 */
#include "run/doubts.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"

enum { MOST_QUESTIONS = 2 };

#define SECOND_QUESTION NUMBER_SECOND
#define ASK_PAUSE       (10 * NUMBER_SECOND) /* from a good answer to the next question */

/* Does the end OUTCOME of one az's attempt leave a doubt whether the login has ended? */
static bool is_about(const struct outcome *outcome)
{
    if (!outcome->fatal || outcome->cause == CAUSE_CLAIMS) /* no token is good enough */
        return false;
    /* Of az itself: a cache that cannot be read. An az that knows no such command needs no proof.
     */
    return outcome->reason == REASON_LOGIN ||
           (outcome->reason == REASON_AZ_BROKEN && outcome->script != SCRIPT_NOT_STARTED);
}

static void clear_of_az(struct outcome *outcome)
{
    /* Nobody needs to log in again for it. */
    outcome->cause = outcome->cause == CAUSE_TOKEN_CACHE || outcome->script == SCRIPT_NOT_STARTED
                         ? CAUSE_CACHE_LOCK
                         : CAUSE_LOGIN_SERVICE;
}

/* The login is good: it befell this one. Whether that had sent anything, the mark knows. */
static void clear(const struct doubts *doubts, struct result_attempt *attempt,
                  struct outcome *outcome)
{
    char *message =
        memory_print("%s (checked afterwards, %s)", outcome->message,
                     doubts->rest ? "there is a token: Azure refused it in this one request"
                                  : "az's login is good: only this one az was affected");

    free(outcome->message);
    outcome->message = message;
    free(attempt->message);
    attempt->message = memory_string(message);
    outcome->fatal = false;
    outcome->passing = true;
    if (!doubts->rest)
        clear_of_az(outcome);
    outcome->mark_decides = outcome->script == SCRIPT_MAY_HAVE_STARTED;
}

static bool is_answered(const struct doubts *doubts, int64_t began, int64_t now)
{
    return doubts->was_good && (began < doubts->good_at || now < doubts->good_at + ASK_PAUSE);
}

bool doubts_take(struct doubts *doubts, size_t index, struct result_attempt *attempt,
                 struct answer *answer, int64_t began, int64_t now)
{
    if (!is_about(&answer->outcome))
        return false;
    if (is_answered(doubts, began, now)) {
        clear(doubts, attempt, &answer->outcome);
        return false;
    }
    doubts->list = memory_grow(doubts->list, doubts->count, sizeof *doubts->list);
    doubts->list[doubts->count++] = (struct doubt){index, *attempt, *answer};
    return true;
}

int64_t doubts_due(const struct doubts *doubts)
{
    return doubts->count > 0 && !doubts->asking ? doubts->again_at : CLOCK_NEVER;
}

void doubts_ask(struct doubts *doubts)
{
    doubts->asking = true;
    doubts->questions++;
    doubts->again_at = 0;
}

enum doubts_word doubts_answer(struct doubts *doubts, enum doubts_reply reply, int64_t now)
{
    doubts->asking = false;
    if (reply == DOUBTS_NO_ROOM)
        doubts->questions--;
    doubts->was_good = reply == DOUBTS_TOKEN;
    doubts->good_at = now;
    if (doubts->was_good)
        return DOUBTS_CLEARED;
    if (doubts->questions >= MOST_QUESTIONS)
        return DOUBTS_PROVEN;
    doubts->again_at = now + SECOND_QUESTION;
    return DOUBTS_OPEN;
}

void doubts_drop_question(struct doubts *doubts)
{
    doubts->asking = false;
}

struct doubt *doubts_let_go(struct doubts *doubts, bool good, size_t *ret_count)
{
    struct doubt *list = doubts->list;

    *ret_count = doubts->count;
    for (size_t i = 0; good && i < doubts->count; i++)
        clear(doubts, &list[i].attempt, &list[i].answer.outcome);
    doubts->list = NULL;
    doubts->count = 0;
    doubts->questions = 0;
    doubts->again_at = 0;
    return list;
}
