/* SPDX-License-Identifier: MIT */
/*
 * okstatus: reads which statuses of the script count as ok. Part of job/jobfile.
 */
#ifndef AZFAN_JOB_OKSTATUS_H
#define AZFAN_JOB_OKSTATUS_H

struct loading;
struct yaml_node;

/* Fills in the job's, whose shell is known, from NODE; NULL when the file has none. */
void okstatus_load(const struct loading *loading, const struct yaml_node *node);

#endif
