/* SPDX-License-Identifier: MIT */
/*
 * selectors: several selectors in one text.
 *
 * Commas that stand in no brackets are between them, and blanks may be:
 * "web-[01-03,07], db-1". A "!" in front of one leaves out what it means.
 * "@FILE" stands for the lines of a file (job/lines.h), each a text like this
 * one but without a file; "@-" is standard input. What each selector says is
 * job/selector's business. Main thread; and the simulated az.
 */
#ifndef AZFAN_JOB_SELECTORS_H
#define AZFAN_JOB_SELECTORS_H

#include <stdbool.h>

#include "base/error.h"

struct buffer;
struct targets_id;

/* One of them. */
struct selectors_word {
    const char *text; /* without the "!" */
    bool negated;
    const char *path; /* of the file where it stands; NULL: in the text itself */
    int line, column; /* there */
};

/* Takes one; false: enough. */
typedef bool selectors_take(void *context, const struct selectors_word *word);

/*
 * Hands each of TEXT to TAKE, in order. With FILES what stands in files too, else an "@FILE" is
 * handed over as it is. An error when a file cannot be read, and the text then names it; some may
 * have been handed over by then.
 */
int selectors_each(const char *text, bool files, selectors_take *take, void *context,
                   struct error *error);

/* Are all of TEXT selectors? Reads no file, and takes no standard input. */
int selectors_check(const char *text, struct error *error);

/* Appends TEXT with what stands in its files in place of them; an error when that is nothing. */
int selectors_inline(const char *text, struct buffer *ret, struct error *error);

/* Does TEXT, in which there is no file, mean this VM? What is no selector means none. */
bool selectors_mean(const char *text, const struct targets_id *id);

#endif
