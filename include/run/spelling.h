/* SPDX-License-Identifier: MIT */
/*
 * spelling: the ways in which one secret may have been printed.
 *
 * As it is, without the line ends behind it, with other line ends, line by
 * line, as JSON writes it in a string, and as a message of az's looks (no
 * control characters, no full stop at the end). Pure. Main thread.
 */
#ifndef AZFAN_RUN_SPELLING_H
#define AZFAN_RUN_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SPELLING_SHORTEST_PIECE = 4
}; /* of a secret: what is shorter tells little, and is often a word */

struct spelling {
    char **list; /* no two alike, none empty */
    size_t count;
    size_t capacity;
};

/* Fills SPELLING (zeroed), for spelling_done(). False: SECRET is empty, there is nothing to look
 * for. */
bool spelling_of(struct spelling *spelling, const char *secret);

void spelling_done(struct spelling *spelling);

#endif
