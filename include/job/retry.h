/* SPDX-License-Identifier: MIT */
/*
 * retry: reads the retry section, and knows which reasons can be repeated. Part of job/jobfile.
 *
 * The reasons are words of azfan(1), OUTCOMES; one table in retry.c says of each what it tells of
 * the script. job_retries() of job/job.h is here too. Main thread.
 */
#ifndef AZFAN_JOB_RETRY_H
#define AZFAN_JOB_RETRY_H

#include <stdbool.h>
#include <stddef.h>

struct loading;
struct yaml_node;

enum { RETRY_REASONS_MOST = 32 };

/* The reasons that a job may name, in the table's order; or only those that are repeated when it
 * names none. Returns how many. */
size_t retry_list_reasons(bool only_default, const char *names[RETRY_REASONS_MOST]);

/*
 * Fills in the job's retry from SECTION; NULL when the file has none: then nothing is repeated. The
 * job's `idempotent` must be known by now: without it no reason is taken by which the script has,
 * or may have, run.
 */
void retry_load(const struct loading *loading, const struct yaml_node *section);

#endif
