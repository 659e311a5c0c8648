/* SPDX-License-Identifier: MIT */
#include "cli/execution.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"
#include "job/doubles.h"
#include "job/job.h"

/* What holds for one of them holds for the one that stands for it. */
static void move(struct execution *execution, const size_t *moved, size_t from, bool first)
{
    size_t to = moved[from];

    if (execution->marks != NULL && (first || execution->marks[to] == NULL))
        execution->marks[to] = execution->marks[from];
    if (execution->questions != NULL && (first || execution->questions[to] == NULL))
        execution->questions[to] = execution->questions[from];
    if (execution->not_before != NULL &&
        (first || execution->not_before[to] < execution->not_before[from]))
        execution->not_before[to] = execution->not_before[from];
}

void execution_merge(struct execution *execution, const char *subscription)
{
    struct job *job = execution->job;
    size_t count = job->target_count;
    size_t *moved = memory_zeroed(count, sizeof *moved);
    size_t kept = 0;

    job->target_count = doubles_merge(job->targets, count, subscription, moved);
    for (size_t i = 0; i < count; i++) {
        move(execution, moved, i, moved[i] == kept);
        kept += moved[i] == kept;
    }
    free(moved);
}
