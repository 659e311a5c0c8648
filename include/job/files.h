/* SPDX-License-Identifier: MIT */
/*
 * files: reads the files that are sent with the script. Part of job/jobfile.
 *
 * Each is a regular file in the job file's folder, or below it, whatever links
 * lead there; none may have a name that the guard needs for itself.
 */
#ifndef AZFAN_JOB_FILES_H
#define AZFAN_JOB_FILES_H

#include <stdbool.h>

struct loading;
struct yaml_node;

/* Fills in the job's, whose shell is known, from LIST; NULL when the file has none. */
void files_load(const struct loading *loading, const struct yaml_node *list);

/* Does the guard need this name, in the script's folder, for itself? Without regard to case. */
bool files_is_reserved(const char *name);

#endif
