/* SPDX-License-Identifier: MIT */
#include "run/pace.h"

#include "base/clock.h"
#include "base/number.h"
#include "job/outcome.h"

#define PAUSE_LEAST (250 * NUMBER_MILLISECOND)
#define PAUSE_MOST  (5 * NUMBER_SECOND)

void pace_init(struct pace *pace, int workers, bool cuts)
{
    *pace =
        (struct pace){.workers = workers, .cuts = cuts, .limit = workers, .starts_at = INT64_MIN};
}

uint64_t pace_start(struct pace *pace)
{
    return ++pace->starts;
}

bool pace_ended(struct pace *pace, uint64_t start, const struct outcome *outcome)
{
    pace->starts_at = INT64_MIN;
    pace->pause = 0;
    if (outcome->kind != OUTCOME_ERROR) {
        if (pace->limit < pace->workers)
            pace->limit++;
        return false;
    }
    if (!pace->cuts || outcome->reason != REASON_THROTTLED || start <= pace->last_cut)
        return false;
    pace->last_cut = pace->starts;
    if (pace->limit == 1)
        return false;
    pace->limit /= 2;
    return true;
}

void pace_refused(struct pace *pace, uint64_t start, int64_t now)
{
    bool same_burst = pace->pause > 0 && start <= pace->last_refusal;

    if (same_burst && now < pace->starts_at)
        return;
    if (pace->pause == 0)
        pace->pause = PAUSE_LEAST;
    else if (!same_burst)
        pace->pause = 2 * pace->pause < PAUSE_MOST ? 2 * pace->pause : PAUSE_MOST;
    pace->last_refusal = pace->starts;
    if (__builtin_add_overflow(now, pace->pause, &pace->starts_at))
        pace->starts_at = CLOCK_NEVER;
}
