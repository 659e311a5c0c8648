/* SPDX-License-Identifier: MIT */
/*
 * inquiry: the question what az knows of subscriptions, on its own beside all else.
 *
 * One az process on a thread of its own, so that it takes no worker's place and nobody must wait
 * for it longer than he likes. Whatever becomes of it is no failure. Main thread.
 *
 *   inquiry_open(&inquiry, az, patience);        cannot fail: then that is the answer
 *   poll(inquiry_fd(&inquiry)) …                 until inquiry_deadline(&inquiry)
 *   inquiry_take(&inquiry, &accounts, &error);   once it is readable, or nobody waits any longer
 *   inquiry_close(&inquiry);                     ends what is left
 */
#ifndef AZFAN_RUN_INQUIRY_H
#define AZFAN_RUN_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "azure/command.h"
#include "base/error.h"
#include "engine/pool.h"

struct accounts;
struct az;
struct warden;

/* Starts zeroed. */
struct inquiry {
    struct pool pool;
    struct pool_task task;
    struct command command;
    struct error error; /* why it could not be begun */
    int64_t patience;
    int64_t deadline;
    bool begun;
    bool landed;
};

/* PATIENCE: nanoseconds, in which az is to answer. */
void inquiry_open(struct inquiry *inquiry, const struct az *az, int64_t patience);

/* Readable once there is an answer; -1: there is nothing to wait for. */
int inquiry_fd(const struct inquiry *inquiry);

/* When the answer is not worth waiting for any more: absolute, monotonic. */
int64_t inquiry_deadline(const struct inquiry *inquiry);

/* Is there an answer? Called when inquiry_fd() is readable. */
bool inquiry_has_landed(struct inquiry *inquiry);

/* What it was, once. Without one the error says why. */
int inquiry_take(struct inquiry *inquiry, struct accounts *ret, struct error *error);

void inquiry_close(struct inquiry *inquiry);

/*
 * All of this for who has nothing else to do. A signal that ends azfan ends the question too: then
 * it is in *RET_SIGNAL.
 */
int inquiry_ask(const struct az *az, struct warden *warden, struct accounts *ret, int *ret_signal,
                struct error *error);

#endif
