/* SPDX-License-Identifier: MIT */
/*
 * csv: a table with one row a target (azfan(1), FILES), as RFC 4180 has it.
 *
 * For spreadsheets, so no cell is a formula and none is longer than they take:
 * a text that would begin a formula has an apostrophe before it, a text that
 * is too long keeps its first and its last half. Numbers are made from
 * numbers and stand as they are. A pure function of the result. One cell at a
 * time is held in memory. Main thread.
 */
#ifndef AZFAN_REPORT_CSV_H
#define AZFAN_REPORT_CSV_H

#include <stdio.h>

struct result;

/* Characters in a cell as Excel counts them, in units of UTF-16. */
enum { CSV_CELL_MOST = 32767 };

/* Errors of writing stay in STREAM (ferror()). */
void csv_write(FILE *stream, const struct result *result);

#endif
