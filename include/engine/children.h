/* SPDX-License-Identifier: MIT */
/*
 * children: this process's children, as the kernel lists them.
 *
 * Any thread. The lists are read without a lock: who takes a child out of one
 * meanwhile may hide another (fs/proc/array.c, get_children_pid()).
 */
#ifndef AZFAN_ENGINE_CHILDREN_H
#define AZFAN_ENGINE_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads the children of one of our threads (TASK is its folder's name under
 * /proc/self/task) into LIST, at most MOST. Returns how many. None where the
 * kernel has no CONFIG_PROC_CHILDREN: then orphans are killed without being
 * counted.
 */
size_t children_of_task(const char *task, int *list, size_t most);

/* The same for all our threads. */
size_t children_of_all(int *list, size_t most);

/*
 * Is PID a vfork that has not come to its own program yet? The kernel says so
 * in its flags (proc(5), stat), and takes that back before the program's first
 * instruction.
 */
bool children_is_unborn(int pid);

#endif
