/* SPDX-License-Identifier: MIT */
/* report/outputs: what the VMs printed, once each, with what is different in plain sight. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "report/ignore.h"
#include "report/outputs.h"
#include "report/plaintext.h"
#include "report/summary.h"
#include "report/view.h"
#include "run/result.h"
#include "unit/happen.h"
#include "unit/unit.h"

static struct result result;
static size_t settled;

static void set_up(void)
{
    result_init(&result, "run-1");
    result.job.name = memory_string("demo");
    result.folder = memory_string("/runs/run-1");
    settled = 0;
}

static void tear_down(void)
{
    result_done(&result);
}

/* COUNT targets called web-01, web-02, … that wait. */
static void take(size_t count)
{
    result_take_targets(&result, count);
    for (size_t i = 0; i < count; i++)
        result.targets[i].label = memory_print("web-%02zu", i + 1);
}

/* The next one ends. */
static void settle(enum outcome_kind kind, enum outcome_reason reason, int exit_code,
                   const char *output, const char *errors)
{
    struct result_attempt attempt = {.outcome = kind, .reason = reason};
    struct answer answer = {.outcome = {.kind = kind,
                                        .reason = reason,
                                        .exit_code = exit_code,
                                        .message = memory_string("said why")}};

    buffer_add(&answer.output, output);
    buffer_add(&answer.errors, errors);
    happen_start(&result, settled, 0, 0);
    happen_end(&result, settled++, &attempt, &answer, true);
}

static void settle_ok(const char *output)
{
    settle(OUTCOME_OK, REASON_NONE, 0, output, "");
}

typedef void writer(FILE *stream, const struct result *result, const struct view *view);

static char *written(writer *write, const struct view *view)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    write(stream, &result, view);
    (void)fclose(stream);
    return text;
}

static void check(const struct view *view, const char *expected)
{
    char *text = written(outputs_write, view);

    ck_assert_str_eq(text, expected);
    free(text);
}

/* ---- what stands there -------------------------------------------------------------------- */

START_TEST(the_same_once_and_the_others_by_their_difference)
{
    take(6);
    settle_ok("kernel 6.1\nagent 2.9\ndisk 41%\n");
    settle_ok("kernel 6.1\nagent 2.9\ndisk 41%\n");
    settle_ok("kernel 6.1\nagent 1.0\ndisk 41%\n");
    settle(OUTCOME_FAILED, REASON_EXIT, 3, "kernel 6.1\nagent 2.9\ndisk 41%\n", "boom\n");
    settle_ok("something else\n");
    settle_ok("kernel 6.1\nagent 2.9\ndisk 41%\n");
    check(&(struct view){.outputs = VIEW_GROUPED},
          "\nOutput:\n"
          "  3 ok: web-[01-02,06]\n"
          "      stdout | kernel 6.1\n"
          "      stdout | agent 2.9\n"
          "      stdout | disk 41%\n"
          "  1 ok: web-03\n"
          "      stdout: same as the first group, except:\n"
          "      stdout |  kernel 6.1\n"
          "      stdout |- agent 2.9\n"
          "      stdout |+ agent 1.0\n"
          "      stdout |  disk 41%\n"
          "  1 failed (exit 3): web-04\n"
          "      stdout: same as the first group\n"
          "      stderr | boom\n"
          "  1 ok: web-05\n"
          "      stdout | something else\n");
}
END_TEST

START_TEST(colours_show_what_is_different)
{
    take(3);
    settle_ok("a\nb\nc\n");
    settle_ok("a\nb\nc\n");
    settle_ok("a\nB\nc\n");
    check(&(struct view){.outputs = VIEW_GROUPED, .colour = true},
          "\n\033[1mOutput:\033[0m\n"
          "  \033[32m2 ok\033[0m: \033[1mweb-[01-02]\033[0m\n"
          "      stdout | a\n"
          "      stdout | b\n"
          "      stdout | c\n"
          "  \033[32m1 ok\033[0m: \033[1mweb-03\033[0m\n"
          "      stdout: same as the first group, except:\n"
          "      stdout |  a\n"
          "      stdout |\033[31m- b\033[0m\n"
          "      stdout |\033[32m+ B\033[0m\n"
          "      stdout |  c\n");
}
END_TEST

/* A script that printed nothing is known to; of one that was cut off nobody can say that. */
START_TEST(nothing_is_told_from_nothing_known)
{
    take(8);
    settle_ok("a\n");
    settle_ok("a\n");
    settle(OUTCOME_FAILED, REASON_EXIT, 1, "", "");
    settle(OUTCOME_FAILED, REASON_EXIT, 2, "", "boom");
    settle(OUTCOME_TIMEOUT, REASON_SCRIPT, -1, "", "");
    settle(OUTCOME_TIMEOUT, REASON_AZ, -1, "", "");
    settle(OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "a\n", "");
    settle(OUTCOME_CANCELLED, REASON_SIGNAL, -1, "", "az: interrupted");
    check(&(struct view){.outputs = VIEW_GROUPED}, "\nOutput:\n"
                                                   "  2 ok: web-[01-02]\n"
                                                   "      stdout | a\n"
                                                   "  1 failed (exit 1): web-03\n"
                                                   "      (printed nothing)\n"
                                                   "  1 failed (exit 2): web-04\n"
                                                   "      stdout: nothing\n"
                                                   "      stderr | boom\n"
                                                   "  1 timeout (script): web-05\n"
                                                   "      (printed nothing)\n"
                                                   "  1 timeout (az): web-06\n"
                                                   "      (nothing came back)\n"
                                                   "  1 unknown (no_trailer): web-07\n"
                                                   "      stdout: same as the first group\n"
                                                   "  1 cancelled (signal): web-08\n"
                                                   "      stderr | az: interrupted\n");
}
END_TEST

START_TEST(what_azure_cut_off_is_told)
{
    static const enum view_outputs ways[] = {VIEW_GROUPED, VIEW_EACH};
    char *text;

    take(2);
    settle_ok("the end\n");
    settle(OUTCOME_FAILED, REASON_EXIT, 1, "", "the end\n");
    result.targets[0].output_truncated = true;
    result.targets[1].errors_truncated = true;
    text = written(outputs_write, &(struct view){.outputs = ways[_i]});
    ck_assert_ptr_nonnull(strstr(text, "      stdout: not all of it came back\n"
                                       "      stdout | the end\n"));
    ck_assert_ptr_nonnull(strstr(text, "      stderr: not all of it came back\n"
                                       "      stderr | the end\n"));
    free(text);
}
END_TEST

/* No target is left out, and what a VM has not printed stands between brackets. */
START_TEST(lines_have_their_target_and_every_target_has_one)
{
    static const char lines[] = "web-01: expires in 80 days\n"
                                "web-02: [failed (exit 3)]\n"
                                "web-02: a\n"
                                "web-02: b\n"
                                "web-02: stderr | no such file\n"
                                "web-03: [printed nothing]\n"
                                "web-04: [error (busy)]\n"
                                "web-05: [not all of it came back]\n"
                                "web-05: end\\x1b\n"
                                "web-06: [skipped (signal)]\n";
    struct buffer brief = BUFFER_INIT;

    take(6);
    settle_ok("expires in 80 days");
    settle(OUTCOME_FAILED, REASON_EXIT, 3, "a\nb\n", "no such file\n");
    settle_ok("");
    settle(OUTCOME_ERROR, REASON_BUSY, -1, "", "");
    settle_ok("end\033");
    result.targets[4].output_truncated = true;
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
    check(&(struct view){.outputs = VIEW_LINES}, lines);
    buffer_print(&brief, "\nOutput:\n%s", lines);
    check(&(struct view){.outputs = VIEW_LINES, .brief = true}, buffer_text(&brief));
    buffer_done(&brief);
}
END_TEST

START_TEST(lines_are_aligned)
{
    take(3);
    free(result.targets[1].label);
    result.targets[1].label = memory_string("rg-2/db");
    settle_ok("a\n");
    settle_ok("b\n");
    check(&(struct view){.outputs = VIEW_LINES}, "web-01:  a\n"
                                                 "rg-2/db: b\n"
                                                 "web-03:  [has not ended yet]\n");
}
END_TEST

START_TEST(each_is_whole_and_in_the_jobs_order)
{
    struct ignore ignore = {.count = 0};
    struct error error;

    take(5);
    settle_ok("a\n");
    settle(OUTCOME_ERROR, REASON_BUSY, -1, "", "ERROR: Conflict\n");
    settle_ok("a\n");
    settle(OUTCOME_FAILED, REASON_EXIT, 3, "a", "b\n");
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
    ck_assert_int_eq(ignore_add(&ignore, "a", &error), 0);
    check(&(struct view){.outputs = VIEW_EACH, .ignore = &ignore, .brief = true},
          "\nOutput:\n"
          "  web-01: ok\n"
          "      stdout | a\n"
          "  web-02: error (busy)\n"
          "      stderr | ERROR: Conflict\n"
          "  web-03: ok\n"
          "      stdout | a\n"
          "  web-04: failed (exit 3)\n"
          "      stdout | a\n"
          "      stderr | b\n");
    ignore_done(&ignore);
}
END_TEST

START_TEST(what_is_ignored_does_not_show)
{
    struct ignore ignore = {.count = 0};
    struct error error;

    take(2);
    settle_ok("I am web-01\n");
    settle_ok("I am web-02\n");
    ck_assert_int_eq(ignore_add(&ignore, "web-[0-9]+", &error), 0);
    check(&(struct view){.outputs = VIEW_GROUPED, .ignore = &ignore},
          "\nOutput:\n  2 ok: web-[01-02]\n      stdout | I am …\n");
    ignore_done(&ignore);
}
END_TEST

/* No heading without something below it. */
START_TEST(nothing_to_show_is_nothing)
{
    take(3);
    settle(OUTCOME_ERROR, REASON_BUSY, -1, "", "ERROR: Conflict\n");
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
    check(&(struct view){.outputs = VIEW_GROUPED}, "");
    check(&(struct view){.outputs = VIEW_GROUPED}, "");
    check(&(struct view){.outputs = VIEW_NONE}, "");
}
END_TEST

/* What is known of the first must not depend on one that has nothing to show. */
START_TEST(the_first_group_is_one_with_output)
{
    take(6);
    settle(OUTCOME_ERROR, REASON_BUSY, -1, "", "x\n");
    settle(OUTCOME_ERROR, REASON_BUSY, -1, "", "x\n");
    settle_ok("a\n");
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
    check(&(struct view){.outputs = VIEW_GROUPED}, "\nOutput:\n  1 ok: web-03\n      stdout | a\n");
}
END_TEST

/* ---- a column of a table ------------------------------------------------------------------ */

static const struct {
    const char *outputs[2]; /* of targets that are ok */
    bool fits;
} columns[] = {
    {{"a\n", "b\n"}, true},   {{"a", ""}, true},        {{"", ""}, false},
    {{"a\n", "b\nc"}, false}, {{"a\n", "\n\n"}, false}, {{"a\r\n", "b"}, true},
};

/* What is not ok has a message, and may print as much as it wants. */
START_TEST(outputs_of_a_line_each_fit_into_a_column)
{
    take(4);
    settle_ok(columns[_i].outputs[0]);
    settle_ok(columns[_i].outputs[1]);
    settle(OUTCOME_FAILED, REASON_EXIT, 1, "one\ntwo\n", "three\n");
    ck_assert_msg(outputs_fit_column(&result) == columns[_i].fits, "row %d", _i);
}
END_TEST

static const struct {
    const char *output;
    const char *errors;
    const char *expected; /* NULL: more than one line */
} cells[] = {
    {"", "", ""},       {"a\n", "", "a"},     {"a", "", "a"},
    {"", "b\r\n", "b"}, {"\n", "", ""},       {"x\033[1my", "", "xy"},
    {"a\nb", "", NULL}, {"a\n", "b\n", NULL}, {"1\r2\n", "", "2"},
};

START_TEST(a_cell_has_the_only_line)
{
    struct buffer output = BUFFER_INIT;
    struct buffer errors = BUFFER_INIT;
    struct buffer cell = BUFFER_INIT;

    buffer_add(&output, cells[_i].output);
    buffer_add(&errors, cells[_i].errors);
    ck_assert_int_eq(outputs_add_cell(&cell, &output, &errors), cells[_i].expected != NULL);
    ck_assert_str_eq(buffer_text(&cell), cells[_i].expected != NULL ? cells[_i].expected : "");
    buffer_done(&output);
    buffer_done(&errors);
    buffer_done(&cell);
}
END_TEST

/* ---- in brief ----------------------------------------------------------------------------- */

/* 30 ok that all differ, and 5 that failed, which come last. */
static void settle_many(void)
{
    take(35);
    for (int i = 0; i < 35; i++) {
        char *output = memory_print("%d\n", i);

        if (i < 30)
            settle_ok(output);
        else
            settle(OUTCOME_FAILED, REASON_EXIT, 1, output, "");
        free(output);
    }
}

static int count(const char *text, const char *part)
{
    int found = 0;

    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part))
        found++;
    return found;
}

START_TEST(brief_leaves_out_what_is_ok_first)
{
    char *text;

    settle_many();
    text = written(outputs_write, &(struct view){.outputs = VIEW_GROUPED, .brief = true});
    ck_assert_int_eq(count(text, " failed (exit 1): web-"), 5);
    ck_assert_int_eq(count(text, " ok: web-"), OUTPUTS_GROUPS - 5);
    ck_assert_ptr_nonnull(strstr(text, " ok: web-01\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "\n  Left out: 15 groups (15 targets). All of it: azfan report run-1\n"));
    free(text);
    text = written(outputs_write, &(struct view){.outputs = VIEW_GROUPED});
    ck_assert_int_eq(count(text, ": web-"), 35);
    ck_assert_ptr_null(strstr(text, "Left out"));
    free(text);
}
END_TEST

/* More of what is not ok than there is room: the largest is still there to compare with. */
START_TEST(brief_keeps_the_first_group)
{
    char *text;

    take(40);
    settle_ok("a\n");
    settle_ok("a\n");
    for (int i = 0; i < 38; i++)
        settle(OUTCOME_FAILED, REASON_EXIT, i + 1, "a\n", "");
    text = written(outputs_write, &(struct view){.outputs = VIEW_GROUPED, .brief = true});
    ck_assert_ptr_nonnull(strstr(text, "2 ok: web-[01-02]\n      stdout | a\n"));
    ck_assert_int_eq(count(text, "failed"), OUTPUTS_GROUPS - 1);
    ck_assert_ptr_nonnull(strstr(text, "Left out: 19 groups (19 targets)."));
    free(text);
}
END_TEST

START_TEST(brief_has_the_last_lines)
{
    struct buffer lines = BUFFER_INIT;
    char *text;

    take(1);
    for (int i = 0; i < OUTPUTS_LINES + 3; i++)
        buffer_print(&lines, "line %d.\n", i);
    settle(OUTCOME_FAILED, REASON_EXIT, 1, lines.data, "one\n");
    text = written(outputs_write, &(struct view){.outputs = VIEW_GROUPED, .brief = true});
    ck_assert_ptr_nonnull(
        strstr(text, "stdout: 3 lines left out before these\n      stdout | line 3.\n"));
    ck_assert_int_eq(count(text, "stdout | "), OUTPUTS_LINES);
    ck_assert_ptr_nonnull(strstr(text, "stderr | one\n  Left out: 3 lines."));
    free(text);
    text = written(outputs_write, &(struct view){.outputs = VIEW_GROUPED});
    ck_assert_int_eq(count(text, "stdout | "), OUTPUTS_LINES + 3);
    ck_assert_ptr_null(strstr(text, "eft out"));
    free(text);
    buffer_done(&lines);
}
END_TEST

/* 60 lines of 100 are new: their difference from the first is long as well. */
START_TEST(brief_shortens_a_difference_too)
{
    struct buffer one = BUFFER_INIT, other = BUFFER_INIT;
    char *text;

    take(3);
    for (int i = 0; i < 100; i++) {
        buffer_print(&one, "line %d\n", i);
        buffer_print(&other, "line %d\n", i);
        if (i % 2 == 0)
            buffer_print(&other, "new %d\n", i);
    }
    settle_ok(one.data);
    settle_ok(one.data);
    settle_ok(other.data);
    text = written(outputs_write, &(struct view){.outputs = VIEW_GROUPED, .brief = true});
    ck_assert_ptr_nonnull(strstr(text, "except:\n      stdout: 110 lines left out before these\n"));
    ck_assert_ptr_nonnull(strstr(text, "  Left out: 170 lines."));
    free(text);
    buffer_done(&one);
    buffer_done(&other);
}
END_TEST

/* Where no run can be found by its word there is none to name. */
START_TEST(no_report_is_promised_that_cannot_be_had)
{
    char *text;

    settle_many();
    result_trouble(&result, "the disk is full");
    text = written(outputs_write, &(struct view){.outputs = VIEW_GROUPED, .brief = true});
    ck_assert_ptr_nonnull(strstr(text, "Left out: 15 groups (15 targets).\n"));
    free(text);
}
END_TEST

/* ---- beside the summary ------------------------------------------------------------------- */

START_TEST(the_summary_does_not_repeat_it)
{
    static const struct {
        enum view_outputs outputs;
        int in_summary, in_report;
    } ways[] = {{VIEW_NONE, 1, 1}, {VIEW_GROUPED, 0, 1}, {VIEW_EACH, 0, 1}};

    take(1);
    settle(OUTCOME_FAILED, REASON_EXIT, 3, "", "oh\nboom\n"); /* one line alone has another place */
    for (int i = 0; i < UNIT_COUNT(ways); i++) {
        struct view view = {.outputs = ways[i].outputs};
        char *summary = written(summary_write, &view);
        char *report = written(plaintext_write, &view);

        ck_assert_int_eq(count(summary, "stderr | boom\n"), ways[i].in_summary);
        ck_assert_int_eq(count(report, "stderr | boom\n"), ways[i].in_report);
        ck_assert_ptr_nonnull(strstr(summary, "said why"));
        free(summary);
        free(report);
    }
}
END_TEST

static const char hostile[] = "fine\n\033[31mred\007\r\nbad \xff\xfe \xe2\x80\xae rtl";

START_TEST(no_control_character_reaches_the_reader)
{
    char *text;

    take(4);
    settle_ok("fine\n\ngood\n");
    settle_ok("fine\n\ngood\n");
    settle(OUTCOME_FAILED, REASON_EXIT, 3, hostile, hostile);
    settle_ok("fine\n\033]0;title\n\ngood\n"); /* in a difference */
    text = written(plaintext_write, &(struct view){.outputs = (enum view_outputs)_i});
    for (const unsigned char *at = (unsigned char *)text; *at != '\0'; at++)
        ck_assert_msg(*at == '\n' || (*at >= 0x20 && *at != 0x7f), "byte %02x", *at);
    ck_assert_ptr_null(strstr(text, "\xe2\x80\xae"));
    ck_assert_ptr_nonnull(strstr(text, "red\\x07"));
    ck_assert((_i == VIEW_NONE) == (strstr(text, "\\x1b]0;title") == NULL));
    free(text);
}
END_TEST

/* 5,000 outputs that all differ from the first by a line: no time is bound, but the test's. */
START_TEST(thousands_of_different_outputs_end)
{
    struct buffer output = BUFFER_INIT;
    char *text;

    take(5000);
    for (int i = 0; i < 5000; i++) {
        buffer_print(&output, "this is %d\n", i);
        for (int j = 0; j < 100; j++)
            buffer_print(&output, "a line of thirty-six characters %d\n", j);
        settle_ok(output.data);
        buffer_done(&output);
    }
    text = written(outputs_write, &(struct view){.outputs = VIEW_GROUPED});
    ck_assert_int_eq(count(text, "stdout |- this is 0\n"), 4999);
    free(text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("outputs");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, the_same_once_and_the_others_by_their_difference);
    tcase_add_test(tests, colours_show_what_is_different);
    tcase_add_test(tests, nothing_is_told_from_nothing_known);
    tcase_add_loop_test(tests, what_azure_cut_off_is_told, 0, 2);
    tcase_add_test(tests, lines_have_their_target_and_every_target_has_one);
    tcase_add_test(tests, lines_are_aligned);
    tcase_add_test(tests, each_is_whole_and_in_the_jobs_order);
    tcase_add_test(tests, what_is_ignored_does_not_show);
    tcase_add_test(tests, nothing_to_show_is_nothing);
    tcase_add_test(tests, the_first_group_is_one_with_output);
    tcase_add_test(tests, brief_leaves_out_what_is_ok_first);
    tcase_add_test(tests, brief_keeps_the_first_group);
    tcase_add_test(tests, brief_has_the_last_lines);
    tcase_add_test(tests, brief_shortens_a_difference_too);
    tcase_add_test(tests, no_report_is_promised_that_cannot_be_had);
    tcase_add_test(tests, the_summary_does_not_repeat_it);
    tcase_add_loop_test(tests, no_control_character_reaches_the_reader, VIEW_NONE, VIEW_EACH + 1);
    tcase_add_loop_test(tests, outputs_of_a_line_each_fit_into_a_column, 0, UNIT_COUNT(columns));
    tcase_add_loop_test(tests, a_cell_has_the_only_line, 0, UNIT_COUNT(cells));
    tcase_add_test(tests, thousands_of_different_outputs_end);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
