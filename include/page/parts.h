/* SPDX-License-Identifier: MIT */
/*
 * parts: what a page consists of, in this order. Each is a source of its own.
 *
 * Each writes itself to the page's markup, and keeps to a budget of bytes of
 * its own; together they stay below PAGE_LIMIT. Main thread.
 */
#ifndef AZFAN_PAGE_PARTS_H
#define AZFAN_PAGE_PARTS_H

struct lanes;
struct page;
struct page_frame;

enum {
    PAGE_TIMELINE_BUDGET = 5 * 512 * 1024,
    PAGE_OUTPUTS_BUDGET = 3 * 1024 * 1024,
    PAGE_TARGETS_BUDGET = 7 * 512 * 1024
};

/* The outcome in words, the counts, and what is to be done about what is not ok. */
void page_verdict(struct page *page);

/* A lane a worker and a bar an attempt, and the batches as a table. */
void page_timeline(struct page *page);
void page_batches(struct page *page, const struct lanes *lanes);

/* Of the timeline: all bars, a notch in each where the script's time was over, and the waits
 * between the attempts of a target; then the names on the bars, which are not stretched. */
void page_bars(struct page_frame *frame);
void page_labels(struct page_frame *frame);

/* How long attempts took. */
void page_histogram(struct page *page);

/* What the VMs printed, gathered. Makes GROUP_OF. */
void page_outputs(struct page *page);

/* All targets, the most urgent first. */
void page_targets(struct page *page);

/* The job, and where it ran. */
void page_origin(struct page *page);

#endif
