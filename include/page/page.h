/* SPDX-License-Identifier: MIT */
/*
 * page: a run as one HTML file to look at, send around and keep (azfan(1), THE PAGE).
 *
 * A pure function of the result. The file needs nothing from elsewhere, asks
 * for nothing, and can be read without JavaScript; its policy lets no script
 * run but its own. However large the run, it stays below PAGE_LIMIT bytes: what
 * has no room is left out last, with a line that says so. Main thread.
 */
#ifndef AZFAN_PAGE_PAGE_H
#define AZFAN_PAGE_PAGE_H

#include <stdio.h>

struct ignore;
struct result;

enum { PAGE_LIMIT = 10 * 1024 * 1024 };

/* IGNORE: of the outputs that are gathered; may be NULL. Errors of writing stay in STREAM
 * (ferror()). */
void page_write(FILE *stream, const struct result *result, const struct ignore *ignore);

#endif
