/* SPDX-License-Identifier: MIT */
/*
 * The table of all targets, with what they printed where that is a line each. The script of the
 * page makes its heads into buttons that sort, and shows the filter; without it the order is good
 * to read: the most urgent first.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/caseless.h"
#include "base/number.h"
#include "page/common.h"
#include "page/parts.h"
#include "report/ending.h"
#include "report/line.h"
#include "report/outputs.h"
#include "run/result.h"

enum { LONGEST_MESSAGE = 300, MOST_COLUMNS = 9 };

/* Columns that would say the same of all targets are left out. */
struct shape {
    bool has_batches;
    const char *group; /* the resource group of all, which the caption has; or NULL */
    bool has_outputs;
};

/* ---- the filter --------------------------------------------------------------------------- */

static void write_choice(struct page *page, int state)
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "label", "class", page_state_name(state), NULL);
    markup_empty(markup, "input", "type", "checkbox", "checked", "", "value",
                 page_state_name(state), NULL);
    markup_text(markup, page_state_name(state));
    markup_end(markup);
}

static void write_filter(struct page *page, const size_t counts[PAGE_STATES])
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "div", "id", "filter", "role", "search", "hidden", "", NULL);
    markup_begin(markup, "label", NULL);
    markup_text(markup, "Find ");
    markup_empty(markup, "input", "type", "search", "autocomplete", "off", "spellcheck", "false",
                 NULL);
    markup_end(markup);
    markup_begin(markup, "fieldset", NULL);
    markup_element(markup, "legend", NULL, "Outcomes");
    for (int i = 0; i < PAGE_STATES; i++) {
        if (counts[page_by_urgency(i)] > 0)
            write_choice(page, page_by_urgency(i));
    }
    markup_end(markup);
    markup_begin(markup, "output", "aria-live", "polite", NULL);
    markup_end(markup);
    markup_end(markup);
}

/* ---- rows --------------------------------------------------------------------------------- */

static void write_name(struct page *page, size_t index)
{
    struct markup *markup = &page->markup;
    size_t group = page->group_of[index];

    markup_begin(markup, "th", "scope", "row", NULL);
    if (group != PAGE_NO_GROUP) {
        markup_begin(markup, "a", NULL);
        markup_attribute(markup, "href", "#group-%zu", group + 1);
    }
    page_label(page, &page->result->targets[index]);
    if (group != PAGE_NO_GROUP)
        markup_end(markup);
    markup_end(markup);
}

/* What is shown is rounded; it is sorted by what it was. */
static void write_duration(struct markup *markup, const struct result_target *target)
{
    markup_begin(markup, "td", "class", "number", NULL);
    if (target->attempt_count > 0) {
        markup_attribute(markup, "data-value", "%" PRId64, target->duration / NUMBER_MILLISECOND);
        markup_duration(markup, target->duration);
    }
    markup_end(markup);
}

/* A cell of words, which may be long. */
static void write_words(struct page *page, const struct buffer *words)
{
    markup_begin(&page->markup, "td", "class", words->length > 0 ? "words" : NULL, NULL);
    page_cut(page, buffer_text(words), LONGEST_MESSAGE);
    markup_end(&page->markup);
}

static void write_why(struct page *page, const struct result_target *target)
{
    struct buffer why = BUFFER_INIT;

    line_print_why(&why, target);
    write_words(page, &why);
    buffer_done(&why);
}

static void write_output(struct page *page, const struct result_target *target)
{
    struct buffer cell = BUFFER_INIT;

    (void)outputs_add_cell(&cell, &target->output, &target->errors);
    write_words(page, &cell);
    buffer_done(&cell);
}

static void write_row(struct page *page, size_t index, const struct shape *shape)
{
    struct markup *markup = &page->markup;
    const struct result_target *target = &page->result->targets[index];
    const char *state = page_state_name(page_state(target));
    bool settled = target->state == RESULT_SETTLED;

    markup_begin(markup, "tr", "class", state, NULL);
    write_name(page, index);
    markup_element(markup, "td", "state", state);
    markup_element(markup, "td", NULL, settled ? outcome_reason_name(target->outcome.reason) : "");
    write_duration(markup, target);
    page_number(page, result_attempts(target));
    if (shape->has_batches)
        page_number(page, (size_t)target->batch);
    if (shape->group == NULL) {
        markup_begin(markup, "td", NULL);
        page_cut(page, target->resource_group, LONGEST_MESSAGE);
        markup_end(markup);
    }
    write_why(page, target);
    if (shape->has_outputs)
        write_output(page, target);
    markup_end(markup);
}

/* Returns how many targets had no room. */
static size_t write_rows(struct page *page, const struct shape *shape)
{
    const struct result *result = page->result;
    size_t start = page->markup.written;
    size_t left_out = 0;

    for (int i = 0; i < PAGE_STATES; i++) {
        for (size_t j = 0; j < result->target_count; j++) {
            if (page_state(&result->targets[j]) != page_by_urgency(i))
                continue;
            if (page->markup.written - start < PAGE_TARGETS_BUDGET)
                write_row(page, j, shape);
            else
                left_out++;
        }
    }
    return left_out;
}

/* ---- the table ---------------------------------------------------------------------------- */

/* The resource group that all targets are in; NULL: there are several, or it is too long for a
 * caption. */
static const char *find_group(const struct result *result)
{
    const char *group = result->target_count > 0 ? result->targets[0].resource_group : NULL;

    if (group == NULL || strlen(group) > LONGEST_MESSAGE)
        return NULL;
    for (size_t i = 1; i < result->target_count; i++) {
        if (!caseless_is_same(result->targets[i].resource_group, group))
            return NULL;
    }
    return group;
}

static void begin_table(struct page *page, const struct shape *shape)
{
    const char *columns[MOST_COLUMNS] = {"Name", "Outcome", "Reason", "Duration", "Attempts"};
    struct buffer caption = BUFFER_INIT;
    size_t count = 5;

    if (shape->has_batches)
        columns[count++] = "Batch";
    if (shape->group == NULL)
        columns[count++] = "Resource group";
    columns[count++] = "Message";
    if (shape->has_outputs)
        columns[count++] = "Output";
    buffer_add(&caption, "All targets, the most urgent first");
    if (shape->group != NULL)
        buffer_print(&caption, "; all are in resource group %s", shape->group);
    page_begin_table(page, buffer_text(&caption), columns, count);
    buffer_done(&caption);
}

void page_targets(struct page *page)
{
    const struct result *result = page->result;
    const struct shape shape = {.has_batches = result->job.batches > 1,
                                .group = find_group(result),
                                .has_outputs = outputs_fit_column(result)};
    size_t counts[PAGE_STATES] = {0};
    size_t left_out;

    for (size_t i = 0; i < result->target_count; i++)
        counts[page_state(&result->targets[i])]++;
    page_begin_section(page, "targets", "Targets");
    write_filter(page, counts);
    begin_table(page, &shape);
    left_out = write_rows(page, &shape);
    page_end_table(page);
    if (left_out > 0)
        page_note(page, "%zu of %zu targets have no room here; %s has them all.", left_out,
                  result->target_count,
                  ending_has_report(result) ? "report.json" : "azfan report --report run.json");
    markup_end(&page->markup);
}
