/* SPDX-License-Identifier: MIT */
/*
 * kept: the runs in the folder of runs, how much room they take, and which of them may go.
 *
 *   kept_read(&kept, &error);
 *   kept_choose(&kept, before, least);         // says which go
 *   kept_remove(&kept, &count, &error);
 *   kept_done(&kept);
 *
 * A run and its reruns go together or not at all, for a rerun is put over the run that it repeats.
 * What goes on, and what cannot be read, stays. Main thread.
 */
#ifndef AZFAN_RUN_KEPT_H
#define AZFAN_RUN_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct kept_run {
    char *folder;
    const char *id;  /* its last part */
    int64_t touched; /* wall clock: when it was started, or its journal was written last */
    bool readable;   /* and no link to another place, and no rerun in a circle */
    bool going;
    size_t first; /* the run that it goes back to; itself: it is no rerun of any that is there */
    bool goes;    /* kept_choose() */
};

struct kept {
    struct kept_run *runs; /* the newest first */
    size_t count;
};

/* All of them. *RET is for kept_done(), also after an error. */
int kept_read(struct kept *ret, struct error *error);

/* Those that were touched last before BEFORE (wall clock), but none of the LEAST newest. Returns
 * how many go. */
size_t kept_choose(struct kept *kept, int64_t before, size_t least);

/* The bytes of all files in FOLDER and below. */
int64_t kept_measure(const char *folder);

/*
 * Removes those that go; *RET is how many there were. One that goes on by now, or is being rerun,
 * stays with its family. The error is the first one: what could not be removed is passed over.
 */
int kept_remove(const struct kept *kept, size_t *ret, struct error *error);

void kept_done(struct kept *kept);

#endif
