/* SPDX-License-Identifier: MIT */
/*
 * markdown: the run for a pull request, a chat or the summary of a CI step.
 *
 * What became of the targets, what is not ok with what to do, how to go on,
 * which run it is, and last the gathered outputs, folded away, as many as there
 * is room for. What others wrote is always code (report/code), never markup.
 * A pure function of the result. Main thread.
 */
#ifndef AZFAN_REPORT_MARKDOWN_H
#define AZFAN_REPORT_MARKDOWN_H

#include <stdio.h>

struct ignore;
struct result;

/* No report is longer, in bytes: GitHub takes 1 MiB as a step's summary and drops what is more. */
enum { MARKDOWN_MOST = 1000 * 1000 };

/* IGNORE may be NULL. Errors of writing stay in STREAM (ferror()). */
void markdown_write(FILE *stream, const struct result *result, const struct ignore *ignore);

#endif
