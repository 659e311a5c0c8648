/* SPDX-License-Identifier: MIT */
/*
 * running: who runs at this moment, of a run that goes on. Pure.
 */
#ifndef AZFAN_REPORT_RUNNING_H
#define AZFAN_REPORT_RUNNING_H

#include <stddef.h>

struct buffer;
struct result;

/* Appends "web-07 (1m20s), web-03 (4s) and 6 more", the longest first and no more than MOST of
 * them by name; nothing where none runs. */
void running_print(struct buffer *buffer, const struct result *result, size_t most);

/* How many run. */
size_t running_count(const struct result *result);

#endif
