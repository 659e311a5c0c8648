/* SPDX-License-Identifier: MIT */
/* report/: what people and programs read of a result, with hostile output in it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "happen.h"
#include "job/job.h"
#include "report/ending.h"
#include "report/json.h"
#include "report/line.h"
#include "report/plaintext.h"
#include "report/summary.h"
#include "report/view.h"
#include "run/result.h"
#include "unit.h"

static const char hostile[] = "fine\n\033[31mred\007\r\nbad \xff\xfe \xe2\x80\xae rtl\0nul";

static struct job_target targets[] = {
    {.name = (char[]){"web-01"}, .resource_group = (char[]){"rg"}, .label = (char[]){"web-01"}},
    {.name = (char[]){"web-02"}, .resource_group = (char[]){"rg"}, .label = (char[]){"web-02"}},
    {.name = (char[]){"web-03"}, .resource_group = (char[]){"rg"}, .label = (char[]){"web-03"}},
};

static struct job job = {.path = (char[]){"job.yaml"},
                         .name = (char[]){"demo"},
                         .runbook = (char[]){"docs/agent.md"},
                         .digest = "d1",
                         .script_digest = "d2",
                         .targets = targets,
                         .target_count = 3};

static struct result result;

static void settle(size_t index, enum outcome_kind kind, enum outcome_reason reason, int exit_code,
                   const char *message)
{
    struct result_attempt attempt = {.duration =
                                         kind == OUTCOME_FAILED ? 1234 * NUMBER_MILLISECOND : 0,
                                     .wall_started = INT64_C(1763866800) * NUMBER_SECOND,
                                     .outcome = kind,
                                     .reason = reason,
                                     .message = memory_string(message)};
    struct answer answer = {.outcome = {.kind = kind,
                                        .reason = reason,
                                        .script = SCRIPT_STARTED,
                                        .exit_code = exit_code,
                                        .message = memory_string(message)}};

    buffer_append(&answer.output, hostile, sizeof hostile - 1);
    buffer_append(&answer.errors, hostile, sizeof hostile - 1);
    happen_start(&result, index, 0, 0);
    happen_end(&result, index, &attempt, &answer, true);
}

static void set_up(void)
{
    static const int batches[] = {1, 1, 1};

    result_init(&result, "run-1");
    result_take_job(&result, &job, batches);
    result.duration = 2500 * NUMBER_MILLISECOND;
    result.folder = memory_string("/runs/run-1");
    settle(0, OUTCOME_OK, REASON_NONE, 0, NULL);
    settle(1, OUTCOME_FAILED, REASON_EXIT, 7, "status 7");
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
}

static void tear_down(void)
{
    result_done(&result);
}

typedef void writer(FILE *stream, const struct result *result);

static void summary_without_colour(FILE *stream, const struct result *shown)
{
    summary_write(stream, shown, &(struct view){.outputs = VIEW_NONE});
}

static void text_without_colour(FILE *stream, const struct result *shown)
{
    plaintext_write(stream, shown, &(struct view){.outputs = VIEW_GROUPED});
}

static char *written(writer *write)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    write(stream, &result);
    (void)fclose(stream);
    return text;
}

START_TEST(json_has_the_keys_of_the_contract)
{
    char *text = written(json_write);
    json_t *root = json_loads(text, JSON_ALLOW_NUL, NULL);
    const char *name, *outcome, *out;
    int version, status, ok, exit_code;
    double duration;

    ck_assert_msg(root != NULL, "not JSON: %s", text);
    ck_assert_int_eq(json_unpack(root, "{s:i, s:i, s:{s:i}}", "version", &version, "exit_status",
                                 &status, "counts", "ok", &ok),
                     0);
    ck_assert_int_eq(version, 1);
    ck_assert_int_eq(status, 130);
    ck_assert_int_eq(ok, 1);
    ck_assert_int_eq(json_unpack(json_array_get(json_object_get(root, "targets"), 1),
                                 "{s:s, s:s, s:i, s:s, s:[{s:f}]}", "name", &name, "outcome",
                                 &outcome, "exit_code", &exit_code, "stderr", &out, "attempts",
                                 "duration_s", &duration),
                     0);
    ck_assert_str_eq(name, "web-02");
    ck_assert_str_eq(outcome, "failed");
    ck_assert_int_eq(exit_code, 7);
    ck_assert(duration > 1.2339 && duration < 1.2341);
    ck_assert_ptr_nonnull(strstr(text, "\"duration_s\":1.234"));
    ck_assert_ptr_nonnull(strstr(text, "\"started\":\"2025-11-23T03:00:00Z\""));
    json_decref(root);
    free(text);
}
END_TEST

START_TEST(json_keeps_every_byte_that_is_text)
{
    char *text = written(json_write);
    json_t *root = json_loads(text, JSON_ALLOW_NUL, NULL);
    json_t *out = json_object_get(json_array_get(json_object_get(root, "targets"), 0), "stdout");
    const char *value = json_string_value(out);

    ck_assert_ptr_nonnull(strstr(value, "\033[31mred")); /* data stays data; JSON escapes it */
    ck_assert_ptr_nonnull(strstr(value, "bad \xef\xbf\xbd\xef\xbf\xbd "));
    ck_assert_uint_eq(json_string_length(out), sizeof hostile - 1 + 4);
    json_decref(root);
    free(text);
}
END_TEST

static writer *const text_writers[] = {summary_without_colour, text_without_colour};

START_TEST(no_control_character_reaches_the_reader)
{
    char *text = written(text_writers[_i]);

    for (const unsigned char *at = (unsigned char *)text; *at != '\0'; at++)
        ck_assert_msg(*at == '\n' || (*at >= 0x20 && *at != 0x7f), "byte %02x", *at);
    ck_assert_ptr_null(strstr(text, "\xe2\x80\xae"));
    ck_assert_ptr_nonnull(strstr(text, "\\u202e"));
    free(text);
}
END_TEST

START_TEST(the_summary_names_what_is_not_ok_and_what_to_do)
{
    static const char *const wanted[] = {"web-02",
                                         "status 7",
                                         "What to do: ",
                                         "skipped",
                                         "web-03",
                                         "1 ok, 1 failed, 1 skipped of 3",
                                         "stderr | fine",
                                         "Runbook: docs/agent.md",
                                         "/runs/run-1/report.json"};
    char *text = written(summary_without_colour);

    for (int i = 0; i < UNIT_COUNT(wanted); i++)
        ck_assert_msg(strstr(text, wanted[i]) != NULL, "%s is not in:\n%s", wanted[i], text);
    ck_assert_ptr_null(strstr(text, "web-01"));
    free(text);
}
END_TEST

/* A runbook is text; its second line must not look like azfan's own words. */
START_TEST(a_runbook_of_several_lines_is_indented)
{
    char *text;

    free(result.job.runbook);
    result.job.runbook = memory_string("call Anna\ndemo: 3 ok of 3 targets");
    text = written(summary_without_colour);
    ck_assert_ptr_nonnull(strstr(text, "\nRunbook: call Anna\n         demo: 3 ok of 3 targets\n"));
    free(text);
}
END_TEST

/* A target that is under way may be running its script, and has no outcome and no message. */
START_TEST(what_is_under_way_does_not_look_idle)
{
    json_t *root;
    json_t *target;
    char *text;

    result.targets[2].state = RESULT_STARTED;
    text = written(json_write);
    root = json_loads(text, JSON_ALLOW_NUL, NULL);
    target = json_array_get(json_object_get(root, "targets"), 2);
    ck_assert_str_eq(json_string_value(json_object_get(target, "script_started")), "maybe");
    ck_assert(json_is_true(json_object_get(target, "may_still_run")));
    ck_assert(json_is_null(json_object_get(target, "message")));
    json_decref(root);
    free(text);
}
END_TEST

/* Why a target is not ok: of a script that ended badly the last thing that it said of that. */
static const struct {
    const char *name;
    enum outcome_kind kind;
    enum outcome_reason reason;
    int exit_code;
    const char *message;
    const char *errors;
    const char *why;
    bool tells_all; /* there is no more of standard error */
} ends[] = {{"its last line", OUTCOME_FAILED, REASON_EXIT, 1, "the script ended with status 1",
             "starting\nnginx: unknown directive \"workr\"\n",
             "exit 1: nginx: unknown directive \"workr\"", false},
            {"one line", OUTCOME_FAILED, REASON_EXIT, 1, "the script ended with status 1",
             "no such file", "exit 1: no such file", true},
            {"nothing was said", OUTCOME_FAILED, REASON_EXIT, 1, "the script ended with status 1",
             "", "the script ended with status 1", false},
            {"blanks alone", OUTCOME_FAILED, REASON_EXIT, 2, "the script ended with status 2",
             " \n\t\n\n", "the script ended with status 2", false},
            {"blank lines, and a line of escapes, at the end", OUTCOME_FAILED, REASON_EXIT, 1,
             "status", "\033[31m  E:\tbroken  \n\033[0m\n\n \r\n", "exit 1: E: broken", false},
            {"drawn over", OUTCOME_FAILED, REASON_EXIT, 1, "status", "10%\r50%\rfull",
             "exit 1: full", true},
            {"hostile", OUTCOME_FAILED, REASON_EXIT, 1, "status", "a\033]0;x\007b\xff\xe2\x80\xae",
             "exit 1: ab\xef\xbf\xbd\\u202e", true},
            {"a signal keeps its words", OUTCOME_FAILED, REASON_SIGNAL, 137, "ended by SIGKILL",
             "line 3: Killed\n", "ended by SIGKILL; stderr: line 3: Killed", true},
            {"a status that is not listed keeps them", OUTCOME_FAILED, REASON_EXIT, 0,
             "not in ok_status", "hm\n", "not in ok_status; stderr: hm", true},
            {"script_timeout", OUTCOME_TIMEOUT, REASON_SCRIPT, -1, "stopped after 30s",
             "waiting for db\n", "stopped after 30s; stderr: waiting for db", true},
            {"standard error is az's own", OUTCOME_TIMEOUT, REASON_AZ, -1, "no answer",
             "ERROR: cancelled\n", "no answer", false},
            {"ok", OUTCOME_OK, REASON_NONE, 0, NULL, "warning: old\n", "", false},
            {"ok, with another status", OUTCOME_OK, REASON_NONE, 4, "status 4 counts as ok",
             "warning\n", "status 4 counts as ok", false}};

START_TEST(why_a_target_is_not_ok)
{
    struct result_target target = {.outcome = {.kind = ends[_i].kind,
                                               .reason = ends[_i].reason,
                                               .exit_code = ends[_i].exit_code,
                                               .message = memory_string(ends[_i].message)}};
    struct buffer why = BUFFER_INIT;

    buffer_add(&target.errors, ends[_i].errors);
    line_print_why(&why, &target);
    ck_assert_msg(strcmp(buffer_text(&why), ends[_i].why) == 0, "%s: %s", ends[_i].name,
                  buffer_text(&why));
    ck_assert_msg(line_tells_errors(&target) == ends[_i].tells_all, "%s", ends[_i].name);
    buffer_done(&why);
    buffer_done(&target.errors);
    outcome_done(&target.outcome);
}
END_TEST

/* A line without an end, of characters of three bytes. */
START_TEST(a_long_error_is_cut_between_two_characters)
{
    struct result_target target = {
        .outcome = {.kind = OUTCOME_FAILED, .reason = REASON_EXIT, .exit_code = 1}};
    struct buffer why = BUFFER_INIT;

    buffer_add(&target.errors, "x");
    for (int i = 0; i < 1000; i++)
        buffer_add(&target.errors, "€");
    line_print_why(&why, &target);
    ck_assert_uint_lt(why.length, 320);
    ck_assert(text_is_utf8(buffer_text(&why), why.length, &(size_t){0}));
    ck_assert(!line_tells_errors(&target));
    buffer_done(&why);
    buffer_done(&target.errors);
}
END_TEST

START_TEST(a_block_has_its_prefix_on_every_line)
{
    struct buffer bytes = BUFFER_INIT;
    struct buffer block = BUFFER_INIT;

    buffer_add(&bytes, "one\ntwo\nthree");
    line_print_block(&block, &bytes, 2, "> ");
    ck_assert_str_eq(buffer_text(&block), "> two\n> three\n");
    buffer_done(&block);
    line_print_block(&block, &bytes, 0, "> ");
    ck_assert_str_eq(buffer_text(&block), "> one\n> two\n> three\n");
    buffer_done(&block);
    buffer_done(&bytes);
    line_print_block(&block, &bytes, 5, "> ");
    ck_assert_str_eq(buffer_text(&block), "");
}
END_TEST

/* Of a client of REST, and of az that could not run fewer at once. */
START_TEST(how_often_azure_has_throttled)
{
    static const struct {
        struct result_throttled throttled;
        size_t cuts;
        const char *words;
    } rows[] = {
        {{0, 0, 0}, 0, ""},
        {{1, 0, 0}, 0, "Azure throttled 1 start"},
        {{9, 3, 2},
         0,
         "Azure throttled 14 starts, 3 of them by a region's limit, 2 by a VM's own limit"},
        {{0, 0, 2}, 0, "Azure throttled 2 starts, 2 of them by a VM's own limit"},
        {{9, 3, 2}, 1, "Azure throttled: down to 4 at once, from 30"},
    };
    struct buffer words = BUFFER_INIT;

    result.workers = 30;
    result.least_limit = 4;
    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        result.throttled = rows[i].throttled;
        result.cuts = rows[i].cuts;
        ck_assert_int_eq(ending_print_throttling(&words, &result), rows[i].words[0] != '\0');
        ck_assert_str_eq(buffer_text(&words), rows[i].words);
        buffer_done(&words);
    }
}
END_TEST

static Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, json_has_the_keys_of_the_contract);
    tcase_add_test(tests, json_keeps_every_byte_that_is_text);
    tcase_add_loop_test(tests, no_control_character_reaches_the_reader, 0,
                        UNIT_COUNT(text_writers));
    tcase_add_test(tests, the_summary_names_what_is_not_ok_and_what_to_do);
    tcase_add_test(tests, a_runbook_of_several_lines_is_indented);
    tcase_add_test(tests, what_is_under_way_does_not_look_idle);
    tcase_add_loop_test(tests, why_a_target_is_not_ok, 0, UNIT_COUNT(ends));
    tcase_add_test(tests, a_long_error_is_cut_between_two_characters);
    tcase_add_test(tests, a_block_has_its_prefix_on_every_line);
    tcase_add_test(tests, how_often_azure_has_throttled);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(report_suite)
