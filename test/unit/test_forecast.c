/* SPDX-License-Identifier: MIT */
/* run/forecast: how long a run is going to take. */
#include "run/forecast.h"

#include "base/clock.h"
#include "base/number.h"
#include "run/schedule.h"
#include "unit/unit.h"

#define S NUMBER_SECOND

enum { TARGETS = 6 };

static const int batches[TARGETS] = {1, 1, 2, 2, 2, 2};

static const struct outcome ok = {.kind = OUTCOME_OK};
static const struct outcome busy = {.kind = OUTCOME_ERROR, .reason = REASON_BUSY};
static const struct outcome failed = {.kind = OUTCOME_FAILED, .reason = REASON_EXIT};
static const struct outcome expired = {
    .kind = OUTCOME_ERROR, .reason = REASON_LOGIN, .fatal = true};

/* Each target takes SECONDS, and comes to OUTCOME until it has had BAD attempts; then to ok. */
static const struct row {
    const char *name;
    int workers;
    bool in_batches;
    int seconds[TARGETS];
    int bad[TARGETS];
    const struct outcome *outcome;
    int attempts;
    int pause;
    int deadline; /* 0: none */
    size_t max_failures;
    bool stop;
    int length;
} rows[] = {
    {"one after the other", 1, false, {1, 2, 3, 4, 5, 6}, {0}, &ok, 1, 0, 0, 99, false, 21},
    {"all at once", 6, false, {1, 2, 3, 4, 5, 6}, {0}, &ok, 1, 0, 0, 99, false, 6},
    {"two at once", 2, false, {4, 1, 1, 1, 1, 4}, {0}, &ok, 1, 0, 0, 99, false, 8},
    {"in batches, with a pause", 6, true, {1, 2, 3, 4, 5, 6}, {0}, &ok, 1, 10, 0, 99, false, 18},
    {"tried again", 6, false, {1, 1, 1, 1, 1, 1}, {2, 0}, &busy, 3, 0, 0, 99, false, 33},
    {"but not for ever", 6, false, {1, 1, 1, 1, 1, 1}, {9, 0}, &busy, 2, 0, 0, 99, false, 12},
    {"stopped at the deadline", 1, false, {5, 5, 5, 5, 5, 5}, {0}, &ok, 1, 0, 12, 99, false, 12},
    {"halted, the rest may end", 2, false, {1, 9, 1, 1, 1, 1}, {1}, &failed, 1, 0, 0, 0, false, 9},
    {"halted and stopped", 2, false, {1, 9, 1, 1, 1, 1}, {1}, &failed, 1, 0, 0, 0, true, 1},
    {"no login", 1, false, {1, 2, 3, 4, 5, 6}, {1}, &expired, 1, 0, 0, 99, false, 1},
};

static struct forecast_attempt foresee(void *context, size_t target, int attempt)
{
    const struct row *row = context;

    return (struct forecast_attempt){row->seconds[target] * S,
                                     attempt <= row->bad[target] ? *row->outcome : ok};
}

/* Jitter shortens a delay of 10 s by up to a quarter. */
START_TEST(lengths)
{
    struct row row = rows[_i];
    struct schedule_rules rules = {.target_count = TARGETS,
                                   .batches = row.in_batches ? batches : NULL,
                                   .workers = row.workers,
                                   .attempts = row.attempts,
                                   .delay = 10 * S,
                                   .factor = 2,
                                   .max_delay = 60 * S,
                                   .retry_on = outcome_bit(REASON_BUSY),
                                   .pause_between = row.pause * S,
                                   .max_failures = row.max_failures,
                                   .batch_percent = SCHEDULE_ALL,
                                   .stop_on_halt = row.stop,
                                   .deadline =
                                       row.deadline > 0 ? (100 + row.deadline) * S : CLOCK_NEVER};
    int64_t length = forecast_length(&rules, 100 * S, foresee, &row);
    int64_t jitter = row.attempts > 1 ? row.length * S / 4 : 0;

    ck_assert_msg(length <= row.length * S && length >= row.length * S - jitter,
                  "%s: %.1f s, not %d", row.name, (double)length / (double)S, row.length);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("forecast");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, lengths, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
