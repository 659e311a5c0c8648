/* SPDX-License-Identifier: MIT */
#include "rest/interval.h"

#include <stddef.h>

#include "base/error.h"
#include "base/number.h"

/* Azure's contract for operations has Retry-After from 10 to 600 seconds; of an answer that was
 * given, no more than a minute is believed. */
#define CALM_MOST (60 * NUMBER_SECOND)

enum { JITTER_PERCENT = 10, SLOWER = 2 };

/* How often, by the age of the operation; between two rows it stretches evenly. The base counts
 * where it is more. */
#define BASE (5 * NUMBER_SECOND)

static const struct {
    int64_t age, interval;
} steps[] = {
    {60 * NUMBER_SECOND, BASE},
    {300 * NUMBER_SECOND, 15 * NUMBER_SECOND},
    {301 * NUMBER_SECOND, 30 * NUMBER_SECOND},
};

static int64_t usual_at(int64_t age)
{
    const size_t count = sizeof steps / sizeof steps[0];
    size_t next = 0;

    while (next < count && steps[next].age <= age)
        next++;
    if (next == 0)
        return 0;
    if (next == count)
        return steps[count - 1].interval;
    return steps[next - 1].interval + (steps[next].interval - steps[next - 1].interval) *
                                          ((age - steps[next - 1].age) / NUMBER_SECOND) /
                                          ((steps[next].age - steps[next - 1].age) / NUMBER_SECOND);
}

int64_t interval_wait(int64_t age, int64_t base, const struct interval_answer *answer,
                      uint32_t random)
{
    int64_t wait =
        number_larger(usual_at(age), base > 0 ? base : BASE) * (answer->few_reads ? SLOWER : 1);
    int64_t spread = wait / 100 * JITTER_PERCENT;

    wait += spread * (random % 100) / 100; /* upwards only: below the base nobody asks */
    if (answer->retry_after < 0)
        return wait;
    return number_larger(wait, answer->refused ? answer->retry_after
                                               : number_smaller(answer->retry_after, CALM_MOST));
}

int64_t interval_parse_retry_after(const char *text)
{
    struct error ignored;
    int64_t seconds;

    if (text == NULL ||
        number_parse(text, 0, NUMBER_LONGEST / NUMBER_SECOND, &seconds, &ignored) < 0)
        return -1;
    return seconds * NUMBER_SECOND;
}
