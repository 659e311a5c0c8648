/* SPDX-License-Identifier: MIT */
/*
 * fault: system calls that fail when a test wants them to.
 *
 *   fd = FAULT("child.pidfd_open") ? -1 : pidfd_open(pid, 0);
 *
 *   FAULT_HOLD("child.posix_spawn");    // … and that hang
 *
 * Compiled in with AZFAN_FAULTS (the debug, asan and tsan variants); in a
 * release FAULT() is the constant false. A fault sets errno as armed. One at a
 * time is armed, by one thread; a probe may be hit by any thread meanwhile.
 */
#ifndef AZFAN_SYS_FAULT_H
#define AZFAN_SYS_FAULT_H

#include <stdbool.h>

#ifdef AZFAN_FAULTS
#define FAULT(name)      fault_hit(name)
#define FAULT_HOLD(name) fault_hold(name)

/* The probe NAME (a string literal) fails from its next hit on, COUNT times, with ERROR_NUMBER. */
void fault_arm(const char *name, int count, int error_number);

/* How often the armed probe failed since it was armed. */
int fault_hits(void);

/* The probe NAME holds COUNT threads that come by, until they are let go. */
void fault_arm_hold(const char *name, int count);
void fault_let_go(void);

/* Waits until a thread is held; false: none has come in SECONDS. */
bool fault_await_held(int seconds);

bool fault_hit(const char *name);
void fault_hold(const char *name);
#else
#define FAULT(name)      false
#define FAULT_HOLD(name) ((void)0)
#endif

#endif
