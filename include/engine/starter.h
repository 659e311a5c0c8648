/* SPDX-License-Identifier: MIT */
/*
 * starter: a child, started on a thread of its own.
 *
 * posix_spawn() returns once the program is loaded. Where that lies on a mount
 * that hangs it never does, and nothing gets its thread out of it. So nobody
 * who has a clock calls it: a thread that lives as long as its child does, and
 * that can be left behind, as far as it has come.
 *
 *   starter_start(&starter, …)     // STARTER_STARTED: the child is the caller's
 *   … child_reap() or child_abandon() …
 *   starter_end(starter);
 *
 * One thread calls both.
 */
#ifndef AZFAN_ENGINE_STARTER_H
#define AZFAN_ENGINE_STARTER_H

#include <stdint.h>

#include "base/error.h"
#include "engine/child.h"

struct starter;

enum starter_result {
    STARTER_STARTED, /* CHILD is there */
    STARTER_FAILED,  /* child_start() said so */
    STARTER_NEVER,   /* given up, and killed before its program was loaded: that did not run */
    STARTER_UNKNOWN  /* given up: killed, but nobody can say whether it ran */
};

/* How long a start may take beyond its time: loading a program takes some, and a stop is no reason
 * to break it off in the middle. */
enum { STARTER_PATIENCE_MS = 1000 };

/*
 * Starts COMMAND, which is copied. Gives up STARTER_PATIENCE_MS after DEADLINE (absolute), or after
 * one of STOPS (descriptors; -1: none) has become readable. *RET is for starter_end() when the
 * child has been STARTED, else NULL. FAILED: *RET_CODE is a negative errno, and ERROR says why.
 */
enum starter_result starter_start(struct starter **ret, const struct child_command *command,
                                  int64_t deadline, const int stops[2], struct child *child,
                                  int *ret_code, struct error *error);

/* After the child has been reaped or abandoned: its parent is the starter's thread, which ends. */
void starter_end(struct starter *starter);

#endif
