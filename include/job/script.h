/* SPDX-License-Identifier: MIT */
/*
 * script: reads the script section. Part of job/jobfile.
 */
#ifndef AZFAN_JOB_SCRIPT_H
#define AZFAN_JOB_SCRIPT_H

struct loading;
struct yaml_node;

/* Fills in what the job has of SECTION, the script's; NULL when the file has none. */
void script_load(const struct loading *loading, const struct yaml_node *section);

#endif
