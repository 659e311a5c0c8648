/* SPDX-License-Identifier: MIT */
#include "report/matters.h"

#include <stdlib.h>
#include <string.h>

#include "azure/advice.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "job/fold.h"
#include "run/result.h"

static void add_target(struct matter_targets *targets, const struct result_target *target)
{
    targets->list =
        memory_grow(targets->list, targets->count, sizeof(const struct result_target *));
    targets->list[targets->count++] = target;
}

static struct matter_advice *find_advice(struct matter *matter, const char *text)
{
    struct matter_advice *advice;

    for (size_t i = 0; i < matter->advice_count; i++) {
        if (strcmp(matter->advices[i].text, text) == 0)
            return &matter->advices[i];
    }
    matter->advices = memory_grow(matter->advices, matter->advice_count, sizeof *matter->advices);
    advice = &matter->advices[matter->advice_count++];
    *advice = (struct matter_advice){.text = text};
    return advice;
}

/* All targets that are not ok, by outcome and reason; those that there are none of are empty. */
static void gather(struct matter all[OUTCOME_KINDS][REASONS], const struct result *result)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct result_target *target = &result->targets[i];
        struct matter *matter;

        if (target->state != RESULT_SETTLED || target->outcome.kind == OUTCOME_OK)
            continue;
        matter = &all[target->outcome.kind][target->outcome.reason];
        add_target(&matter->targets, target);
        add_target(&find_advice(matter, advice_for(&target->outcome))->targets, target);
    }
}

void matters_make(struct matters *ret, const struct result *result)
{
    struct matter all[OUTCOME_KINDS][REASONS] = {0};

    *ret = (struct matters){NULL, 0};
    gather(all, result);
    for (int i = 0; i < OUTCOME_KINDS; i++) {
        enum outcome_kind kind = outcome_urgency[i];

        for (int reason = 0; reason < REASONS; reason++) {
            if (all[kind][reason].targets.count == 0)
                continue;
            ret->list = memory_grow(ret->list, ret->count, sizeof *ret->list);
            ret->list[ret->count] = all[kind][reason];
            ret->list[ret->count].kind = kind;
            ret->list[ret->count++].reason = (enum outcome_reason)reason;
        }
    }
}

void matters_print_names(struct buffer *buffer, const struct matter_targets *targets)
{
    const char **labels = memory_zeroed(targets->count, sizeof *labels);

    for (size_t i = 0; i < targets->count; i++)
        labels[i] = targets->list[i]->label;
    fold_names(buffer, labels, targets->count);
    free(labels);
}

void matters_print_whom(struct buffer *buffer, const struct matter *matter, size_t index)
{
    if (matter->advice_count < 2)
        return;
    matters_print_names(buffer, &matter->advices[index].targets);
    buffer_add(buffer, ": ");
}

void matters_done(struct matters *matters)
{
    for (size_t i = 0; i < matters->count; i++) {
        struct matter *matter = &matters->list[i];

        for (size_t j = 0; j < matter->advice_count; j++)
            free(matter->advices[j].targets.list);
        free(matter->advices);
        free(matter->targets.list);
    }
    free(matters->list);
    *matters = (struct matters){NULL, 0};
}
