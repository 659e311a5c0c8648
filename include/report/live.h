/* SPDX-License-Identifier: MIT */
/*
 * live: a run, shown while it goes on.
 *
 * One line on standard output for each target at the moment it ends, in the
 * order in which they end; notes and progress on standard error. The only
 * place that writes to the terminal during a run. Main thread. A reader that
 * does not read, or has gone, never stops a run.
 */
#ifndef AZFAN_REPORT_LIVE_H
#define AZFAN_REPORT_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "report/outlet.h"
#include "run/conduct.h"

struct result;

struct live {
    bool colour;
    bool quiet;   /* no line for what is ok */
    bool verbose; /* what each VM printed below its line, and whom the login is for */
    int name_width;
    int count_width;
    size_t shown;         /* targets that have been told to be settled */
    struct outlet output; /* standard output */
    struct outlet notes;  /* standard error */
};

/* Sets the widths for the targets of RESULT; the choices are set by the caller before. */
void live_open(struct live *live, const struct result *result);

/* Writes what is still on its way, however long the reader takes. */
void live_close(struct live *live);

/* The watcher that shows the run through LIVE, which must outlive it. */
struct conduct_watcher live_watcher(struct live *live);

#endif
