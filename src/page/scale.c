/* SPDX-License-Identifier: MIT */
#include "page/scale.h"

#include <stddef.h>

#include "base/buffer.h"
#include "base/number.h"

#define DAY (24 * NUMBER_HOUR)

static const int64_t steps[] = {NUMBER_MILLISECOND,
                                2 * NUMBER_MILLISECOND,
                                5 * NUMBER_MILLISECOND,
                                10 * NUMBER_MILLISECOND,
                                20 * NUMBER_MILLISECOND,
                                50 * NUMBER_MILLISECOND,
                                100 * NUMBER_MILLISECOND,
                                200 * NUMBER_MILLISECOND,
                                500 * NUMBER_MILLISECOND,
                                NUMBER_SECOND,
                                2 * NUMBER_SECOND,
                                5 * NUMBER_SECOND,
                                10 * NUMBER_SECOND,
                                15 * NUMBER_SECOND,
                                30 * NUMBER_SECOND,
                                NUMBER_MINUTE,
                                2 * NUMBER_MINUTE,
                                5 * NUMBER_MINUTE,
                                10 * NUMBER_MINUTE,
                                15 * NUMBER_MINUTE,
                                30 * NUMBER_MINUTE,
                                NUMBER_HOUR,
                                2 * NUMBER_HOUR,
                                3 * NUMBER_HOUR,
                                6 * NUMBER_HOUR,
                                12 * NUMBER_HOUR,
                                DAY};

int64_t scale_step(int64_t span, int most)
{
    int64_t days = span / DAY / most + 1;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (span / steps[i] <= most)
            return steps[i];
    }
    return days * DAY;
}

void scale_print(struct buffer *buffer, int64_t at)
{
    if (at < NUMBER_MINUTE)
        buffer_print(buffer, "%gs", (double)at / (double)NUMBER_SECOND);
    else
        number_print_exact_duration(buffer, at);
}

int scale_place(int64_t at, int64_t span, int wide)
{
    double part = span > 0 ? (double)at / (double)span : 0;

    if (part < 0)
        return 0;
    return part > 1 ? wide : (int)(part * wide + 0.5);
}
