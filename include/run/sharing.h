/* SPDX-License-Identifier: MIT */
/*
 * sharing: which targets share Azure's limits, for run/quota, and how often their clients may ask.
 *
 * Of a run whose client is rest; of any other it knows nothing, and changes nothing. Numbers are
 * those of the places of the job's targets: groups are resource groups (job/places). Main thread.
 *
 *   sharing_open(&sharing, job, default_subscription);
 *   rules.quota = sharing_rules(&sharing, starts);
 *   … sharing_slow_down(&sharing, rest, schedule) whenever others run than before …
 *   sharing_close(&sharing);
 */
#ifndef AZFAN_RUN_SHARING_H
#define AZFAN_RUN_SHARING_H

#include <stddef.h>
#include <stdint.h>

#include "job/places.h"
#include "run/quota.h"

struct job;
struct rest;
struct schedule;

struct sharing {
    struct places places;
    size_t *groups;        /* of each target; NULL: the client is not rest */
    size_t *subscriptions; /* of each group */
};

/* Points into both. DEFAULT_SUBSCRIPTION: of targets that leave theirs to az; NULL: not known. */
void sharing_open(struct sharing *ret, const struct job *job, const char *default_subscription);
void sharing_close(struct sharing *sharing);

/* Points into SHARING. STARTS: a second and subscription, at most; 0: as many as there is room for.
 */
struct quota_rules sharing_rules(const struct sharing *sharing, int64_t starts);

/* Tells the clients of each subscription, those that run as well, how often they may ask. */
void sharing_slow_down(const struct sharing *sharing, struct rest *rest,
                       const struct schedule *schedule);

#endif
