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

/* Appends "web-03   failed    1.2s  status 7" with a newline. */
void line_print(struct buffer *buffer, const struct result_target *target, int name_width,
                bool colour);

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
