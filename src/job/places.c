/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. One sort brings together what belongs together, however many groups there
 * are; then the groups of each subscription, and the subscriptions, are put in the order of their
 * first targets.
 */
#include "job/places.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/caseless.h"
#include "base/memory.h"
#include "job/job.h"

struct placement {
    const char *subscription; /* NULL: not known */
    const char *group;
    size_t target;
};

static int compare_indices(size_t one, size_t other)
{
    return (one > other) - (one < other);
}

static int compare_placements(const void *a, const void *b)
{
    const struct placement *one = a;
    const struct placement *other = b;
    int order = caseless_compare(one->subscription, other->subscription);

    if (order == 0)
        order = caseless_compare(one->group, other->group);
    return order != 0 ? order : compare_indices(one->target, other->target);
}

static int compare_groups(const void *a, const void *b)
{
    return compare_indices(((const struct places_group *)a)->first,
                           ((const struct places_group *)b)->first);
}

static int compare_subscriptions(const void *a, const void *b)
{
    return compare_indices(((const struct places_subscription *)a)->first,
                           ((const struct places_subscription *)b)->first);
}

static struct placement *sort_targets(const struct job *job, const char *default_subscription)
{
    struct placement *sorted = memory_zeroed(job->target_count, sizeof *sorted);

    for (size_t i = 0; i < job->target_count; i++) {
        const struct job_target *target = &job->targets[i];

        sorted[i] = (struct placement){target->subscription != NULL ? target->subscription
                                                                    : default_subscription,
                                       target->resource_group, i};
    }
    qsort(sorted, job->target_count, sizeof *sorted, compare_placements);
    return sorted;
}

/* The target of PLACEMENT is the next one, in the order of placements. */
static void add(struct places *places, const struct placement *placement,
                const struct placement *before, size_t *order)
{
    bool same_subscription =
        before != NULL && caseless_is_same(before->subscription, placement->subscription);
    struct places_subscription *subscription;
    struct places_group *group;

    if (!same_subscription)
        places->list[places->count++] = (struct places_subscription){
            placement->subscription, placement->target, &places->groups[places->group_count], 0, 0};
    subscription = &places->list[places->count - 1];
    if (!same_subscription || !caseless_is_same(before->group, placement->group)) {
        places->groups[places->group_count++] =
            (struct places_group){placement->group, placement->target, order, 0};
        subscription->group_count++;
    }
    group = &places->groups[places->group_count - 1];
    group->count++;
    subscription->count++;
    if (placement->target < subscription->first)
        subscription->first = placement->target;
    *order = placement->target;
}

void places_find(struct places *ret, const struct job *job, const char *default_subscription)
{
    struct placement *sorted = sort_targets(job, default_subscription);

    *ret = (struct places){.list = memory_zeroed(job->target_count, sizeof *ret->list),
                           .order = memory_zeroed(job->target_count, sizeof *ret->order),
                           .groups = memory_zeroed(job->target_count, sizeof *ret->groups)};
    for (size_t i = 0; i < job->target_count; i++)
        add(ret, &sorted[i], i > 0 ? &sorted[i - 1] : NULL, &ret->order[i]);
    free(sorted);
    for (size_t i = 0; i < ret->count; i++)
        qsort(ret->list[i].groups, ret->list[i].group_count, sizeof *ret->groups, compare_groups);
    qsort(ret->list, ret->count, sizeof *ret->list, compare_subscriptions);
}

void places_done(struct places *places)
{
    free(places->list);
    free(places->order);
    free(places->groups);
    *places = (struct places){.list = NULL};
}
