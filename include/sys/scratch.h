/* SPDX-License-Identifier: MIT */
/*
 * scratch: a private folder for files that must not outlive azfan.
 *
 * 0700, in memory where the system has a place for that (file.h). It is locked
 * (flock(2)) as long as it is open, so that the folder of an azfan that was
 * killed can be told from one in use: scratch_sweep() removes those. Scripts
 * with their secrets are in it. Main thread, before other threads start.
 */
#ifndef AZFAN_SYS_SCRATCH_H
#define AZFAN_SYS_SCRATCH_H

#include <stdint.h>

#include "base/error.h"

/* Starts zeroed. */
struct scratch {
    char *path; /* NULL: not open */
    int lock;
    int folder; /* PATH itself: what is in it is opened in this */
};

/* An error leaves nothing behind. */
int scratch_open(struct scratch *scratch, struct error *error);

/* Removes the folder with all that is in it. An error says what was left behind. NULL path: 0. */
int scratch_close(struct scratch *scratch, struct error *error);

/*
 * Removes folders of this user's that an azfan has left which is gone, in the first safe place of
 * place_temporary(), when no file in them was written for AGE (nanoseconds, by the wall
 * clock): a child that it left may still be reading a file of it. What cannot be removed stays,
 * without a word. Returns how many it removed.
 */
int scratch_sweep(int64_t age);

#endif
