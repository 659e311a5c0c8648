/* SPDX-License-Identifier: MIT */
/*
 * text report: a line for every target, what the VMs printed, and the summary. Pure.
 */
#ifndef AZFAN_REPORT_TEXT_H
#define AZFAN_REPORT_TEXT_H

#include <stdio.h>

struct result;
struct view;

/* Errors of writing stay in STREAM (ferror()). */
void text_report_write(FILE *stream, const struct result *result, const struct view *view);

#endif
