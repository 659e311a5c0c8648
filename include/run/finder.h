/* SPDX-License-Identifier: MIT */
/*
 * finder: looks for many words at once, in one step a byte.
 *
 * Forwards it goes from one state to the next with each byte of a text; the
 * state says which words end there, and which words' beginnings do. Backwards
 * it is given the bytes from the last to the first, and "ends" and "beginning"
 * change places. Pure; immutable once made.
 *
 *   uint32_t state = FINDER_START;
 *   for each byte: state = finder_step(finder, state, byte); finder_longest(finder, state)…
 */
#ifndef AZFAN_RUN_FINDER_H
#define AZFAN_RUN_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct finder;

enum { FINDER_START = 0 };

/* Of WORDS: COUNT of them, none empty. For finder_free(). */
struct finder *finder_new(const char *const *words, size_t count, bool backwards);

void finder_free(struct finder *finder); /* NULL is fine */

/* What STATE becomes with BYTE. */
uint32_t finder_step(const struct finder *finder, uint32_t state, char byte);

/* The length of the longest word that ends here; 0: none does. */
size_t finder_longest(const struct finder *finder, uint32_t state);

/* The length of the longest beginning of a word, or whole word, that ends here and has at most MOST
 * bytes. */
size_t finder_begun(const struct finder *finder, uint32_t state, size_t most);

/* The length of the longest of all words. */
size_t finder_reach(const struct finder *finder);

#endif
