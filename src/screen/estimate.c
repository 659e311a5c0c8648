/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A batch that has nothing left to start ends with the slowest of those that
 * run; one that has, in rounds: whoever ends is followed by the next. How long one takes is known
 * from those that have ended: their mean for all rounds but the last, and for that one, which ends
 * with its slowest target, what the slowest of so many takes if all times between the shortest and
 * the longest are as likely.
 *
 * Three sums are made: what is expected, and what it is when the last rounds take as short and as
 * long as any target has. Too far apart, or with a target that runs longer than any has taken, they
 * make no estimate but a bound.
 *
 * The sums are floating: of 100,000 targets and months they go beyond 64 bits.
 */
#include "screen/estimate.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/number.h"
#include "job/job.h"
#include "screen/board.h"

/* A hundred years: nobody waits longer. */
static const double LONGEST = 100.0 * 365 * 24 * (double)NUMBER_HOUR;

/* Shown are whole seconds: what differs less does not differ. */
static const double SECOND = (double)NUMBER_SECOND;

struct span {
    double least;
    double expected;
    double most;
};

/* Those that run. */
struct running {
    size_t late;      /* so many run longer than any that has ended */
    size_t in_time;   /* the others */
    double late_rest; /* until the last of the late ones is stopped */
};

static double greater(double a, double b)
{
    return a > b ? a : b;
}

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

static double mean(const struct board *board)
{
    return board->durations / (double)board->ended;
}

/* How long the slowest of COUNT takes. */
static double slowest(const struct board *board, size_t count)
{
    double width = (double)(board->longest - board->shortest);

    return (double)board->shortest + width * (double)count / (double)(count + 1);
}

/* Is what befell SEEN of those that have ended to be expected of one, in one run of four, that
 * others have to wait for: of the last ones of a batch? */
static bool may_come(const struct board *board, size_t seen)
{
    size_t left = board->target_count - board->settled;
    size_t last = (size_t)board->workers * (size_t)(board->batches - board->batch + 1);

    return seen > 0 && seen * (last < left ? last : left) >= board->ended / 4;
}

/* How long one may take, when it hangs or is tried again as others have been. */
static double longest(const struct board *board)
{
    bool may_hang = may_come(board, board->counts[OUTCOME_TIMEOUT]);

    return (double)(may_hang ? board->timeout : board->longest) +
           (double)(may_come(board, board->repeats) ? board->rest : 0);
}

/* COUNT targets, of which none has begun. */
static struct span rounds(const struct board *board, size_t count, size_t at_once)
{
    size_t whole = (count + at_once - 1) / at_once;
    double before = (double)(whole - 1) * mean(board);

    if (count == 0)
        return (struct span){0, 0, 0};
    return (struct span){before + (double)board->shortest,
                         before + slowest(board, count < at_once ? count : at_once),
                         before + longest(board)};
}

static void add(struct span *span, const struct span *other)
{
    span->least += other->least;
    span->expected += other->expected;
    span->most += other->most;
}

static void add_pause(struct span *span, int64_t pause)
{
    if (pause > 0)
        add(span, &(struct span){(double)pause, (double)pause, (double)pause});
}

/* ---- the current batch -------------------------------------------------------------------- */

/* When az is stopped, and has been killed if need be. */
static int64_t stopped_at(const struct board *board, size_t index)
{
    return board->targets[index].began + board->timeout + board->job->kill_grace;
}

/* The list has those that run longest first. */
static struct running look(const struct board *board, int64_t now)
{
    struct running running = {.in_time = board->running};

    for (size_t index = board->oldest; index != BOARD_NONE; index = board->targets[index].behind) {
        if (now - board->targets[index].began <= board->longest)
            break;
        running.late++;
        running.in_time--;
        running.late_rest = (double)(stopped_at(board, index) - now);
    }
    return running;
}

/* That of the NTH, from 0, of those that are in time: who is over the mean takes half of what is
 * usual. */
static struct span rest_of(const struct board *board, const struct running *running, size_t nth,
                           int64_t now)
{
    size_t index = board->oldest;
    double usual;
    double age;

    for (size_t i = 0; i < running->late + nth; i++)
        index = board->targets[index].behind;
    age = (double)(now - board->targets[index].began);
    usual = (double)board->longest - age;
    return (struct span){greater(0, (double)board->shortest - age),
                         lesser(usual, greater(mean(board) - age, usual / 2)),
                         longest(board) - age};
}

/* How many take turns in those that follow: whoever hangs keeps his place. */
static size_t places(const struct board *board, const struct running *running)
{
    size_t workers = (size_t)board->workers;
    size_t most = workers > running->late ? workers - running->late : 1;

    return most > running->in_time ? most : running->in_time;
}

/* Those that run and are in time, and COUNT that are to follow them: the last of these begins when
 * its place is free. */
static struct span current(const struct board *board, const struct running *running, size_t count,
                           int64_t now)
{
    size_t at_once = places(board, running);
    size_t empty = count > 0 ? at_once - running->in_time : 0;
    size_t place = count > 0 ? (count - 1) % at_once : running->in_time - 1;
    struct span span = {0, 0, 0};
    struct span more;

    if (running->in_time > 0 && place >= empty)
        span = rest_of(board, running, place - empty, now);
    if (count == 0)
        return span;
    more = rounds(board, count, at_once);
    add(&span, &more);
    if (running->late > 0) /* who may end at any moment */
        span.least = lesser(span.least, rounds(board, count, at_once + running->late).least);
    return span;
}

static void delay(struct span *span, double rest, const struct span *more)
{
    span->least = greater(span->least, rest + more->least);
    span->expected = greater(span->expected, rest + more->expected);
    span->most = greater(span->most, rest + more->most);
}

/* Those that wait come when they are due, and not all at once. */
static void count_waiting(struct span *span, const struct board *board, int64_t now)
{
    struct span one;
    struct span all;
    int64_t first = CLOCK_NEVER;
    int64_t last = 0;

    if (board->waiting_count == 0)
        return;
    for (size_t i = 0; i < board->waiting_count; i++) {
        int64_t at = board->targets[board->waiting[i]].again_at;

        first = at < first ? at : first;
        last = at > last ? at : last;
    }
    one = rounds(board, 1, 1);
    all = rounds(board, board->waiting_count, (size_t)board->workers);
    delay(span, greater(0, (double)(last - now)), &one);
    delay(span, greater(0, (double)(first - now)), &all);
}

/* The last of COUNT begins when all before it have: one after the other, as Azure lets them. */
static void count_starts(struct span *span, const struct board *board, size_t count)
{
    struct span one;

    if (count == 0 || board->limited_until == CLOCK_NEVER || board->start_gap == 0)
        return;
    one = rounds(board, 1, 1);
    delay(span, (double)count * (double)board->start_gap, &one);
}

/* ---- all of it ---------------------------------------------------------------------------- */

static struct estimate make(enum estimate_kind kind, double rest)
{
    if (rest < 1)
        return (struct estimate){ESTIMATE_NONE, 0};
    return (struct estimate){kind, (int64_t)(rest < LONGEST ? rest : LONGEST)};
}

/* Is the run over when what runs has been stopped? Not when that is tried again. */
static bool is_last(const struct board *board)
{
    const struct job_retry *retry = &board->job->retry;
    bool again = board->stage == SCHEDULE_GOING && retry->attempts > 1 &&
                 (outcome_is_in(retry->on, REASON_AZ) || outcome_is_in(retry->on, REASON_SCRIPT));

    return board->running > 0 && !again &&
           (board->stage != SCHEDULE_GOING ||
            board->running + board->settled == board->target_count);
}

static struct estimate bound(const struct board *board, double least, int64_t now)
{
    if (is_last(board))
        return make(ESTIMATE_MOST, (double)(stopped_at(board, board->newest) - now));
    return make(ESTIMATE_LEAST, least < SECOND ? 0 : least);
}

static bool is_sure(const struct span *span)
{
    return span->most <= span->expected * 4 / 3 && span->least >= span->expected * 2 / 3;
}

/* How many follow those that run, in their places: none as long as all others wait for their time.
 */
static size_t count_to_start(const struct board *board, int64_t now)
{
    size_t left = board->left[board->batch - 1];
    size_t known = board->running + board->waiting_count;
    bool any = left > known;

    for (size_t i = 0; i < board->waiting_count && !any; i++)
        any = board->targets[board->waiting[i]].again_at <= now;
    return any && left > board->running ? left - board->running : 0;
}

struct estimate estimate_rest(const struct board *board, int64_t now)
{
    bool going = board->stage == SCHEDULE_GOING;
    size_t to_start = going ? count_to_start(board, now) : 0;
    struct running running = look(board, now);
    struct span span;
    bool doubtful;

    /* What is being stopped ends any moment. */
    if (board->settled == board->target_count || board->stage > SCHEDULE_DRAINING)
        return make(ESTIMATE_NONE, 0);
    if (board->usual == 0)
        return bound(board, 0, now);
    span = current(board, &running, to_start, now);
    if (going)
        count_waiting(&span, board, now);
    if (going)
        count_starts(&span, board, to_start);
    doubtful = running.late > 0 && running.late_rest > span.expected;
    if (going)
        add_pause(&span, board->batch_from - now);
    for (int batch = board->batch + 1; going && batch <= board->batches; batch++) {
        struct span more = rounds(board, board->left[batch - 1], (size_t)board->workers);

        add_pause(&span, board->pause_between);
        add(&span, &more);
    }
    if (doubtful || span.expected < 1 || !is_sure(&span))
        return bound(board, span.least, now);
    return make(ESTIMATE_ABOUT, span.expected);
}
