/* SPDX-License-Identifier: MIT */
/*
 * quota: from when on Azure's limits let the next script be started, and where.
 *
 * Of run/schedule, for a client of REST, which takes no time to start: az is slow enough by itself.
 * Azure counts starts three times. Azure Resource Manager counts them by subscription: no more than
 * the rules' starts a second, after a burst, and more slowly when it says that little is left.
 * Compute counts them by subscription and region, and by VM. Each of the three, when it throttles,
 * says how long it takes no more:
 *
 *   the subscription's   all of the subscription waits, and nobody else
 *   the region's         what is in that region of the subscription, or may be
 *   the VM's own         that VM alone, by its own retry: the quota knows nothing of it
 *
 * Which region a VM is in is known only once Azure has accepted something there (the operation's
 * URL names it), and then for its resource group: groups have one region as a rule. A group that
 * turns out to have VMs in two counts as unknown for good. What is in a group of which no region is
 * known may be in any, so it waits with each: to wait costs time, to be throttled costs the target
 * an attempt, mostly its only one.
 *
 * Groups and subscriptions are numbers from 0. Without rules, all targets are one group, and there
 * is no limit. Pure. Times are absolute monotonic nanoseconds. Main thread.
 */
#ifndef AZFAN_RUN_QUOTA_H
#define AZFAN_RUN_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outcome;

struct quota_rules {
    int64_t starts;              /* a second and subscription; 0: only what Azure says counts */
    const size_t *groups;        /* of each target; NULL: there is no quota */
    const size_t *subscriptions; /* of each group */
    size_t group_count;
    size_t subscription_count;
};

/* What Azure says beside an answer to a start. */
struct quota_limits {
    const char *region; /* where it was accepted; NULL: it was not */
    bool has_writes;    /* it says how many writes are left, and … */
    bool writes_low;    /* … they are few */
    bool has_compute;   /* likewise, of Compute's starts in the region */
    bool compute_low;
};

struct quota_pool;
struct quota_group;
struct quota_region;

/* All is private. */
struct quota {
    int64_t gap; /* between two starts of a subscription, in the long run; 0: none */
    bool limits;
    struct quota_pool *subscriptions;
    struct quota_group *groups;
    struct quota_region *regions;
    size_t region_count;
};

/* Copies what it needs of RULES. */
void quota_init(struct quota *quota, const struct quota_rules *rules);
void quota_done(struct quota *quota);

/* From when on a target of GROUP may be started; INT64_MIN: at any time. */
int64_t quota_start_at(const struct quota *quota, size_t group);

/* One is started. */
void quota_start(struct quota *quota, size_t group, int64_t now);

/* One runs from now on, whatever it asks Azure; and no more. */
void quota_enter(struct quota *quota, size_t group);
void quota_leave(struct quota *quota, size_t group);

/* Its attempt came to OUTCOME: Azure may have refused the start, for its limit's sake. */
void quota_ended(struct quota *quota, size_t group, const struct outcome *outcome, int64_t now);

/* Azure has answered one of GROUP. */
void quota_heard(struct quota *quota, size_t group, const struct quota_limits *limits);

/* How many run in SUBSCRIPTION. */
size_t quota_running(const struct quota *quota, size_t subscription);

#endif
