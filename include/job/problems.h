/* SPDX-License-Identifier: MIT */
/*
 * problems: what is wrong with a job file, with positions.
 *
 * All problems of a file are told in one go, up to PROBLEMS_MOST; after that
 * only `more` counts. A text is one line of at most PROBLEMS_LONGEST bytes, fit
 * for a terminal whatever it quotes; the end of a longer one is cut off. The
 * list owns its texts. Starts zeroed; problems_done() frees it. Main thread.
 */
#ifndef AZFAN_JOB_PROBLEMS_H
#define AZFAN_JOB_PROBLEMS_H

#include <stdarg.h>
#include <stddef.h>

struct buffer;

enum { PROBLEMS_MOST = 20, PROBLEMS_LONGEST = 500 };

struct problem {
    char *path; /* the file, as the user named it, or an option; empty when the text names it */
    int line;   /* from 1; 0 when the problem is the file itself */
    int column; /* from 1 */
    char *text;
};

struct problems {
    struct problem list[PROBLEMS_MOST]; /* in the order in which they were found */
    size_t count;
    size_t more; /* found beyond PROBLEMS_MOST */
};

void problems_add(struct problems *problems, const char *path, int line, int column,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

void problems_add_list(struct problems *problems, const char *path, int line, int column,
                       const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));

/* How many were found in all. */
size_t problems_total(const struct problems *problems);

/* Sorts by path, line and column, so that people read from the top. */
void problems_sort(struct problems *problems);

/* Appends "PATH:LINE:COLUMN: text" lines, and "PATH: and N more problems" when some were left out.
 * What is in no file begins with "azfan: ". */
void problems_print(const struct problems *problems, struct buffer *buffer);

void problems_done(struct problems *problems);

#endif
