/* SPDX-License-Identifier: MIT */
/*
 * reports: the files that --report asks for.
 */
#ifndef AZFAN_CLI_REPORTS_H
#define AZFAN_CLI_REPORTS_H

#include "base/error.h"

struct options;
struct result;

/* Can they all be written? A typing error must be told before a run, not after it. */
int reports_check(const struct options *options, struct error *error);

/* Writes RESULT to PATH, whole or not at all, in the format that its suffix names. */
int reports_write(const char *path, unsigned mode, const struct result *result,
                  struct error *error);

/*
 * Writes all that are asked for. -1 with the first failure, which is told to RESULT too
 * (result_trouble()): the reports behind it have it.
 */
int reports_write_asked(const struct options *options, struct result *result, struct error *error);

#endif
