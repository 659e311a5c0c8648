/* SPDX-License-Identifier: MIT */
/*
 * summary: the end of a run for the person on call.
 *
 * Names every target that is not ok, with what happened and what to do, then the
 * counts, the job's runbook and where the report is; with VIEW_NONE, where no
 * report/outputs stands above it, also the last lines of what it printed. A pure
 * function of the result; what VMs printed comes out without control characters.
 * Main thread.
 */
#ifndef AZFAN_REPORT_SUMMARY_H
#define AZFAN_REPORT_SUMMARY_H

#include <stdio.h>

struct result;
struct view;

/* Errors of writing stay in STREAM (ferror()). */
void summary_write(FILE *stream, const struct result *result, const struct view *view);

#endif
