/* SPDX-License-Identifier: MIT */
#include "page/lanes.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "run/result.h"

static size_t count_bars(const struct result *result)
{
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++)
        count += result->targets[i].attempt_count + 1;
    return count;
}

static void stretch_to(struct lanes *lanes, int64_t end)
{
    if (end > lanes->span)
        lanes->span = end;
}

static void take_ended(struct lanes *lanes, const struct result *result)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct result_target *target = &result->targets[i];

        for (size_t j = 0; j < target->attempt_count; j++) {
            const struct result_attempt *attempt = &target->attempts[j];

            lanes->bars[lanes->count++] = (struct bar){.target = i,
                                                       .attempt = j,
                                                       .lane = attempt->worker,
                                                       .at = attempt->at,
                                                       .duration = attempt->duration};
            stretch_to(lanes, attempt->at + attempt->duration);
            if (attempt->worker >= lanes->lanes)
                lanes->lanes = attempt->worker + 1;
        }
    }
}

/*
 * The lane that is free first; a new one when none is by AT, as long as there are workers.
 */
static int find_lane(struct lanes *lanes, const int64_t *free_from, int workers, int64_t at)
{
    int first = 0;

    for (int i = 1; i < lanes->lanes; i++) {
        if (free_from[i] < free_from[first])
            first = i;
    }
    if (lanes->lanes == 0 || (free_from[first] > at && lanes->lanes < workers))
        return lanes->lanes++;
    return first;
}

/* When each lane is free for good. */
static int64_t *find_free(const struct lanes *lanes, int workers)
{
    int most = lanes->lanes > workers ? lanes->lanes : workers;
    int64_t *free_from = memory_zeroed((size_t)most + 1, sizeof *free_from);

    for (size_t i = 0; i < lanes->count; i++) {
        const struct bar *bar = &lanes->bars[i];

        if (bar->at + bar->duration > free_from[bar->lane])
            free_from[bar->lane] = bar->at + bar->duration;
    }
    return free_from;
}

static int compare_times(const void *a, const void *b)
{
    const struct bar *one = a;
    const struct bar *other = b;

    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    return (one->target > other->target) - (one->target < other->target);
}

static int compare_bars(const void *a, const void *b)
{
    const struct bar *one = a;
    const struct bar *other = b;

    if (one->lane != other->lane)
        return one->lane < other->lane ? -1 : 1;
    return compare_times(a, b);
}

static void take_open(struct lanes *lanes, const struct result *result)
{
    size_t first = lanes->count;
    int64_t *free_from = find_free(lanes, result->workers);

    for (size_t i = 0; i < result->target_count; i++) {
        const struct result_target *target = &result->targets[i];
        int64_t at = target->began;

        if (!target->open)
            continue;
        lanes->bars[lanes->count++] =
            (struct bar){.target = i, .attempt = target->attempt_count, .at = at, .open = true};
        stretch_to(lanes, at);
    }
    qsort(&lanes->bars[first], lanes->count - first, sizeof *lanes->bars, compare_times);
    for (size_t i = first; i < lanes->count; i++) {
        struct bar *bar = &lanes->bars[i];

        bar->lane = find_lane(lanes, free_from, result->workers, bar->at);
        bar->duration = lanes->span - bar->at;
        free_from[bar->lane] = INT64_MAX;
    }
    free(free_from);
}

static void find_begins(struct lanes *lanes, const struct result *result)
{
    lanes->batches = result->job.batches;
    lanes->begins = memory_zeroed((size_t)lanes->batches, sizeof *lanes->begins);
    for (int i = 0; i < lanes->batches; i++)
        lanes->begins[i] = -1;
    for (size_t i = 0; i < lanes->count; i++) {
        const struct bar *bar = &lanes->bars[i];
        int batch = result->targets[bar->target].batch - 1;

        if (batch >= 0 && batch < lanes->batches &&
            (lanes->begins[batch] < 0 || bar->at < lanes->begins[batch]))
            lanes->begins[batch] = bar->at;
    }
}

void lanes_make(struct lanes *ret, const struct result *result)
{
    *ret = (struct lanes){.bars = memory_zeroed(count_bars(result), sizeof *ret->bars),
                          .span = NUMBER_MILLISECOND};
    stretch_to(ret, result->duration);
    take_ended(ret, result);
    take_open(ret, result);
    find_begins(ret, result);
    qsort(ret->bars, ret->count, sizeof *ret->bars, compare_bars);
}

void lanes_done(struct lanes *lanes)
{
    free(lanes->bars);
    free(lanes->begins);
    *lanes = (struct lanes){.bars = NULL};
}
