/* SPDX-License-Identifier: MIT */
/*
 * warden: the signals of a run, and what they do when the main thread hangs.
 *
 * The main thread writes to disks, and a disk may not answer for as long as it
 * likes. So signals are read by a thread of their own, which waits for nothing
 * else. It hands them on to the main thread, and while that takes them it does
 * no more. When one has not been taken for a second, the thread does by itself
 * what cannot wait: the second SIGINT (or the first of the others) stops what
 * runs, the next one kills it and ends this process, whatever hangs. That is
 * at most WARDEN_LAST_S after the signal, also when it was taken. So a run
 * ends as after SIGKILL: what the journal has is what there is.
 *
 *   warden_open(&warden, &error)    // the main thread, before any other starts
 *   poll(warden_fd(warden)) … while ((signal = warden_take(warden)) != 0)
 *   warden_guard(warden, &pool.stop) … warden_guard(warden, NULL)
 *   signal = warden_close(warden)   // that nobody took
 *
 * All functions are the main thread's.
 */
#ifndef AZFAN_RUN_WARDEN_H
#define AZFAN_RUN_WARDEN_H

#include <stdbool.h>

#include "base/error.h"

struct supervise_stop;
struct warden;

enum {
    WARDEN_PATIENCE_MS = 1000, /* in which the main thread takes a signal */
    WARDEN_LAST_S = 15         /* in which it ends everything that has been killed */
};

/* Opens sys/signals, and starts the thread; where there is no room for it the main thread is left
 * to itself. On error *RET is NULL. */
int warden_open(struct warden **ret, struct error *error);

/* Readable while there is a signal to take. */
int warden_fd(const struct warden *warden);

/* The next signal, or 0. */
int warden_take(struct warden *warden);

/* Does the signal NUMBER end a run? */
bool warden_ends_azfan(int number);

/* What to raise when the main thread does not; NULL: there is nothing to stop (any more). */
void warden_guard(struct warden *warden, const struct supervise_stop *stop);

/*
 * Ends the thread. From now on signals wait: for signals_release(). Returns the first of those that
 * end azfan and that were not taken, or 0. WARDEN may be NULL.
 */
int warden_close(struct warden *warden);

#endif
