/* SPDX-License-Identifier: MIT */
/*
 * speed: how fast a rehearsal goes.
 */
#ifndef AZFAN_CLI_SPEED_H
#define AZFAN_CLI_SPEED_H

#include "base/error.h"

struct execution;
struct simulator_plan;

/* Is what the command line says of it possible? */
int speed_check(const struct execution *execution, struct error *error);

/*
 * How many times as fast as a real run a rehearsal of PLAN with BATCHES goes: as the command line
 * says, else as fast as it must to take no longer than 20 s. 1: no faster.
 */
int speed_choose(const struct execution *execution, const struct simulator_plan *plan,
                 const int *batches);

#endif
