/* SPDX-License-Identifier: MIT */
#include "report/advices.h"

#include <stdlib.h>
#include <string.h>

#include "azure/advice.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "job/fold.h"
#include "run/result.h"

static struct advices_item *find_item(struct advices *advices, const char *text, size_t most)
{
    struct advices_item *item;

    for (size_t i = 0; i < advices->count; i++) {
        if (strcmp(advices->list[i].text, text) == 0)
            return &advices->list[i];
    }
    advices->list = memory_resize(advices->list, advices->count + 1, sizeof *advices->list);
    item = &advices->list[advices->count++];
    *item =
        (struct advices_item){.text = text, .labels = memory_zeroed(most, sizeof *item->labels)};
    return item;
}

void advices_make(struct advices *ret, const struct result *result, enum outcome_kind kind,
                  enum outcome_reason reason)
{
    *ret = (struct advices){NULL, 0};
    for (size_t i = 0; i < result->target_count; i++) {
        const struct result_target *target = &result->targets[i];
        struct advices_item *item;

        if (target->state != RESULT_SETTLED || target->outcome.kind != kind ||
            target->outcome.reason != reason)
            continue;
        item = find_item(ret, advice_for(&target->outcome), result->counts[kind]);
        item->labels[item->count++] = target->label;
    }
}

void advices_add_names(struct buffer *buffer, const struct advices *advices, size_t index)
{
    if (advices->count < 2)
        return;
    fold_names(buffer, advices->list[index].labels, advices->list[index].count);
    buffer_add(buffer, ": ");
}

void advices_done(struct advices *advices)
{
    for (size_t i = 0; i < advices->count; i++)
        free(advices->list[i].labels);
    free(advices->list);
    *advices = (struct advices){NULL, 0};
}
