/* SPDX-License-Identifier: MIT */
/*
 * clock: the two times azfan knows.
 *
 * Durations and deadlines are absolute int64_t nanoseconds of CLOCK_MONOTONIC:
 * it never jumps, and it does not count time spent suspended. The wall clock
 * is read only to be shown. Thread-safe.
 */
#ifndef AZFAN_BASE_CLOCK_H
#define AZFAN_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A deadline that never comes. */
#define CLOCK_NEVER INT64_MAX

/* Monotonic nanoseconds. */
int64_t clock_now(void);

/* Nanoseconds since 1970 in UTC. */
int64_t clock_wall(void);

/*
 * The time from NOW to DEADLINE as ppoll() wants it: never negative, in *RET,
 * whose address is returned; NULL (wait for ever) for CLOCK_NEVER.
 */
const struct timespec *clock_left(int64_t deadline, int64_t now, struct timespec *ret);

enum { CLOCK_TEXT_SIZE = 32 };

/* "2026-11-23T03:00:00Z" */
void clock_print(int64_t wall, char text[CLOCK_TEXT_SIZE]);

/* "2026-11-23T03:00:00.123Z" */
void clock_print_exact(int64_t wall, char text[CLOCK_TEXT_SIZE]);

/*
 * Reads what either of these two printed, from 1970 to 2199, so that a time and some durations
 * never overflow. False, and *RET is as it was: it is neither.
 */
bool clock_parse(const char *text, int64_t *ret);

/* "2026-11-23 04:00", for people: where azfan runs */
void clock_print_local(int64_t wall, char text[CLOCK_TEXT_SIZE]);

/* "20261123T030000Z", for names of files */
void clock_print_compact(int64_t wall, char text[CLOCK_TEXT_SIZE]);

#endif
