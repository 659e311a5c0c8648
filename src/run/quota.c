/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A pool, of a subscription or of one region of it, knows three times: nothing
 * is started in it before `until`, which Azure has set; before `slow_until` no more than one a
 * second, since little is left; and, where starts are counted, `paid`: every start moves it on by
 * the gap, and it may be ahead of the clock by a burst. So no pool has to be filled as time passes.
 */
#include "run/quota.h"

#include <stdlib.h>

#include "base/caseless.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/outcome.h"

enum { BURST = 50 };

/* Between two starts where little is left: of the 10 writes a second and the 8 starts that Azure
 * gives back, nearly all are left to others. */
#define SLOW_GAP NUMBER_SECOND

/* Where Azure throttles and does not say for how long; and the longest that it is believed. */
#define USUAL_WAIT   (10 * NUMBER_SECOND)
#define LONGEST_WAIT NUMBER_HOUR

/* After a throttling, until something says more. */
#define SLOW_TIME NUMBER_MINUTE

#define UNKNOWN SIZE_MAX /* of regions */

struct quota_pool {
    int64_t until;
    int64_t slow_until;
    int64_t last; /* start; INT64_MIN: there was none */
    int64_t paid;
    size_t running; /* of a subscription */
};

struct quota_group {
    size_t subscription;
    size_t region;
    bool mixed; /* it has VMs in several: its region stays unknown */
};

struct quota_region {
    char *name;
    size_t subscription;
    struct quota_pool pool;
};

static const struct quota_pool fresh_pool = {
    .until = INT64_MIN, .slow_until = INT64_MIN, .last = INT64_MIN, .paid = INT64_MIN};

/* ---- making -------------------------------------------------------------------------------- */

void quota_init(struct quota *quota, const struct quota_rules *rules)
{
    bool limits = rules->groups != NULL;
    size_t groups = limits ? rules->group_count : 1;
    size_t subscriptions = limits ? rules->subscription_count : 1;

    *quota = (struct quota){.limits = limits};
    if (limits && rules->starts > 0)
        quota->gap = NUMBER_SECOND / rules->starts;
    quota->subscriptions = memory_zeroed(subscriptions, sizeof *quota->subscriptions);
    for (size_t i = 0; i < subscriptions; i++)
        quota->subscriptions[i] = fresh_pool;
    quota->groups = memory_zeroed(groups, sizeof *quota->groups);
    for (size_t i = 0; i < groups; i++)
        quota->groups[i] = (struct quota_group){
            .subscription = limits ? rules->subscriptions[i] : 0, .region = UNKNOWN};
}

void quota_done(struct quota *quota)
{
    for (size_t i = 0; i < quota->region_count; i++)
        free(quota->regions[i].name);
    free(quota->regions);
    free(quota->groups);
    free(quota->subscriptions);
    *quota = (struct quota){.gap = 0};
}

/* ---- starts -------------------------------------------------------------------------------- */

/* From when on POOL has no objection. */
static int64_t pool_opens(const struct quota_pool *pool)
{
    if (pool->last == INT64_MIN)
        return pool->until;
    return number_larger(pool->until, number_smaller(pool->last + SLOW_GAP, pool->slow_until));
}

static bool may_be_in(const struct quota_group *group, const struct quota *quota, size_t region)
{
    return group->region == region ||
           (group->region == UNKNOWN && quota->regions[region].subscription == group->subscription);
}

int64_t quota_start_at(const struct quota *quota, size_t group)
{
    const struct quota_group *own = &quota->groups[group];
    const struct quota_pool *pool = &quota->subscriptions[own->subscription];
    int64_t at = pool_opens(pool);

    if (quota->gap > 0 && pool->paid != INT64_MIN)
        at = number_larger(at, pool->paid - (BURST - 1) * quota->gap);
    for (size_t i = 0; i < quota->region_count; i++) {
        if (may_be_in(own, quota, i))
            at = number_larger(at, pool_opens(&quota->regions[i].pool));
    }
    return at;
}

void quota_start(struct quota *quota, size_t group, int64_t now)
{
    const struct quota_group *own = &quota->groups[group];
    struct quota_pool *pool = &quota->subscriptions[own->subscription];

    pool->last = now;
    pool->paid = number_larger(pool->paid, now) + quota->gap;
    for (size_t i = 0; i < quota->region_count; i++) {
        if (may_be_in(own, quota, i))
            quota->regions[i].pool.last = now;
    }
}

void quota_enter(struct quota *quota, size_t group)
{
    quota->subscriptions[quota->groups[group].subscription].running++;
}

void quota_leave(struct quota *quota, size_t group)
{
    quota->subscriptions[quota->groups[group].subscription].running--;
}

size_t quota_running(const struct quota *quota, size_t subscription)
{
    return quota->subscriptions[subscription].running;
}

/* ---- what Azure says ----------------------------------------------------------------------- */

static void throttle(struct quota_pool *pool, int64_t wait, int64_t now)
{
    pool->until = number_larger(pool->until, now + wait);
    pool->slow_until = number_larger(pool->slow_until, pool->until + SLOW_TIME);
}

void quota_ended(struct quota *quota, size_t group, const struct outcome *outcome, int64_t now)
{
    const struct quota_group *own = &quota->groups[group];
    int64_t wait =
        outcome->retry_after > 0 ? number_smaller(outcome->retry_after, LONGEST_WAIT) : USUAL_WAIT;

    if (!quota->limits || outcome->reason != REASON_THROTTLED ||
        outcome->cause == CAUSE_READ_LIMIT || outcome->cause == CAUSE_VM_LIMIT)
        return;
    if (outcome->cause == CAUSE_REGION_LIMIT && own->region != UNKNOWN)
        throttle(&quota->regions[own->region].pool, wait, now);
    else
        throttle(&quota->subscriptions[own->subscription], wait, now);
}

static size_t find_region(struct quota *quota, size_t subscription, const char *name)
{
    size_t i = 0;

    while (i < quota->region_count && (quota->regions[i].subscription != subscription ||
                                       !caseless_is_same(quota->regions[i].name, name)))
        i++;
    if (i < quota->region_count)
        return i;
    quota->regions = memory_grow(quota->regions, quota->region_count, sizeof *quota->regions);
    quota->regions[quota->region_count++] = (struct quota_region){
        .name = memory_string(name), .subscription = subscription, .pool = fresh_pool};
    return i;
}

static void learn_region(struct quota_group *group, size_t region)
{
    group->mixed = group->mixed || (group->region != UNKNOWN && group->region != region);
    group->region = group->mixed ? UNKNOWN : region;
}

static void slow_down(struct quota_pool *pool, bool low)
{
    pool->slow_until = low ? CLOCK_NEVER : INT64_MIN;
}

void quota_heard(struct quota *quota, size_t group, const struct quota_limits *limits)
{
    struct quota_group *own = &quota->groups[group];
    size_t region = own->region;

    if (!quota->limits)
        return;
    if (limits->region != NULL) {
        region = find_region(quota, own->subscription, limits->region);
        learn_region(own, region);
    }
    if (limits->has_writes)
        slow_down(&quota->subscriptions[own->subscription], limits->writes_low);
    if (limits->has_compute && region != UNKNOWN)
        slow_down(&quota->regions[region].pool, limits->compute_low);
}
