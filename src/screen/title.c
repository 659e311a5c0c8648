/* SPDX-License-Identifier: MIT */
#include "screen/title.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/number.h"
#include "job/job.h"
#include "report/style.h"
#include "run/result.h"
#include "run/rules.h"
#include "screen/board.h"
#include "screen/pen.h"

/* "3 failures, halts at 4", of the rule that halts first; where that is too long "halts at 4". */
static void add_limit(const struct pen *pen, const struct board *board)
{
    const struct job *job = board->job;
    size_t of_run = rules_max_failures(job, board->target_count);
    size_t of_batch = rules_max_failures(job, board->batch_targets);
    bool by_batch = job->has_max_failures && job->max_failures.percent && board->batches > 1 &&
                    of_batch - board->batch_failures <= of_run - board->failures;
    size_t allowed = by_batch ? of_batch : of_run;
    struct buffer words = BUFFER_INIT;
    size_t start;

    if (!job->has_max_failures ||
        allowed >= (by_batch ? board->batch_targets : board->target_count))
        return;
    number_print_count(&words, by_batch ? board->batch_failures : board->failures, "failure",
                       "failures");
    if (by_batch)
        buffer_print(&words, " in batch %d", board->batch);
    buffer_add(&words, ", ");
    start = words.length;
    buffer_print(&words, "halts at %zu", allowed + 1);
    if (!pen_add_piece(pen, buffer_text(&words)))
        (void)pen_add_piece(pen, buffer_text(&words) + start);
    buffer_done(&words);
}

/* A batch without one that is ok halts a run that has no max_failures, where another one follows.
 */
static void add_need(const struct pen *pen, const struct board *board)
{
    struct buffer words = BUFFER_INIT;

    if (board->job->has_max_failures || board->batch_ok > 0 || board->batch == board->batches)
        return;
    buffer_print(&words, "halts if nothing in batch %d is ok", board->batch);
    (void)pen_add_piece(pen, buffer_text(&words));
    buffer_done(&words);
}

/* What the next one does, where that is too long in brief; the first one of an operator's lets what
 * runs end, whatever halted the run. */
static void add_ctrl_c(const struct pen *pen, const struct board *board,
                       const struct result *result)
{
    static const char *const words[][2] = {
        [SCHEDULE_GOING] = {"Ctrl-C: no new starts", ""},
        [SCHEDULE_DRAINING] = {"Ctrl-C: stop what runs", "Ctrl-C: stop"},
        [SCHEDULE_STOPPING] = {"Ctrl-C: kill what runs", "Ctrl-C: kill"},
        [SCHEDULE_KILLING] = {"", ""}};
    static const char *const twice[] = {"Ctrl-C twice: stop what runs", "Ctrl-C twice: stop"};
    bool is_second = board->stage == SCHEDULE_DRAINING && result->ending != RESULT_SIGNAL;
    const char *const *choice = is_second ? twice : words[board->stage];

    if (!pen_add_piece(pen, choice[0]))
        (void)pen_add_piece(pen, choice[1]);
}

static const char only_watching[] = "Ctrl-C: ends the watching";

/* Of a run that is watched nobody may be left in doubt about that. */
static bool has_room_for_place(const struct pen *pen, const struct board *board)
{
    size_t needed = strlen("  ") + strlen(board->place) + strlen("  ") + strlen(only_watching);

    return !board->watched || needed <= (size_t)(pen->most - *pen->width);
}

/* "patch-nginx  REHEARSAL 4x". Nobody may take it for a run: rather the name is cut. */
static void add_rehearsal(const struct pen *pen, const struct result *result)
{
    static const char word[] = "REHEARSAL";
    struct pen shorter = *pen;

    shorter.most -= (int)(strlen("  ") + strlen(word));
    pen_add_text(&shorter, result->job.name);
    (void)pen_add_coloured_piece(pen, style_bold(true), word, style_end(true));
    if (result->speed > 1)
        pen_print(pen, " %dx", result->speed);
}

void title_print(const struct pen *pen, const struct board *board, const struct result *result)
{
    if (result->rehearsal)
        add_rehearsal(pen, result);
    else
        pen_add_text(pen, result->job.name);
    if (!result->rehearsal && board->place != NULL && has_room_for_place(pen, board)) {
        pen_print(pen, "  ");
        pen_add_text(pen, board->place);
    }
    if (board->watched && !pen_add_piece(pen, "Ctrl-C ends the watching, not the run"))
        (void)pen_add_piece(pen, only_watching);
    if (board->stage == SCHEDULE_GOING) {
        add_limit(pen, board);
        add_need(pen, board);
    }
    if (!board->watched)
        add_ctrl_c(pen, board, result);
}
