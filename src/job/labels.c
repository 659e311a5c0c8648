/* SPDX-License-Identifier: MIT */
#include "job/labels.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/caseless.h"
#include "base/memory.h"
#include "job/job.h"

static int compare(const void *a, const void *b)
{
    const struct job_target *first = *(struct job_target *const *)a;
    const struct job_target *second = *(struct job_target *const *)b;
    int order = caseless_compare(first->name, second->name);

    if (order == 0)
        order = caseless_compare(first->resource_group, second->resource_group);
    if (order == 0)
        order = caseless_compare(first->subscription, second->subscription);
    return order;
}

static char *make_label(const struct job_target *target, bool name_is_unique, bool group_is_unique)
{
    if (name_is_unique)
        return memory_string(target->name);
    if (group_is_unique || target->subscription == NULL)
        return memory_print("%s/%s", target->resource_group, target->name);
    return memory_print("%s/%s/%s", target->subscription, target->resource_group, target->name);
}

/* Sorted, the ones that a label must tell apart are neighbours. */
void labels_give(struct job_target *list, size_t count)
{
    struct job_target **sorted = memory_zeroed(count, sizeof(struct job_target *));

    for (size_t i = 0; i < count; i++)
        sorted[i] = &list[i];
    qsort(sorted, count, sizeof(struct job_target *), compare);
    for (size_t i = 0; i < count; i++) {
        struct job_target *target = sorted[i];
        bool name_is_unique = true;
        bool group_is_unique = true;

        for (int side = 0; side < 2; side++) {
            const struct job_target *other;

            if (side == 0 ? i == 0 : i + 1 == count)
                continue;
            other = side == 0 ? sorted[i - 1] : sorted[i + 1];
            if (caseless_compare(other->name, target->name) != 0)
                continue;
            name_is_unique = false;
            if (caseless_compare(other->resource_group, target->resource_group) == 0)
                group_is_unique = false;
        }
        free(target->label);
        target->label = make_label(target, name_is_unique, group_is_unique);
    }
    free(sorted);
}
