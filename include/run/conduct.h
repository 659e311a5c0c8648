/* SPDX-License-Identifier: MIT */
/*
 * conduct: one run of a job, from the login check to the last target.
 *
 * The one loop of the main thread. It asks run/schedule who is next, hands
 * targets to the engine's pool, reads what comes back, puts it into the
 * journal, keeps it in the result and in the run folder, and tells a watcher.
 * It prints nothing. Called once a run, by the main thread, after
 * warden_open() and child_adopt_orphans().
 */
#ifndef AZFAN_RUN_CONDUCT_H
#define AZFAN_RUN_CONDUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct az;
struct folder;
struct job;
struct journal;
struct login;
struct result;
struct result_operation;
struct supervise_limits;
struct warden;
struct watcher;

struct conduct {
    const struct job *job;
    struct az *az; /* whose folder is made anew when it is gone */
    const struct folder *folder;
    struct journal *journal; /* new and empty */
    const struct watcher *watcher;
    const int *batches;        /* of each target: rules_batches() */
    const int64_t *not_before; /* of each target, monotonic: it is not started earlier; NULL */
    const char *const *marks; /* of each target: the earlier run whose mark its guard looks for (its
                                 id); NULL: this run's own; NULL: all of them */
    /* Of each target: what Azure is asked became of it, before anything is started; NULL: nothing;
     * NULL: of none. */
    const struct result_operation *const *questions;
    bool only_asks; /* and nothing is started after that */
    int workers;    /* of room_for_targets() */
    uint64_t seed;  /* of the delays' jitter */
    struct warden *warden;
    /*
     * In time-lapse: what of LIMITS is of a child that is led (engine/supervise), for the
     * ATTEMPT-th on the VM with this ID. FORESEER is its own.
     */
    void (*foresee)(void *foreseer, const char *id, int attempt, struct supervise_limits *limits);
    void *foreseer;
    int64_t accounts_patience; /* how long may_begin() waits for what az calls the subscriptions,
                                  and for who is logged in; 0: it does not want to know */
    /*
     * Asked once, when az's login is known and nothing has been started: may it be? It takes the
     * warden's signals as long as it waits for somebody, and what it takes does not count as time
     * of the run. NULL: it may. CONTEXT is its own.
     */
    bool (*may_begin)(void *context, const struct login *login);
    void *context;
};

/*
 * Runs the job into RESULT, which knows the job (result_take_job()). On return
 * every target is settled, no child is left, the journal is complete, and
 * RESULT says how it ended, also when that was a broken login, a signal, a full
 * disk, or workers that could not be started.
 *
 * False: may_begin() did not want it. Then nothing was started, RESULT has no outcome, and the
 * journal has no end: the caller takes the folder away.
 */
bool conduct_run(const struct conduct *conduct, struct result *result);

#endif
