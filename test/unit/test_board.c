/* SPDX-License-Identifier: MIT */
/* screen/board and screen/panel: what a run looks like at a moment. Each row is a run, told step by
 * step. */
#include "screen/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "happen.h"
#include "job/job.h"
#include "run/result.h"
#include "run/rules.h"
#include "screen/estimate.h"
#include "screen/panel.h"
#include "unit.h"

enum { TARGETS = 30 };

#define S NUMBER_SECOND

static struct job_target targets[TARGETS];
static char names[TARGETS][16];
static char group[] = "rg";
static struct job_share sizes[] = {{false, 1}, {true, 10}, {true, 100}};
static struct job job = {.path = (char[]){"job.yaml"},
                         .name = (char[]){"rollout"},
                         .digest = "d",
                         .script_digest = "s",
                         .targets = targets,
                         .target_count = TARGETS,
                         .concurrency = 10,
                         .timeout = 220 * S,
                         .script_timeout = 130 * S,
                         .retry = {.attempts = 3}};
static struct result result;
static struct board board;
static int64_t *not_before;

static void begin(bool batched)
{
    int *batches;

    for (int i = 0; i < TARGETS; i++) {
        (void)snprintf(names[i], sizeof names[i], "web-%02d", i + 1);
        targets[i] =
            (struct job_target){.name = names[i], .resource_group = group, .label = names[i]};
    }
    job.batches = batched ? sizes : NULL;
    job.batch_count = batched ? 3 : 0;
    job.pause_between = batched ? 30 * S : 0;
    batches = rules_batches(&job);
    result_init(&result, "run");
    result_take_job(&result, &job, batches);
    free(batches);
    board_open(&board, &result, &job, not_before, 0);
}

static void set_up(void)
{
    not_before = NULL;
    job.has_max_failures = false;
    begin(false);
}

static void tear_down(void)
{
    board_close(&board);
    result_done(&result);
}

static void again_in_batches(void)
{
    tear_down();
    begin(true);
}

/* As the result has it at the moment when the board is told. */
static void end(size_t index, enum outcome_kind kind, enum outcome_reason reason, bool settled)
{
    struct result_attempt attempt = {.outcome = kind, .reason = reason};
    struct answer answer = {.outcome = {.kind = kind, .reason = reason, .exit_code = -1}};

    happen_start(&result, index, 0, 0);
    happen_end(&result, index, &attempt, &answer, settled);
}

static void settle(size_t index, enum outcome_kind kind, int64_t now)
{
    static const enum outcome_reason reasons[OUTCOME_KINDS] = {
        [OUTCOME_FAILED] = REASON_EXIT, [OUTCOME_TIMEOUT] = REASON_AZ};

    end(index, kind, reasons[kind], true);
    board_settle(&board, &result, index, now);
}

static void waits(size_t index, int64_t again_at, int64_t now)
{
    end(index, OUTCOME_ERROR, REASON_BUSY, false);
    board_wait(&board, index, again_at, now);
}

/* What the board shows, a line each, held against EXPECTED. */
static void expect(struct panel_look look, int64_t now, const char *expected)
{
    struct panel_lines lines;
    struct buffer seen = BUFFER_INIT;

    panel_print(&board, &result, &look, now, &lines);
    for (int i = 0; i < lines.count; i++) {
        ck_assert_int_lt(lines.widths[i], look.width);
        buffer_append(&seen, buffer_text(&lines.text[i]), lines.text[i].length);
        buffer_add(&seen, "\n");
    }
    ck_assert_msg(strcmp(buffer_text(&seen), expected) == 0, "seen:\n%s\nexpected:\n%s",
                  buffer_text(&seen), expected);
    panel_lines_done(&lines);
    buffer_done(&seen);
}

static void expect_state(int64_t now, const char *expected)
{
    struct buffer seen = BUFFER_INIT;

    panel_print_state(&board, &result, now, &seen);
    ck_assert_str_eq(buffer_text(&seen), expected);
    buffer_done(&seen);
}

/* Line LINE alone, on a terminal of 80 columns and 24 rows. */
static void expect_line(int line, const char *expected)
{
    struct panel_lines lines;

    panel_print(&board, &result, &(struct panel_look){.width = 80, .height = 8}, 2 * S, &lines);
    ck_assert_int_lt(line, lines.count);
    ck_assert_str_eq(buffer_text(&lines.text[line]), expected);
    panel_lines_done(&lines);
}

#define WIDE                                                                                       \
    (struct panel_look)                                                                            \
    {                                                                                              \
        .width = 80, .height = 8                                                                   \
    }

START_TEST(before_the_login)
{
    expect(WIDE, 2 * S,
           "rollout  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  2s\n"
           "logging in\n");
    expect_state(2 * S, "2s: 0 of 30 have ended, 0 running");
}
END_TEST

/* The ones that run longest are named, the others counted; the limit stands beside the age. */
START_TEST(the_longest_are_named)
{
    board_log_in(&board, "prod");
    for (size_t i = 0; i < 10; i++)
        board_start(&board, i, (int64_t)i * S);
    settle(0, OUTCOME_OK, 12 * S);
    settle(3, OUTCOME_OK, 15 * S);
    expect(WIDE, 60 * S + S / 2,
           "rollout  prod  Ctrl-C: no new starts\n"
           "##-------------------------------------- 2 of 30  1m, at least 24s left\n"
           "2 ok  8 running\n"
           "  web-02  59s of 2m10s (script_timeout)\n"
           "  web-03  58s of 2m10s (script_timeout)\n"
           "  web-05  56s of 2m10s (script_timeout)\n"
           "  web-06  55s of 2m10s (script_timeout)\n"
           "  and 4 more\n");
    expect_state(60 * S, "1m: 2 of 30 have ended (2 ok), 8 running, the longest web-02 for 59s of "
                         "2m10s (script_timeout), at least 24s left");
}
END_TEST

/* Where a place is free and nothing is started, it says why. */
START_TEST(starts_wait_for_azure)
{
    board_log_in(&board, "prod");
    board_start(&board, 0, 1 * S);
    board_hold_starts(&board, 72 * S);
    expect(WIDE, 60 * S + S / 2,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  1m\n"
           "1 running  waits for Azure's limit of starts, 12s\n"
           "  web-01  59s of 2m10s (script_timeout)\n");
    expect_state(60 * S, "1m: 0 of 30 have ended, 1 running, the longest web-01 for 59s of 2m10s "
                         "(script_timeout); waits for Azure's limit of starts, 12s");
    board_hold_starts(&board, 60 * S + S / 5);
    expect(WIDE, 60 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  1m\n"
           "1 running  at Azure's limit of starts\n"
           "  web-01  59s of 2m10s (script_timeout)\n");
    board_set_stage(&board, SCHEDULE_DRAINING);
    expect_state(60 * S, "1m: 0 of 30 have ended, 1 running, the longest web-01 for 59s of 2m10s "
                         "(script_timeout), at most 2m41s left; no new starts");
    board_set_stage(&board, SCHEDULE_GOING);
    board_hold_starts(&board, CLOCK_NEVER);
    expect_state(60 * S, "1m: 0 of 30 have ended, 1 running, the longest web-01 for 59s of 2m10s "
                         "(script_timeout)");
}
END_TEST

/* Places are free, and still nobody starts faster: so long the rest takes. */
START_TEST(the_rest_is_no_faster_than_starts_are)
{
    board_log_in(&board, "prod");
    for (size_t i = 0; i < 15; i++) {
        board_hold_starts(&board, (int64_t)(i + 1) * S);
        board_start(&board, i, (int64_t)i * S);
        if (i > 0)
            settle(i - 1, OUTCOME_OK, (int64_t)i * S);
    }
    expect_state(14 * S + S / 2, "14s: 14 of 30 have ended (14 ok), 1 running, the longest web-15 "
                                 "for 0s of 2m10s (script_timeout), about 16s left; at Azure's "
                                 "limit of starts");
}
END_TEST

/* Whoever starts last is the last, also when it has run before; one that was never begun is gone.
 */
START_TEST(the_order_is_that_of_the_starts)
{
    board_log_in(&board, "prod");
    board_start(&board, 0, 1 * S);
    board_start(&board, 1, 2 * S);
    board_start(&board, 2, 3 * S);
    board_put_back(&board, 1);
    waits(0, 5 * S, 4 * S);
    board_start(&board, 0, 5 * S);
    board_start(&board, 1, 6 * S);
    expect(WIDE, 7 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  7s\n"
           "3 running\n"
           "  web-03  4s of 2m10s (script_timeout)\n"
           "  web-01  2s of 2m10s (script_timeout)\n"
           "  web-02  1s of 2m10s (script_timeout)\n");
    board_put_back(&board, 1);
    board_put_back(&board, 2);
    board_put_back(&board, 0);
    ck_assert_uint_eq(board.running, 0);
}
END_TEST

/* Who waits is shown with the moment, the first one first; but those that run keep most lines. */
START_TEST(who_waits_is_shown_with_the_moment)
{
    board_log_in(&board, "prod");
    for (size_t i = 0; i < 10; i++)
        board_start(&board, i, 0);
    waits(4, 40 * S, 10 * S);
    waits(2, 20 * S, 10 * S);
    waits(7, 30 * S, 10 * S);
    expect(WIDE, 10 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  10s\n"
           "7 running  3 waiting\n"
           "  web-01  10s of 2m10s (script_timeout)\n"
           "  web-02  10s of 2m10s (script_timeout)\n"
           "  web-04  10s of 2m10s (script_timeout)\n"
           "  and 4 more\n"
           "  web-03  again in 10s (busy, attempt 2 of 3)\n");
    expect_state(10 * S, "10s: 0 of 30 have ended, 7 running, the longest web-01 for 10s of "
                         "2m10s (script_timeout), 3 waiting, the first web-03 for 10s");
    expect((struct panel_look){.width = 80, .height = 4}, 25 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  25s\n"
           "7 running  3 waiting\n"
           "  web-01  25s of 2m10s (script_timeout)  and 6 more\n");
}
END_TEST

START_TEST(only_some_that_wait)
{
    board_log_in(&board, "prod");
    board_start(&board, 0, 0);
    waits(0, 40 * S, 10 * S);
    expect(WIDE, 39 * S + S / 2,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  39s\n"
           "0 running  1 waiting\n"
           "  web-01  again in 1s (busy, attempt 2 of 3)\n");
    /* Its time has come, and no worker is free. */
    expect((struct panel_look){.width = 80, .height = 4}, 41 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  41s\n"
           "0 running  1 waiting\n"
           "  web-01  again next (busy, attempt 2 of 3)\n");
}
END_TEST

/* A rerun leaves VMs alone whose script may still run. */
START_TEST(what_must_not_start_yet_waits)
{
    int64_t starts[TARGETS] = {0};

    starts[5] = 100 * S;
    tear_down();
    not_before = starts;
    begin(false);
    board_log_in(&board, "prod");
    expect(WIDE, 0,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------------------------------------- 0 of 30  0s\n"
           "0 running  1 waiting\n"
           "  web-06  in 1m40s (its script may still run)\n");
}
END_TEST

/* Between two batches nothing runs, and it must not look as if azfan hung. */
START_TEST(a_pause_between_batches_is_shown)
{
    again_in_batches();
    board_log_in(&board, "prod");
    board_start(&board, 0, 0);
    settle(0, OUTCOME_OK, 10 * S);
    expect(WIDE, 15 * S,
           "rollout  prod  halts if nothing in batch 2 is ok  Ctrl-C: no new starts\n"
           "#--------------------------------------- 1 of 30  15s, about 1m35s left\n"
           "1 ok  0 running  batch 2 of 3\n"
           "  batch 2 begins in 25s\n");
    board_start(&board, 1, 40 * S);
    expect(WIDE, 41 * S,
           "rollout  prod  halts if nothing in batch 2 is ok  Ctrl-C: no new starts\n"
           "#--------------------------------------- 1 of 30  41s, about 1m10s left\n"
           "1 ok  1 running  batch 2 of 3\n"
           "  web-02  1s of 2m10s (script_timeout)\n");
}
END_TEST

static void settle_failed(size_t index, const char *errors, int64_t now)
{
    struct result_attempt attempt = {.outcome = OUTCOME_FAILED, .reason = REASON_EXIT};
    struct answer answer = {
        .outcome = {.kind = OUTCOME_FAILED, .reason = REASON_EXIT, .exit_code = 1}};

    buffer_add(&answer.errors, errors);
    happen_start(&result, index, 0, 0);
    happen_end(&result, index, &attempt, &answer, true);
    board_settle(&board, &result, index, now);
}

/* What failed stays in sight, the last one first, with what it said last; at most half of the rows
 * that others need. */
START_TEST(what_failed_stays_in_sight)
{
    board_log_in(&board, "prod");
    for (size_t i = 0; i < 10; i++)
        board_start(&board, i, 0);
    settle_failed(6, "nginx: unknown directive \"workr\"\n", 10 * S);
    expect((struct panel_look){.width = 40, .height = 4}, 10 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------- 1 of 30  10s, about 20s left\n"
           "1 failed  9 running\n"
           "  web-07  failed  exit 1: nginx: unknow\n");
    settle_failed(3, "", 10 * S);
    settle(1, OUTCOME_OK, 10 * S);
    settle_failed(4, "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5", 10 * S);
    settle_failed(5, "last\n", 10 * S);
    expect(WIDE, 10 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "######---------------------------------- 5 of 30  10s, about 20s left\n"
           "1 ok  4 failed  5 running\n"
           "  web-06  failed  exit 1: last\n"
           "  web-05  failed  exit 1: gr?? ?\n"
           "  and 2 more that are not ok\n"
           "  web-01  10s of 2m10s (script_timeout)\n"
           "  and 4 more\n");
    expect((struct panel_look){.width = 80, .height = 12, .utf8 = true}, 10 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "━━━━━━────────────────────────────────── 5 of 30  10s, about 20s left\n"
           "1 ok  4 failed  5 running\n"
           "  web-06  failed  exit 1: last\n"
           "  web-05  failed  exit 1: grüß ?\n"
           "  web-04  failed\n"
           "  web-07  failed  exit 1: nginx: unknown directive \"workr\"\n"
           "  web-01  10s of 2m10s (script_timeout)\n"
           "  web-03  10s of 2m10s (script_timeout)\n"
           "  web-08  10s of 2m10s (script_timeout)\n"
           "  web-09  10s of 2m10s (script_timeout)\n"
           "  web-10  10s of 2m10s (script_timeout)\n");
}
END_TEST

/* Of a thousand the last few are known. */
START_TEST(many_failures)
{
    board_log_in(&board, "prod");
    for (size_t i = 0; i < 20; i++)
        settle_failed(i, "no\n", 10 * S);
    for (size_t i = 0; i < BOARD_FAILED_MOST; i++)
        ck_assert_uint_eq(board_failed(&board, i), 19 - i);
    ck_assert_uint_eq(board_failed(&board, BOARD_FAILED_MOST), BOARD_NONE);
    expect(WIDE, 10 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "##########################-------------- 20 of 30  10s\n"
           "20 failed  0 running\n"
           "  web-20  failed  exit 1: no\n"
           "  web-19  failed  exit 1: no\n"
           "  web-18  failed  exit 1: no\n"
           "  web-17  failed  exit 1: no\n"
           "  and 16 more that are not ok\n");
}
END_TEST

/* The rule that halts the run first. Batches of 1, 3 and 26. */
static const struct {
    const char *name;
    bool batched;
    bool has_max_failures;
    struct job_share max_failures;
    size_t ok; /* so many end well, and so many not */
    size_t failed;
    const char *words;
} limits[] = {
    {"none", false, false, {false, 0}, 1, 2, ""},
    {"a batch must have one that is ok",
     true,
     false,
     {false, 0},
     0,
     0,
     "halts if nothing in batch 1 is ok  "},
    {"it has", true, false, {false, 0}, 2, 0, ""},
    {"the last one need not", true, false, {false, 0}, 3, 2, ""},
    {"of the run", false, true, {false, 3}, 1, 2, "2 failures, halts at 4  "},
    {"one", true, true, {false, 1}, 1, 1, "1 failure, halts at 2  "},
    {"none is allowed", false, true, {false, 0}, 1, 0, "0 failures, halts at 1  "},
    {"all are", false, true, {true, 100}, 1, 9, ""},
    {"all of a batch are", true, true, {true, 100}, 1, 1, ""},
    {"a share of the run", false, true, {true, 10}, 1, 2, "2 failures, halts at 4  "},
    {"a share of the batch is nearer",
     true,
     true,
     {true, 50},
     1,
     1,
     "1 failure in batch 2, halts at 2  "},
    {"that of the run is", true, true, {true, 10}, 4, 1, "1 failure in batch 3, halts at 3  "}};

START_TEST(the_limit_of_failures)
{
    char expected[128];
    size_t ended = 0;

    job.has_max_failures = limits[_i].has_max_failures;
    job.max_failures = limits[_i].max_failures;
    if (limits[_i].batched)
        again_in_batches();
    board_log_in(&board, "prod");
    for (size_t i = 0; i < limits[_i].ok; i++)
        settle(ended++, OUTCOME_OK, S);
    for (size_t i = 0; i < limits[_i].failed; i++)
        settle(ended++, i % 2 == 0 ? OUTCOME_TIMEOUT : OUTCOME_FAILED, S);
    (void)snprintf(expected, sizeof expected, "rollout  prod  %sCtrl-C: no new starts",
                   limits[_i].words);
    expect_line(0, expected);
}
END_TEST

/* A batch that has nothing left to start says for whom the next one waits. */
START_TEST(what_the_batch_waits_for)
{
    again_in_batches();
    board_log_in(&board, "prod");
    settle(0, OUTCOME_OK, S);
    board_start(&board, 1, 31 * S);
    expect_line(2, "1 ok  1 running  batch 2 of 3");
    board_start(&board, 2, 31 * S);
    board_start(&board, 3, 31 * S);
    expect_line(2, "1 ok  3 running  batch 2 of 3 waits for web-02 and 2 more");
    settle(1, OUTCOME_OK, 32 * S);
    settle(2, OUTCOME_OK, 32 * S);
    waits(3, 130 * S, 32 * S);
    expect_line(2, "3 ok  0 running  1 waiting  batch 2 of 3 waits for web-04");
    expect_state(33 * S,
                 "33s: 3 of 30 have ended (3 ok), 0 running, 1 waiting, the first web-04 for "
                 "1m37s, batch 2 of 3 waits for web-04, at least 2m11s left");
    board_set_stage(&board, SCHEDULE_DRAINING);
    expect_line(2, "3 ok  0 running  1 waiting  no new starts  batch 2 of 3");
}
END_TEST

/* What does not fit is said shorter, or not at all: no half of it stands there. */
START_TEST(no_half_of_a_phrase)
{
    job.has_max_failures = true;
    job.max_failures = (struct job_share){false, 20};
    again_in_batches();
    board_log_in(&board, "prod");
    settle(0, OUTCOME_FAILED, S);
    for (size_t i = 1; i < 4; i++)
        board_start(&board, i, S);
    expect((struct panel_look){.width = 40, .height = 3}, 3 * S,
           "rollout  prod  1 failure, halts at 21\n"
           "--------------------------- 1 of 30  3s\n"
           "1 failed  3 running  batch 2 of 3\n");
    expect((struct panel_look){.width = 32, .height = 3}, 3 * S,
           "rollout  prod  halts at 21\n"
           "------------------- 1 of 30  3s\n"
           "1 failed  3 running\n");
}
END_TEST

/* What was never started has not been done: the bar stays where it was. */
START_TEST(skipped_is_no_progress)
{
    board_log_in(&board, "prod");
    for (size_t i = 0; i < 3; i++)
        board_start(&board, i, 0);
    settle(0, OUTCOME_OK, S);
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
    for (size_t i = 3; i < TARGETS; i++)
        board_settle(&board, &result, i, S);
    board_set_stage(&board, SCHEDULE_DRAINING);
    expect((struct panel_look){.width = 80, .height = 3}, S,
           "rollout  prod  Ctrl-C: stop what runs\n"
           "#--------------------------------------- 1 of 30  1s, at most 3m39s left\n"
           "1 ok  27 skipped  2 running  no new starts\n");
    expect_state(S, "1s: 1 of 30 have ended (1 ok, 27 skipped), 2 running, the longest web-02 for "
                    "1s of 2m10s (script_timeout), at most 3m39s left; no new starts");
}
END_TEST

/* Whose Ctrl-C reaches no run is told so at any width. */
static const struct {
    int width;
    const char *place;
    const char *title;
} watched[] = {
    {81, "prod", "rollout  prod  Ctrl-C ends the watching, not the run"},
    {50, "prod", "rollout  prod  Ctrl-C: ends the watching"},
    {41, "prod", "rollout  prod  Ctrl-C: ends the watching"},
    {40, "prod", "rollout  Ctrl-C: ends the watching"},
    {81, "00000000-0000-0000-0000-000000000001",
     "rollout  00000000-0000-0000-0000-000000000001  Ctrl-C: ends the watching"},
    {50, "00000000-0000-0000-0000-000000000001", "rollout  Ctrl-C ends the watching, not the run"},
};

START_TEST(a_watched_run_says_so)
{
    struct panel_look look = {.width = watched[_i].width, .height = 3};
    struct panel_lines lines;

    board_log_in(&board, watched[_i].place);
    board.watched = true;
    panel_print(&board, &result, &look, 0, &lines);
    ck_assert_str_eq(buffer_text(&lines.text[0]), watched[_i].title);
    panel_lines_done(&lines);
}
END_TEST

START_TEST(a_rehearsal_says_so)
{
    result.rehearsal = true;
    expect_line(0, "rollout  REHEARSAL  Ctrl-C: no new starts");
    expect((struct panel_look){.width = 17, .height = 2, .utf8 = true}, S,
           "roll…  REHEARSAL\n"
           "0 of 30  1s\n");
    result.speed = 50;
    expect_line(0, "rollout  REHEARSAL 50x  Ctrl-C: no new starts");
}
END_TEST

/* Nobody can say when a VM that hangs will end, but when it will be stopped. */
START_TEST(the_last_ones_have_a_limit)
{
    board_log_in(&board, "prod");
    for (size_t i = 0; i < TARGETS; i++)
        board_start(&board, i, (int64_t)i * S);
    for (size_t i = 0; i < TARGETS - 1; i++)
        settle(i, i % 10 == 0 ? OUTCOME_FAILED : OUTCOME_OK, (int64_t)(i + 10) * S);
    expect(WIDE, 200 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "######################################-- 29 of 30  3m20s, at most 49s left\n"
           "26 ok  3 failed  1 running\n"
           "  web-21  failed\n"
           "  web-11  failed\n"
           "  web-01  failed\n"
           "  web-30  2m51s of 3m40s\n");
    settle(TARGETS - 1, OUTCOME_TIMEOUT, 240 * S);
    expect(WIDE, 249 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "######################################## 30 of 30  4m9s\n"
           "26 ok  3 failed  1 timeout  0 running\n"
           "  web-30  timeout\n"
           "  web-21  failed\n"
           "  web-11  failed\n"
           "  web-01  failed\n");
}
END_TEST

/* The halt, and what the next Ctrl-C does. */
static const struct {
    enum result_ending ending;
    enum schedule_stage stage;
    const char *key;
    const char *counts;
} stages[] = {
    {RESULT_SIGNAL, SCHEDULE_DRAINING, "  Ctrl-C: stop what runs", "1 running  no new starts"},
    {RESULT_HALTED, SCHEDULE_DRAINING, "  Ctrl-C twice: stop what runs",
     "1 running  no new starts"},
    {RESULT_DEADLINE, SCHEDULE_STOPPING, "  Ctrl-C: kill what runs", "1 running  stopping"},
    {RESULT_SIGNAL, SCHEDULE_KILLING, "", "1 running  killing"}};

START_TEST(the_end_is_told)
{
    char title[64];

    board_log_in(&board, "prod");
    board_start(&board, 0, 0);
    happen_start(&result, 0, 0, 0);
    happen_halt(&result, stages[_i].ending, 2, "it went wrong");
    board_set_stage(&board, stages[_i].stage);
    (void)snprintf(title, sizeof title, "rollout  prod%s", stages[_i].key);
    expect_line(0, title);
    expect_line(2, stages[_i].counts);
    if (stages[_i].stage != SCHEDULE_DRAINING) /* what is being stopped ends any moment */
        ck_assert_int_eq(estimate_rest(&board, 2 * S).kind, ESTIMATE_NONE);
}
END_TEST

/* Narrow terminals: the words go before the bar, and no line is ever as wide as the terminal. */
START_TEST(narrow_terminals)
{
    board_log_in(&board, "prod");
    for (size_t i = 0; i < 4; i++)
        board_start(&board, i, 0);
    settle(0, OUTCOME_OK, 10 * S);
    expect((struct panel_look){.width = 40, .height = 4}, 10 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "---------- 1 of 30  10s, about 30s left\n"
           "1 ok  3 running\n"
           "  web-02  10s of 2m10s (script_timeout)\n");
    expect((struct panel_look){.width = 12, .height = 5}, 10 * S,
           "rollout  pr\n"
           "1 of 30\n"
           "1 ok\n"
           "  web-02\n"
           "  and 2 mor\n");
    expect((struct panel_look){.width = 20, .height = 2}, 10 * S,
           "rollout  prod\n"
           "1 of 30  10s\n");
    expect((struct panel_look){.width = 1, .height = 1}, 10 * S, "\n");
}
END_TEST

/* Colours and line characters take no room, and every colour is ended. */
START_TEST(colours_and_characters)
{
    board_log_in(&board, "prod");
    board_start(&board, 0, 0);
    for (size_t i = 1; i <= 15; i++)
        settle(i, i <= 8 ? OUTCOME_OK : OUTCOME_FAILED, S);
    expect((struct panel_look){.width = 40, .height = 5, .colour = true, .utf8 = true}, 200 * S,
           "rollout  prod  Ctrl-C: no new starts\n"
           "\033[32m━\033[0m\033[32m━\033[0m\033[32m━\033[0m\033[32m━\033[0m\033[32m━\033[0m"
           "\033[32m━\033[0m\033[31m━\033[0m\033[31m━\033[0m\033[31m━\033[0m\033[31m━\033[0m"
           "\033[31m━\033[0m\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m"
           "\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m"
           "\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m 15 of 30  3m20s\n"
           "\033[32m8 ok\033[0m  \033[31m7 failed\033[0m  1 running\n"
           "  web-16  \033[31mfailed\033[0m\n"
           "  web-01  \033[33m3m20s of 3m40s\033[0m\n");
}
END_TEST

/* A machine that has been up for years, and attempts that took long: sums pass 64 bits. */
START_TEST(no_sum_is_too_large)
{
    int64_t late = INT64_MAX / 4;

    tear_down();
    begin(false);
    board_close(&board);
    board_open(&board, &result, &job, NULL, late);
    for (size_t i = 0; i < 20; i++)
        board_start(&board, i, late + (int64_t)i * S);
    board_settle(&board, &result, 0, late + 100 * S);
    /* 19 run, of 100 s each, for 90 s on the average; 10 more take as long once more. */
    ck_assert_int_eq(estimate_rest(&board, late + 100 * S).rest, 110 * S);
    for (size_t i = 1; i < 20; i++)
        board_settle(&board, &result, i, 2 * late);
    ck_assert_int_eq(estimate_rest(&board, 2 * late).kind, ESTIMATE_LEAST);
}
END_TEST

/* Many runs at random: what is counted and who is the oldest, against a plain account. */
START_TEST(any_order_of_events)
{
    int64_t began[TARGETS];
    int64_t wait_until[TARGETS];
    bool done[TARGETS];

    srand(3);
    for (int round = 0; round < 300; round++) {
        tear_down();
        begin(false);
        board_log_in(&board, "prod");
        memset(began, 0, sizeof began);
        memset(wait_until, 0, sizeof wait_until);
        memset(done, 0, sizeof done);
        for (int64_t now = 1; now < 200; now++) {
            size_t index = (size_t)rand() % TARGETS;
            size_t oldest = SIZE_MAX;
            size_t running = 0;
            size_t waiting = 0;

            if (done[index])
                continue;
            if (began[index] == 0) {
                board_start(&board, index, now * S);
                began[index] = now;
                wait_until[index] = 0;
            } else if (rand() % 3 == 0) {
                board_put_back(&board, index);
                began[index] = 0;
            } else if (rand() % 2 == 0) {
                waits(index, (now + 5) * S, now * S);
                wait_until[index] = now + 5;
                began[index] = 0;
            } else {
                settle(index, OUTCOME_OK, now * S);
                done[index] = true;
                began[index] = 0;
            }
            for (size_t i = 0; i < TARGETS; i++) {
                running += began[i] > 0;
                waiting += wait_until[i] > 0;
                if (began[i] > 0 && (oldest == SIZE_MAX || began[i] < began[oldest]))
                    oldest = i;
            }
            ck_assert_uint_eq(board.running, running);
            ck_assert_uint_eq(board.waiting_count, waiting);
            ck_assert_uint_eq(board.oldest, oldest);
        }
    }
}
END_TEST

static Suite *board_suite(void)
{
    Suite *suite = suite_create("board");
    TCase *tests = tcase_create("board");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, before_the_login);
    tcase_add_test(tests, the_longest_are_named);
    tcase_add_test(tests, starts_wait_for_azure);
    tcase_add_test(tests, the_rest_is_no_faster_than_starts_are);
    tcase_add_test(tests, the_order_is_that_of_the_starts);
    tcase_add_test(tests, who_waits_is_shown_with_the_moment);
    tcase_add_test(tests, only_some_that_wait);
    tcase_add_test(tests, what_must_not_start_yet_waits);
    tcase_add_test(tests, a_pause_between_batches_is_shown);
    tcase_add_test(tests, what_failed_stays_in_sight);
    tcase_add_test(tests, many_failures);
    tcase_add_loop_test(tests, the_limit_of_failures, 0, UNIT_COUNT(limits));
    tcase_add_test(tests, what_the_batch_waits_for);
    tcase_add_test(tests, no_half_of_a_phrase);
    tcase_add_test(tests, skipped_is_no_progress);
    tcase_add_loop_test(tests, a_watched_run_says_so, 0, UNIT_COUNT(watched));
    tcase_add_test(tests, a_rehearsal_says_so);
    tcase_add_test(tests, the_last_ones_have_a_limit);
    tcase_add_loop_test(tests, the_end_is_told, 0, UNIT_COUNT(stages));
    tcase_add_test(tests, narrow_terminals);
    tcase_add_test(tests, colours_and_characters);
    tcase_add_test(tests, no_sum_is_too_large);
    tcase_add_test(tests, any_order_of_events);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(board_suite)
