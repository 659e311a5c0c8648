/* SPDX-License-Identifier: MIT */
#include "report/running.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/result.h"

size_t running_count(const struct result *result)
{
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++)
        count += result->targets[i].state == RESULT_STARTED;
    return count;
}

static int compare_begins(const void *a, const void *b)
{
    const struct result_target *one = *(const struct result_target *const *)a;
    const struct result_target *other = *(const struct result_target *const *)b;

    if (one->began != other->began)
        return one->began < other->began ? -1 : 1;
    return (one > other) - (one < other);
}

static void print_one(struct buffer *buffer, const struct result *result,
                      const struct result_target *target)
{
    int64_t age = target->began < result->duration ? result->duration - target->began : 0;

    buffer_print(buffer, "%s (", target->label);
    number_print_exact_duration(buffer, age / NUMBER_SECOND * NUMBER_SECOND);
    buffer_add(buffer, ")");
}

void running_print(struct buffer *buffer, const struct result *result, size_t most)
{
    const struct result_target **list = memory_zeroed(result->target_count, sizeof(void *));
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++) {
        if (result->targets[i].state == RESULT_STARTED)
            list[count++] = &result->targets[i];
    }
    qsort(list, count, sizeof(void *), compare_begins);
    for (size_t i = 0; i < count && i < most; i++) {
        buffer_add(buffer, i > 0 ? ", " : "");
        print_one(buffer, result, list[i]);
    }
    if (count > most)
        buffer_print(buffer, " and %zu more", count - most);
    free(list);
}
