/* SPDX-License-Identifier: MIT */
#include "job/doubles.h"

#include <stdlib.h>

#include "base/caseless.h"
#include "base/memory.h"
#include "job/job.h"
#include "job/labels.h"

/* A target, as it can be compared with others. */
struct vm {
    const struct job_target *target;
    const char *subscription; /* also where the target leaves it to az */
    size_t index;
};

static int compare_vms(const struct vm *one, const struct vm *other)
{
    int order = caseless_compare(one->target->name, other->target->name);

    if (order == 0)
        order = caseless_compare(one->target->resource_group, other->target->resource_group);
    return order != 0 ? order : caseless_compare(one->subscription, other->subscription);
}

/* The first of the list first. */
static int compare(const void *a, const void *b)
{
    const struct vm *one = a;
    const struct vm *other = b;
    int order = compare_vms(one, other);

    return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

static struct vm *sort(const struct job_target *list, size_t count,
                       const char *default_subscription)
{
    struct vm *vms = memory_zeroed(count, sizeof *vms);

    for (size_t i = 0; i < count; i++) {
        const char *own = list[i].subscription;

        vms[i] = (struct vm){&list[i], own != NULL ? own : default_subscription, i};
    }
    qsort(vms, count, sizeof *vms, compare);
    return vms;
}

/* Puts into MOVED, for each of LIST, the first that is the same VM. */
static void find_first(const struct job_target *list, size_t count,
                       const char *default_subscription, size_t *moved)
{
    struct vm *vms = sort(list, count, default_subscription);
    size_t first = 0;

    for (size_t i = 0; i < count; i++) {
        if (compare_vms(&vms[first], &vms[i]) != 0)
            first = i;
        moved[vms[i].index] = vms[first].index;
    }
    free(vms);
}

size_t doubles_count(const struct job_target *list, size_t count, const char *default_subscription)
{
    struct vm *vms = sort(list, count, default_subscription);
    size_t found = 0;

    for (size_t i = 1; i < count; i++)
        found += compare_vms(&vms[i - 1], &vms[i]) == 0;
    free(vms);
    return found;
}

size_t doubles_merge(struct job_target *list, size_t count, const char *default_subscription,
                     size_t *moved)
{
    size_t kept = 0;

    find_first(list, count, default_subscription, moved);
    for (size_t i = 0; i < count; i++) {
        if (moved[i] < i) { /* the first of them has been moved already */
            moved[i] = moved[moved[i]];
            job_target_done(&list[i]);
            continue;
        }
        moved[i] = kept;
        list[kept++] = list[i];
    }
    if (kept < count)
        labels_give(list, kept);
    return kept;
}
