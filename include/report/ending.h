/* SPDX-License-Identifier: MIT */
/*
 * ending: how a run went and ended, in a sentence each. Pure.
 */
#ifndef AZFAN_REPORT_ENDING_H
#define AZFAN_REPORT_ENDING_H

#include <stdbool.h>

struct buffer;
struct result;

/* Appends it with a newline: "Stopped by SIGINT."; nothing when the run came to its end or was
 * halted, of which result.halt_cause tells more. */
void ending_print(struct buffer *buffer, const struct result *result);

/* Appends what the exit status means: "exit status 3: a script failed". */
void ending_print_status(struct buffer *buffer, const struct result *result);

/* Appends "Azure throttled: down to 4 at once, from 30", or where as many ran at once as before
 * "Azure throttled 14 starts, 2 of them by a VM's own limit"; false: it did not throttle. */
bool ending_print_throttling(struct buffer *buffer, const struct result *result);

/* "3 recovered: Azure said afterwards what had become of them"; false: nothing, for none is. */
bool ending_print_recovered(struct buffer *buffer, const struct result *result);

/* Of a rehearsal: appends " (a rehearsal)", with how many times as fast it was. */
void ending_print_rehearsal(struct buffer *buffer, const struct result *result);

/* Is there a report.json in the run folder? Not while the run goes on, and not when azfan was
 * killed. */
bool ending_has_report(const struct result *result);

#endif
