/* SPDX-License-Identifier: MIT */
/*
 * ignore: what always differs between VMs and should not tell them apart.
 *
 * Extended regular expressions (regex(7)), one after the other, matched
 * against the first IGNORE_LONGEST bytes of each line of what a VM printed, for
 * the time that glibc takes may grow with their square. Each match is replaced
 * by "…", with all of a character of which it is a part, before outputs are
 * compared and shown. What a match may cost is bounded: in a line where large expressions match
 * again and again, the rest stays as it is. Starts zeroed; ignore_done() frees. Main thread.
 */
#ifndef AZFAN_REPORT_IGNORE_H
#define AZFAN_REPORT_IGNORE_H

#include <regex.h>
#include <stddef.h>

#include "base/error.h"

struct buffer;

enum { IGNORE_LONGEST = 4096 };

/* Private. */
struct ignore_pattern {
    char *text;
    regex_t regex;
    size_t size; /* of report/regexsize */
    size_t seen; /* bytes that it has matched against since it was compiled */
};

struct ignore {
    struct ignore_pattern *list;
    size_t count;
};

/* Adds PATTERN. -1: it is no regular expression, too large a one (report/regexsize), one with
 * back-references, or it matches the empty text; the error says so. */
int ignore_add(struct ignore *ignore, const char *pattern, struct error *error);

/* Appends LENGTH bytes of TEXT, which drawn_append() has made, with all matches replaced. */
void ignore_append(const struct ignore *ignore, struct buffer *buffer, const char *text,
                   size_t length);

void ignore_done(struct ignore *ignore);

#endif
