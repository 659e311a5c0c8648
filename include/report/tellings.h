/* SPDX-License-Identifier: MIT */
/*
 * tellings: targets of which the same is to be told, gathered: one cause is told once.
 *
 * Two targets of one outcome and reason are in one telling when their messages are the same but for
 * their own names (report/ownname), and so is the one line of standard error that is told beside
 * the exit status (line_tells_errors()). Of messages that were cut, which may have been cut at
 * different places, the beginning counts. A pure function of the targets, which must outlive it.
 * For tellings_done(). Main thread.
 */
#ifndef AZFAN_REPORT_TELLINGS_H
#define AZFAN_REPORT_TELLINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/matters.h"

/* In the order of the first target of each, whose message is shown. */
struct tellings {
    struct matter_targets *list;
    size_t count;
};

/* Of a stream so many lines count, its last ones: no more are ever shown beside a telling. */
enum { TELLINGS_LINES = 5 };

/* STREAMS: what they printed must be the same as well, where it tells something
 * (outcome_has_streams()). */
void tellings_make(struct tellings *ret, const struct matter_targets *targets, bool streams);

void tellings_done(struct tellings *tellings);

#endif
