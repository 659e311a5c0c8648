/* SPDX-License-Identifier: MIT */
/*
 * ending: how a run ended, in a sentence. Pure.
 */
#ifndef AZFAN_REPORT_ENDING_H
#define AZFAN_REPORT_ENDING_H

#include <stdbool.h>

struct buffer;
struct result;

/* Appends it with a newline: "Stopped by SIGINT."; nothing when the run came to its end or was
 * halted, of which result.halt_cause tells more. */
void ending_print(struct buffer *buffer, const struct result *result);

/* Is there a report.json in the run folder? Not while the run goes on, and not when azfan was
 * killed. */
bool ending_has_report(const struct result *result);

#endif
