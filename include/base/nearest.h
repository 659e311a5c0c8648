/* SPDX-License-Identifier: MIT */
/*
 * nearest: which of several words a misspelt one most likely means.
 *
 * For "did you mean …?". Without regard to case, in edits: a letter more, less or another one, two
 * neighbours exchanged. Zeros in front of a number count for nothing: "web-3" means "web-03". Of
 * words that are equally near it is the one that begins like WORD for longest. Pure and
 * thread-safe.
 */
#ifndef AZFAN_BASE_NEAREST_H
#define AZFAN_BASE_NEAREST_H

#include <stddef.h>
#include <stdint.h>

/* The entry of WORDS (COUNT of them) that WORD most likely meant, or NULL when none is close. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

/*
 * The same of many, as a place in WORDS, or COUNT: in at most *STEPS, a nanosecond or two each,
 * which become fewer. What is not looked at before they come to their end is not found.
 */
size_t nearest_within(const char *word, const char *const *words, size_t count, uint64_t *steps);

#endif
