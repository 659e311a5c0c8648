/* SPDX-License-Identifier: MIT */
/* screen/board and screen/panel: what a run looks like at a moment. Each row is a run, told step by
 * step. */
#include "screen/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "happen.h"
#include "job/job.h"
#include "run/result.h"
#include "run/rules.h"
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

#define WIDE                                                                                       \
    (struct panel_look)                                                                            \
    {                                                                                              \
        .width = 80, .height = 8                                                                   \
    }

START_TEST(before_the_login)
{
    expect(WIDE, 2 * S,
           "---------------------------------------- 0 of 30  2s\n"
           "logging in\n");
    expect_state(2 * S, "2s: 0 of 30 have ended, 0 running");
}
END_TEST

/* The ones that run longest are named, the others counted; the limit stands beside the age. */
START_TEST(the_longest_are_named)
{
    board_log_in(&board);
    for (size_t i = 0; i < 10; i++)
        board_start(&board, i, (int64_t)i * S);
    settle(0, OUTCOME_OK, 12 * S);
    settle(3, OUTCOME_OK, 15 * S);
    expect(WIDE, 60 * S + S / 2,
           "##-------------------------------------- 2 of 30  1m, about 24s left\n"
           "2 ok  8 running\n"
           "  web-02  59s of 3m40s\n"
           "  web-03  58s of 3m40s\n"
           "  web-05  56s of 3m40s\n"
           "  web-06  55s of 3m40s\n"
           "  web-07  54s of 3m40s\n"
           "  and 3 more\n");
    expect_state(60 * S, "1m: 2 of 30 have ended (2 ok), 8 running, the longest web-02 for 59s of "
                         "3m40s, about 24s left");
}
END_TEST

/* Whoever starts last is the last, also when it has run before; one that was never begun is gone.
 */
START_TEST(the_order_is_that_of_the_starts)
{
    board_log_in(&board);
    board_start(&board, 0, 1 * S);
    board_start(&board, 1, 2 * S);
    board_start(&board, 2, 3 * S);
    board_put_back(&board, 1);
    waits(0, 5 * S, 4 * S);
    board_start(&board, 0, 5 * S);
    board_start(&board, 1, 6 * S);
    expect(WIDE, 7 * S,
           "---------------------------------------- 0 of 30  7s, about 10s left\n"
           "3 running\n"
           "  web-03  4s of 3m40s\n"
           "  web-01  2s of 3m40s\n"
           "  web-02  1s of 3m40s\n");
    board_put_back(&board, 1);
    board_put_back(&board, 2);
    board_put_back(&board, 0);
    ck_assert_uint_eq(board.running, 0);
    ck_assert(board.starts == 0);
}
END_TEST

/* Who waits is shown with the moment, the first one first; but those that run keep most lines. */
START_TEST(who_waits_is_shown_with_the_moment)
{
    board_log_in(&board);
    for (size_t i = 0; i < 10; i++)
        board_start(&board, i, 0);
    waits(4, 40 * S, 10 * S);
    waits(2, 20 * S, 10 * S);
    waits(7, 30 * S, 10 * S);
    expect(WIDE, 10 * S,
           "---------------------------------------- 0 of 30  10s, about 40s left\n"
           "7 running  3 waiting\n"
           "  web-01  10s of 3m40s\n"
           "  web-02  10s of 3m40s\n"
           "  web-04  10s of 3m40s\n"
           "  and 4 more\n"
           "  web-03  again in 10s (busy, attempt 2 of 3)\n"
           "  web-08  again in 20s (busy, attempt 2 of 3)\n");
    expect_state(10 * S, "10s: 0 of 30 have ended, 7 running, the longest web-01 for 10s of 3m40s, "
                         "3 waiting, the first web-03 for 10s, about 40s left");
    expect((struct panel_look){.width = 80, .height = 3}, 25 * S,
           "---------------------------------------- 0 of 30  25s, about 30s left\n"
           "7 running  3 waiting\n"
           "  7 run\n");
}
END_TEST

START_TEST(only_some_that_wait)
{
    board_log_in(&board);
    board_start(&board, 0, 0);
    waits(0, 40 * S, 10 * S);
    expect(WIDE, 39 * S + S / 2,
           "---------------------------------------- 0 of 30  39s, about 30s left\n"
           "0 running  1 waiting\n"
           "  web-01  again in 1s (busy, attempt 2 of 3)\n");
    /* Its time has come, and no worker is free. */
    expect((struct panel_look){.width = 80, .height = 3}, 41 * S,
           "---------------------------------------- 0 of 30  41s, about 30s left\n"
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
    board_log_in(&board);
    expect(WIDE, 0,
           "---------------------------------------- 0 of 30  0s\n"
           "0 running  1 waiting\n"
           "  web-06  in 1m40s (its script may still run)\n");
}
END_TEST

/* Between two batches nothing runs, and it must not look as if azfan hung. */
START_TEST(a_pause_between_batches_is_shown)
{
    again_in_batches();
    board_log_in(&board);
    board_start(&board, 0, 0);
    settle(0, OUTCOME_OK, 10 * S);
    expect(WIDE, 15 * S,
           "#--------------------------------------- 1 of 30  15s, about 1m35s left\n"
           "1 ok  0 running  batch 2 of 3\n"
           "  batch 2 begins in 25s\n");
    board_start(&board, 1, 40 * S);
    expect(WIDE, 41 * S,
           "#--------------------------------------- 1 of 30  41s, about 1m19s left\n"
           "1 ok  1 running  batch 2 of 3\n"
           "  web-02  1s of 3m40s\n");
}
END_TEST

/* Nobody can say when a VM that hangs will end, but when it will be stopped. */
START_TEST(the_last_ones_have_a_limit)
{
    board_log_in(&board);
    for (size_t i = 0; i < TARGETS; i++)
        board_start(&board, i, (int64_t)i * S);
    for (size_t i = 0; i < TARGETS - 1; i++)
        settle(i, i % 10 == 0 ? OUTCOME_FAILED : OUTCOME_OK, (int64_t)(i + 10) * S);
    expect(WIDE, 200 * S,
           "######################################-- 29 of 30  3m20s, at most 49s left\n"
           "26 ok  3 failed  1 running\n"
           "  web-30  2m51s of 3m40s\n");
    settle(TARGETS - 1, OUTCOME_TIMEOUT, 240 * S);
    expect(WIDE, 249 * S,
           "######################################## 30 of 30  4m9s\n"
           "26 ok  3 failed  1 timeout  0 running\n");
}
END_TEST

START_TEST(the_end_is_told)
{
    static const struct {
        enum schedule_stage stage;
        const char *line;
    } stages[] = {{SCHEDULE_DRAINING, "1 running  no new starts\n"},
                  {SCHEDULE_STOPPING, "1 running  stopping\n"},
                  {SCHEDULE_KILLING, "1 running  killing\n"}};

    board_log_in(&board);
    board_start(&board, 0, 0);
    for (int i = 0; i < UNIT_COUNT(stages); i++) {
        char expected[128];

        board_set_stage(&board, stages[i].stage);
        (void)snprintf(expected, sizeof expected,
                       "---------------------------------------- 0 of 30  1s\n%s", stages[i].line);
        expect((struct panel_look){.width = 80, .height = 2}, S, expected);
    }
}
END_TEST

/* Narrow terminals: the words go before the bar, and no line is ever as wide as the terminal. */
START_TEST(narrow_terminals)
{
    board_log_in(&board);
    for (size_t i = 0; i < 4; i++)
        board_start(&board, i, 0);
    settle(0, OUTCOME_OK, 10 * S);
    expect((struct panel_look){.width = 40, .height = 3}, 10 * S,
           "---------- 1 of 30  10s, about 30s left\n"
           "1 ok  3 running\n"
           "  3 run\n");
    expect((struct panel_look){.width = 12, .height = 4}, 10 * S,
           "1 of 30  10\n"
           "1 ok  3 run\n"
           "  web-02  1\n"
           "  and 2 mor\n");
    expect((struct panel_look){.width = 1, .height = 1}, 10 * S, "\n");
}
END_TEST

/* Colours and line characters take no room, and every colour is ended. */
START_TEST(colours_and_characters)
{
    board_log_in(&board);
    board_start(&board, 0, 0);
    for (size_t i = 1; i <= 15; i++)
        settle(i, i <= 8 ? OUTCOME_OK : OUTCOME_FAILED, S);
    expect((struct panel_look){.width = 40, .height = 3, .colour = true, .utf8 = true}, 200 * S,
           "\033[32m━\033[0m\033[32m━\033[0m\033[32m━\033[0m\033[32m━\033[0m\033[32m━\033[0m"
           "\033[32m━\033[0m\033[31m━\033[0m\033[31m━\033[0m\033[31m━\033[0m\033[31m━\033[0m"
           "\033[31m━\033[0m\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m"
           "\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m"
           "\033[2m─\033[0m\033[2m─\033[0m\033[2m─\033[0m 15 of 30  3m20s\n"
           "\033[32m8 ok\033[0m  \033[31m7 failed\033[0m  1 running\n"
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
    ck_assert_int_eq(board_estimate(&board, late + 100 * S), 110 * S);
    for (size_t i = 1; i < 20; i++)
        board_settle(&board, &result, i, 2 * late);
    ck_assert_int_gt(board_estimate(&board, 2 * late), late / 2);
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
        board_log_in(&board);
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
    tcase_add_test(tests, the_order_is_that_of_the_starts);
    tcase_add_test(tests, who_waits_is_shown_with_the_moment);
    tcase_add_test(tests, only_some_that_wait);
    tcase_add_test(tests, what_must_not_start_yet_waits);
    tcase_add_test(tests, a_pause_between_batches_is_shown);
    tcase_add_test(tests, the_last_ones_have_a_limit);
    tcase_add_test(tests, the_end_is_told);
    tcase_add_test(tests, narrow_terminals);
    tcase_add_test(tests, colours_and_characters);
    tcase_add_test(tests, no_sum_is_too_large);
    tcase_add_test(tests, any_order_of_events);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(board_suite)
