/* SPDX-License-Identifier: MIT */
/*
 * reports: the files that --report asks for.
 */
#ifndef AZFAN_CLI_REPORTS_H
#define AZFAN_CLI_REPORTS_H

#include <stdbool.h>

#include "base/error.h"
#include "report/view.h"

/* The formats, in words for --help and messages; a test holds it against the table in reports.c. */
#define REPORTS_SUFFIXES ".json, .txt, .xml, .csv, .md, .html"

struct options;
struct result;

/* Does PATH end in the suffix of a format? */
bool reports_knows(const char *path);

/* Can they all be written? A typing error must be told before a run, not after it. */
int reports_check(const struct options *options, struct error *error);

/* Writes RESULT to PATH, whole or not at all, in the format that its suffix names. IGNORE: of
 * outputs that are gathered; may be NULL. */
int reports_write(const char *path, unsigned mode, const struct result *result,
                  const struct ignore *ignore, struct error *error);

/*
 * How OPTIONS want what is printed to FD at the end of a run, or by report, to look. They must
 * outlive it. Unless the user says how: outputs are grouped, but not when quiet, nor when verbose,
 * for then each was shown already.
 */
struct view reports_view(const struct options *options, int fd);

/*
 * Writes all that are asked for. -1 with the first failure, which is told to RESULT too
 * (result_trouble()): the reports after it have it.
 */
int reports_write_asked(const struct options *options, struct result *result, struct error *error);

#endif
