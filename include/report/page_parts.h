/* SPDX-License-Identifier: MIT */
/*
 * page_parts: what a page consists of, in this order. Each is a source of its own.
 *
 * Each writes itself to the page's markup, and keeps to a budget of bytes of
 * its own; together they stay below PAGE_LIMIT. Main thread.
 */
#ifndef AZFAN_REPORT_PAGE_PARTS_H
#define AZFAN_REPORT_PAGE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "azure/outcome.h"
#include "report/groups.h"
#include "report/markup.h"

struct lanes;
struct result;
struct result_target;

enum {
    PAGE_TIMELINE_BUDGET = 5 * 512 * 1024,
    PAGE_OUTPUTS_BUDGET = 3 * 1024 * 1024,
    PAGE_TARGETS_BUDGET = 7 * 512 * 1024
};

struct page {
    struct markup markup;
    const struct result *result;
    struct groups groups;
    size_t *group_of; /* of each target: its place in GROUPS; PAGE_NO_GROUP: none is shown */
};

#define PAGE_NO_GROUP ((size_t)-1)

/* What the page shows a target as: its outcome; while it has none, that it runs or waits. */
enum { PAGE_RUNNING = OUTCOME_KINDS, PAGE_WAITING, PAGE_STATES };

int page_state(const struct result_target *target);

/* "ok", "running": to people, and the class by which the style gives it colour and sign. */
const char *page_state_name(int state);

/* All states, the most urgent first. */
extern const int page_urgency[PAGE_STATES];

/* Begins a section with its heading, which ID names; markup_end() ends it. */
void page_begin_section(struct page *page, const char *id, const char *heading);

/* "1 target", "28 targets" */
void page_count(struct page *page, size_t count, const char *one, const char *many);

/* TEXT, or its first LIMIT bytes or less, cut between two words and marked so. */
void page_cut(struct page *page, const char *text, size_t limit);

/* The name of a target, which only a forged journal makes so long that it is cut. */
void page_label(struct page *page, const struct result_target *target);

/* Folded names, cut likewise when there are too many; lines break between two of them. */
void page_names(struct page *page, const char *names);

/* A paragraph about the page itself. */
void page_note(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A table in a box that scrolls, with its caption and the heads of its columns. */
void page_begin_table(struct page *page, const char *caption, const char *const *columns,
                      size_t count);
void page_end_table(struct page *page);

/* The outcome in words, the counts, and what is to be done about what is not ok. */
void page_verdict(struct page *page);

/* A lane a worker and a bar an attempt, and the batches as a table. */
void page_timeline(struct page *page);
void page_batches(struct page *page, const struct lanes *lanes);

/* How long attempts took. */
void page_histogram(struct page *page);

/* What the VMs printed, gathered. Makes GROUP_OF. */
void page_outputs(struct page *page);

/* All targets, the most urgent first. */
void page_targets(struct page *page);

/* The job, and where it ran. */
void page_origin(struct page *page);

#endif
