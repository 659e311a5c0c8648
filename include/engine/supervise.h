/* SPDX-License-Identifier: MIT */
/*
 * supervise: one command under one deadline.
 *
 * Runs a child, keeps what it prints, stops its whole process group when the
 * time is over or somebody says so, and hands back what happened. How long a
 * command may take is decided here and nowhere else. It is called by a worker
 * and returns when the child is gone (or given up), also when the child's
 * program cannot be loaded (engine/starter). Once a stop is raised, nothing is
 * started any more.
 *
 * Times are the run's (engine/lapse), but for those of a child that is being let go, stopped or
 * killed, or whose pipes are read: those are the machine's.
 */
#ifndef AZFAN_ENGINE_SUPERVISE_H
#define AZFAN_ENGINE_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/capture.h"
#include "engine/child.h"

struct lastline;
struct spoken;

enum {
    SUPERVISE_DRAIN_MS = 200,    /* how long pipes are read after the end of the child */
    SUPERVISE_ABANDON_MS = 5000, /* how long a child may survive SIGKILL before it is given up */
    SUPERVISE_READY_MS = 30000   /* how long one that is led may take to be ready to be stopped */
};

/* Two eventfds, raised once and never cleared; -1 where there is none. */
struct supervise_stop {
    int soft; /* the stop ladder: SIGINT, grace, SIGKILL */
    int hard; /* SIGKILL at once */
};

struct supervise_limits {
    int64_t timeout;     /* nanoseconds from just before the spawn */
    int64_t kill_grace;  /* from SIGINT to SIGKILL; 0: SIGKILL at once */
    size_t output_limit; /* bytes kept of each stream */
    /* Of a child that is led (engine/child): */
    int64_t needs; /* so long it does nothing but wait, and then it is let go; CLOCK_NEVER */
    bool deaf;     /* it does not end by SIGINT */
    uint64_t turn; /* of engine/lapse; the pool's */
};

enum finish_end {
    FINISH_EXITED,      /* `exit` says how */
    FINISH_NOT_STARTED, /* `error` says why; when something stopped it, it was still being started
                         */
    FINISH_ABANDONED    /* it survived SIGKILL (uninterruptible sleep), or its start did */
};

enum finish_stop {
    FINISH_UNSTOPPED, /* it ended by itself before any signal was sent */
    FINISH_TIMED_OUT, /* stopped because of its timeout */
    FINISH_CANCELLED  /* stopped because a stop was raised */
};

struct finish {
    enum finish_end end;
    enum finish_stop stop;
    struct child_exit exit;
    struct error error;
    int error_number; /* with NOT_STARTED: the errno that says why */
    struct capture_text output;
    struct capture_text errors;
    int64_t started;      /* of the run's clock, as are the next two */
    int64_t wall_started; /* UTC */
    int64_t duration;
    int leftovers_killed; /* processes of its group that it left behind */
};

/* Who is told what the child prints, while it does. Each may be NULL. */
struct supervise_listeners {
    struct lastline *last;
    struct spoken *lines; /* of standard error alone */
};

/* Never fails: what goes wrong is in RET, for finish_done(). LISTENERS may be NULL. */
void supervise_run(const struct child_command *command, const struct supervise_limits *limits,
                   const struct supervise_stop *stop, const struct supervise_listeners *listeners,
                   struct finish *ret);

void finish_done(struct finish *finish);

#endif
