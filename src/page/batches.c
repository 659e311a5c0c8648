/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/memory.h"
#include "page/common.h"
#include "page/lanes.h"
#include "page/parts.h"
#include "run/result.h"

enum { MOST_ROWS = 200 };

struct batch {
    size_t targets;
    size_t ended;
    size_t ok;
    size_t retries;
    int64_t end;
    bool is_open; /* an attempt of it has no end that is known */
};

static void add_target(struct batch *batch, const struct result_target *target)
{
    batch->targets++;
    batch->ended += target->state == RESULT_SETTLED;
    batch->ok += target->state == RESULT_SETTLED && target->outcome.kind == OUTCOME_OK;
    batch->retries += result_attempts(target) > 1 ? result_attempts(target) - 1 : 0;
    batch->is_open |= target->open;
    for (size_t i = 0; i < target->attempt_count; i++) {
        int64_t end = target->attempts[i].at + target->attempts[i].duration;

        if (end > batch->end)
            batch->end = end;
    }
}

static void write_time(struct markup *markup, bool known, int64_t at)
{
    markup_begin(markup, "td", "class", "number", NULL);
    if (known)
        markup_duration(markup, at);
    else
        markup_text(markup, "\xe2\x80\x93");
    markup_end(markup);
}

static void write_batch(struct page *page, const struct lanes *lanes, size_t number,
                        const struct batch *batch)
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "tr", NULL);
    markup_begin(markup, "th", "scope", "row", NULL);
    markup_print(markup, "batch %zu", number + 1);
    markup_end(markup);
    page_number(page, batch->targets);
    write_time(markup, lanes->begins[number] >= 0, lanes->begins[number]);
    write_time(markup, batch->end > 0 && batch->ended == batch->targets && !batch->is_open,
               batch->end);
    page_number(page, batch->ok);
    page_number(page, batch->ended - batch->ok);
    page_number(page, batch->targets - batch->ended);
    page_number(page, batch->retries);
    markup_end(markup);
}

void page_batches(struct page *page, const struct lanes *lanes)
{
    static const char *const columns[] = {"Batch", "Targets", "Began", "Ended",
                                          "Ok",    "Not ok",  "Open",  "Tried again"};
    const struct result *result = page->result;
    size_t count = (size_t)lanes->batches;
    struct batch *batches = memory_zeroed(count, sizeof *batches);

    for (size_t i = 0; i < result->target_count; i++) {
        size_t batch = (size_t)result->targets[i].batch - 1;

        if (batch < count)
            add_target(&batches[batch], &result->targets[i]);
    }
    page_begin_table(page, "Batches, in time from the start of the run", columns,
                     sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count && i < MOST_ROWS; i++)
        write_batch(page, lanes, i, &batches[i]);
    page_end_table(page);
    if (count > MOST_ROWS)
        page_note(page,
                  "%zu more batches are left out here; the table of targets has "
                  "them.",
                  count - MOST_ROWS);
    free(batches);
}
