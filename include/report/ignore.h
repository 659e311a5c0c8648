/* SPDX-License-Identifier: MIT */
/*
 * ignore: what always differs between VMs and should not tell them apart.
 *
 * Extended regular expressions (regex(7)), one after the other, matched
 * against the first IGNORE_LONGEST bytes of each line of what a VM printed, for
 * the time that glibc takes may grow with their square. Each match is replaced
 * by "…", with all of a character of which it is a part, before outputs are
 * compared and shown. Starts zeroed; ignore_done() frees. Main thread.
 */
#ifndef AZFAN_REPORT_IGNORE_H
#define AZFAN_REPORT_IGNORE_H

#include <regex.h>
#include <stddef.h>

#include "base/error.h"

struct buffer;

enum { IGNORE_LONGEST = 4096 }; /* all that Azure returns of a stream */

struct ignore {
    regex_t *list;
    size_t count;
};

/* Adds PATTERN. -1: it is no regular expression, or it matches the empty text; the error says so.
 */
int ignore_add(struct ignore *ignore, const char *pattern, struct error *error);

/* Appends LENGTH bytes of TEXT, which text_append_plain() has made, with all matches replaced. */
void ignore_append(const struct ignore *ignore, struct buffer *buffer, const char *text,
                   size_t length);

void ignore_done(struct ignore *ignore);

#endif
