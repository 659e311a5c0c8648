/* SPDX-License-Identifier: MIT */
/*
 * cost: what it takes to ask Azure by one client or the other.
 *
 * Arithmetic for people who choose: of an empty script, and with the numbers that job/limits has.
 * Pure. Main thread.
 */
#ifndef AZFAN_RUN_COST_H
#define AZFAN_RUN_COST_H

#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

struct buffer;

struct cost {
    size_t at_once;    /* clients */
    int64_t length;    /* nanoseconds, from the login on: no less than all processors need */
    int64_t processor; /* of all clients, in all */
    int64_t memory;    /* bytes, of those that run at once */
};

/* Of JOB with its BATCHES (run/rules), by CLIENT, up to WORKERS at once, on PROCESSORS of them. */
struct cost cost_of(const struct job *job, const int *batches, enum job_client client, int workers,
                    int processors);

/* Appends "about 5m20s, 12m00s of processor time, 3.2 GiB of memory". */
void cost_print(struct buffer *buffer, const struct cost *cost);

#endif
