/* SPDX-License-Identifier: MIT */
/*
 * outputs: what the VMs printed, for people.
 *
 * Grouped: every distinct output once, under its folded names. The first group
 * is the largest, the others show how they differ from it where that says less
 * than the output itself. In brief at most OUTPUTS_GROUPS groups, what is not
 * ok before what is, and the last OUTPUTS_LINES lines of a stream, and a line
 * that says what is left out. Targets that were skipped, and errors whose
 * message says it all, have nothing to show.
 *
 * As lines: each line after the name of its target, for sort(1) and grep(1), and without a heading
 * but in brief. Every target has one at least: what is not ok, or printed nothing, says so.
 *
 * A pure function of the result; what VMs printed comes out without control
 * characters. Main thread.
 */
#ifndef AZFAN_REPORT_OUTPUTS_H
#define AZFAN_REPORT_OUTPUTS_H

#include <stdbool.h>
#include <stdio.h>

struct buffer;
struct result;
struct view;

enum { OUTPUTS_GROUPS = 20, OUTPUTS_LINES = 40 };

/* Nothing with VIEW_NONE. Errors of writing stay in STREAM (ferror()). */
void outputs_write(FILE *stream, const struct result *result, const struct view *view);

/*
 * Do outputs fit into a column of a table? When every target that is ok has printed one line at
 * most, and one of them one: an audit.
 */
bool outputs_fit_column(const struct result *result);

/* Appends the only line of a target's streams, fit for a terminal and without its end. False: they
 * have more than one, and nothing is appended. */
bool outputs_add_cell(struct buffer *cell, const struct buffer *output,
                      const struct buffer *errors);

#endif
