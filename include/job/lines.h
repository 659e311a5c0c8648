/* SPDX-License-Identifier: MIT */
/*
 * lines: a file that lists VMs, one a line.
 *
 * Blank lines and what stands after a "#" are left out, blanks around a line
 * too; a "#" within a word is part of it. A byte order mark is no part of the
 * text, and a line may end with CR LF. Main thread.
 */
#ifndef AZFAN_JOB_LINES_H
#define AZFAN_JOB_LINES_H

#include <stdbool.h>

#include "base/error.h"

struct buffer;

enum { LINES_FILE_LIMIT = 16 * 1024 * 1024 }; /* bytes of such a file */

struct lines {
    const char *text; /* of this line: valid as long as the buffer */
    int line,
        column; /* where that begins, from 1; after an error of lines_begin(), where that is */
    char *next; /* private: the rest; NULL: nothing is left */
    int number; /* private: of the line that begins there */
};

/* Begins to read TEXT, which is cut up and must stay. An error when it is no text in UTF-8. */
int lines_begin(struct lines *lines, struct buffer *text, struct error *error);

/* Goes on to the next line that has something. False: there is none. */
bool lines_next(struct lines *lines);

#endif
