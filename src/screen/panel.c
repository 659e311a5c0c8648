/* SPDX-License-Identifier: MIT */
/*
 * The file is longer than others, on purpose: the line of a log and the lines of a terminal say the
 * same in the same words.
 */
#include "screen/panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "job/job.h"
#include "report/line.h"
#include "report/style.h"
#include "run/result.h"
#include "screen/board.h"
#include "screen/estimate.h"
#include "screen/pen.h"
#include "screen/title.h"

enum { BAR_LEAST = 8, BAR_MOST = 40, NAME_MOST = 40, HEAD_LINES = 3 };

/* ---- words -------------------------------------------------------------------------------- */

/* In whole seconds: what changes ten times a second cannot be read. */
static void print_seconds(struct buffer *buffer, int64_t duration)
{
    number_print_exact_duration(buffer, duration / NUMBER_SECOND * NUMBER_SECOND);
}

/* A moment to come: rounded up, so that it is "1s" until it has come. */
static void print_until(struct buffer *buffer, int64_t when, int64_t now)
{
    print_seconds(buffer, (when > now ? when - now : 0) + NUMBER_SECOND - 1);
}

/* "about 25s left", "at most 1m28s left" after BEFORE; nothing where nobody can say. */
static void print_rest(const struct board *board, int64_t now, const char *before,
                       struct buffer *buffer)
{
    static const char *const words[] = {
        [ESTIMATE_ABOUT] = "about", [ESTIMATE_LEAST] = "at least", [ESTIMATE_MOST] = "at most"};
    struct estimate estimate = estimate_rest(board, now);

    if (estimate.kind == ESTIMATE_NONE)
        return;
    buffer_print(buffer, "%s%s ", before, words[estimate.kind]);
    if (estimate.kind == ESTIMATE_LEAST)
        print_seconds(buffer, estimate.rest);
    else
        print_until(buffer, now + estimate.rest, now);
    buffer_add(buffer, " left");
}

/* The clock that runs out first on a target which has run for AGE; *RET_KEY is its key where that
 * is not `timeout`. */
static int64_t nearer_clock(const struct board *board, int64_t age, const char **ret_key)
{
    int64_t script_timeout = board->job->script_timeout;
    bool is_script = script_timeout > age && script_timeout < board->timeout;

    *ret_key = is_script ? "script_timeout" : NULL;
    return is_script ? script_timeout : board->timeout;
}

static const char *stage_word(enum schedule_stage stage)
{
    static const char *const words[] = {[SCHEDULE_GOING] = "",
                                        [SCHEDULE_DRAINING] = "no new starts",
                                        [SCHEDULE_STOPPING] = "stopping",
                                        [SCHEDULE_KILLING] = "killing"};

    return words[stage];
}

/* For whom the batch waits that has nothing left to start; BOARD_NONE: it has, or none follows. */
static size_t batch_waits_for(const struct board *board)
{
    if (board->stage != SCHEDULE_GOING || board->batch == board->batches ||
        board->left[board->batch - 1] != board->running + board->waiting_count)
        return BOARD_NONE;
    return board->oldest != BOARD_NONE ? board->oldest : board_next_waiting(board, 0, BOARD_NONE);
}

/* "batch 2 of 3 waits for web-07 and 2 more". Returns how long it is without what it waits for. */
static size_t print_batch(const struct board *board, const struct result *result,
                          struct buffer *buffer)
{
    size_t first = batch_waits_for(board);
    size_t left = board->left[board->batch - 1];
    size_t brief;

    buffer_print(buffer, "batch %d of %d", board->batch, board->batches);
    brief = buffer->length;
    if (first == BOARD_NONE)
        return brief;
    buffer_print(buffer, " waits for %s", result->targets[first].label);
    if (left > 1)
        buffer_print(buffer, " and %zu more", left - 1);
    return brief;
}

/* "waits for Azure's limit of starts, 12s" after BEFORE; nothing where it does not. */
static void print_limited(const struct board *board, int64_t now, const char *before,
                          struct buffer *buffer)
{
    if (board->stage != SCHEDULE_GOING || board->limited_until == CLOCK_NEVER)
        return;
    buffer_add(buffer, before);
    if (board->limited_until - now <= NUMBER_SECOND) {
        buffer_add(buffer, "at Azure's limit of starts");
        return;
    }
    buffer_add(buffer, "waits for Azure's limit of starts, ");
    print_until(buffer, board->limited_until, now);
}

/* ---- one line of a log -------------------------------------------------------------------- */

/* "59s of 2m10s (script_timeout)" */
static void print_age(const struct board *board, size_t index, int64_t now, struct buffer *buffer)
{
    int64_t age = now - board->targets[index].began;
    const char *key;
    int64_t clock = nearer_clock(board, age, &key);

    print_seconds(buffer, age);
    buffer_add(buffer, " of ");
    number_print_exact_duration(buffer, clock);
    if (key != NULL)
        buffer_print(buffer, " (%s)", key);
}

void panel_print_state(const struct board *board, const struct result *result, int64_t now,
                       struct buffer *buffer)
{
    print_seconds(buffer, now - board->started);
    buffer_print(buffer, ": %zu of %zu have ended", board->done, board->target_count);
    line_print_counts(buffer, " (", board->counts, false);
    buffer_add(buffer, board->settled > 0 ? ")" : "");
    buffer_print(buffer, ", %zu running", board->running);
    if (board->running > 0) {
        buffer_print(buffer, ", the longest %s for ", result->targets[board->oldest].label);
        print_age(board, board->oldest, now, buffer);
    }
    if (board->waiting_count > 0) {
        size_t first = board_next_waiting(board, 0, BOARD_NONE);

        buffer_print(buffer, ", %zu waiting, the first %s for ", board->waiting_count,
                     result->targets[first].label);
        print_until(buffer, board->targets[first].again_at, now);
    }
    if (board->batches > 1) {
        buffer_add(buffer, ", ");
        (void)print_batch(board, result, buffer);
    }
    print_rest(board, now, ", ", buffer);
    print_limited(board, now, "; ", buffer);
    if (board->stage != SCHEDULE_GOING)
        buffer_print(buffer, "; %s", stage_word(board->stage));
}

/* ---- lines of a terminal ------------------------------------------------------------------ */

/* What is drawn, and where. */
struct panel {
    const struct board *board;
    const struct result *result;
    struct panel_look look; /* of no more lines than there can be */
    int64_t now;
    struct panel_lines *lines;
};

static struct pen next_line(const struct panel *panel)
{
    struct panel_lines *lines = panel->lines;
    int line = lines->count++;

    lines->widths[line] = 0;
    return (struct pen){&lines->text[line], &lines->widths[line], panel->look.width - 1,
                        panel->look.colour, panel->look.utf8};
}

/* One cell of the bar: the outcome that it stands for. OUTCOME_KINDS: nothing has come to it, or
 * never will. */
static enum outcome_kind cell_kind(const struct board *board, int cell, int cells)
{
    size_t sum = 0;

    for (int kind = 0; kind < OUTCOME_SKIPPED; kind++) {
        sum += board->counts[kind];
        /* Whole cells only: a bar is full when all is done, and not before. */
        if (sum * (size_t)cells >= ((size_t)cell + 1) * board->target_count)
            return (enum outcome_kind)kind;
    }
    return OUTCOME_KINDS;
}

static void put_bar(const struct pen *pen, const struct panel *panel, int cells)
{
    const struct panel_look *look = &panel->look;
    const char *full = look->utf8 ? "━" : "#";
    const char *empty = look->utf8 ? "─" : "-";

    for (int cell = 0; cell < cells; cell++) {
        enum outcome_kind kind = cell_kind(panel->board, cell, cells);

        if (kind < OUTCOME_KINDS)
            buffer_print(pen->text, "%s%s%s", style_begin(look->colour, kind), full,
                         style_end(look->colour));
        else
            buffer_print(pen->text, "%s%s%s", style_begin(look->colour, OUTCOME_SKIPPED), empty,
                         style_end(look->colour));
    }
    *pen->width += cells;
}

/* "━━━━━━────── 19 of 30  42s, about 25s left", or what fits of the words. */
static void print_head(const struct panel *panel)
{
    const struct board *board = panel->board;
    struct pen pen = next_line(panel);
    struct buffer words = BUFFER_INIT;
    size_t brief[2]; /* how long the words are without the last ones */
    int cells;

    buffer_print(&words, "%zu of %zu", board->done, board->target_count);
    brief[0] = words.length;
    buffer_add(&words, "  ");
    print_seconds(&words, panel->now - board->started);
    brief[1] = words.length;
    print_rest(board, panel->now, ", ", &words);
    for (int i = 1; i >= 0 && (int)words.length > pen.most; i--)
        words.length = brief[i];
    cells = pen.most - (int)words.length - 1;
    if (cells > BAR_MOST)
        cells = BAR_MOST;
    if (cells >= BAR_LEAST) {
        put_bar(&pen, panel, cells);
        pen_print(&pen, " ");
    }
    pen_print(&pen, "%.*s", (int)words.length, buffer_text(&words));
    buffer_done(&words);
}

/* "batch 2 of 3 waits for web-07 and 2 more"; where that is too long "batch 2 of 3". */
static void add_batch(const struct pen *pen, const struct panel *panel)
{
    struct buffer words = BUFFER_INIT;
    size_t brief = print_batch(panel->board, panel->result, &words);

    if (!pen_add_piece(pen, buffer_text(&words)) && brief < words.length) {
        words.data[brief] = '\0';
        (void)pen_add_piece(pen, words.data);
    }
    buffer_done(&words);
}

/* "8 running" */
static void add_count(const struct pen *pen, size_t count, const char *word)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%zu %s", count, word);
    (void)pen_add_piece(pen, text);
}

/* "17 ok  1 failed  8 running  2 waiting  batch 2 of 3" */
static void print_counts(const struct panel *panel)
{
    const struct board *board = panel->board;
    struct pen pen = next_line(panel);
    struct buffer limited = BUFFER_INIT;

    for (int i = 0; i < OUTCOME_KINDS; i++) {
        enum outcome_kind kind = (enum outcome_kind)i;
        char count[32];

        (void)snprintf(count, sizeof count, "%zu %s", board->counts[i], outcome_name(kind));
        if (board->counts[i] > 0)
            (void)pen_add_coloured_piece(&pen, style_begin(true, kind), count, style_end(true));
    }
    if (board->logged_in)
        add_count(&pen, board->running, "running");
    else
        (void)pen_add_piece(&pen, "logging in");
    if (board->waiting_count > 0)
        add_count(&pen, board->waiting_count, "waiting");
    (void)pen_add_piece(&pen, stage_word(board->stage));
    print_limited(board, panel->now, "", &limited);
    (void)pen_add_piece(&pen, buffer_text(&limited));
    buffer_done(&limited);
    if (board->batches > 1)
        add_batch(&pen, panel);
}

static int name_width(const struct panel *panel, size_t first, int rows)
{
    size_t width = 0;

    for (size_t index = first; index != BOARD_NONE && rows > 0; rows--) {
        size_t length = strlen(panel->result->targets[index].label);

        width = length > width ? length : width;
        index = panel->board->targets[index].behind;
    }
    return (int)(width < NAME_MOST ? width : NAME_MOST);
}

/* "  web-07  1m12s of 3m40s", or what fits; with MORE of which there is no line "  and 2 more". */
static void print_running(const struct panel *panel, size_t index, int width, size_t more)
{
    const struct board *board = panel->board;
    int64_t ran = panel->now - board->targets[index].began;
    const char *key;
    bool is_late = ran > nearer_clock(board, ran, &key) / 4 * 3;
    const char *before = is_late ? style_begin(true, OUTCOME_TIMEOUT) : "";
    const char *after = is_late ? style_end(true) : "";
    struct pen pen = next_line(panel);
    struct buffer age = BUFFER_INIT;

    pen_print(&pen, "  %-*s", width, panel->result->targets[index].label);
    print_age(board, index, panel->now, &age);
    if (!pen_add_coloured_piece(&pen, before, buffer_text(&age), after)) {
        buffer_done(&age);
        print_seconds(&age, ran);
        (void)pen_add_coloured_piece(&pen, before, buffer_text(&age), after);
    }
    buffer_done(&age);
    if (more > 0) {
        buffer_print(&age, "and %zu more", more);
        (void)pen_add_piece(&pen, buffer_text(&age));
        buffer_done(&age);
    }
}

/* Those that run longest, in ROWS lines. */
static void print_oldest(const struct panel *panel, int rows)
{
    const struct board *board = panel->board;
    bool all = board->running <= (size_t)rows;
    int named = all ? (int)board->running : rows == 1 ? 1 : rows - 1;
    int width = name_width(panel, board->oldest, named);
    size_t index = board->oldest;

    for (int row = 0; row < named; row++) {
        print_running(panel, index, width, rows == 1 ? board->running - 1 : 0);
        index = board->targets[index].behind;
    }
    if (named < rows && !all) {
        struct pen pen = next_line(panel);

        pen_print(&pen, "  and %zu more", board->running - (size_t)named);
    }
}

/* "  web-07  failed  exit 1: nginx: unknown directive" */
static void print_failed(const struct panel *panel, size_t index)
{
    const struct result_target *target = &panel->result->targets[index];
    struct pen pen = next_line(panel);
    struct buffer why = BUFFER_INIT;

    pen_print(&pen, "  %s  ", target->label);
    pen_add(&pen, style_begin(true, target->outcome.kind), outcome_name(target->outcome.kind),
            style_end(true));
    line_print_why(&why, target);
    pen_print(&pen, "%s", why.length > 0 ? "  " : "");
    pen_add_text(&pen, buffer_text(&why));
    buffer_done(&why);
}

/* Those that failed last, the last one first, in ROWS lines. */
static void print_last_failed(const struct panel *panel, int rows)
{
    size_t failures = panel->board->failures;
    size_t named = failures <= (size_t)rows || rows == 1 ? (size_t)rows : (size_t)rows - 1;

    for (size_t i = 0; i < named; i++)
        print_failed(panel, board_failed(panel->board, i));
    if (named < (size_t)rows) {
        struct pen pen = next_line(panel);

        pen_print(&pen, "  and %zu more that are not ok", failures - named);
    }
}

/* Half of the ROWS, and those that nobody else needs. */
static int rows_of_failed(const struct board *board, int rows)
{
    size_t others = board->running + board->waiting_count;
    int most = (rows + 1) / 2;

    if (others < (size_t)(rows - most))
        most = rows - (int)others;
    if (most > BOARD_FAILED_MOST)
        most = BOARD_FAILED_MOST;
    return board->failures < (size_t)most ? (int)board->failures : most;
}

/* "  web-03  again in 12s (busy, attempt 2 of 3)" */
static void print_waiting(const struct panel *panel, size_t index)
{
    const struct board *board = panel->board;
    const struct result *result = panel->result;
    const struct result_target *target = &result->targets[index];
    struct pen pen = next_line(panel);
    struct buffer when = BUFFER_INIT;

    if (board->targets[index].again_at <= panel->now) {
        buffer_add(&when, "next"); /* as soon as a worker is free */
    } else {
        buffer_add(&when, "in ");
        print_until(&when, board->targets[index].again_at, panel->now);
    }
    if (target->attempt_count > 0)
        pen_print(&pen, "  %s  again %s (%s, attempt %zu of %d)", target->label, buffer_text(&when),
                  outcome_reason_name(target->outcome.reason), result_attempts(target) + 1,
                  result->job.attempts);
    else
        pen_print(&pen, "  %s  %s (its script may still run)", target->label, buffer_text(&when));
    buffer_done(&when);
}

static void print_first_waiting(const struct panel *panel, int rows)
{
    const struct board *board = panel->board;
    size_t index = BOARD_NONE;
    int64_t at = 0;

    for (int row = 0; row < rows; row++) {
        index = board_next_waiting(board, at, index);
        if (index == BOARD_NONE)
            return;
        at = board->targets[index].again_at;
        print_waiting(panel, index);
    }
}

static void print_pause(const struct panel *panel)
{
    struct pen pen = next_line(panel);
    struct buffer when = BUFFER_INIT;

    print_until(&when, panel->board->batch_from, panel->now);
    pen_print(&pen, "  batch %d begins in %s", panel->board->batch, buffer_text(&when));
    buffer_done(&when);
}

/* Those that run and those that wait, in ROWS lines, from 1. */
static void print_going(const struct panel *panel, int rows)
{
    const struct board *board = panel->board;
    int waiting = board->waiting_count < (size_t)rows ? (int)board->waiting_count : rows;
    int third = rows / 3 > 0 ? rows / 3 : 1;
    int left;

    if (board->running > 0 && waiting > third)
        waiting = (size_t)(rows - third) > board->running ? rows - (int)board->running : third;
    if (board->running > 0 && rows - waiting < 1)
        waiting = rows - 1;
    if (board->running > 0)
        print_oldest(panel, rows - waiting);
    else if (board->stage == SCHEDULE_GOING && board->batch_from > panel->now)
        print_pause(panel);
    left = panel->look.height - panel->lines->count;
    print_first_waiting(panel, waiting < left ? waiting : left);
}

static void print_rows(const struct panel *panel, int rows)
{
    int failed = rows_of_failed(panel->board, rows);

    print_last_failed(panel, failed);
    if (failed < rows)
        print_going(panel, rows - failed);
}

void panel_print(const struct board *board, const struct result *result,
                 const struct panel_look *look, int64_t now, struct panel_lines *lines)
{
    struct panel panel = {
        .board = board, .result = result, .look = *look, .now = now, .lines = lines};

    *lines = (struct panel_lines){.count = 0};
    if (panel.look.height > PANEL_LINES_MOST)
        panel.look.height = PANEL_LINES_MOST;
    if (panel.look.height > 1) {
        struct pen pen = next_line(&panel);

        title_print(&pen, board, result);
    }
    print_head(&panel);
    if (panel.look.height >= HEAD_LINES)
        print_counts(&panel);
    if (panel.look.height > HEAD_LINES)
        print_rows(&panel, panel.look.height - HEAD_LINES);
}

void panel_lines_done(struct panel_lines *lines)
{
    for (int i = 0; i < lines->count; i++)
        buffer_done(&lines->text[i]);
    lines->count = 0;
}
