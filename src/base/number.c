/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"

static const struct unit {
    const char *name;
    int64_t size;
} duration_units[] = {
    {"h", NUMBER_HOUR}, {"m", NUMBER_MINUTE}, {"s", NUMBER_SECOND}, {"ms", NUMBER_MILLISECOND}};

static const struct unit size_units[] = {
    {"GiB", INT64_C(1) << 30}, {"MiB", INT64_C(1) << 20}, {"KiB", INT64_C(1) << 10}, {"B", 1}};

enum { UNITS = 4 };

/* Reads digits at *AT and steps over them. False when there are none or too many. */
static bool read_digits(const char **at, int64_t *ret)
{
    const char *start = *at;

    *ret = 0;
    while (isdigit((unsigned char)**at)) {
        if (__builtin_mul_overflow(*ret, 10, ret) ||
            __builtin_add_overflow(*ret, (int64_t)(**at - '0'), ret))
            return false;
        (*at)++;
    }
    return *at > start;
}

/* The same with a '-' in front, or without. */
static bool read_signed(const char **at, int64_t *ret)
{
    bool negative = **at == '-';

    if (negative)
        (*at)++;
    if (!read_digits(at, ret))
        return false;
    if (negative)
        *ret = -*ret;
    return true;
}

/* The unit whose whole name stands at *AT; steps over it. NULL when none does. */
static const struct unit *read_unit(const char **at, const struct unit *units)
{
    size_t length = 0;

    while (isalpha((unsigned char)(*at)[length]))
        length++;
    for (int i = 0; i < UNITS; i++) {
        if (length == strlen(units[i].name) && strncmp(*at, units[i].name, length) == 0) {
            *at += length;
            return &units[i];
        }
    }
    return NULL;
}

int64_t number_smaller(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

int64_t number_larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

int number_parse(const char *text, int64_t least, int64_t most, int64_t *ret, struct error *error)
{
    const char *at = text;
    int64_t value = 0;

    if (!read_signed(&at, &value) || *at != '\0')
        return error_set(error, "must be a whole number from %" PRId64 " to %" PRId64, least, most);
    if (value < least || value > most)
        return error_set(error, "must be from %" PRId64 " to %" PRId64 ", not %s", least, most,
                         text);
    *ret = value;
    return 0;
}

int number_parse_share(const char *text, int64_t least, int64_t most, bool *ret_percent,
                       int64_t *ret, struct error *error)
{
    const char *at = text;
    bool readable;
    bool percent;
    int64_t value = 0;

    readable = read_signed(&at, &value);
    percent = *at == '%';
    if (percent)
        at++;
    if (!readable || *at != '\0')
        return error_set(error,
                         "must be a whole count (%" PRId64 " to %" PRId64
                         ") or percentage (%" PRId64 "%% to 100%%), written like 5 or 10%%",
                         least, most, least);
    if (percent && (value < least || value > 100))
        return error_set(error, "must be from %" PRId64 "%% to 100%%, not %s", least, text);
    if (!percent && (value < least || value > most))
        return error_set(error, "must be from %" PRId64 " to %" PRId64 ", not %s", least, most,
                         text);
    *ret_percent = percent;
    *ret = value;
    return 0;
}

int number_parse_duration(const char *text, int64_t *ret, struct error *error)
{
    const struct unit *last = NULL;
    const char *at = text;
    int64_t total = 0;

    do {
        const struct unit *unit;
        int64_t value = 0;

        if (!read_digits(&at, &value))
            return error_set(error, "must be a duration such as 500ms, 90s, 3m40s or 2h");
        if (*at == '\0')
            return last == NULL ? error_set(error,
                                            "needs a unit: ms, s, m or h (for example %ss for "
                                            "seconds, %sm for minutes)",
                                            text, text)
                                : error_set(error, "needs a unit at its end: ms, s, m or h");
        unit = read_unit(&at, duration_units);
        if (unit == NULL || (last != NULL && unit <= last))
            return error_set(error, "must be a duration such as 500ms, 90s, 3m40s or 2h: units "
                                    "are h, m, s and ms, largest first");
        last = unit;
        if (__builtin_mul_overflow(value, unit->size, &value) ||
            __builtin_add_overflow(total, value, &total) || total > NUMBER_LONGEST)
            return error_set(error, "must not be longer than 2400h");
    } while (*at != '\0');
    *ret = total;
    return 0;
}

int number_parse_size(const char *text, size_t *ret, struct error *error)
{
    const struct unit *unit;
    const char *at = text;
    int64_t value = 0;

    if (!read_digits(&at, &value))
        return error_set(error, "must be a size such as 64KiB or 1MiB");
    unit = read_unit(&at, size_units);
    if (unit == NULL || *at != '\0')
        return error_set(error, "needs a unit: B, KiB, MiB or GiB");
    if (__builtin_mul_overflow(value, unit->size, &value))
        return error_set(error, "is too large");
    *ret = (size_t)value;
    return 0;
}

void number_print_count(struct buffer *buffer, size_t count, const char *one, const char *many)
{
    buffer_print(buffer, "%zu %s", count, count == 1 ? one : many);
}

void number_print_duration(struct buffer *buffer, int64_t duration)
{
    int64_t tenths = (duration + 50 * NUMBER_MILLISECOND) / (100 * NUMBER_MILLISECOND);
    int64_t seconds = tenths / 10;

    if (tenths < 600)
        buffer_print(buffer, "%" PRId64 ".%" PRId64 "s", tenths / 10, tenths % 10);
    else if (seconds < 3600)
        buffer_print(buffer, "%" PRId64 "m%02" PRId64 "s", seconds / 60, seconds % 60);
    else
        buffer_print(buffer, "%" PRId64 "h%02" PRId64 "m", seconds / 3600, seconds / 60 % 60);
}

void number_print_size(struct buffer *buffer, int64_t bytes)
{
    const struct unit *unit = size_units;

    while (unit->size > bytes && unit->size > 1)
        unit++;
    if (unit->size == 1)
        buffer_print(buffer, "%" PRId64 " %s", bytes, unit->name);
    else
        buffer_print(buffer, "%.1f %s", (double)bytes / (double)unit->size, unit->name);
}

void number_print_exact_duration(struct buffer *buffer, int64_t duration)
{
    if (duration < NUMBER_MILLISECOND) {
        buffer_add(buffer, "0s");
        return;
    }
    for (int i = 0; i < UNITS; i++) {
        int64_t count = duration / duration_units[i].size;

        if (count > 0)
            buffer_print(buffer, "%" PRId64 "%s", count, duration_units[i].name);
        duration %= duration_units[i].size;
    }
}
