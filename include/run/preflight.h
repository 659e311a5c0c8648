/* SPDX-License-Identifier: MIT */
/*
 * preflight: proves the login, and that this az can be used, before any target is touched.
 *
 * A stage of its own: an az for the token, one for the version, where clients of REST are to know
 * it one for the cloud, and another beside them that only asks what az calls the subscriptions. It
 * waits as run/conduct does, so that signals and the deadline are seen meanwhile. Main thread, once
 * a run.
 *
 *   preflight_run(&preflight, &login, &error); …; preflight_close(&preflight)
 */
#ifndef AZFAN_RUN_PREFLIGHT_H
#define AZFAN_RUN_PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "azure/login.h"
#include "base/error.h"
#include "run/inquiry.h"

struct az;
struct calls;
struct job;

/* All but the last are the caller's to set. */
struct preflight {
    const struct job *job;
    const struct az *az;
    struct calls *calls;
    int workers;
    int64_t patience; /* with the names of subscriptions; 0: nobody wants to know them */
    int64_t deadline; /* of the run, monotonic; CLOCK_NEVER */
    void *context;    /* for the next three */
    /* Waits until UNTIL at the latest, or FD (-1: none) is readable, or something else happens, and
     * sees to that. */
    void (*wait)(void *context, int fd, int64_t until);
    /* False: the run is being stopped. */
    bool (*is_going)(void *context);
    /* No process could be started for want of room; it is tried again. */
    void (*no_room)(void *context, const struct error *error);
    struct inquiry inquiry; /* starts zeroed */
};

/* *RET is for login_done() in any case; the error is that of login_read(). */
enum login_result preflight_run(struct preflight *preflight, struct login *ret,
                                struct error *error);

/* Ends what is left of it, which may take its time: nobody needs to wait for it before. */
void preflight_close(struct preflight *preflight);

#endif
