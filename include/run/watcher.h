/* SPDX-License-Identifier: MIT */
/*
 * watcher: who is told how a run goes on.
 *
 * run/conduct calls these functions, all on the main thread, and none of them
 * may wait: the run's clocks go on. What has happened is on disk when it is
 * told, unless the disk is what failed.
 */
#ifndef AZFAN_RUN_WATCHER_H
#define AZFAN_RUN_WATCHER_H

#include <stddef.h>
#include <stdint.h>

#include "run/schedule.h"

struct login;
struct result;

/* An attempt that is under way. */
struct watcher_running {
    size_t target;
    int64_t age;           /* nanoseconds since its launch */
    const char *last_line; /* that az has printed so far, without secrets; "": none; any bytes */
    size_t last_length;
};

struct watcher {
    void *context;
    void (*logged_in)(void *context, const struct login *login);
    /* An attempt begins. */
    void (*target_started)(void *context, const struct result *result, size_t index);
    /* It could not be begun after all, and was none. */
    void (*target_put_back)(void *context, const struct result *result, size_t index);
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
    /* Somebody asks who is running (SIGUSR1): LIST, the longest first. */
    void (*asked)(void *context, const struct result *result, const struct watcher_running *list,
                  size_t count);
    /* azfan is about to be stopped by Ctrl-Z: the terminal will be somebody else's. */
    void (*leaving)(void *context);
    /* azfan itself was stopped and has been continued: a display may have been written over. */
    void (*continued)(void *context, const struct result *result, size_t running);
    /* The terminal has another size. */
    void (*resized)(void *context);
    /* A line of the journal, with its newline. NULL: it is not wanted. */
    void (*journaled)(void *context, const char *line, size_t length);
    /* The descriptors on which the watcher waits to write, -1 for none; then `writable` is called.
     * Returns when it wants the next `tick`: absolute monotonic nanoseconds, or CLOCK_NEVER. */
    int64_t (*waiting)(void *context, int ret_fds[2]);
    void (*writable)(void *context);
    /* After every sleep: what is shown may be out of date. */
    void (*tick)(void *context, const struct result *result);
};

#endif
