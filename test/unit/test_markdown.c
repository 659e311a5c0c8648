/* SPDX-License-Identifier: MIT */
/* report/markdown: what it says of a run, and that it never gets too long. How it is rendered is
 * test/cli/reports.bats' business. */
#include "report/markdown.h"

#include "base/buffer.h"
#include "report/ignore.h"
#include "unit/happen.h"
#include "unit/sample.h"
#include "unit/unit.h"

static struct result result;
static struct ignore ignore;

static void set_up(void)
{
    sample_begin(&result, 5);
}

static void tear_down(void)
{
    result_done(&result);
    ignore_done(&ignore);
}

static void write_it(FILE *stream, const struct result *shown)
{
    markdown_write(stream, shown, &ignore);
}

static char *written(void)
{
    return sample_write(write_it, &result);
}

static void expect_in(const char *text, const char *wanted)
{
    ck_assert_msg(strstr(text, wanted) != NULL, "\"%s\" is not in:\n%.4000s", wanted, text);
}

static void expect_out(const char *text, const char *unwanted)
{
    ck_assert_msg(strstr(text, unwanted) == NULL, "\"%s\" is in:\n%.4000s", unwanted, text);
}

static void expect_order(const char *text, const char *first, const char *second)
{
    expect_in(text, first);
    expect_in(text, second);
    ck_assert_msg(strstr(text, first) < strstr(text, second), "\"%s\" is behind \"%s\" in:\n%s",
                  first, second, text);
}

/* ---- runs --------------------------------------------------------------------------------- */

static void all_ok(void)
{
    for (size_t i = 0; i < 5; i++)
        sample_end(&result, i, &(struct sample){OUTCOME_OK, .output = "same\n"});
}

static void audited(void)
{
    static const char *const outputs[] = {"80 days\n", "12 | days `x`\n", "80 days\n", ""};

    for (size_t i = 0; i < 4; i++)
        sample_end(&result, i, &(struct sample){OUTCOME_OK, .output = outputs[i]});
    sample_end(&result, 4,
               &(struct sample){OUTCOME_FAILED, REASON_EXIT, 7, .message = "status 7",
                                .errors = "no such file\nat all\n"});
}

static void two_failed(void)
{
    for (size_t i = 0; i < 3; i++)
        sample_end(&result, i, &(struct sample){OUTCOME_OK, .output = "same\n"});
    for (size_t i = 3; i < 5; i++)
        sample_end(&result, i,
                   &(struct sample){OUTCOME_FAILED, REASON_EXIT, 7, .message = "status 7",
                                    .errors = "no such file\n"});
}

static void halted(void)
{
    sample_end(&result, 0, &(struct sample){OUTCOME_FAILED, REASON_EXIT, 7, .message = "status 7"});
    happen_halt(&result, RESULT_HALTED, 0, "1 target is not ok");
}

static void stopped(void)
{
    all_ok();
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
}

static void going(void)
{
    result.ending = RESULT_GOING;
    sample_end(&result, 0, &(struct sample){OUTCOME_OK, .output = "same\n"});
    sample_end(&result, 1,
               &(struct sample){OUTCOME_ERROR, REASON_BUSY, .message = "busy", .again = true});
    happen_start(&result, 2, SAMPLE_STARTED, 0);
}

static void going_badly(void)
{
    going();
    sample_end(&result, 3, &(struct sample){OUTCOME_ERROR, REASON_BUSY, .message = "busy"});
}

static void interrupted(void)
{
    happen_start(&result, 2, SAMPLE_STARTED, 0);
    happen_break(&result);
}

static void retried(void)
{
    sample_end(&result, 0,
               &(struct sample){OUTCOME_ERROR, REASON_BUSY, .message = "busy", .again = true});
    all_ok();
}

static void silent(void)
{
    for (size_t i = 0; i < 5; i++)
        sample_end(&result, i, &(struct sample){OUTCOME_OK});
}

static void truncated(void)
{
    sample_end(&result, 0,
               &(struct sample){OUTCOME_OK, .output = "the end\n", .output_truncated = true});
}

static void in_trouble(void)
{
    all_ok();
    result_trouble(&result, "the disk is full");
}

static void failed_in_trouble(void)
{
    two_failed();
    result_trouble(&result, "the disk is full");
}

static void without_a_way_on(void)
{
    failed_in_trouble();
    free(result.job.runbook);
    result.job.runbook = NULL;
}

static void rehearsed(void)
{
    all_ok();
    result.rehearsal = true;
    result.rerun_of = memory_string("run-0");
    result.workers = result.least_limit = 30;
    happen_limit(&result, 15);
}

static const struct {
    void (*make)(void);
    const char *wanted;
} texts[] = {
    {all_ok, "# ✅ `demo`: all 5 ok\n"},
    {all_ok, "| ok | 5 |\n"},
    {all_ok, "<details><summary>5 ok: <code>web-[01-05]</code></summary>\n\nStandard output:\n\n"
             "```\nsame\n```\n\n</details>\n"},
    {all_ok, "- run: `run-1`\n- job: `jobs/demo.yaml`\n- started 2025-11-23T03:00:00Z, took 2.5s, "
             "exit status 0\n- by: `anna`\n- on: `ops-1`\n"
             "- commit, with uncommitted changes: `0123abcd`\n- az: `2.45.0`\n"
             "- folder: `/runs/run-1`\n"},
    {audited, "at all\n```\n\n</details>\n\n"
              "| ok | output |\n| --- | --- |\n| `web-[01,03]` | `80 days` |\n"
              "| `web-02` | `` 12 \\x7c days `x` `` |\n| `web-04` |  |\n\n"},
    {two_failed, "# ❌ `demo`: 2 of 5 not ok\n"},
    {two_failed, "| ok | 3 |\n| failed | 2 |\n"},
    {two_failed, "## Not ok\n\n### failed (exit): 2 targets\n\n`web-[04-05]`\n\n"
                 "- 2 × `status 7`\n\nWhat to do: The script failed: read its output."},
    {two_failed, "## How to go on\n\nRunbook: `docs/agent.md`\n\n"},
    {two_failed, "```\nazfan rerun run-1\n```\n"},
    {two_failed, "<summary>2 failed (exit 7): <code>web-[04-05]</code></summary>\n\n"
                 "Standard error:\n\n```\nno such file\n```\n"},
    {halted, "Halted: `1 target is not ok`\n"},
    {halted, "### skipped (halted): 4 targets\n\n`web-[02-05]`\n"},
    {stopped, "# ❌ `demo`: all 5 ok\n"},
    {stopped, "\nStopped by SIGINT.\n\n"},
    {going, "# ⏳ `demo`: 1 of 5 have ended\n"},
    {going, "| ok | 1 |\n| not ended yet | 4 |\n"},
    {going, "```\nazfan report run-1\n```\n"},
    {going_badly, "### error (busy): 1 target\n\n`web-04`\n"},
    {interrupted, "\nInterrupted: "},
    {interrupted, "### unknown (interrupted): 1 target\n\n`web-03`\n"},
    {retried, "\n1 target was tried more than once.\n"},
    {truncated, "Standard output, not all of it:\n\n```\nthe end\n```\n"},
    {in_trouble, "# ❌ `demo`: all 5 ok\n"},
    {in_trouble, "Trouble: `the disk is full`\n"},
    {rehearsed, ": all 5 ok (a rehearsal)\n"},
    {rehearsed, "- rerun of: `run-0`\n"},
    {rehearsed, "- Azure throttled: down to 15 at once, from 30\n"},
};

START_TEST(it_says_what_the_run_came_to)
{
    char *text;

    texts[_i].make();
    text = written();
    expect_in(text, texts[_i].wanted);
    free(text);
}
END_TEST

static const struct {
    void (*make)(void);
    const char *unwanted;
} silences[] = {
    {all_ok, "## Not ok"},
    {all_ok, "How to go on"},
    {all_ok, "left out"},
    {all_ok, "no room"},
    {all_ok, "tried more than once"},
    {going, "## Not ok"},
    {going, "exit status"},
    {going, "rerun"},
    {failed_in_trouble, "azfan rerun"}, /* not all of it may have been kept */
    {without_a_way_on, "How to go on"},
    {silent, "What the VMs wrote"},
    {halted, "What the VMs wrote"},
};

START_TEST(it_says_no_more_than_that)
{
    char *text;

    silences[_i].make();
    text = written();
    expect_out(text, silences[_i].unwanted);
    free(text);
}
END_TEST

START_TEST(what_is_not_ok_stands_before_what_is)
{
    char *text;

    two_failed();
    text = written();
    expect_order(text, "<summary>2 failed", "<summary>3 ok");
    free(text);
    result_done(&result);
    sample_begin(&result, 5);
    sample_end(&result, 0, &(struct sample){OUTCOME_FAILED, REASON_EXIT, 7, .message = "status 7"});
    sample_end(&result, 1, &(struct sample){OUTCOME_UNKNOWN, REASON_ANSWER, .message = "what?"});
    text = written();
    expect_order(text, "### unknown", "### failed");
    free(text);
}
END_TEST

START_TEST(different_messages_are_counted_and_the_sixth_is_not_shown)
{
    char *text;

    result_done(&result);
    sample_begin(&result, 9);
    for (size_t i = 0; i < 9; i++) {
        char message[] = "message A";

        message[8] = (char)('A' + (i < 3 ? 0 : i));
        sample_end(&result, i, &(struct sample){OUTCOME_ERROR, REASON_OTHER, .message = message});
    }
    text = written();
    expect_in(text, "- 3 × `message A`\n- 1 × `message D`\n");
    expect_in(text, "- 1 × `message G`\n- 2 with other messages\n");
    expect_out(text, "message H");
    free(text);
}
END_TEST

START_TEST(ignored_parts_gather_outputs)
{
    struct error error;
    char *text;

    ck_assert_int_eq(ignore_add(&ignore, "[0-9]+", &error), 0);
    for (size_t i = 0; i < 5; i++) {
        char output[] = "pid 0\n";

        output[4] = (char)('0' + i);
        sample_end(&result, i, &(struct sample){OUTCOME_OK, .output = output});
    }
    text = written();
    expect_in(text, "<summary>5 ok");
    expect_in(text, "pid …\n");
    free(text);
}
END_TEST

START_TEST(hostile_bytes_are_shown_and_harmless)
{
    static const char wanted[] =
        "```\nfine\nred\\x07\nBAD \xef\xbf\xbd\xef\xbf\xbd \\u202e rtl\\x00nul\nback "
        "\\ufffe\\uffff \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ]]> <b> & end\n```\n";
    char *text;

    free(result.job.runbook);
    result.job.runbook = memory_string("\033]0;title\007 `@you` <b>");
    sample_end(&result, 0,
               &(struct sample){OUTCOME_FAILED, REASON_EXIT, 1, .message = "`\n# head\r\n|",
                                .output = SAMPLE_HOSTILE,
                                .output_length = sizeof SAMPLE_HOSTILE - 1});
    text = written();
    expect_in(text, wanted);
    expect_in(text, "- 1 × `` ` # head | ``\n");
    expect_in(text, "Runbook: ``\\x1b]0;title\\x07 `@you` <b>``\n");
    free(text);
}
END_TEST

/* ---- length ------------------------------------------------------------------------------- */

/* What takes the most room in code: backticks, which make the delimiters as long. */
static char *backticks(size_t count)
{
    char *text = memory_zeroed(count + 1, 1);

    memset(text, '`', count);
    return text;
}

/* 100,000 names that do not fold, under every outcome and reason that there is, with messages. */
static void flood_of_names(void)
{
    char *message = backticks(2000);
    char *long_name = backticks(8000);
    size_t at = 0;

    result_done(&result);
    sample_begin(&result, 100000);
    for (size_t i = 0; i < result.target_count; i++) {
        free(result.targets[i].label);
        result.targets[i].label =
            memory_print("%s%zx`x", i < 64 ? long_name : "", i * 2654435761U % 4294967291U);
    }
    while (at < result.target_count) {
        for (int kind = OUTCOME_FAILED; kind < OUTCOME_KINDS; kind++) {
            for (int reason = 0; reason < REASONS && at < result.target_count; reason++) {
                struct sample sample = {(enum outcome_kind)kind, (enum outcome_reason)reason,
                                        .message = at < 1000 ? message + at : "short"};

                if (outcome_is_valid(sample.kind, sample.reason))
                    sample_end(&result, at++, &sample);
            }
        }
    }
    free(message);
    free(long_name);
}

static void flood_of_outputs(void)
{
    char *output = backticks(20000);

    result_done(&result);
    sample_begin(&result, 2000);
    for (size_t i = 0; i < result.target_count; i++)
        sample_end(&result, i,
                   &(struct sample){i % 2 == 0 ? OUTCOME_OK : OUTCOME_FAILED,
                                    i % 2 == 0 ? REASON_NONE : REASON_EXIT, (int)(i % 2),
                                    .message = i % 2 == 0 ? NULL : "status 1", .output = output + i,
                                    .errors = output + i});
    free(output);
}

static void flood_of(const char *rest)
{
    result_done(&result);
    sample_begin(&result, 20000);
    for (size_t i = 0; i < result.target_count; i++) {
        char *output = memory_print("here is %zu%s\n", i, rest);

        sample_end(&result, i, &(struct sample){OUTCOME_OK, .output = output});
        free(output);
    }
}

static void flood_of_small_outputs(void)
{
    flood_of("\nand there");
}

static void flood_of_lines(void)
{
    flood_of(", a line that says as much as a line of an audit may well say");
}

static void flood_of_facts(void)
{
    char *text = backticks(1000000);

    all_ok();
    happen_halt(&result, RESULT_HALTED, 0, text);
    result_trouble(&result, text);
    free(result.job.name);
    free(result.job.runbook);
    free(result.origin.user);
    result.job.name = memory_string(text);
    result.job.runbook = memory_string(text);
    result.origin.user = memory_string(text);
    free(text);
}

static const struct {
    void (*make)(void);
    const char *note; /* what is said about what is not there */
} floods[] = {
    {flood_of_names, "\n\n## How to go on"},
    {flood_of_outputs, " more outputs: there is no room for them here."},
    {flood_of_small_outputs, " more outputs: there is no room for them here."},
    {flood_of_lines, " more outputs: there is no room for them here."},
    {flood_of_facts, "…"},
};

START_TEST(it_is_never_too_long)
{
    char *text;

    floods[_i].make();
    text = written();
    ck_assert_uint_le(strlen(text), MARKDOWN_MOST);
    expect_in(text, floods[_i].note);
    expect_in(text, "## The run\n\n- run: `run-1`\n");
    free(text);
}
END_TEST

START_TEST(the_room_is_used_for_what_is_not_ok_first)
{
    char *text;

    flood_of_outputs();
    text = written();
    ck_assert_uint_ge(strlen(text), MARKDOWN_MOST - 100000);
    expect_in(text, " bytes left out …]\n"); /* no output takes all the room */
    expect_in(text, "<summary>1 failed");
    expect_out(text, "<summary>1 ok");
    free(text);
}
END_TEST

START_TEST(what_is_left_out_is_counted)
{
    unsigned long shown = 0;
    unsigned long left_out;
    char *text;

    flood_of_small_outputs();
    text = written();
    ck_assert_uint_ge(strlen(text), MARKDOWN_MOST - 2000);
    for (const char *at = text; (at = strstr(at, "<details>")) != NULL; at++)
        shown++;
    left_out = strtoul(strstr(text, "</details>\n\n1") + strlen("</details>\n\n"), NULL, 10);
    ck_assert_uint_eq(shown + left_out, 20000);
    free(text);
}
END_TEST

START_TEST(a_long_list_of_names_is_cut)
{
    char *text;

    result_done(&result);
    sample_begin(&result, 5000);
    for (size_t i = 0; i < result.target_count; i++) {
        free(result.targets[i].label);
        result.targets[i].label = memory_print("%zx-x", i * 2654435761U % 4294967291U);
    }
    happen_halt(&result, RESULT_HALTED, 0, "halted");
    text = written();
    ck_assert_uint_le(strlen(text), 12000);
    expect_in(text, "…`\n");
    expect_in(text, ": 5000 targets\n");
    free(text);
}
END_TEST

static Suite *markdown_suite(void)
{
    Suite *suite = suite_create("markdown");
    TCase *tests = tcase_create("markdown");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, it_says_what_the_run_came_to, 0, UNIT_COUNT(texts));
    tcase_add_loop_test(tests, it_says_no_more_than_that, 0, UNIT_COUNT(silences));
    tcase_add_test(tests, what_is_not_ok_stands_before_what_is);
    tcase_add_test(tests, different_messages_are_counted_and_the_sixth_is_not_shown);
    tcase_add_test(tests, ignored_parts_gather_outputs);
    tcase_add_test(tests, hostile_bytes_are_shown_and_harmless);
    tcase_add_loop_test(tests, it_is_never_too_long, 0, UNIT_COUNT(floods));
    tcase_add_test(tests, the_room_is_used_for_what_is_not_ok_first);
    tcase_add_test(tests, what_is_left_out_is_counted);
    tcase_add_test(tests, a_long_list_of_names_is_cut);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(markdown_suite)
