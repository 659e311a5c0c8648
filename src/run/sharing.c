/* SPDX-License-Identifier: MIT */
#include "run/sharing.h"

#include <stdlib.h>

#include "azure/rest.h"
#include "base/memory.h"
#include "job/job.h"
#include "run/schedule.h"

static void number_group(struct sharing *sharing, const struct places_group *places, size_t group,
                         size_t subscription)
{
    sharing->subscriptions[group] = subscription;
    for (size_t i = 0; i < places->count; i++)
        sharing->groups[places->order[i]] = group;
}

void sharing_open(struct sharing *ret, const struct job *job, const char *default_subscription)
{
    size_t group = 0;

    *ret = (struct sharing){.groups = NULL};
    if (job->client != JOB_REST)
        return;
    places_find(&ret->places, job, default_subscription);
    ret->groups = memory_zeroed(job->target_count, sizeof *ret->groups);
    ret->subscriptions = memory_zeroed(ret->places.group_count, sizeof *ret->subscriptions);
    for (size_t i = 0; i < ret->places.count; i++) {
        for (size_t j = 0; j < ret->places.list[i].group_count; j++)
            number_group(ret, &ret->places.list[i].groups[j], group++, i);
    }
}

void sharing_close(struct sharing *sharing)
{
    places_done(&sharing->places);
    free(sharing->groups);
    free(sharing->subscriptions);
    *sharing = (struct sharing){.groups = NULL};
}

struct quota_rules sharing_rules(const struct sharing *sharing, int64_t starts)
{
    return (struct quota_rules){.starts = starts,
                                .groups = sharing->groups,
                                .subscriptions = sharing->subscriptions,
                                .group_count = sharing->places.group_count,
                                .subscription_count = sharing->places.count};
}

void sharing_slow_down(const struct sharing *sharing, struct rest *rest,
                       const struct schedule *schedule)
{
    if (sharing->groups == NULL || rest == NULL)
        return;
    for (size_t i = 0; i < sharing->places.count; i++)
        rest_set_running(rest, sharing->places.list[i].id, schedule_running_in(schedule, i));
}
