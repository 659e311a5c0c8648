/* SPDX-License-Identifier: MIT */
/*
 * number: numbers, durations and sizes as people write them.
 *
 * Pure and thread-safe. Text is a C string that must be a number from its
 * first to its last byte: no blanks, no sign but a leading '-', decimal only
 * ("012" is twelve).
 */
#ifndef AZFAN_BASE_NUMBER_H
#define AZFAN_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct buffer;

/* Durations are int64_t nanoseconds everywhere in azfan. */
#define NUMBER_MILLISECOND INT64_C(1000000)
#define NUMBER_SECOND      INT64_C(1000000000)
#define NUMBER_MINUTE      (60 * NUMBER_SECOND)
#define NUMBER_HOUR        (60 * NUMBER_MINUTE)

/* No duration is longer than this: 100 days. Sums of a few never overflow. */
#define NUMBER_LONGEST (INT64_C(2400) * NUMBER_HOUR)

/* Of two times or durations the earlier or shorter one; the later or longer one. */
int64_t number_smaller(int64_t one, int64_t other);
int64_t number_larger(int64_t one, int64_t other);

/* A whole number from LEAST to MOST. On error the text names the range. */
int number_parse(const char *text, int64_t least, int64_t most, int64_t *ret, struct error *error);

/*
 * A share of something: "5", a whole number from LEAST to MOST, or "10%", a whole percentage from
 * LEAST to 100. *RET_PERCENT says which of the two *RET is. On error the text names both ranges, or
 * the one that was missed.
 */
int number_parse_share(const char *text, int64_t least, int64_t most, bool *ret_percent,
                       int64_t *ret, struct error *error);

/*
 * "500ms", "90s", "3m40s", "2h": whole numbers, each with its unit, units in
 * falling order, each once. At most NUMBER_LONGEST. A bare number is refused
 * with the list of units, "0" too ("0s" is right).
 */
int number_parse_duration(const char *text, int64_t *ret, struct error *error);

/* "64KiB", "1MiB", "1GiB" or "4096B"; a bare number is refused. */
int number_parse_size(const char *text, size_t *ret, struct error *error);

/* Appends "1 target", "2 targets". */
void number_print_count(struct buffer *buffer, size_t count, const char *one, const char *many);

/* Appends "0.8s", "34.2s", "3m40s", "2h05m", for people. */
void number_print_duration(struct buffer *buffer, int64_t duration);

/* Appends "512 B", "1.4 GiB", for people. */
void number_print_size(struct buffer *buffer, int64_t bytes);

/* Appends it exactly, as a job file would have it: "1m30s", "500ms". */
void number_print_exact_duration(struct buffer *buffer, int64_t duration);

#endif
