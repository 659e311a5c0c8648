/* SPDX-License-Identifier: MIT */
/*
 * yamltext: what is wrong with a text that is no YAML, in words for people.
 *
 * libyaml's own messages speak of tokens and indicators; these say what to
 * change. Pure. Main thread, and fuzzers.
 */
#ifndef AZFAN_JOB_YAMLTEXT_H
#define AZFAN_JOB_YAMLTEXT_H

#include <stdbool.h>
#include <stddef.h>

struct problems;

/* Where and what libyaml complains about; its line and column numbers, from 0. */
struct yamltext_complaint {
    const char *problem; /* libyaml's words; NULL is allowed, likewise in context */
    const char *context;
    size_t line, column;
    size_t context_line, context_column;
};

/* For people: both from 1, columns in characters. */
struct yamltext_place {
    int line;
    int column;
};

/*
 * The place that is libyaml's LINE and COLUMN, from 0, in a text with that yamltext_end(): where no
 * newline ends the text, libyaml has its end on a line that is not there.
 */
struct yamltext_place yamltext_place(size_t line, size_t column, struct yamltext_place end);
struct yamltext_place yamltext_end(const char *text, size_t length);

/* Is it UTF-8 without NUL and other control characters? If not, adds a problem that says what it
 * is. */
bool yamltext_check(const char *path, const char *text, size_t length, struct problems *problems);

/* Adds the problem that COMPLAINT is about. */
void yamltext_explain(const char *path, const char *text, size_t length,
                      const struct yamltext_complaint *complaint, struct problems *problems);

#endif
