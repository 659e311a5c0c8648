/* SPDX-License-Identifier: MIT */
#include "run/rules.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/supervise.h"
#include "job/job.h"
#include "job/limits.h"

enum { PERCENT = 100 };

/* ---- counts -------------------------------------------------------------------------------- */

static size_t value_of(const struct job_share *share)
{
    return share->value > 0 ? (size_t)share->value : 0;
}

/* INDEX: from 0. */
static size_t batch_size(const struct job *job, size_t index)
{
    const struct job_share *share;
    size_t size;

    if (job->batch_count == 0)
        return job->target_count;
    share = &job->batches[index < job->batch_count ? index : job->batch_count - 1];
    size = value_of(share);
    if (share->percent)
        size = (size * job->target_count + PERCENT - 1) / PERCENT;
    return size > 0 ? size : 1;
}

int *rules_batches(const struct job *job)
{
    int *batches = memory_zeroed(job->target_count, sizeof *batches);
    size_t end = 0;
    int batch = 0;

    for (size_t i = 0; i < job->target_count; i++) {
        if (i == end) {
            end += batch_size(job, (size_t)batch);
            batch++;
        }
        batches[i] = batch;
    }
    return batches;
}

size_t rules_max_failures(const struct job *job, size_t targets)
{
    if (!job->has_max_failures)
        return SCHEDULE_NO_LIMIT;
    return job->max_failures.percent ? schedule_share(job->max_failures.value, targets)
                                     : value_of(&job->max_failures);
}

/* A batch that is the run needs no rule of its own. */
static int batch_percent(const struct job *job, const int *batches)
{
    bool several =
        batches != NULL && job->target_count > 0 && batches[job->target_count - 1] != batches[0];

    return several && job->has_max_failures && job->max_failures.percent ? job->max_failures.value
                                                                         : SCHEDULE_ALL;
}

struct schedule_rules rules_of(const struct job *job, const int *batches, const int64_t *not_before,
                               int workers, uint64_t seed, int64_t now)
{
    struct schedule_rules rules = {.target_count = job->target_count,
                                   .batches = batches,
                                   .not_before = not_before,
                                   .workers = workers > 1 ? workers : 1,
                                   .attempts = job->retry.attempts > 1 ? job->retry.attempts : 1,
                                   .delay = job->retry.delay,
                                   .factor = job->retry.factor > 1 ? job->retry.factor : 1,
                                   .max_delay = job->retry.max_delay,
                                   .retry_on = job->retry.on,
                                   .idempotent = job->idempotent,
                                   .seed = seed,
                                   .pause_between = job->pause_between,
                                   .max_failures = rules_max_failures(job, job->target_count),
                                   .batch_percent = batch_percent(job, batches),
                                   .needs_ok = !job->has_max_failures,
                                   .stop_on_halt = job->on_halt == JOB_STOP,
                                   .deadline =
                                       job->deadline > 0 ? now + job->deadline : CLOCK_NEVER,
                                   .patience = job->timeout};

    return rules;
}

/* ---- durations ----------------------------------------------------------------------------- */

static int64_t plus(int64_t one, int64_t other)
{
    int64_t sum;

    if (__builtin_add_overflow(one, other, &sum) || sum > NUMBER_LONGEST)
        return NUMBER_LONGEST;
    return sum;
}

static int64_t times(size_t count, int64_t duration)
{
    int64_t product;

    if (__builtin_mul_overflow(count, duration, &product) || product > NUMBER_LONGEST)
        return NUMBER_LONGEST;
    return product;
}

/* One target in one place of the pool, at worst. */
struct stay {
    int attempts;
    int64_t attempt; /* one of them, until it is stopped */
    int64_t delays;  /* between them, in all */
    int64_t whole;
};

static struct stay longest_stay(const struct job *job)
{
    struct schedule_rules rules = rules_of(job, NULL, NULL, 1, 0, 0);
    struct stay stay = {.attempts = rules.retry_on != 0 ? rules.attempts : 1};

    stay.attempt =
        plus(plus(job->timeout, job->kill_grace), SUPERVISE_DRAIN_MS * NUMBER_MILLISECOND);
    for (int i = 1; i < stay.attempts; i++)
        stay.delays = plus(stay.delays, schedule_delay(&rules, i));
    stay.whole = plus(times((size_t)stay.attempts, stay.attempt), stay.delays);
    return stay;
}

/* Walks over the batches: where the one that begins at START ends. */
static size_t batch_end(const struct job *job, const int *batches, size_t start)
{
    size_t end = start + 1;

    while (end < job->target_count && batches[end] == batches[start])
        end++;
    return end;
}

size_t rules_at_once(const struct job *job, const int *batches, int workers)
{
    size_t at_once = 0;
    size_t end;

    for (size_t start = 0; start < job->target_count; start = end) {
        end = batch_end(job, batches, start);
        if (end - start > at_once)
            at_once = end - start;
    }
    if (workers >= 1 && (size_t)workers < at_once)
        at_once = (size_t)workers;
    return at_once;
}

struct rules_duration rules_duration(const struct job *job, const int *batches, int workers)
{
    struct rules_duration duration = {0};
    size_t places = workers > 1 ? (size_t)workers : 1;
    size_t end;

    for (size_t start = 0; start < job->target_count; start = end) {
        end = batch_end(job, batches, start);
        duration.rounds += (end - start + places - 1) / places;
        duration.batches++;
    }
    if (duration.batches > 1)
        duration.pauses = times(duration.batches - 1, job->pause_between);
    duration.least = plus(times(duration.rounds, LIMITS_QUICKEST), duration.pauses);
    duration.worst = plus(times(duration.rounds, longest_stay(job).whole), duration.pauses);
    return duration;
}

/* ---- the warning --------------------------------------------------------------------------- */

/* For people, and never less than it is: "3m42s" would not look longer than a deadline of 3m42s. */
static void print_total(struct buffer *buffer, int64_t total)
{
    int64_t unit = total < NUMBER_MINUTE ? 100 * NUMBER_MILLISECOND
                   : total < NUMBER_HOUR ? NUMBER_SECOND
                                         : NUMBER_MINUTE;

    number_print_duration(buffer, (total + unit - 1) / unit * unit);
    if (total >= NUMBER_LONGEST)
        buffer_add(buffer, " or more");
}

/* "9 pauses of 30s" */
static void print_pauses(struct buffer *buffer, const struct job *job,
                         const struct rules_duration *duration)
{
    number_print_count(buffer, duration->batches - 1, "pause", "pauses");
    buffer_add(buffer, " of ");
    number_print_exact_duration(buffer, job->pause_between);
}

/* "300 targets in 3 batches, 30 at once, are 11 rounds of " */
static void print_rounds(struct buffer *buffer, const struct job *job, const int *batches,
                         int workers, const struct rules_duration *duration)
{
    number_print_count(buffer, job->target_count, "target", "targets");
    if (duration->batches > 1)
        buffer_print(buffer, " in %zu batches", duration->batches);
    buffer_print(buffer, ", %zu at once, %s ", rules_at_once(job, batches, workers),
                 job->target_count == 1 ? "is" : "are");
    number_print_count(buffer, duration->rounds, "round", "rounds");
    buffer_add(buffer, " of ");
}

/* "up to 12m36s (3 attempts of 3m42s, and 1m30s between them)" */
static void print_stay(struct buffer *buffer, const struct job *job)
{
    struct stay stay = longest_stay(job);

    buffer_add(buffer, "up to ");
    number_print_duration(buffer, stay.whole);
    if (stay.attempts == 1)
        return;
    buffer_print(buffer, " (%d attempts of ", stay.attempts);
    number_print_duration(buffer, stay.attempt);
    if (stay.delays > 0) {
        buffer_add(buffer, ", and ");
        number_print_exact_duration(buffer, stay.delays);
        buffer_add(buffer, " between them");
    }
    buffer_add(buffer, ")");
}

static void print_least(struct buffer *buffer)
{
    buffer_add(buffer, "at least ");
    number_print_exact_duration(buffer, LIMITS_QUICKEST);
    buffer_add(buffer, " (Azure is never quicker)");
}

/* Everything before "so … at worst". */
static void print_arithmetic(struct buffer *buffer, const struct job *job, const int *batches,
                             int workers, const struct rules_duration *duration, bool at_least)
{
    print_rounds(buffer, job, batches, workers, duration);
    if (at_least)
        print_least(buffer);
    else
        print_stay(buffer, job);
    if (duration->pauses > 0) {
        buffer_add(buffer, ", and ");
        print_pauses(buffer, job, duration);
    }
}

/* When the last batch would begin at the deadline or later, nothing else matters. */
static void print_only_pauses(struct buffer *buffer, const struct job *job,
                              const struct rules_duration *duration)
{
    buffer_print(buffer, "%zu batches have ", duration->batches);
    print_pauses(buffer, job, duration);
    buffer_add(buffer, " between them");
}

bool rules_warn(struct buffer *buffer, const struct job *job, const int *batches, int workers,
                bool simulated)
{
    struct rules_duration duration = rules_duration(job, batches, workers);
    bool only_pauses = duration.pauses > 0 && duration.pauses >= job->deadline;
    bool cannot = only_pauses || (!simulated && duration.least > job->deadline);

    if (job->deadline <= 0 || (!cannot && duration.worst <= job->deadline))
        return false;
    buffer_print(buffer, "this job %s finish by its deadline: ", cannot ? "cannot" : "may not");
    if (only_pauses)
        print_only_pauses(buffer, job, &duration);
    else
        print_arithmetic(buffer, job, batches, workers, &duration, cannot);
    buffer_add(buffer, ", so ");
    print_total(buffer, only_pauses ? duration.pauses : cannot ? duration.least : duration.worst);
    buffer_add(buffer, cannot ? " at least" : " at worst");
    buffer_add(buffer, "; the deadline is ");
    number_print_exact_duration(buffer, job->deadline);
    return true;
}
