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

struct event;
struct login;
struct result;

/* An attempt that is under way. */
struct watcher_running {
    size_t target;
    int64_t age;           /* nanoseconds since its launch */
    const char *last_line; /* that az has printed so far, without secrets; "": none; any bytes */
    size_t last_length;
};

/* What a watcher waits for: a descriptor each, or -1. */
struct watcher_waits {
    int to_write[2];
    int to_read;
};

struct watcher {
    void *context;
    void (*logged_in)(void *context, const struct login *login);
    /* EVENT has been applied to RESULT, with all others of its round. */
    void (*happened)(void *context, const struct result *result, const struct event *event);
    /* For the first time a process could not be started for want of room, as WHY says. */
    void (*no_room)(void *context, const char *why);
    /* A place is free, and Azure's limit of starts alone holds back the next one until UNTIL;
     * CLOCK_NEVER: it does not. Whenever the run goes to sleep. */
    void (*limited)(void *context, int64_t until);
    /* A token could not be renewed, as WHY says; it still counts. */
    void (*not_renewed)(void *context, const char *why);
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
    /* When one of these descriptors is ready `writable` is called, or `readable`. Returns when it
     * wants the next `tick`: absolute monotonic nanoseconds, or CLOCK_NEVER. */
    int64_t (*waiting)(void *context, struct watcher_waits *ret);
    void (*writable)(void *context);
    void (*readable)(void *context);
    /* After every sleep: what is shown may be out of date. */
    void (*tick)(void *context, const struct result *result);
};

#endif
