/* SPDX-License-Identifier: MIT */
/*
 * room: for how many clients, az or another, this machine has room, as a job runs them.
 *
 * Main thread.
 */
#ifndef AZFAN_RUN_ROOM_H
#define AZFAN_RUN_ROOM_H

#include "sys/machine.h"

struct az;
struct job;

/* For how many of WANTED (at least 1)? */
struct machine_room room_for(const struct job *job, const struct az *az, int wanted);

/* For as many as the job wants, but no more than targets: the workers of a run. */
struct machine_room room_for_targets(const struct job *job, const struct az *az);

#endif
