/* SPDX-License-Identifier: MIT */
/*
 * calls: az processes on their way through the engine's pool.
 *
 * A call is one az process, from its command to its finish. There are as many as workers, and no
 * more: what one target's end means for the others is known before the next one starts. Main
 * thread.
 *
 *   calls_open(&calls, workers, job, &error)
 *   call = calls_take(&calls); … command_…(&call->command, …);
 *   calls_launch(&calls, call, timeout)       // or calls_plan(), and all of them together
 *   … call = calls_take_finished(&calls) … calls_release(&calls, call)
 *   calls_close(&calls)
 */
#ifndef AZFAN_RUN_CALLS_H
#define AZFAN_RUN_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/command.h"
#include "base/error.h"
#include "engine/lastline.h"
#include "engine/pool.h"
#include "engine/spoken.h"

struct buffer;
struct job;
struct redact;
struct watcher_running;

enum {
    CALLS_OF_LOGIN = 4
}; /* a token, the version, the cloud and the subscriptions, side by side where there are as many
      workers */

struct call {
    struct pool_task task; /* first: the pool hands it back; its finish is the caller's to free, and
                              in its limits what is to be known of one that is led */
    struct command command;
    struct lastline said; /* what it has printed so far */
    struct spoken spoken; /* of a client of REST, the lines that it says on the way */
    int64_t launched;     /* monotonic; 0: it is not on its way */
    size_t target;
    unsigned slot; /* of the script's file */
    bool in_use;
    bool gone; /* nothing is left of the process: it ended by itself, and nobody holds its pipes */
};

struct calls {
    struct pool pool;
    struct call *list;
    size_t count;
    struct call **planned; /* to be launched together */
    size_t planned_count;
    unsigned next_slot; /* that no call has had */
    const struct job *job;
};

/* As a watcher gets to see them. */
struct calls_view {
    struct watcher_running *list;
    size_t count;
    struct buffer *lines; /* to which the list points */
};

/* Starts WORKERS threads. On error nothing is left. */
int calls_open(struct calls *calls, int workers, const struct job *job, struct error *error);

/* One that is not in use; never NULL while fewer than WORKERS are (the login's are extra). */
struct call *calls_take(struct calls *calls);

void calls_launch(struct calls *calls, struct call *call, int64_t timeout);

/* To be launched by the next calls_launch_planned(), unless it is taken out again. */
void calls_plan(struct calls *calls, struct call *call, int64_t timeout);
void calls_launch_planned(struct calls *calls);

/* Takes one out that is planned; NULL: there is none. */
struct call *calls_take_planned(struct calls *calls);

/* One that has finished, or NULL when there is none at this moment. */
struct call *calls_take_finished(struct calls *calls);

/* The next line that one of them has said on the way, appended to LINE; NULL: none has, now. */
struct call *calls_listen(struct calls *calls, struct buffer *line);

/* Those that are on their way, but for EXCEPT (may be NULL), the longest first, with what they have
 * said last, redacted. */
struct calls_view calls_look(struct calls *calls, const struct call *except,
                             const struct redact *redact);
void calls_view_done(struct calls_view *view);

/* One that was launched and that no worker has begun, or NULL. */
struct call *calls_take_back(struct calls *calls);

/* Frees the command of one that was taken, or was never launched: it can be used again. */
void calls_release(struct calls *calls, struct call *call);

/* Ends the threads and sweeps up what az may have left behind. */
void calls_close(struct calls *calls);

#endif
