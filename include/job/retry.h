/* SPDX-License-Identifier: MIT */
/*
 * retry: reads the retry section. Part of job/jobfile.
 *
 * Which reasons can be repeated, and when, job/outcome knows. Main thread.
 */
#ifndef AZFAN_JOB_RETRY_H
#define AZFAN_JOB_RETRY_H

struct loading;
struct yaml_node;

/*
 * Fills in the job's retry from SECTION; NULL when the file has none: then nothing is repeated,
 * unless the overrides want it: after the reasons that go without a word. The job's `idempotent`
 * must be known by now: without it no reason is taken by which the script has, or may have, run.
 */
void retry_load(const struct loading *loading, const struct yaml_node *section);

#endif
