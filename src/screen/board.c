/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Those that run are a list through the targets, in the
 * order in which they began: so the ones that run longest are at its head, and
 * a start or an end costs the same with ten as with a thousand. Those that wait
 * are an array without order: there are few, and a look at all of them finds
 * the first.
 *
 * The sum of durations is floating: of 100,000 targets and months it goes beyond 64 bits.
 */
#include "screen/board.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/job.h"
#include "run/result.h"

#define LONG_GAP (2 * NUMBER_SECOND)

/* ---- who runs and who waits --------------------------------------------------------------- */

static void add_waiting(struct board *board, size_t index, int64_t again_at)
{
    board->targets[index].again_at = again_at;
    board->targets[index].place = board->waiting_count;
    board->waiting[board->waiting_count++] = index;
}

static void remove_waiting(struct board *board, size_t index)
{
    size_t place = board->targets[index].place;
    size_t last;

    if (place == BOARD_NONE)
        return;
    last = board->waiting[--board->waiting_count];
    board->waiting[place] = last;
    board->targets[last].place = place;
    board->targets[index].place = BOARD_NONE;
}

static void remove_running(struct board *board, size_t index)
{
    struct board_target *target = &board->targets[index];

    if (target->began == CLOCK_NEVER)
        return;
    *(target->before != BOARD_NONE ? &board->targets[target->before].behind : &board->oldest) =
        target->behind;
    *(target->behind != BOARD_NONE ? &board->targets[target->behind].before : &board->newest) =
        target->before;
    board->running--;
    target->began = CLOCK_NEVER;
}

/* A wait that Azure has asked for says nothing of those to come. */
static void learn_gap(struct board *board, int64_t now)
{
    int64_t gap = now - board->last_start;

    if (board->limited_until != CLOCK_NEVER && gap < LONG_GAP)
        board->start_gap = board->start_gap > 0 ? (7 * board->start_gap + gap) / 8 : gap;
    board->last_start = now;
}

void board_start(struct board *board, size_t index, int64_t now)
{
    struct board_target *target = &board->targets[index];

    learn_gap(board, now);
    remove_waiting(board, index);
    target->began = now;
    target->before = board->newest;
    target->behind = BOARD_NONE;
    *(board->newest != BOARD_NONE ? &board->targets[board->newest].behind : &board->oldest) = index;
    board->newest = index;
    board->running++;
}

void board_put_back(struct board *board, size_t index)
{
    remove_running(board, index);
}

void board_wait(struct board *board, size_t index, int64_t again_at, int64_t now)
{
    remove_running(board, index);
    add_waiting(board, index, again_at);
    board->repeats++;
    if (again_at - now > board->rest)
        board->rest = again_at - now;
}

/* What an operator ended says nothing of how long others take; what a clock ended is not usual. */
static void learn(struct board *board, size_t index, enum outcome_kind kind, int64_t now)
{
    int64_t duration = now - board->targets[index].began;

    if (board->targets[index].began == CLOCK_NEVER || kind == OUTCOME_CANCELLED)
        return;
    board->durations += (double)duration;
    board->ended++;
    if (kind == OUTCOME_TIMEOUT)
        return;
    if (board->usual == 0 || duration < board->shortest)
        board->shortest = duration;
    if (board->usual == 0 || duration > board->longest)
        board->longest = duration;
    board->usual++;
}

static void enter_batch(struct board *board, int batch, int64_t from)
{
    board->batch = batch;
    board->batch_from = from;
    board->batch_targets = board->left[batch - 1];
    board->batch_failures = 0;
    board->batch_ok = 0;
}

static void count(struct board *board, size_t index, enum outcome_kind kind)
{
    board->counts[kind]++;
    board->settled++;
    board->done += kind != OUTCOME_SKIPPED;
    board->batch_ok += kind == OUTCOME_OK;
    if (kind == OUTCOME_OK || kind == OUTCOME_CANCELLED || kind == OUTCOME_SKIPPED)
        return;
    board->failed[board->failures++ % BOARD_FAILED_MOST] = index;
    board->batch_failures++;
}

void board_settle(struct board *board, const struct result *result, size_t index, int64_t now)
{
    const struct result_target *target = &result->targets[index];

    learn(board, index, target->outcome.kind, now);
    remove_running(board, index);
    remove_waiting(board, index);
    count(board, index, target->outcome.kind);
    board->left[target->batch - 1]--;
    while (board->batch < board->batches && board->left[board->batch - 1] == 0)
        enter_batch(board, board->batch + 1, now + board->pause_between);
}

size_t board_failed(const struct board *board, size_t nth)
{
    if (nth >= board->failures || nth >= BOARD_FAILED_MOST)
        return BOARD_NONE;
    return board->failed[(board->failures - 1 - nth) % BOARD_FAILED_MOST];
}

void board_log_in(struct board *board, const char *place)
{
    board->logged_in = true;
    free(board->place);
    board->place = memory_string(place);
}

void board_limit(struct board *board, int limit)
{
    board->workers = limit;
}

void board_hold_starts(struct board *board, int64_t until)
{
    board->limited_until = until;
}

void board_set_stage(struct board *board, enum schedule_stage stage)
{
    board->stage = stage;
}

void board_open(struct board *board, const struct result *result, const struct job *job,
                const int64_t *not_before, int64_t now)
{
    size_t count = result->target_count;

    *board = (struct board){.job = job,
                            .target_count = count,
                            .oldest = BOARD_NONE,
                            .newest = BOARD_NONE,
                            .batches = result->job.batches,
                            .pause_between = job->pause_between,
                            .workers = result->workers > 0 ? result->workers : job_at_once(job),
                            .timeout = result->job.timeout,
                            .limited_until = CLOCK_NEVER,
                            .started = now};
    board->targets = memory_zeroed(count, sizeof *board->targets);
    board->waiting = memory_zeroed(count, sizeof *board->waiting);
    board->left = memory_zeroed((size_t)board->batches, sizeof *board->left);
    for (size_t i = 0; i < count; i++) {
        board->targets[i].place = BOARD_NONE;
        board->targets[i].began = CLOCK_NEVER;
        board->left[result->targets[i].batch - 1]++;
        if (not_before != NULL && not_before[i] > now)
            add_waiting(board, i, not_before[i]);
    }
    enter_batch(board, 1, 0);
}

void board_close(struct board *board)
{
    free(board->place);
    free(board->targets);
    free(board->waiting);
    free(board->left);
    *board = (struct board){.targets = NULL};
}

size_t board_next_waiting(const struct board *board, int64_t after, size_t after_index)
{
    size_t best = BOARD_NONE;

    for (size_t i = 0; i < board->waiting_count; i++) {
        size_t index = board->waiting[i];
        int64_t at = board->targets[index].again_at;

        if (at < after || (at == after && after_index != BOARD_NONE && index <= after_index))
            continue;
        if (best == BOARD_NONE || at < board->targets[best].again_at ||
            (at == board->targets[best].again_at && index < best))
            best = index;
    }
    return best;
}
