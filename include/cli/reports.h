/* SPDX-License-Identifier: MIT */
/*
 * reports: the files that --report asks for.
 */
#ifndef AZFAN_CLI_REPORTS_H
#define AZFAN_CLI_REPORTS_H

#include <stdbool.h>

#include "base/error.h"
#include "report/view.h"

/* The formats, in words for --help and messages; a test holds them against the table in
 * reports.c. */
#define REPORTS_SUFFIXES ".json, .txt, .xml, .csv, .md, .html"
#define REPORTS_FORMATS  "json, txt, xml, csv, md or html"

struct buffer;
struct options;
struct result;

/* Is WORD, "json", the name of a format? */
bool reports_has_format(const char *word);

/* Is it clear in which format each report is to be written? Adds the one to standard output that
 * `azfan report --format json` means. */
int reports_settle(struct options *options, struct error *error);

/*
 * Where a report goes to standard output, nothing else does: what is printed for people goes to
 * standard error from then on. Before other threads start, after reports_settle().
 */
int reports_divert(struct options *options, struct error *error);

/* Can they all be written? A typing error must be told before a run, not after it. */
int reports_check(const struct options *options, struct error *error);

/* Writes RESULT to the file PATH, whole or not at all, in the format that its suffix names. */
int reports_write(const char *path, unsigned mode, const struct result *result,
                  struct error *error);

/*
 * How OPTIONS want what is printed to FD at the end of a run, or by report, to look. They must
 * outlive it. Unless the user says how: outputs are grouped, but not when quiet, nor when verbose,
 * for then each was shown already.
 */
struct view reports_view(const struct options *options, int fd);

/*
 * Writes all that are asked for, and appends a line to WRITTEN for each file that is written. -1
 * with the first failure, which is told to RESULT too (result_trouble()): the reports after it have
 * it. A reader that leaves is no failure.
 */
int reports_write_asked(const struct options *options, struct result *result,
                        struct buffer *written, struct error *error);

#endif
