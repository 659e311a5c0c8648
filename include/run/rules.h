/* SPDX-License-Identifier: MIT */
/*
 * rules: what a job asks of the schedule, and how long that takes.
 *
 * Turns counts and percentages into numbers, gives every target its batch, and
 * does the arithmetic that `plan` and `run` show. Pure. Main thread.
 */
#ifndef AZFAN_RUN_RULES_H
#define AZFAN_RUN_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/schedule.h"

struct buffer;
struct job;

/*
 * The batch of each of the job's targets, from 1; free() it. A percentage is of all targets,
 * rounded up, so never below one.
 */
int *rules_batches(const struct job *job);

/*
 * How many of TARGETS may fail by the job's max_failures, which must be exceeded: all of the job's,
 * or those of a batch where it is a percentage (a count is of the whole run). SCHEDULE_NO_LIMIT: it
 * has none.
 */
size_t rules_max_failures(const struct job *job, size_t targets);

/*
 * The rules for WORKERS, with BATCHES (of rules_batches()) and, where not NULL, NOT_BEFORE; both
 * are borrowed. NOW is the run's start: the deadline counts from it.
 */
struct schedule_rules rules_of(const struct job *job, const int *batches, const int64_t *not_before,
                               int workers, uint64_t seed, int64_t now);

/* How many targets WORKERS run at the same time at most: no more than the largest of BATCHES has.
 */
size_t rules_at_once(const struct job *job, const int *batches, int workers);

/* How long the run takes after the login: see rules_duration(). */
struct rules_duration {
    int64_t worst; /* every attempt as long as it can be, every target's attempts all used; at most
                      NUMBER_LONGEST; the deadline is not considered */
    int64_t least; /* no real run is quicker: LIMITS_QUICKEST a round */
    size_t rounds; /* of WORKERS at once, over all batches, one attempt a target */
    size_t batches;
    int64_t pauses; /* between them, in all */
};

struct rules_duration rules_duration(const struct job *job, const int *batches, int workers);

/*
 * Appends, when the job cannot or may not finish by its deadline, one line with the arithmetic:
 * "this job may not finish by its deadline: 300 targets, 30 at once, are 10 rounds of up to 3m42s,
 * so 37m02s at worst; the deadline is 30m". No newline. SIMULATED: Azure's least time does not
 * hold. False: it can, and nothing was appended.
 */
bool rules_warn(struct buffer *buffer, const struct job *job, const int *batches, int workers,
                bool simulated);

#endif
