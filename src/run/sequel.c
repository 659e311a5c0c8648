/* SPDX-License-Identifier: MIT */
#include "run/sequel.h"

#include <stdlib.h>
#include <string.h>

#include "base/caseless.h"
#include "base/memory.h"
#include "job/targets.h"
#include "run/result.h"

static bool has_asked(const struct result_target *target)
{
    for (size_t i = 0; i < target->attempt_count; i++) {
        if (target->attempts[i].asks)
            return true;
    }
    return false;
}

static void take_question_over(struct result_target *target, const struct result_target *later)
{
    result_take_question(target, later->question.url != NULL ? &later->question : NULL);
}

/* What is known of the script after RERUN, in which LATER was. */
static void put_script_over(struct result *result, struct result_target *target,
                            const struct result *rerun, const struct result_target *later)
{
    const struct outcome *outcome = &later->outcome;
    bool found_mark = outcome->kind == OUTCOME_UNKNOWN && outcome->script == SCRIPT_STARTED;

    if (has_asked(later) || later->question.url != NULL)
        take_question_over(target, later);
    if (later->answered) { /* so much for what was before */
        target->busy_until = 0;
        target->doubtful = false;
    }
    /* To have been refused is no news of what an earlier attempt has started. */
    if (outcome->script == SCRIPT_NOT_STARTED)
        return;
    /* That the VM is busy, or that the mark is there, is none of when that is over. */
    if (outcome->reason != REASON_BUSY && !found_mark)
        target->busy_until = later->busy_until;
    target->doubtful = later->doubtful;
    result_take_mark(result, target, result_mark(rerun, later));
    if (outcome->reason != REASON_BUSY && !found_mark)
        take_question_over(target, later);
}

static void put_outcome_over(struct result *result, struct result_target *target,
                             const struct result_target *later)
{
    result->counts[target->outcome.kind]--;
    result->counts[later->outcome.kind]++;
    outcome_done(&target->outcome);
    target->outcome = later->outcome;
    target->outcome.message = memory_string(later->outcome.message);
}

/* The later word counts, unless it only says that nothing was done. */
static void put_over(struct result *result, struct result_target *target,
                     const struct result *rerun, const struct result_target *later)
{
    if (later->outcome.kind == OUTCOME_SKIPPED)
        return;
    if (later->unanswered) { /* nor does a question, but that nobody need ask it again */
        take_question_over(target, later);
        return;
    }
    put_outcome_over(result, target, later);
    target->wall_ended = later->wall_ended;
    put_script_over(result, target, rerun, later);
    if (target->id == NULL)
        target->id = memory_string(later->id);
}

/* ---- what Azure said afterwards ----------------------------------------------------------- */

static bool has_question(const struct result_target *target, const char *url)
{
    return target->question.url != NULL && strcmp(target->question.url, url) == 0;
}

/* The target of RESULT of which URL is the question; NULL: none. */
static struct result_target *find_question(const struct result *result, const char *label,
                                           const char *url)
{
    size_t index;

    if (result_find(result, label, &index) && has_question(&result->targets[index], url))
        return &result->targets[index];
    for (index = 0; index < result->target_count; index++) {
        if (has_question(&result->targets[index], url))
            return &result->targets[index];
    }
    return NULL;
}

static void put_stream_over(struct buffer *stream, const struct buffer *later)
{
    stream->length = 0;
    buffer_append(stream, buffer_text(later), later->length);
}

void sequel_recover(struct result *result, const struct result *rerun, size_t index)
{
    const struct result_target *later = &rerun->targets[index];
    struct result_target *target;

    if (!result_asked(later))
        return;
    target = find_question(result, later->label,
                           later->attempts[later->attempt_count - 1].operation.url);
    if (target == NULL || (later->unanswered && later->question.url != NULL))
        return;
    result_take_question(target, NULL);
    if (later->unanswered)
        return;
    put_outcome_over(result, target, later);
    put_stream_over(&target->output, &later->output);
    put_stream_over(&target->errors, &later->errors);
    target->output_truncated = later->output_truncated;
    target->errors_truncated = later->errors_truncated;
    target->busy_until = later->busy_until;
    target->doubtful = later->doubtful;
    target->recovered = true;
}

/* ---- reruns ------------------------------------------------------------------------------- */

/* A VM of a run, with its id as it was before any rerun told it. */
struct vm {
    const char *name;
    const char *resource_group;
    const char *id; /* NULL: not known, for the run had no login */
    struct result_target *target;
};

static int compare_names(const void *a, const void *b)
{
    const struct vm *one = a;
    const struct vm *other = b;
    int order = caseless_compare(one->name, other->name);

    return order != 0 ? order : caseless_compare(one->resource_group, other->resource_group);
}

static int compare_vms(const void *a, const void *b)
{
    const struct vm *one = a;
    const struct vm *other = b;
    int order = compare_names(one, other);

    if (order != 0)
        return order;
    return caseless_compare(one->id, other->id);
}

static struct vm vm_of(struct result_target *target)
{
    return (struct vm){target->name, target->resource_group, target->id, target};
}

/*
 * The VM of TARGET among the COUNT that are sorted by compare_vms(); NULL: it is not there. Of
 * several subscriptions' VMs of one group and name it is the one of the same id. One whose id is
 * not known is meant only when no other is.
 */
static const struct vm *find_vm(const struct vm *vms, size_t count, struct result_target *target)
{
    struct vm key = vm_of(target);
    const struct vm *found = bsearch(&key, vms, count, sizeof key, compare_vms);

    if (found != NULL)
        return found;
    key.id = NULL;
    found = bsearch(&key, vms, count, sizeof key, target->id != NULL ? compare_vms : compare_names);
    /* Its id may have been told by another target of the rerun: then it is another VM. */
    if (found == NULL || (found->id == NULL && found->target->id != NULL && target->id != NULL &&
                          caseless_compare(found->target->id, target->id) != 0))
        return NULL;
    return found;
}

/* An older azfan may have taken one VM for two targets: all of them are it. */
static void put_over_all(struct result *result, const struct vm *vms, const struct vm *found,
                         const struct result *rerun, const struct result_target *later)
{
    const struct vm *end = vms + result->target_count;
    const struct vm *at = found;

    while (at > vms && compare_vms(at - 1, found) == 0)
        at--;
    for (; at < end && compare_vms(at, found) == 0; at++)
        put_over(result, at->target, rerun, later);
}

static struct vm *sort_vms(const struct result *result)
{
    struct vm *vms = memory_zeroed(result->target_count, sizeof *vms);

    for (size_t i = 0; i < result->target_count; i++)
        vms[i] = vm_of(&result->targets[i]);
    qsort(vms, result->target_count, sizeof *vms, compare_vms);
    return vms;
}

/*
 * A target of which nobody knew the subscription, and that was no target of RERUN's own: the rerun
 * may have found out that another one is the same VM, for that is in az's default subscription.
 */
static void add_merged(struct result *result, const struct result *rerun)
{
    const char *subscription = rerun->origin.subscription;
    struct vm *vms = sort_vms(rerun);

    for (size_t i = 0; i < result->target_count && subscription != NULL; i++) {
        struct result_target *target = &result->targets[i];
        const struct vm *found;
        struct vm key;
        char *id;

        if (target->id != NULL)
            continue;
        id = targets_print_id(subscription, target->resource_group, target->name);
        key = (struct vm){target->name, target->resource_group, id, target};
        found = bsearch(&key, vms, rerun->target_count, sizeof key, compare_vms);
        if (found != NULL)
            put_over(result, target, rerun, found->target);
        free(id);
    }
    free(vms);
}

void sequel_add(struct result *result, const struct result *rerun)
{
    struct vm *vms = sort_vms(result);

    for (size_t i = 0; i < rerun->target_count; i++) {
        struct result_target *later = &rerun->targets[i];
        const struct vm *found = find_vm(vms, result->target_count, later);

        if (found != NULL)
            put_over_all(result, vms, found, rerun, later);
    }
    free(vms);
    add_merged(result, rerun);
}
