/* SPDX-License-Identifier: MIT */
/*
 * process: a process that is not our child, and a signal that reaches no other.
 *
 * A process id says little: the process may be gone, and another one have its number. So it is
 * opened first, and then asked whether it is the one that is meant; whatever happens after that,
 * what is opened stays that one, or nobody. Main thread.
 *
 *   fd = process_open(pid);
 *   if (fd >= 0 && process_has_lock(pid, path) == 1)
 *       process_signal(fd, SIGTERM);
 *   fd_close(&fd);
 */
#ifndef AZFAN_SYS_PROCESS_H
#define AZFAN_SYS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* A descriptor that leads to the process PID, or -errno: ESRCH where there is none. */
int process_open(int64_t pid);

/*
 * Has the process PID locked (flock(2)) the file PATH for itself? 1 or 0, or -errno where nobody
 * can tell. A process in another PID namespace, and one on another machine, is never seen.
 */
int process_has_lock(int64_t pid, const char *path);

/* Does PID ignore SIGNAL, as what a script starts in the background does SIGINT? */
bool process_ignores(int64_t pid, int signal);

/* Is PID stopped, as by Ctrl-Z? It takes no signal then until it is continued. */
bool process_is_stopped(int64_t pid);

/* Sends SIGNAL to what process_open() has opened: 0, or -errno: EPERM, ESRCH. */
int process_signal(int fd, int signal);

#endif
