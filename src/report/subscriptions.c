/* SPDX-License-Identifier: MIT */
#include "report/subscriptions.h"

#include <stddef.h>

#include "base/buffer.h"
#include "base/caseless.h"
#include "base/text.h"
#include "run/result.h"

enum { MOST = 3 };

/* The first MOST of them into RET; returns how many there are, at most one more. */
static size_t list_subscriptions(const struct result *result, const char *ret[MOST])
{
    size_t count = 0;

    for (size_t i = 0; i < result->target_count && count <= MOST; i++) {
        const struct result_target *target = &result->targets[i];
        const char *own =
            target->subscription != NULL ? target->subscription : result->origin.subscription;
        size_t j = 0;

        while (own != NULL && j < count && !caseless_is_same(ret[j], own))
            j++;
        if (own == NULL || j < count)
            continue;
        if (count < MOST)
            ret[count] = own;
        count++;
    }
    return count;
}

bool subscriptions_print(struct buffer *buffer, const struct result *result)
{
    const char *subscriptions[MOST];
    size_t count = list_subscriptions(result, subscriptions);
    const char *before = count == 1 ? "subscription " : "subscriptions ";

    for (size_t i = 0; i < count && i < MOST; i++) {
        buffer_add(buffer, before);
        text_add_line(buffer, subscriptions[i]);
        before = ", ";
    }
    buffer_add(buffer, count > MOST ? " and others" : "");
    return count > 0;
}
