/* SPDX-License-Identifier: MIT */
/*
 * conduct: one run of a job, from the login check to the last target.
 *
 * The one loop of the main thread. It hands targets to the engine's pool,
 * reads what comes back, keeps it in the result and in the run folder, and
 * tells a watcher. It prints nothing. Called once a run, by the main thread,
 * after signals_open() and child_adopt_orphans().
 */
#ifndef AZFAN_RUN_CONDUCT_H
#define AZFAN_RUN_CONDUCT_H

#include <stdbool.h>
#include <stddef.h>

struct az;
struct folder;
struct job;
struct login;
struct result;

/* Told what happens when it happens; every function is called on the main thread. */
struct conduct_watcher {
    void *context;
    void (*logged_in)(void *context, const struct login *login);
    /* Fewer workers than the job wants, because of the limit on open files. */
    void (*clamped)(void *context, int workers);
    void (*target_settled)(void *context, const struct result *result, size_t index);
    /* The run is being stopped early; RUNNING attempts are still there. HARD: by SIGKILL now. */
    void (*stopping)(void *context, const struct result *result, size_t running, bool hard);
    /* The descriptors on which the watcher waits to write, -1 for none; then `writable` is called.
     */
    void (*waiting)(void *context, int ret_fds[2]);
    void (*writable)(void *context);
};

struct conduct {
    const struct job *job;
    const struct az *az;
    const struct folder *folder;
    const struct conduct_watcher *watcher;
    int signals; /* from signals_open() */
};

/*
 * Runs the job into RESULT (result_init() before). On return every target is
 * settled, no child is left, and RESULT says how it ended, also when that was
 * a broken login, a signal, or workers that could not be started.
 */
void conduct_run(const struct conduct *conduct, struct result *result);

#endif
