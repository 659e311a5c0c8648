/* SPDX-License-Identifier: MIT */
/*
 * display: how a run is shown to a person while it goes on and at its end, as the options say.
 *
 *   display_open(&live, options, …);   … live_close(&live);   display_end(options, &result, "");
 */
#ifndef AZFAN_CLI_DISPLAY_H
#define AZFAN_CLI_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct live;
struct options;
struct result;

/* live_open(), as OPTIONS and what standard error can show have it. WATCHED: as in struct
 * live_choices. */
void display_open(struct live *live, const struct options *options, bool watched,
                  const struct result *result, const struct job *job, const int64_t *not_before);

/* What the VMs printed, the summary, and then MORE, whole lines, on standard output. */
void display_end(const struct options *options, const struct result *result, const char *more);

#endif
