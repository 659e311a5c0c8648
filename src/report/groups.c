/* SPDX-License-Identifier: MIT */
#include "report/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/drawn.h"
#include "base/memory.h"
#include "job/fold.h"
#include "report/ignore.h"
#include "report/line.h"
#include "report/ownname.h"
#include "run/result.h"

/* A target with what counts of it. */
struct entry {
    size_t index;
    const struct outcome *outcome;
    struct buffer output;
    struct buffer errors;
};

static void take_stream(struct buffer *ret, const struct buffer *bytes, const struct ignore *ignore)
{
    struct buffer plain = BUFFER_INIT;

    if (bytes->length == 0)
        return;
    buffer_reserve(&plain, bytes->length);
    drawn_append(&plain, bytes->data, bytes->length);
    if (ignore == NULL || ignore->count == 0) {
        *ret = plain;
        return;
    }
    ignore_append(ignore, ret, plain.data, plain.length);
    buffer_done(&plain);
}

/* One entry for each settled target; returns how many. */
static size_t take_entries(struct entry *entries, const struct result *result,
                           const struct ignore *ignore)
{
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++) {
        const struct result_target *target = &result->targets[i];
        struct entry *entry = &entries[count];

        if (target->state != RESULT_SETTLED)
            continue;
        *entry = (struct entry){.index = i, .outcome = &target->outcome};
        if (outcome_has_streams(target->outcome.kind, target->outcome.reason)) {
            take_stream(&entry->output, &target->output, ignore);
            take_stream(&entry->errors, &target->errors, ignore);
        }
        count++;
    }
    return count;
}

/* One stream of all entries, without their own names. */
static void replace_names(struct entry *entries, size_t count, const struct result *result,
                          bool errors)
{
    struct ownname_text *texts = memory_zeroed(count, sizeof *texts);

    for (size_t i = 0; i < count; i++)
        texts[i] = (struct ownname_text){.name = result->targets[entries[i].index].name,
                                         .text = errors ? &entries[i].errors : &entries[i].output};
    ownname_replace(texts, count);
    free(texts);
}

static int compare_numbers(size_t one, size_t other)
{
    return (one > other) - (one < other);
}

/* By length first: most that differ differ in it. */
static int compare_streams(const struct buffer *one, const struct buffer *other)
{
    int order = compare_numbers(one->length, other->length);

    if (order == 0 && one->length > 0)
        order = memcmp(one->data, other->data, one->length);
    return order;
}

/* 0 when the two belong together. */
static int compare_contents(const struct entry *one, const struct entry *other)
{
    int order = (int)one->outcome->kind - (int)other->outcome->kind;

    if (order == 0)
        order = (int)one->outcome->reason - (int)other->outcome->reason;
    if (order == 0)
        order = (one->outcome->exit_code > other->outcome->exit_code) -
                (one->outcome->exit_code < other->outcome->exit_code);
    if (order == 0)
        order = compare_streams(&one->output, &other->output);
    if (order == 0)
        order = compare_streams(&one->errors, &other->errors);
    return order;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a;
    const struct entry *other = b;
    int order = compare_contents(one, other);

    return order != 0 ? order : compare_numbers(one->index, other->index);
}

/* Makes a group of COUNT entries, and takes over what they hold. */
static void make_group(struct group *ret, const struct result *result, struct entry *entries,
                       size_t count)
{
    const struct outcome *outcome = entries[0].outcome;
    bool has_streams = outcome_has_streams(outcome->kind, outcome->reason);

    *ret = (struct group){.kind = outcome->kind,
                          .reason = outcome->reason,
                          .exit_code = outcome->exit_code,
                          .members = memory_zeroed(count, sizeof *ret->members),
                          .count = count,
                          .output = entries[0].output,
                          .errors = entries[0].errors};
    for (size_t i = 0; i < count; i++) {
        const struct result_target *target = &result->targets[entries[i].index];

        ret->members[i] = entries[i].index;
        ret->output_truncated |= has_streams && target->output_truncated;
        ret->errors_truncated |= has_streams && target->errors_truncated;
        if (i > 0) {
            buffer_done(&entries[i].output);
            buffer_done(&entries[i].errors);
        }
    }
}

/* Skipped targets last, else the largest first; of equals, the one whose first target comes first.
 */
static int compare_groups(const void *a, const void *b)
{
    const struct group *one = a;
    const struct group *other = b;
    int order = (one->kind == OUTCOME_SKIPPED) - (other->kind == OUTCOME_SKIPPED);

    if (order == 0)
        order = compare_numbers(other->count, one->count);
    return order != 0 ? order : compare_numbers(one->members[0], other->members[0]);
}

void groups_make(struct groups *ret, const struct result *result, const struct ignore *ignore)
{
    struct entry *entries = memory_zeroed(result->target_count, sizeof *entries);
    size_t count = take_entries(entries, result, ignore);
    size_t end;

    *ret = (struct groups){.list = memory_zeroed(count, sizeof *ret->list)};
    replace_names(entries, count, result, false);
    replace_names(entries, count, result, true);
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t at = 0; at < count; at = end) {
        for (end = at + 1; end < count; end++) {
            if (compare_contents(&entries[at], &entries[end]) != 0)
                break;
        }
        make_group(&ret->list[ret->count++], result, &entries[at], end - at);
    }
    qsort(ret->list, ret->count, sizeof *ret->list, compare_groups);
    free(entries);
}

bool groups_has_streams(const struct group *group)
{
    return group->kind != OUTCOME_SKIPPED && outcome_has_streams(group->kind, group->reason);
}

const struct group *groups_first(const struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (groups_has_streams(&groups->list[i]))
            return &groups->list[i];
    }
    return NULL;
}

void groups_print_names(struct buffer *buffer, const struct result *result,
                        const struct group *group)
{
    const char **names = memory_zeroed(group->count, sizeof *names);

    for (size_t i = 0; i < group->count; i++)
        names[i] = result->targets[group->members[i]].label;
    fold_names(buffer, names, group->count);
    free(names);
}

void groups_print_title(struct buffer *buffer, const struct group *group)
{
    buffer_print(buffer, "%zu ", group->count);
    line_print_outcome(buffer, group->kind, group->reason, group->exit_code);
}

void groups_done(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        free(groups->list[i].members);
        buffer_done(&groups->list[i].output);
        buffer_done(&groups->list[i].errors);
    }
    free(groups->list);
    *groups = (struct groups){NULL, 0};
}
