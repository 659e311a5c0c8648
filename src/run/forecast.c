/* SPDX-License-Identifier: MIT */
#include "run/forecast.h"

#include <stdlib.h>

#include "base/memory.h"
#include "run/schedule.h"
#include "run/waits.h"

struct forecast {
    struct schedule *schedule;
    struct waits running; /* until they end */
    struct outcome *outcomes;
};

/* The first of those that run ends at NOW. */
static void end_first(struct forecast *self, int64_t now)
{
    size_t target = waits_take(&self->running);

    (void)schedule_ended(self->schedule, target, &self->outcomes[target], now);
    if (self->outcomes[target].fatal)
        schedule_halt(self->schedule);
}

int64_t forecast_length(const struct schedule_rules *rules, int64_t now,
                        struct forecast_attempt (*foresee)(void *context, size_t target,
                                                           int attempt),
                        void *context)
{
    struct forecast self = {.schedule = schedule_new(rules),
                            .outcomes = memory_zeroed(rules->target_count, sizeof(struct outcome))};
    int64_t began = now;

    waits_init(&self.running, rules->target_count, 0);
    while (schedule_stage(self.schedule) < SCHEDULE_STOPPING) {
        struct schedule_decision decision = schedule_next(self.schedule, now);
        int64_t ends = waits_due(&self.running);

        if (decision.step == SCHEDULE_OVER)
            break;
        if (decision.step == SCHEDULE_START) {
            struct forecast_attempt attempt = foresee(context, decision.target, decision.attempt);

            self.outcomes[decision.target] = attempt.outcome;
            waits_put(&self.running, decision.target, now + attempt.takes);
        } else if (ends <= decision.until) {
            now = ends;
            end_first(&self, now);
        } else {
            now = decision.until;
            (void)schedule_check_deadline(self.schedule, now);
        }
    }
    schedule_free(self.schedule);
    waits_done(&self.running);
    free(self.outcomes);
    return now - began;
}
