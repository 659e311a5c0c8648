/* SPDX-License-Identifier: MIT */
/*
 * places: where a job's targets are, by subscription and resource group.
 *
 * Subscriptions stand in the order of their first target, and so do the groups within them. Names
 * are compared without regard to case. Points into the job. Pure. Main thread.
 *
 *   places_find(&places, job, default_subscription);
 *   … places_done(&places);
 */
#ifndef AZFAN_JOB_PLACES_H
#define AZFAN_JOB_PLACES_H

#include <stddef.h>

struct job;

struct places_group {
    const char *name;
    size_t first;        /* its first target: index in the job */
    const size_t *order; /* all of them, in the job's order */
    size_t count;
};

struct places_subscription {
    const char *id; /* NULL: az's default one, and which that is is not known */
    size_t first;
    struct places_group *groups;
    size_t group_count;
    size_t count; /* of targets */
};

struct places {
    struct places_subscription *list;
    size_t count;
    size_t group_count; /* in all */
    size_t *order;      /* private, as the next one */
    struct places_group *groups;
};

/* DEFAULT_SUBSCRIPTION: of targets that leave theirs to az; NULL: not known. */
void places_find(struct places *ret, const struct job *job, const char *default_subscription);

void places_done(struct places *places);

#endif
