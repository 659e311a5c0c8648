/* SPDX-License-Identifier: MIT */
/*
 * common: what the parts of a page share: the page itself, and what several of them write.
 *
 * Main thread.
 */
#ifndef AZFAN_PAGE_COMMON_H
#define AZFAN_PAGE_COMMON_H

#include <stddef.h>

#include "job/outcome.h"
#include "report/groups.h"
#include "report/markup.h"

struct result;
struct result_target;

struct page {
    struct markup markup;
    const struct result *result;
    struct groups groups;
    size_t *group_of; /* of each target: its place in GROUPS; PAGE_NO_GROUP: none is shown */
};

/* Bytes of what is short unless somebody means harm: a runbook, a cause, a setting, a path. */
enum { PAGE_LONGEST_FACT = 4096 };

#define PAGE_NO_GROUP ((size_t)-1)

/* What the page shows a target as: its outcome; while it has none, that it runs or waits. */
enum { PAGE_RUNNING = OUTCOME_KINDS, PAGE_WAITING, PAGE_STATES };

int page_state(const struct result_target *target);

/* "ok", "running": to people, and the class by which the style gives it colour and sign. */
const char *page_state_name(int state);

/* The state of that RANK, from 0, of all PAGE_STATES: the most urgent first, as of outcomes
 * (outcome_urgency). */
int page_by_urgency(int rank);

/* Begins a section with its heading, which ID names; markup_end() ends it. */
void page_begin_section(struct page *page, const char *id, const char *heading);

/* "1 target", "28 targets" */
void page_count(struct page *page, size_t count, const char *one, const char *many);

/* TEXT, or its first LIMIT bytes or less, cut between two words and marked so. */
void page_cut(struct page *page, const char *text, size_t limit);

/* How TARGET came to its outcome (line_print_why()), cut likewise. */
void page_why(struct page *page, const struct result_target *target, size_t limit);

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

/* A cell of a table with NUMBER in it. */
void page_number(struct page *page, size_t number);

#endif
