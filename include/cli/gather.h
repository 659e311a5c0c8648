/* SPDX-License-Identifier: MIT */
/*
 * gather: the job files that a folder holds.
 */
#ifndef AZFAN_CLI_GATHER_H
#define AZFAN_CLI_GATHER_H

#include <stdbool.h>

#include "base/error.h"

struct names;

bool gather_is_folder(const char *path);

/* Appends the paths of all *.yaml and *.yml in FOLDER itself, sorted by their bytes. None is an
 * error. */
int gather_jobs(const char *folder, struct names *names, struct error *error);

#endif
