/* SPDX-License-Identifier: MIT */
/*
 * title: the line that says which run this is, when it halts, and what Ctrl-C does: "patch-nginx
 * REHEARSAL  3 failures, halts at 4  Ctrl-C: no new starts". Pure. Main thread.
 */
#ifndef AZFAN_SCREEN_TITLE_H
#define AZFAN_SCREEN_TITLE_H

struct board;
struct pen;
struct result;

void title_print(const struct pen *pen, const struct board *board, const struct result *result);

#endif
