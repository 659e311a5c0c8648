/* SPDX-License-Identifier: MIT */
/*
 * selection: reads the targets section and applies the command line's limits
 * and exclusions. Part of job/jobfile.
 */
#ifndef AZFAN_JOB_SELECTION_H
#define AZFAN_JOB_SELECTION_H

struct loading;
struct yaml_node;

/* Fills in the job's targets from SECTION; NULL when the file has none. */
void selection_load(const struct loading *loading, const struct yaml_node *section);

#endif
