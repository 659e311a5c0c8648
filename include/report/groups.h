/* SPDX-License-Identifier: MIT */
/*
 * groups: targets that came to the same and printed the same, gathered.
 *
 * Two settled targets are in one group when outcome, reason and exit status are
 * the same and both streams are, as people see them (base/drawn), once what `ignore` matches is
 * left out and each target's own name is replaced (report/ownname). Of errors whose message has
 * az's words already (outcome busy, throttled, …) the streams do not count, and are empty. Failed,
 * timed-out and unknown targets are groups like any other, with what they printed until then.
 *
 * A pure function of the result, which must outlive it. For groups_done().
 * Main thread.
 */
#ifndef AZFAN_REPORT_GROUPS_H
#define AZFAN_REPORT_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "job/outcome.h"

struct ignore;
struct result;

struct group {
    enum outcome_kind kind;
    enum outcome_reason reason;
    int exit_code;   /* with ok and failed; else -1 */
    size_t *members; /* indices of targets, in the job's order */
    size_t count;
    struct buffer
        output; /* fit for a terminal (drawn_append()), ignored parts and names replaced */
    struct buffer errors;
    bool output_truncated; /* of one member at least */
    bool errors_truncated;
};

/* The largest group first, which the others are compared with; skipped targets are the last. */
struct groups {
    struct group *list;
    size_t count;
};

/* IGNORE may be NULL. */
void groups_make(struct groups *ret, const struct result *result, const struct ignore *ignore);

/* Has the group something to show? Skipped targets have not, and errors whose message says it all.
 */
bool groups_has_streams(const struct group *group);

/* The group that the others are compared with: the largest that has something to show. NULL: none
 * has. */
const struct group *groups_first(const struct groups *groups);

/* Appends the names of GROUP's members, folded: "web-[01-28], db-03". */
void groups_print_names(struct buffer *buffer, const struct result *result,
                        const struct group *group);

/* Appends "28 ok", "3 failed (exit 7)", "1 timeout (az)": how many, and what became of them. */
void groups_print_title(struct buffer *buffer, const struct group *group);

void groups_done(struct groups *groups);

#endif
