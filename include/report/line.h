/* SPDX-License-Identifier: MIT */
/*
 * line: one target's end in one line, how many ended how, and blocks of what one printed.
 *
 * Pure. What VMs printed comes out without control characters.
 */
#ifndef AZFAN_REPORT_LINE_H
#define AZFAN_REPORT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "job/outcome.h"

struct buffer;
struct result;
struct result_target;

/* How wide the column of names must be; long names overflow it. */
int line_name_width(const struct result *result);

/* Appends "web-03   failed    1.2s  exit 7: nginx: unknown directive" with a newline. */
void line_print(struct buffer *buffer, const struct result_target *target, int name_width,
                bool colour);

/* Cuts the first line of BUFFER to so many COLUMNS of a terminal, with "…" after it; 0: it has
 * none. */
void line_fit(struct buffer *buffer, int columns, bool colour);

/*
 * Appends, in one line without its newline, how TARGET came to its outcome: its message. Of a
 * script that came to a bad end the last line of its standard error as well: "exit 7: nginx:
 * unknown directive". Nothing for ok with status 0.
 */
void line_print_why(struct buffer *buffer, const struct result_target *target);

/* Is that last line all that there is of its standard error? */
bool line_tells_errors(const struct result_target *target);

/* Appends "ok", "failed (exit 7)", "timeout (az)". */
void line_print_outcome(struct buffer *buffer, enum outcome_kind kind, enum outcome_reason reason,
                        int exit_code);

/* Appends BEFORE and "17 ok, 1 failed"; nothing when there is none of any outcome. */
void line_print_counts(struct buffer *buffer, const char *before,
                       const size_t counts[OUTCOME_KINDS], bool colour);

/* Appends the last COUNT lines of BYTES (0: all of them), each after PREFIX. */
void line_print_block(struct buffer *buffer, const struct buffer *bytes, size_t count,
                      const char *prefix);

#endif
