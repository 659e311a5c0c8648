/* SPDX-License-Identifier: MIT */
/*
 * forecast: how long a run takes, when it is known what becomes of each attempt.
 *
 * Plays the run through its own schedule, without a process. Pure. Main thread.
 */
#ifndef AZFAN_RUN_FORECAST_H
#define AZFAN_RUN_FORECAST_H

#include <stddef.h>
#include <stdint.h>

#include "job/outcome.h"

struct schedule_rules;

struct forecast_attempt {
    int64_t takes;          /* nanoseconds */
    struct outcome outcome; /* without a message */
};

/*
 * From NOW, when the run of RULES begins, to its end. FORESEE says what becomes of the ATTEMPT-th
 * (from 1) attempt of TARGET; CONTEXT is its own. What is stopped is gone at once.
 */
int64_t forecast_length(const struct schedule_rules *rules, int64_t now,
                        struct forecast_attempt (*foresee)(void *context, size_t target,
                                                           int attempt),
                        void *context);

#endif
