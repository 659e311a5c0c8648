/* SPDX-License-Identifier: MIT */
/*
 * aside: a function that may hang, called so that this process can be ended all the same.
 *
 * Who waits for a disk that does not answer cannot be killed, and a process does
 * not end before the last of its threads has. So what writes to the disk of a run
 * is done by a process that shares our memory: for the caller it is a call like
 * any other, but its thread waits in a way that can be broken off by death.
 * Main thread.
 */
#ifndef AZFAN_ENGINE_ASIDE_H
#define AZFAN_ENGINE_ASIDE_H

/*
 * Calls FUNCTION with CONTEXT and waits until it returns. Whatever it does to memory stays; what it
 * opens is not open here, and what it closes is still open. Returns 0, or the signal that ended it:
 * then nobody knows how far it came. Where there is no room for a process it is called here.
 */
int aside_call(void (*function)(void *context), void *context);

/* The descriptor FD (-1: none) is closed where functions are called: nothing that hangs there shall
 * hold its lock. */
void aside_keep_out(int fd);

#endif
