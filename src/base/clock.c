/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

static const int64_t second = INT64_C(1000000000);

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

void clock_print_compact(int64_t wall, char text[CLOCK_TEXT_SIZE])
{
    struct tm parts;

    if (!split(wall, &parts) || strftime(text, CLOCK_TEXT_SIZE, "%Y%m%dT%H%M%SZ", &parts) == 0)
        text[0] = '\0';
}
