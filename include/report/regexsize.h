/* SPDX-License-Identifier: MIT */
/*
 * regexsize: what an extended regular expression costs, known before it is compiled.
 *
 * Pure.
 */
#ifndef AZFAN_REPORT_REGEXSIZE_H
#define AZFAN_REPORT_REGEXSIZE_H

#include <stddef.h>

enum { REGEXSIZE_MOST = 1000, REGEXSIZE_DEEPEST = 100 };

/* What makes compiling or matching too much work. */
enum regexsize_fault {
    REGEXSIZE_FINE,
    REGEXSIZE_LARGE,  /* more than REGEXSIZE_MOST, or groups deeper than REGEXSIZE_DEEPEST */
    REGEXSIZE_BACK,   /* a back-reference */
    REGEXSIZE_NOTHING /* what may be empty, or has an anchor, is repeated: "(a*)+", "(^a)*" */
};

/* How many characters and sets PATTERN has when all its repetitions are written out. */
size_t regexsize_of(const char *pattern, enum regexsize_fault *ret_fault);

#endif
