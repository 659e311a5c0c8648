/* SPDX-License-Identifier: MIT */
/*
 * order: in which order the runs of a folder of runs were started.
 *
 * Their names say when, by a clock that may have been wrong. So each start adds a line to a file of
 * its own beside them. It is no more than a help: what it does not know, such as a run that was
 * copied here, goes by its name. Main thread.
 */
#ifndef AZFAN_RUN_ORDER_H
#define AZFAN_RUN_ORDER_H

#include <stddef.h>

#include "base/buffer.h"

struct order {
    struct buffer text; /* what the ids are in */
    char **ids;         /* the oldest first */
    size_t count;
};

/* The run ID is started now; RUNS is the folder that it is in. A failure is not worth a word. */
void order_note(const char *runs, const char *id);

/* For order_done(). Without such a file none is known. */
void order_read(const char *runs, struct order *ret);
void order_done(struct order *order);

#endif
