/* SPDX-License-Identifier: MIT */
/*
 * unmatched: words for a selector that means no VM of a job, or not all that
 * it says.
 *
 * They say which one, what was perhaps meant, and what there is. The work for
 * it is bounded, however many such selectors and VMs there are. Main thread.
 * Part of job/choice.
 */
#ifndef AZFAN_JOB_UNMATCHED_H
#define AZFAN_JOB_UNMATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct roster;
struct roster_answer;
struct selector;
struct targets;

struct unmatched {
    struct roster *roster;
    struct targets *targets;
    bool wants_list; /* say what there is also when something was perhaps meant; but only once */
    bool is_listed;  /* private, as all below: it was said */
    bool has_labels;
    const char **names; /* of the targets, for suggestions; NULL: not made yet */
    char **labels;      /* likewise with their groups */
    uint64_t steps;     /* that suggestions may still take */
};

void unmatched_init(struct unmatched *self, struct roster *roster, struct targets *targets);
void unmatched_done(struct unmatched *self);

/* Appends one line about SELECTOR, which is written as TEXT, and of which ANSWER came. */
void unmatched_print(struct unmatched *self, struct buffer *buffer, const char *text,
                     const struct selector *selector, const struct roster_answer *answer);

#endif
