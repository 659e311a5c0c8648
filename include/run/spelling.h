/* SPDX-License-Identifier: MIT */
/*
 * spelling: the ways in which secrets may have been printed.
 *
 * As they are, and as a guard quotes them for its shell; each of these without
 * the line ends behind it, with other line ends, line by line, as JSON and
 * Python write it in a string, and as a message of az's looks (no control
 * characters, no full stop at the end).
 *
 * JSON within JSON doubles backslashes, and so does each further layer: here a
 * run of backslashes is always written as one, and so it must be in the text
 * in which the spellings are looked for. Pure. Main thread.
 *
 *   struct spelling spelling = {.count = 0};
 *   spelling_add(&spelling, secret)…;
 *   spelling_sort(&spelling);
 *   spelling_done(&spelling);
 */
#ifndef AZFAN_RUN_SPELLING_H
#define AZFAN_RUN_SPELLING_H

#include <stddef.h>

enum {
    SPELLING_SHORTEST_PIECE = 4
}; /* of a secret: what is shorter tells little, and is often a word */

struct spelling {
    char **list; /* none empty; after sorting no two alike */
    size_t count;
    size_t capacity;
};

/* Adds the spellings of SECRET; of an empty one, or one of line ends alone, there are none. */
void spelling_add(struct spelling *spelling, const char *secret);

/* Sorts the list and drops doubles. */
void spelling_sort(struct spelling *spelling);

void spelling_done(struct spelling *spelling);

#endif
