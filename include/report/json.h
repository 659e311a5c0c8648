/* SPDX-License-Identifier: MIT */
/*
 * json: report.json, version 1 (azfan(1), FILES).
 *
 * A pure function of the result. One target at a time is held in memory, so a
 * report may be larger than what is left of it. Main thread.
 */
#ifndef AZFAN_REPORT_JSON_H
#define AZFAN_REPORT_JSON_H

#include <stdio.h>

struct result;

/* Writes the whole report; errors of writing stay in STREAM (ferror()). */
void json_write(FILE *stream, const struct result *result);

#endif
