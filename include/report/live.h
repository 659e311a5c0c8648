/* SPDX-License-Identifier: MIT */
/*
 * live: a run, shown while it goes on.
 *
 * One line on standard output for each target at the moment it ends, in the
 * order in which they end; notes and progress on standard error. The only
 * place that writes to the terminal during a run. Main thread. Errors of
 * writing stay in stdout (ferror()) and never stop a run.
 */
#ifndef AZFAN_REPORT_LIVE_H
#define AZFAN_REPORT_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "run/conduct.h"

struct job;

struct live {
    bool colour;
    bool quiet;   /* no line for what is ok */
    bool verbose; /* what each VM printed below its line, and whom the login is for */
    int name_width;
    int count_width;
};

/* Sets the widths for JOB; the choices are set by the caller before. */
void live_open(struct live *live, const struct job *job);

/* The watcher that shows the run through LIVE, which must outlive it. */
struct conduct_watcher live_watcher(struct live *live);

#endif
