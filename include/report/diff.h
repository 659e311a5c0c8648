/* SPDX-License-Identifier: MIT */
/*
 * diff: how one text differs from another, line by line.
 *
 * Pure. Work and memory are bounded: texts that differ too much are said to.
 */
#ifndef AZFAN_REPORT_DIFF_H
#define AZFAN_REPORT_DIFF_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/*
 * Appends what makes NEW of OLD, a line each: "  same", "- only in OLD", "+ only in NEW", with at
 * most two same lines around what differs and "  …" for what is left out. A newline that is missing
 * at the end is told ("\ no newline at the end") when nothing else differs. Of texts that are equal
 * there is nothing to append.
 *
 * False, and nothing is appended: NEW itself says no more than the difference, for they have less
 * than half of its lines in common, or are too long to tell.
 */
bool diff_print(struct buffer *buffer, const char *old, size_t old_length, const char *new,
                size_t new_length);

#endif
