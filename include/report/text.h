/* SPDX-License-Identifier: MIT */
/*
 * text report: a line for every target, then the summary; no colours. Pure.
 */
#ifndef AZFAN_REPORT_TEXT_H
#define AZFAN_REPORT_TEXT_H

#include <stdbool.h>
#include <stdio.h>

struct result;

/* Errors of writing stay in STREAM (ferror()). */
void text_report_write(FILE *stream, const struct result *result, bool colour);

#endif
