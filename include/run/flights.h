/* SPDX-License-Identifier: MIT */
/*
 * flights: az processes on their way through the engine's pool.
 *
 * A flight is one az process, from its command to its finish. There are as
 * many as workers, and no more: what one target's end means for the others is
 * known before the next one starts. Main thread.
 *
 *   flights_open(&flights, workers, job)
 *   flight = flights_free(&flights); … command_…(&flight->command, …);
 *   flights_launch(&flights, flight, timeout)
 *   … flight = flights_take_finished(&flights) … flights_land(&flights, flight)
 *   flights_close(&flights)
 */
#ifndef AZFAN_RUN_FLIGHTS_H
#define AZFAN_RUN_FLIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/command.h"
#include "base/error.h"
#include "engine/lastline.h"
#include "engine/pool.h"

struct job;

enum {
    LOGIN_FLIGHTS = 2
}; /* the token and the version, side by side where there are two workers */

struct flight {
    struct pool_task task; /* first: the pool hands it back; its finish is the caller's to free */
    struct command command;
    struct lastline said; /* what it has printed so far */
    int64_t launched;     /* monotonic; 0: it is not on its way */
    size_t target;
    unsigned slot; /* of the script's file */
    bool in_use;
    bool gone; /* nothing is left of the process: it ended by itself, and nobody holds its pipes */
};

struct flights {
    struct pool pool;
    struct flight *list;
    size_t count;
    unsigned next_slot; /* that no flight has had */
    const struct job *job;
};

/* Starts WORKERS threads. On error nothing is left. */
int flights_open(struct flights *flights, int workers, const struct job *job, struct error *error);

/* One that is not in use; never NULL while fewer than WORKERS are (the login's two are extra). */
struct flight *flights_free(struct flights *flights);

void flights_launch(struct flights *flights, struct flight *flight, int64_t timeout);

/* One that has finished, or NULL when there is none at this moment. */
struct flight *flights_take_finished(struct flights *flights);

/* Those that are on their way, the one that was launched first is the first: fills LIST, as long
 * as COUNT flights, and returns how many. */
size_t flights_list_flying(struct flights *flights, struct flight **list);

/* One that was launched and that no worker has begun, or NULL. */
struct flight *flights_take_back(struct flights *flights);

/* Frees the command of one that was taken, or was never launched: it can be used again. */
void flights_land(struct flights *flights, struct flight *flight);

/* Ends the threads and sweeps up what az may have left behind. */
void flights_close(struct flights *flights);

#endif
