/* SPDX-License-Identifier: MIT */
/*
 * machine: how many children this machine can bear.
 *
 * Reads MemAvailable (proc(5)), the memory limits of the cgroups this process
 * is in (version 1 and 2, also those above its own), RLIMIT_NOFILE and
 * RLIMIT_NPROC (which counts the threads of this user, and does not hold for
 * root: getrlimit(2)). Swap space is no room. What cannot be read does not limit.
 * Main thread.
 */
#ifndef AZFAN_SYS_MACHINE_H
#define AZFAN_SYS_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* What one child needs, and what is needed besides. */
struct machine_needs {
    const char *child;          /* what one is called, for people; NULL where memory is 0 */
    const char *own_memory_use; /* what own_memory is kept for; likewise */
    uint64_t memory;            /* bytes a child; 0: not looked at */
    int files;                  /* descriptors a child */
    int own_files;
    int processes; /* processes and threads a child */
    int own_processes;
    uint64_t own_memory; /* at most, in time: no more than half of what is free is kept for it */
};

enum machine_bound { MACHINE_ENOUGH, MACHINE_MEMORY, MACHINE_FILES, MACHINE_PROCESSES };

struct machine_room {
    int children;             /* from 1 to what was wanted */
    enum machine_bound bound; /* ENOUGH: as many as were wanted */
    char text[200]; /* unless ENOUGH, what is short, for people: "2,310 MiB of memory are free, and
                       one CHILD takes 110 MiB" */
};

/*
 * For how many of WANTED children (at least 1) there is room. ROOT: "" but in tests, goes before
 * /proc and /sys.
 */
struct machine_room machine_room(const char *root, const struct machine_needs *needs, int wanted);

/* Processors that this process may use; at least 1. */
int machine_processors(void);

#endif
