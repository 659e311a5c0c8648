/* SPDX-License-Identifier: MIT */
#include "run/expiry.h"

#include "base/clock.h"
#include "base/number.h"

/* Of a token of which nobody says when it ends; none lives less than an hour (learn.microsoft.com,
 * configurable-token-lifetimes). */
#define BLIND (30 * NUMBER_MINUTE)

#define LEAST NUMBER_SECOND /* between two questions */

/* A token of a short life is asked for in the middle of it. */
static int64_t due_of(int64_t left, uint32_t random)
{
    int64_t lead = number_smaller(EXPIRY_LEAD, left / 2);
    int64_t jitter = (int64_t)((uint64_t)(lead / 20) * (random % 1000) / 1000);

    return left - lead + jitter;
}

static void plan(struct expiry *self, int64_t left, int64_t now, uint32_t random)
{
    self->ends = left < 0 ? CLOCK_NEVER : now + left;
    self->due = now + (left < 0 ? BLIND : number_larger(LEAST, due_of(left, random)));
}

void expiry_begin(struct expiry *expiry, int64_t mark, int64_t left, int64_t now, uint32_t random)
{
    *expiry = (struct expiry){.mark = mark, .asked = now};
    plan(expiry, left, now, random);
}

static bool is_refused(const struct expiry *self, int64_t now)
{
    return now < self->refused_until;
}

void expiry_refuse(struct expiry *expiry, int64_t now)
{
    expiry->refused_until = now + EXPIRY_REFUSED;
    if (expiry->due != CLOCK_NEVER)
        expiry->due = number_smaller(expiry->due, number_larger(now, expiry->asked + EXPIRY_PAUSE));
}

int64_t expiry_due(const struct expiry *expiry)
{
    return expiry->due;
}

void expiry_ask(struct expiry *expiry, int64_t now)
{
    expiry->asked = now;
    expiry->due = CLOCK_NEVER;
}

/* There is no other token by now. Sooner where the one there is ends sooner. */
static void plan_another(struct expiry *self, int64_t now)
{
    int64_t left = self->ends == CLOCK_NEVER ? CLOCK_NEVER : self->ends - now;
    int64_t wait = left > 0 ? number_smaller(EXPIRY_AGAIN, left) : EXPIRY_AGAIN;

    self->due = now + number_larger(LEAST, wait);
}

void expiry_renewed(struct expiry *expiry, int64_t mark, int64_t left, int64_t now, uint32_t random)
{
    bool same = mark == expiry->mark && left >= 0;

    expiry->failed = false;
    expiry->mark = mark;
    plan(expiry, left, now, random);
    if (!same)
        expiry->refused_until = 0;
    else if (is_refused(expiry, now) || left <= EXPIRY_LEAD)
        plan_another(expiry, now);
}

enum expiry_word expiry_failed(struct expiry *expiry, int64_t now)
{
    bool before = expiry->failed;

    expiry->failed = true;
    plan_another(expiry, now);
    if (now >= expiry->ends)
        return EXPIRY_OVER;
    return before ? EXPIRY_TOLD : EXPIRY_FAILED;
}
