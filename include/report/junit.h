/* SPDX-License-Identifier: MIT */
/*
 * junit: the run as JUnit XML, for Jenkins, Azure Pipelines and whatever reads the same.
 *
 * One test suite, named like the job, with one test case a target. A script
 * that failed is a failure; a clock that ran out, az's and Azure's refusals,
 * what nobody knows and what was cancelled are errors; what was never started,
 * or has not ended yet, is skipped. So nothing but ok ever passes. Attempts
 * before the one that counts are flaky or rerun entries, as Maven's Surefire
 * writes them.
 *
 * A pure function of the result. One target at a time is held in memory. Main
 * thread.
 */
#ifndef AZFAN_REPORT_JUNIT_H
#define AZFAN_REPORT_JUNIT_H

#include <stdio.h>

struct result;

/* Errors of writing stay in STREAM (ferror()). */
void junit_write(FILE *stream, const struct result *result);

#endif
