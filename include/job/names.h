/* SPDX-License-Identifier: MIT */
/*
 * names: VM names, ranges and patterns.
 *
 * A range is a name with brackets: "web-[01-30]" is web-01 to web-30 (as many
 * digits as the first number is written with), "db-[1,3,7-9]" picks, and more
 * than one bracket multiplies. The way back is job/fold. Pure. Main thread.
 */
#ifndef AZFAN_JOB_NAMES_H
#define AZFAN_JOB_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "job/limits.h"

struct strings;

/*
 * How many names RANGE stands for; a name without brackets stands for itself. None is made: what
 * they cost can be known beforehand. An error (text says what is wrong: no VM name, backwards,
 * empty, not closed, not a number, more than MOST names) leaves *RET as it was.
 */
int names_count(const char *range, size_t most, size_t *ret, struct error *error);

/* Appends the names that names_count() counts; all are valid. After an error, the same, none. */
int names_expand(const char *range, size_t most, struct strings *names, struct error *error);

/* Is it a name Azure allows: 1 to LIMITS_VM_NAME letters, digits, '-', '_', '.'; not all dots? */
bool names_is_valid(const char *name);

/* Is it a resource group: 1 to LIMITS_GROUP_NAME letters and digits of any language, '_', '-', '.',
 * '(', ')'; no '.' at the end? */
bool names_is_group(const char *name);

/* Is it a subscription's id: a GUID, 8-4-4-4-12 hexadecimal digits? */
bool names_is_subscription(const char *name);

/*
 * Does NAME match PATTERN: a name, a range, a glob (* and ?), or a range with
 * globs ("web-[01-03]*")? Without regard to case. A pattern that is no valid
 * range matches nothing; names_check_pattern() tells why beforehand. Nothing
 * matches what is longer than LIMITS_VM_NAME.
 */
bool names_match(const char *pattern, const char *name);
int names_check_pattern(const char *pattern, struct error *error);

/* A name that is to be matched with many patterns. Private. */
struct names_subject {
    char text[LIMITS_VM_NAME]; /* in lower case; zeros fill it up */
    size_t length;
};

void names_prepare(const char *name, struct names_subject *ret);

/*
 * The same as names_match(), in at most *STEPS, a nanosecond or two each, which become fewer; at 0
 * it gave up: false.
 */
bool names_match_within(const char *pattern, const struct names_subject *name, uint64_t *steps);

#endif
