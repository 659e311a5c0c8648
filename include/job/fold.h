/* SPDX-License-Identifier: MIT */
/*
 * fold: names into ranges, the way back from names_expand().
 *
 * Pure. Main thread.
 */
#ifndef AZFAN_JOB_FOLD_H
#define AZFAN_JOB_FOLD_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/*
 * Appends NAMES, folded into ranges that names_expand() takes apart again: "web-[01-03,07], db-1".
 * Each name once, a range where its first name stood. A label with its group is folded by its last
 * part: "rg/web-[01-03]". What is no valid name otherwise is appended as it is.
 */
void fold_names(struct buffer *buffer, const char *const *names, size_t count);

/*
 * The same, cut at the last comma within LONGEST bytes, or at the first one where there is none: at
 * least one name is appended. True: it was cut, and the caller says in its own words that there are
 * more.
 */
bool fold_names_within(struct buffer *buffer, const char *const *names, size_t count,
                       size_t longest);

#endif
