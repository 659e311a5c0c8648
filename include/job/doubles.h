/* SPDX-License-Identifier: MIT */
/*
 * doubles: targets that are one VM, though they do not look so before az's default subscription is
 * known.
 *
 * One of them names its subscription, the other leaves it to az, which means the same one. The
 * first of them stands for all. Pure. Main thread.
 */
#ifndef AZFAN_JOB_DOUBLES_H
#define AZFAN_JOB_DOUBLES_H

#include <stddef.h>

struct job_target;

/* How many would doubles_merge() drop? */
size_t doubles_count(const struct job_target *list, size_t count, const char *default_subscription);

/*
 * Drops from LIST, COUNT long, all but the first of those that are one VM when those that leave
 * their subscription to az mean DEFAULT_SUBSCRIPTION (NULL: it is not known, and unlike all
 * others), and gives the others their labels anew when it dropped any. Returns how many are left.
 * MOVED, as long as LIST was, says where each is now; of a dropped one, where that is that stands
 * for it.
 */
size_t doubles_merge(struct job_target *list, size_t count, const char *default_subscription,
                     size_t *moved);

#endif
