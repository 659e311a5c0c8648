/* SPDX-License-Identifier: MIT */
#include "run/fresh.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

void fresh_init(struct fresh *fresh, size_t targets, const size_t *groups, size_t group_count)
{
    *fresh = (struct fresh){.groups = groups, .group_count = groups != NULL ? group_count : 1};
    fresh->heads = memory_zeroed(fresh->group_count, sizeof *fresh->heads);
    fresh->followers = memory_zeroed(targets, sizeof *fresh->followers);
    for (size_t i = 0; i < fresh->group_count; i++)
        fresh->heads[i] = FRESH_NONE;
}

void fresh_done(struct fresh *fresh)
{
    free(fresh->heads);
    free(fresh->followers);
}

size_t fresh_group(const struct fresh *fresh, size_t target)
{
    return fresh->groups != NULL ? fresh->groups[target] : 0;
}

void fresh_put(struct fresh *fresh, size_t target)
{
    size_t *head = &fresh->heads[fresh_group(fresh, target)];

    fresh->followers[target] = *head;
    *head = target;
}

size_t fresh_first(const struct fresh *fresh, size_t group)
{
    return fresh->heads[group];
}

void fresh_take(struct fresh *fresh, size_t group)
{
    fresh->heads[group] = fresh->followers[fresh->heads[group]];
}
