/* SPDX-License-Identifier: MIT */
#include "report/tellings.h"

#include <stdlib.h>
#include <string.h>

#include "azure/refusal.h"
#include "base/buffer.h"
#include "base/drawn.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/line.h"
#include "report/ownname.h"
#include "run/result.h"

/* Of a message that was cut, so many words count: enough for what every message of Azure begins
 * with, and what it is about. */
enum { WORDS_OF_CUT = 16 };

enum part { PART_MESSAGE, PART_OUTPUT, PART_ERRORS, PARTS };

/* A target with what is told of it. */
struct entry {
    size_t index;
    const struct result_target *target;
    struct buffer parts[PARTS];
};

/* ---- what is told of a target ------------------------------------------------------------- */

static bool is_cut(const char *message, size_t length)
{
    const size_t mark = sizeof REFUSAL_CUT_MARK - 1;

    return length >= mark && strcmp(message + length - mark, REFUSAL_CUT_MARK) == 0;
}

/* Without its last word, which is a part of one. */
static size_t length_that_counts(const char *message)
{
    size_t length = strlen(message);
    size_t end = 0;
    size_t words = 0;

    if (!is_cut(message, length))
        return length;
    for (size_t i = 0; i < length && words < WORDS_OF_CUT; i++) {
        if (message[i] == ' ') {
            end = i;
            words++;
        }
    }
    return end > 0 ? end : length;
}

/* No more is shown of a stream, and all of every VM's would be as much again as the result. */
static void take_end(struct buffer *part, const struct buffer *stream)
{
    size_t start = text_last_lines(buffer_text(stream), stream->length, TELLINGS_LINES);

    drawn_append(part, buffer_text(stream) + start, stream->length - start);
}

static void take_entry(struct entry *entry, const struct result_target *target, bool streams)
{
    const struct outcome *outcome = &target->outcome;

    if (outcome->message != NULL)
        buffer_append(&entry->parts[PART_MESSAGE], outcome->message,
                      length_that_counts(outcome->message));
    if (!outcome_has_streams(outcome->kind, outcome->reason))
        return;
    if (streams)
        take_end(&entry->parts[PART_OUTPUT], &target->output);
    if (streams || line_tells_errors(target))
        take_end(&entry->parts[PART_ERRORS], &target->errors);
}

static void replace_names(struct entry *entries, size_t count, enum part part)
{
    struct ownname_text *texts = memory_zeroed(count, sizeof *texts);

    for (size_t i = 0; i < count; i++)
        texts[i] =
            (struct ownname_text){.name = entries[i].target->name, .text = &entries[i].parts[part]};
    ownname_replace(texts, count);
    free(texts);
}

static struct entry *take_entries(const struct matter_targets *targets, bool streams)
{
    struct entry *entries = memory_zeroed(targets->count, sizeof *entries);

    for (size_t i = 0; i < targets->count; i++) {
        entries[i] = (struct entry){.index = i, .target = targets->list[i]};
        take_entry(&entries[i], targets->list[i], streams);
    }
    for (int part = 0; part < PARTS; part++)
        replace_names(entries, targets->count, (enum part)part);
    return entries;
}

/* ---- gathered ----------------------------------------------------------------------------- */

static int compare_numbers(size_t one, size_t other)
{
    return (one > other) - (one < other);
}

/* 0 when the same is told of both. */
static int compare_parts(const struct entry *one, const struct entry *other)
{
    int order = 0;

    for (int i = 0; i < PARTS && order == 0; i++) {
        const struct buffer *part = &one->parts[i];

        order = compare_numbers(part->length, other->parts[i].length);
        if (order == 0 && part->length > 0)
            order = memcmp(part->data, other->parts[i].data, part->length);
    }
    return order;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a;
    const struct entry *other = b;
    int order = compare_parts(one, other);

    return order != 0 ? order : compare_numbers(one->index, other->index);
}

static struct matter_targets make_telling(const struct entry *entries, size_t count)
{
    struct matter_targets telling = {.list = memory_zeroed(count, sizeof(void *)), .count = count};

    for (size_t i = 0; i < count; i++)
        telling.list[i] = entries[i].target;
    return telling;
}

/* All targets are of one result's list, in the job's order. */
static int compare_tellings(const void *a, const void *b)
{
    const struct matter_targets *one = a;
    const struct matter_targets *other = b;

    return (one->list[0] > other->list[0]) - (one->list[0] < other->list[0]);
}

void tellings_make(struct tellings *ret, const struct matter_targets *targets, bool streams)
{
    struct entry *entries = take_entries(targets, streams);
    size_t end;

    *ret = (struct tellings){.list = memory_zeroed(targets->count, sizeof *ret->list)};
    qsort(entries, targets->count, sizeof *entries, compare_entries);
    for (size_t at = 0; at < targets->count; at = end) {
        for (end = at + 1; end < targets->count; end++) {
            if (compare_parts(&entries[at], &entries[end]) != 0)
                break;
        }
        ret->list[ret->count++] = make_telling(&entries[at], end - at);
    }
    qsort(ret->list, ret->count, sizeof *ret->list, compare_tellings);
    for (size_t i = 0; i < targets->count; i++) {
        for (int part = 0; part < PARTS; part++)
            buffer_done(&entries[i].parts[part]);
    }
    free(entries);
}

void tellings_done(struct tellings *tellings)
{
    for (size_t i = 0; i < tellings->count; i++)
        free(tellings->list[i].list);
    free(tellings->list);
    *tellings = (struct tellings){NULL, 0};
}
