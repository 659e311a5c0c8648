/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Of struct tm: what clock_parse() takes. */
enum { FIRST_YEAR = 1970 - 1900, LAST_YEAR = 2199 - 1900 };

static const int64_t second = INT64_C(1000000000);

/* What the three digits of a fraction are worth. */
static const int64_t places[] = {100000000, 10000000, 1000000};

static int64_t read_clock(clockid_t id)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * second + now.tv_nsec;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

const struct timespec *clock_left(int64_t deadline, int64_t now, struct timespec *ret)
{
    int64_t left = deadline > now ? deadline - now : 0;

    if (deadline == CLOCK_NEVER)
        return NULL;
    ret->tv_sec = (time_t)(left / second);
    ret->tv_nsec = (long)(left % second);
    return ret;
}

static bool split(int64_t wall, struct tm *ret)
{
    time_t seconds = (time_t)(wall / second);

    return gmtime_r(&seconds, ret) != NULL;
}

void clock_print(int64_t wall, char text[CLOCK_TEXT_SIZE])
{
    struct tm parts;

    if (!split(wall, &parts) || strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        text[0] = '\0';
}

void clock_print_exact(int64_t wall, char text[CLOCK_TEXT_SIZE])
{
    char *end;

    clock_print(wall, text);
    end = strchr(text, 'Z');
    if (end != NULL)
        (void)snprintf(end, (size_t)(text + CLOCK_TEXT_SIZE - end), ".%03uZ",
                       (unsigned)(wall % second / 1000000) % 1000);
}

/* strptime() takes blanks, short numbers and the 31st of February: a time prints as it was read. */
bool clock_parse(const char *text, int64_t *ret)
{
    struct tm parts = {.tm_isdst = 0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    char printed[CLOCK_TEXT_SIZE];
    int64_t wall;

    if (rest == NULL || parts.tm_year < FIRST_YEAR || parts.tm_year > LAST_YEAR)
        return false;
    wall = (int64_t)timegm(&parts) * second;
    if (rest[0] != '.') {
        clock_print(wall, printed);
    } else {
        for (int i = 1; i <= 3 && isdigit((unsigned char)rest[i]); i++)
            wall += (rest[i] - '0') * places[i - 1];
        clock_print_exact(wall, printed);
    }
    if (strcmp(text, printed) != 0)
        return false;
    *ret = wall;
    return true;
}

void clock_print_local(int64_t wall, char text[CLOCK_TEXT_SIZE])
{
    time_t seconds = (time_t)(wall / second);
    struct tm parts;

    if (localtime_r(&seconds, &parts) == NULL ||
        strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%d %H:%M", &parts) == 0)
        text[0] = '\0';
}

void clock_print_compact(int64_t wall, char text[CLOCK_TEXT_SIZE])
{
    struct tm parts;

    if (!split(wall, &parts) || strftime(text, CLOCK_TEXT_SIZE, "%Y%m%dT%H%M%SZ", &parts) == 0)
        text[0] = '\0';
}
