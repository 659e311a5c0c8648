/* SPDX-License-Identifier: MIT */
#include "run/halting.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "job/job.h"
#include "run/rules.h"

enum {
    ALIKE_LEAST = 4, /* so many batches of one size, one after the other, are one item */
    ITEMS_MOST = 8   /* of more than that those in the middle are left out */
};

/* ---- batch by batch ------------------------------------------------------------------------ */

/* The batches that can halt the run, and how. */
struct plan {
    const struct job *job;
    size_t *sizes; /* of each batch */
    size_t count;  /* so many of them can */
    bool needs_ok; /* there is no max_failures: a batch must have one that is ok */
};

static struct plan make_plan(const struct job *job, const int *batches)
{
    size_t count = job->target_count > 0 ? (size_t)batches[job->target_count - 1] : 0;
    struct plan plan = {.job = job, .needs_ok = !job->has_max_failures};

    plan.sizes = memory_zeroed(count, sizeof *plan.sizes);
    for (size_t i = 0; i < job->target_count; i++)
        plan.sizes[batches[i] - 1]++;
    if (count > 1 && plan.needs_ok)
        plan.count = count - 1; /* after the last one there is nothing to halt */
    else if (count > 1 && job->max_failures.percent)
        plan.count = count;
    return plan;
}

/* How many batches, from the one at FIRST on, are one item. */
static size_t count_alike(const struct plan *plan, size_t first)
{
    size_t end = first + 1;

    while (end < plan->count && plan->sizes[end] == plan->sizes[first])
        end++;
    return end - first < ALIKE_LEAST ? 1 : end - first;
}

static size_t count_items(const struct plan *plan)
{
    size_t items = 0;

    for (size_t at = 0; at < plan->count; at += count_alike(plan, at))
        items++;
    return items;
}

/* The FIRST of all figures says of what they are: "1 failure in batch 1 (1 VM), 1 in batch 2 (3)".
 */
static void print_failures(struct buffer *buffer, size_t count, bool first)
{
    buffer_print(buffer, "%zu%s", count, !first ? "" : count == 1 ? " failure" : " failures");
}

static void print_targets(struct buffer *buffer, size_t count, bool first)
{
    buffer_print(buffer, " (%zu%s", count, !first ? "" : count == 1 ? " VM" : " VMs");
}

/* "3 in batch 3 (26)", "1 in any of batches 4 to 300 (1 each)" */
static void print_item(struct buffer *buffer, const struct plan *plan, size_t at, size_t alike)
{
    size_t size = plan->sizes[at];

    print_failures(buffer, plan->needs_ok ? size : rules_max_failures(plan->job, size) + 1,
                   at == 0);
    if (alike == 1)
        buffer_print(buffer, " in batch %zu", at + 1);
    else
        buffer_print(buffer, " in any of batches %zu to %zu", at + 1, at + alike);
    print_targets(buffer, size, at == 0);
    buffer_add(buffer, alike == 1 ? ")" : " each)");
}

static void print_batches(struct buffer *buffer, const struct plan *plan)
{
    size_t items = count_items(plan);
    size_t item = 0;
    size_t alike;

    for (size_t at = 0; at < plan->count; at += alike, item++) {
        bool is_left_out = items > ITEMS_MOST && item >= ITEMS_MOST - 1 && item < items - 1;

        alike = count_alike(plan, at);
        if (is_left_out)
            continue;
        if (item > 0)
            buffer_add(buffer, items > ITEMS_MOST && item == items - 1 ? ", and so on to " : ", ");
        print_item(buffer, plan, at, alike);
    }
}

/* ---- the run ------------------------------------------------------------------------------- */

/* ", or 4 in all (30); what is running then may finish" */
static void print_run(struct buffer *buffer, const struct job *job, bool first)
{
    if (!first)
        buffer_add(buffer, ", or ");
    print_failures(buffer, rules_max_failures(job, job->target_count) + 1, first);
    buffer_add(buffer, " in all");
    print_targets(buffer, job->target_count, first);
    buffer_print(buffer, "); what is running then %s",
                 job->on_halt == JOB_STOP ? "is stopped" : "may finish");
}

static bool never_halts(const struct plan *plan)
{
    size_t targets = plan->job->target_count;

    return plan->needs_ok ? plan->count == 0 : rules_max_failures(plan->job, targets) >= targets;
}

void halting_print(struct buffer *buffer, const struct job *job, const int *batches)
{
    struct plan plan = make_plan(job, batches);

    if (never_halts(&plan)) {
        buffer_add(buffer, "failures never halt the run");
    } else {
        buffer_print(buffer, "the run halts %safter ",
                     plan.needs_ok ? "when nothing in a batch is ok: " : "");
        print_batches(buffer, &plan);
        if (!plan.needs_ok)
            print_run(buffer, job, plan.count == 0);
    }
    free(plan.sizes);
}

/* ---- why it has halted --------------------------------------------------------------------- */

static char *explain_run(const struct job *job, size_t failures)
{
    struct buffer cause = BUFFER_INIT;

    buffer_print(&cause, "%zu %s, and max_failures allows %zu", failures,
                 failures == 1 ? "target has failed" : "targets have failed",
                 rules_max_failures(job, job->target_count));
    if (job->max_failures.percent)
        buffer_print(&cause, " (%d%% of %zu)", job->max_failures.value, job->target_count);
    return buffer_take(&cause);
}

char *halting_explain(const struct job *job, enum schedule_halt halt,
                      const struct schedule_tally *tally)
{
    struct buffer cause = BUFFER_INIT;

    if (halt == SCHEDULE_HALT_OF_RUN)
        return explain_run(job, tally->failures);
    buffer_print(&cause, "%zu of %zu failed in batch %d, and ", tally->batch_failures,
                 tally->batch_targets, tally->batch);
    if (halt == SCHEDULE_HALT_OF_BATCH)
        buffer_print(&cause, "max_failures allows %zu (%d%% of %zu)",
                     rules_max_failures(job, tally->batch_targets), job->max_failures.value,
                     tally->batch_targets);
    else
        buffer_add(&cause, "without max_failures a batch needs at least one ok");
    return buffer_take(&cause);
}
