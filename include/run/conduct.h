/* SPDX-License-Identifier: MIT */
/*
 * conduct: one run of a job, from the login check to the last target.
 *
 * The one loop of the main thread. It asks run/schedule who is next, hands
 * targets to the engine's pool, reads what comes back, puts it into the
 * journal, keeps it in the result and in the run folder, and tells a watcher.
 * It prints nothing. Called once a run, by the main thread, after
 * signals_open() and child_adopt_orphans().
 */
#ifndef AZFAN_RUN_CONDUCT_H
#define AZFAN_RUN_CONDUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/schedule.h"
#include "sys/machine.h"

struct az;
struct folder;
struct job;
struct journal;
struct login;
struct result;

/*
 * Told what happens when it has happened and is on disk; every function is
 * called on the main thread.
 */
struct conduct_watcher {
    void *context;
    void (*logged_in)(void *context, const struct login *login);
    void (*target_settled)(void *context, const struct result *result, size_t index);
    /* An attempt has ended, and WAIT nanoseconds later there is another one. */
    void (*target_waits)(void *context, const struct result *result, size_t index, int64_t wait);
    /* Azure throttled: no more than LIMIT at once from now on, until it takes them again. */
    void (*limited)(void *context, int limit);
    /* For the first time a process could not be started for want of room, as WHY says. */
    void (*no_room)(void *context, const char *why);
    /* The run is being stopped early, or more firmly; RUNNING attempts are still there. */
    void (*stopping)(void *context, const struct result *result, size_t running,
                     enum schedule_stage stage);
    /* azfan itself was stopped and has been continued: a display may have been written over. */
    void (*continued)(void *context, const struct result *result, size_t running);
    /* The descriptors on which the watcher waits to write, -1 for none; then `writable` is called.
     */
    void (*waiting)(void *context, int ret_fds[2]);
    void (*writable)(void *context);
};

struct conduct {
    const struct job *job;
    const struct az *az;
    const struct folder *folder;
    struct journal *journal; /* new and empty */
    const struct conduct_watcher *watcher;
    const int *batches;        /* of each target: rules_batches() */
    const int64_t *not_before; /* of each target, monotonic: it is not started earlier; NULL */
    int workers;               /* of conduct_room() */
    uint64_t seed;             /* of the delays' jitter */
    int signals;               /* from signals_open() */
};

/* As many workers as the job wants, but no more than targets, or than this machine can bear. */
struct machine_room conduct_room(const struct job *job, const struct az *az);

/*
 * Runs the job into RESULT, which knows the job (result_take_job()). On return
 * every target is settled, no child is left, the journal is complete, and
 * RESULT says how it ended, also when that was a broken login, a signal, a full
 * disk, or workers that could not be started.
 */
void conduct_run(const struct conduct *conduct, struct result *result);

#endif
