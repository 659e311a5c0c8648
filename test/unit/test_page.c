/* SPDX-License-Identifier: MIT */
/* report/page: all that a run came to is on it, in good order, within its bounds, and harmless. */
#include "page/page.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "happen.h"
#include "page/files.h"
#include "run/result.h"
#include "unit.h"

#define S NUMBER_SECOND

static const int64_t wall = INT64_C(1763866800) * S;
static const char hostile[] =
    "</script><script>bad()</script></style></pre></td>]]><!-- <img src=x onerror=bad()>\"' "
    "\033[31m\007 \xff\xfe \xe2\x80\xae \xef\xbf\xbe \r\n\t&lt;\0nul";

static struct result result;
static char *page; /* as it was written */
static xmlDocPtr tree;
static xmlXPathContextPtr context;

/* ---- runs --------------------------------------------------------------------------------- */

static void make_run(size_t count, int batches)
{
    result_init(&result, "20251123T030000Z-demo-1a2b");
    result_take_targets(&result, count);
    result.job = (struct result_job){.name = memory_string("demo"),
                                     .file = memory_string("job.yaml"),
                                     .digest = memory_string("d1"),
                                     .script_digest = memory_string("d2"),
                                     .runbook = memory_string("docs/agent.md"),
                                     .timeout = 20 * S,
                                     .script_timeout = 5 * S,
                                     .attempts = 3,
                                     .batches = batches};
    result.folder = memory_string("/runs/20251123T030000Z-demo-1a2b");
    result.wall_started = wall;
    result.wall_ended = wall + 10 * S;
    result.duration = 10 * S;
    result.concurrency = result.workers = result.least_limit = 4;
    for (size_t i = 0; i < count; i++) {
        struct result_target *target = &result.targets[i];

        target->name = memory_print("web-%05zu", i + 1);
        target->label = memory_string(target->name);
        target->resource_group = memory_string("rg");
        target->batch = 1 + (int)(i * (size_t)batches / count);
    }
}

/* An attempt of TARGET that prints LENGTH bytes of OUTPUT. */
static void attempt(size_t target, enum outcome_kind kind, enum outcome_reason reason,
                    const char *output, size_t length, bool settled)
{
    const char *message = kind == OUTCOME_OK ? NULL : "it went wrong";
    struct result_attempt done = {.at = (int64_t)result.targets[target].attempt_count * 3 * S,
                                  .duration = 2 * S,
                                  .wall_started = wall,
                                  .outcome = kind,
                                  .reason = reason,
                                  .message = memory_string(message),
                                  .worker = (int)(target % 4)};
    struct answer answer = {.outcome = {.kind = kind,
                                        .reason = reason,
                                        .exit_code = kind == OUTCOME_FAILED ? 7 : 0,
                                        .message = memory_string(message)}};

    buffer_append(&answer.output, output, length);
    happen_start(&result, target, wall, 0);
    happen_end(&result, target, &done, &answer, settled);
}

static void succeed(size_t target, const char *output)
{
    attempt(target, OUTCOME_OK, REASON_NONE, output, strlen(output), true);
}

static void go_wrong(size_t target, const char *output)
{
    attempt(target, OUTCOME_FAILED, REASON_EXIT, output, strlen(output), true);
}

static void end_well(void)
{
    succeed(0, "a");
    succeed(1, "a");
}

/* ---- pages -------------------------------------------------------------------------------- */

/* Takes what stands between the tags of ELEMENT, which is no XML, out of TEXT. */
static void cut_out(char *text, const char *begin, const char *end)
{
    char *from = strstr(text, begin);
    char *to;

    ck_assert_ptr_nonnull(from);
    from += strlen(begin);
    to = strstr(from, end);
    ck_assert_ptr_nonnull(to);
    memmove(from, to, strlen(to) + 1);
}

/* Writes the page, and reads it as a tree: but for its style and its script it is strict XML. */
static void write_page(void)
{
    size_t length = 0;
    size_t bad = 0;
    FILE *stream = open_memstream(&page, &length);
    char *rest;

    page_write(stream, &result, NULL);
    (void)fclose(stream);
    ck_assert_uint_eq(strlen(page), length);
    ck_assert(text_is_utf8(page, length, &bad));
    rest = memory_string(page);
    cut_out(rest, "<style>", "</style>");
    cut_out(rest, "<script>", "</script>");
    tree = xmlReadMemory(rest, (int)strlen(rest), NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_HUGE);
    ck_assert_msg(tree != NULL, "not well-formed");
    context = xmlXPathNewContext(tree);
    free(rest);
}

static void tear_down(void)
{
    xmlXPathFreeContext(context);
    xmlFreeDoc(tree);
    free(page);
    result_done(&result);
}

/* How many nodes there are; or the number that the expression is. */
static int count(const char *path)
{
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)path, context);
    int number;

    ck_assert_msg(found != NULL, "%s", path);
    if (found->type == XPATH_NODESET)
        number = found->nodesetval != NULL ? found->nodesetval->nodeNr : 0;
    else
        number = (int)xmlXPathCastToNumber(found);
    xmlXPathFreeObject(found);
    return number;
}

static void check_count(const char *path, int expected)
{
    int found = count(path);

    ck_assert_msg(found == expected, "%s: %d, not %d", path, found, expected);
}

static void check_text(const char *path, const char *expected)
{
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)path, context);
    xmlChar *text = xmlXPathCastToString(found);

    ck_assert_msg(strcmp((const char *)text, expected) == 0, "%s: \"%s\", not \"%s\"", path,
                  (const char *)text, expected);
    xmlFree(text);
    xmlXPathFreeObject(found);
}

/* ---- contents ----------------------------------------------------------------------------- */

/* One of each: ok, failed, tried again, skipped. */
static void make_usual_run(void)
{
    make_run(5, 2);
    succeed(0, "one\ntwo\nthree\nfour\nfive\n");
    succeed(1, "one\ntwo\nthree\nfour\nfive\n");
    go_wrong(2, "one\ntwo\nthree\nfour\nsix\n");
    attempt(3, OUTCOME_ERROR, REASON_BUSY, "", 0, false);
    attempt(3, OUTCOME_OK, REASON_NONE, "one\ntwo\nthree\nfour\nfive\n", 24, true);
    happen_halt(&result, RESULT_HALTED, 0, "1 failed, and max_failures allows 0");
    write_page();
}

START_TEST(everything_is_on_it)
{
    make_usual_run();
    check_text("//h1", "demo");
    check_text("//*[@class='verdict']", "2 of 5 are not ok");
    check_text("normalize-space(//*[@class='ending'])",
               "Halted: 1 failed, and max_failures allows 0.");
    check_text("//ul[@class='counts']/li[1]", "3 ok");
    check_count("//ul[@class='counts']/li", 3);
    check_count("//ul[@class='matters']/li", 2);
    check_text("//ul[@class='matters']/li[1]/h3", "1 failed (exit)");
    check_text("//ul[@class='matters']/li[1]/p[@class='names']", "web-00003");
    check_count("//ul[@class='matters']/li[contains(., 'What to do: The script failed')]", 1);
    check_count("//ul[@class='matters']/li[2]/p[contains(., 'stopped it, then rerun.')]", 1);
    check_count("//dl[@class='next']//code[starts-with(., 'azfan rerun 20251123T')]", 1);
    check_count("//section[@id='origin']//dd[. = '20251123T030000Z-demo-1a2b']", 2);
    check_count("//section[@id='origin']//dd[. = '2025-11-23T03:00:00Z']", 1);
}
END_TEST

START_TEST(its_head_says_who_ran_it_where_and_what_the_exit_status_means)
{
    make_run(2, 1);
    result.origin = (struct origin){.user = memory_string("anna"),
                                    .host = memory_string("ops-1"),
                                    .subscription = memory_string("sub-of-az")};
    result.targets[0].subscription = memory_string("own");
    succeed(0, "a");
    go_wrong(1, "b");
    write_page();
    check_text("//p[@class='circumstances']/span[3]", "by anna on ops-1");
    check_text("//p[@class='circumstances']/span[4]", "subscriptions own, sub-of-az");
    check_text("//p[@class='circumstances']/span[5]", "exit status 3: a script failed");
}
END_TEST

/* One cause is told once, another beside it. */
START_TEST(a_card_has_each_message_once)
{
    make_run(12, 1);
    for (size_t i = 0; i < 12; i++) {
        attempt(i, OUTCOME_ERROR, REASON_OTHER, "", 0, true);
        free(result.targets[i].outcome.message);
        result.targets[i].outcome.message =
            i < 3 ? memory_string("no disk") : memory_print("odd %c", 'a' + (int)i);
    }
    write_page();
    check_count("//ul[@class='matters']/li", 1);
    check_count("//ul[@class='matters']//p[@class='message']", 5);
    check_text("//ul[@class='matters']//p[@class='message'][1]", "web-[00001-00003]: no disk");
    check_text("//ul[@class='matters']//p[@class='message'][2]", "web-00004: odd d");
    check_text("//ul[@class='matters']//p[@class='note']",
               "5 other messages are in the table of targets.");
}
END_TEST

START_TEST(a_command_in_an_advice_is_code)
{
    make_run(1, 1);
    attempt(0, OUTCOME_ERROR, REASON_NOT_RUNNING, "", 0, true);
    write_page();
    check_text("//ul[@class='matters']//code", "az vm start");
}
END_TEST

START_TEST(every_attempt_has_a_bar_and_every_wait_a_line)
{
    make_usual_run();
    check_count("//svg[@class='timeline']//rect", 5);
    check_count("//svg[@class='timeline']//rect[@class='error']", 1);
    check_text("//svg[@class='timeline']//rect[@class='error']/title",
               "web-00004: error (busy), 2.0s, from 0.0s, attempt 1");
    check_count("//svg[@class='timeline']//path[@class='wait']", 1);
    check_count("//svg[@class='timeline']//text[@class='clock' and . = 'script_timeout 5s']", 1);
    check_count("//p[@class='note' and contains(., 'timeout (20s) is longer than the run')]", 1);
    check_count("//svg[@class='timeline']//line[@class='batch']", 1); /* both began at once */
    check_count("//svg[@class='timeline']//text[@class='lane' and . = 'batch']", 1);
    check_count("//svg[@class='timeline']//text[@class='lane' and starts-with(., 'az ')]", 4);
    check_text("//section[@id='timeline']//tbody/tr[1]", "batch 130.0s2.0s2100");
    check_text("//section[@id='timeline']//tbody/tr[2]", "batch 220.0s5.0s1101");
}
END_TEST

/* A bar of a fifth of the picture has room for a name; for the outcome too where the window is
 * wide. What is not ok is told by more than its colour. */
START_TEST(bars_have_names_and_marks)
{
    make_usual_run();
    check_text("//svg[@class='timeline']/svg[@class='name ok from-40'][1]/text", "web-00001");
    check_count("//svg[@class='timeline']/svg[starts-with(@class, 'name failed from-')]"
                "[text = 'web-00003: failed']",
                1);
    check_count("//svg[@class='timeline']//path[@class='mark failed' and @d = 'M0 112.5h2000']", 1);
    check_count("//svg[@class='timeline']//path[@class='mark error']", 1);
    check_count("//svg[@class='timeline']//path[@class='mark ok']", 0);
    check_count("//svg[@class='histogram']//path[@class='line failed']", 1);
    check_count("//ul[@class='legend']/li", 4);
    check_count("//ul[@class='legend']/li[@class='error']//path[@class='mark error']", 1);
}
END_TEST

START_TEST(a_legend_has_nothing_that_is_not_in_its_picture)
{
    make_run(2, 1);
    end_well();
    write_page();
    check_count("//ul[@class='legend']/li", 1);
    check_text("//ul[@class='legend']/li", "ok");
}
END_TEST

START_TEST(waits_thin_out_above_five_hundred)
{
    make_run(1200, 1);
    for (size_t i = 0; i < 1200; i++) {
        attempt(i, OUTCOME_ERROR, REASON_BUSY, "", 0, false);
        succeed(i, "");
    }
    write_page();
    check_count("//p[@class='note' and "
                "contains(., 'Of 1200 waits between attempts 400 are drawn.')]",
                1);
    check_count("string-length(translate(//path[@class='wait many']/@d, ' 0123456789L', ''))", 400);
}
END_TEST

START_TEST(outputs_are_gathered_and_compared)
{
    make_usual_run();
    check_count("//section[@id='outputs']/details", 3);
    check_text("//section[@id='outputs']/details[1]/summary/b", "3 ok");
    check_count("//section[@id='outputs']/details[1]//pre[starts-with(., 'one')]", 1);
    check_text("//section[@id='outputs']/details[2]//pre/ins", "+ six\n");
    check_text("//section[@id='outputs']/details[2]//pre/del", "- five\n");
    check_count("//section[@id='outputs']/details[@open]", 3);
}
END_TEST

START_TEST(every_target_has_a_row_and_the_urgent_come_first)
{
    make_usual_run();
    check_count("//section[@id='targets']//tbody/tr", 5);
    check_text("//section[@id='targets']//tbody/tr[1]/th", "web-00003");
    check_text("//section[@id='targets']//tbody/tr[1]/td[1]", "failed");
    check_text("//section[@id='targets']//tbody/tr[1]/td[2]", "exit");
    check_text("//section[@id='targets']//tbody/tr[1]/td[3]", "2.0s");
    check_text("//section[@id='targets']//tbody/tr[1]/td[6]", "it went wrong");
    check_text("//section[@id='targets']//tbody/tr[2]/td[1]", "skipped");
    check_text("//section[@id='targets']//tbody/tr[5]/td[4]", "2");
    check_count("//section[@id='targets']//tbody/tr[1]/th/a[@href = '#group-2']", 1);
    check_count("//section[@id='targets']//input[@type='checkbox']", 3);
    check_text("//section[@id='targets']//thead//th[last()]", "Message");
}
END_TEST

/* Of one batch, and in one resource group: said once, if at all. */
START_TEST(columns_that_say_the_same_of_all_are_left_out)
{
    make_run(3, 1);
    succeed(0, "a\nb\n");
    write_page();
    check_count("//section[@id='targets']//thead//th", 6);
    check_text("//section[@id='targets']//caption",
               "All targets, the most urgent first; all are in resource group rg");
}
END_TEST

START_TEST(columns_that_tell_targets_apart_are_there)
{
    make_run(3, 2);
    free(result.targets[2].resource_group);
    result.targets[2].resource_group = memory_string("other");
    succeed(0, "a\nb\n");
    write_page();
    check_text("//section[@id='targets']//thead//th[6]", "Batch");
    check_text("//section[@id='targets']//thead//th[7]", "Resource group");
    check_count("//section[@id='targets']//tr[td = 'other']", 1);
    check_text("//section[@id='targets']//caption", "All targets, the most urgent first");
}
END_TEST

/* Where every target that is ok has printed a line: an audit. */
START_TEST(a_line_each_is_a_column_of_the_table)
{
    make_run(3, 1);
    succeed(0, "expires in 80 days\n");
    succeed(1, "expires in <12> days\n");
    go_wrong(2, "one\ntwo\n");
    write_page();
    check_text("//section[@id='targets']//thead//th[last()]", "Output");
    check_text("//section[@id='targets']//tr[th = 'web-00001']/td[6]", "expires in 80 days");
    check_text("//section[@id='targets']//tr[th = 'web-00002']/td[6]", "expires in <12> days");
    check_text("//section[@id='targets']//tr[th = 'web-00003']/td[6]", "");
}
END_TEST

START_TEST(durations_are_counted)
{
    make_usual_run();
    check_text(
        "//section[@id='durations']/p",
        "5 attempts that have ended: shortest 2.0s, median 2.0s, 95% within 2.0s, longest 2.0s.");
    check_count("//svg[@class='histogram']//rect", 3);
    check_text("//section[@id='durations']//tbody/tr/td[1]", "5");
    check_text("//section[@id='durations']//tbody/tr/td[2]", "3");
}
END_TEST

/* "95% within": 95 of 100 at least, never fewer. */
START_TEST(a_percentile_is_rounded_up)
{
    make_run(2, 1);
    succeed(0, "");
    succeed(1, "");
    result.targets[0].attempts[0].duration = 9 * S;
    write_page();
    check_text("//section[@id='durations']/p",
               "2 attempts that have ended: shortest 2.0s, median 2.0s, 95% within 9.0s, longest "
               "9.0s.");
}
END_TEST

START_TEST(it_is_in_good_order)
{
    make_usual_run();
    check_count("//h1", 1);
    check_count("//h3[not(ancestor::section/h2)]", 0);
    check_count("//main//section[not(@aria-labelledby = h2/@id)]", 0);
    check_count("//@id[. = following::*/@id]", 0);
    check_count("//a[not(starts-with(@href, '#'))]", 0);
    check_count("//a[not(substring(@href, 2) = //@id)]", 0);
    check_count("//table[not(caption)] | //th[not(@scope)]", 0);
    check_count("//*[@role='img'][not(title and desc)]", 0);
    check_count("//*[@style] | //*[@onclick] | //link | //img | //iframe", 0);
}
END_TEST

START_TEST(its_policy_lets_in_its_own_style_and_script_alone)
{
    char style[DIGEST_BASE64_SIZE];
    char script[DIGEST_BASE64_SIZE];
    char *path;

    make_usual_run();
    digest_print_base64(page_style, page_style_length, style);
    digest_print_base64(page_script, page_script_length, script);
    path = memory_print("//head/meta[@http-equiv='Content-Security-Policy' and @content=\"default-"
                        "src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri "
                        "'none'; form-action 'none'\"]",
                        style, script);
    check_count(path, 1);
    free(path);
    /* Nothing in them may end the element that holds them. */
    ck_assert_ptr_null(memmem(page_style, page_style_length, "</", 2));
    ck_assert_ptr_null(memmem(page_script, page_script_length, "</", 2));
    ck_assert_ptr_nonnull(memmem(page, strlen(page), page_script, page_script_length));
}
END_TEST

START_TEST(the_same_result_is_the_same_page)
{
    char *first;

    make_usual_run();
    first = memory_string(page);
    xmlXPathFreeContext(context);
    xmlFreeDoc(tree);
    free(page);
    write_page();
    ck_assert_str_eq(first, page);
    free(first);
}
END_TEST

/* ---- endings ------------------------------------------------------------------------------ */

static void go_on(void)
{
    succeed(0, "a");
    happen_start(&result, 1, wall + S, S);
    result.ending = RESULT_GOING;
}

static void be_killed(void)
{
    succeed(0, "a");
    happen_start(&result, 1, wall + S, S);
    happen_break(&result);
}

static void be_stopped(void)
{
    succeed(0, "a");
    happen_halt(&result, RESULT_SIGNAL, 2, NULL);
}

static void be_late(void)
{
    succeed(0, "a");
    result.job.deadline = 10 * S;
    happen_halt(&result, RESULT_DEADLINE, 0, NULL);
}

static void have_trouble(void)
{
    end_well();
    result_trouble(&result, "the disk is full");
}

static const struct {
    const char *name;
    void (*happen)(void);
    const char *verdict;
    const char *ending;
    const char *class;
    int rows;    /* with a state that says how the second target is */
    int again;   /* does the page say how to go on? */
    int runbook; /* does it have the runbook? */
    const char *state;
} endings[] = {
    {"all is well", end_well, "All 2 are ok", "", "ok", 2, 0, 0, "ok"},
    {"it goes on", go_on, "Still going on: 1 of 2 have ended, 0 not ok", "", "running", 1, 0, 1,
     "running"},
    {"killed", be_killed, "1 of 2 is not ok",
     "Interrupted: azfan was killed, this machine went down, or its disk was full.", "unknown", 1,
     1, 1, "unknown"},
    {"stopped", be_stopped, "1 of 2 is not ok", "Stopped by SIGINT.", "skipped", 1, 1, 1,
     "skipped"},
    {"too late", be_late, "1 of 2 is not ok", "Stopped: the run's deadline of 10s had passed.",
     "skipped", 1, 1, 1, "skipped"},
    {"trouble", have_trouble, "All 2 are ok, but the run did not end well",
     "Trouble: the disk is full.", "error", 2, 0, 1, "ok"},
};

START_TEST(the_verdict_is_honest)
{
    char *path = memory_print("//section[@id='targets']//tbody/tr[@class='%s']", endings[_i].state);

    make_run(2, 1);
    endings[_i].happen();
    write_page();
    check_text("//*[@class='verdict']", endings[_i].verdict);
    check_text("normalize-space(//*[@class='ending'])", endings[_i].ending);
    check_text("//header/@class", endings[_i].class);
    check_count(path, endings[_i].rows);
    check_count("//dl[@class='next']//code", endings[_i].again);
    check_count("//dl[@class='next']/dd[@class='runbook']", endings[_i].runbook);
    check_count("//*[@class='rehearsal']", 0);
    free(path);
}
END_TEST

START_TEST(what_waits_does_not_look_like_an_outcome)
{
    make_run(3, 1);
    attempt(0, OUTCOME_ERROR, REASON_BUSY, "", 0, false);
    happen_start(&result, 1, wall + S, S);
    result.ending = RESULT_GOING;
    result.rehearsal = true;
    write_page();
    check_text("//*[@class='verdict']", "Still going on: 0 of 3 have ended, 0 not ok");
    check_count("//section[@id='targets']//tr[@class='waiting'][td[2] = '']", 2);
    check_count("//section[@id='targets']//tr[@class='running'][td[2] = '']", 1);
    check_count("//svg[@class='timeline']//rect[@class='running']", 1);
    check_count("//ul[@class='matters']", 0);
    check_count("//*[@class='rehearsal']", 1);
    check_count("//title[contains(., 'going on (rehearsal)')]", 1);
}
END_TEST

START_TEST(nothing_is_a_page_too)
{
    make_run(0, 0);
    write_page();
    check_text("//*[@class='verdict']", "Nothing was selected");
    check_count("//section", 5);
    check_count("//svg", 0);
}
END_TEST

/* ---- hostile data ------------------------------------------------------------------------- */

static char *hostile_string(void)
{
    return memory_string(hostile);
}

static size_t occurrences(const char *text, const char *word)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        found++;
    return found;
}

START_TEST(what_others_wrote_stays_text)
{
    make_run(2, 1);
    attempt(0, OUTCOME_OK, REASON_NONE, hostile, sizeof hostile - 1, true);
    attempt(1, OUTCOME_UNKNOWN, REASON_ANSWER, hostile, sizeof hostile - 2, true);
    free(result.targets[1].outcome.message);
    result.targets[1].outcome.message = hostile_string();
    for (size_t i = 0; i < 2; i++) {
        free(result.targets[i].label);
        free(result.targets[i].resource_group);
        result.targets[i].label = hostile_string();
        result.targets[i].resource_group = hostile_string();
    }
    free(result.job.name);
    free(result.job.runbook);
    free(result.folder);
    result.job.name = hostile_string();
    result.job.runbook = hostile_string();
    result.folder = hostile_string();
    result.origin = (struct origin){.user = hostile_string(),
                                    .host = hostile_string(),
                                    .commit = hostile_string(),
                                    .az_version = hostile_string()};
    result.rerun_of = hostile_string();
    result.halt_cause = hostile_string();
    result.trouble = hostile_string();
    write_page();
    ck_assert_uint_eq(occurrences(page, "<script"), 1);
    ck_assert_uint_eq(occurrences(page, "</script"), 1);
    ck_assert_uint_eq(occurrences(page, "</style"), 1);
    ck_assert_uint_eq(occurrences(page, "<!--") + occurrences(page, "<img"), 0);
    ck_assert_uint_eq(occurrences(page, "\xe2\x80\xae") + occurrences(page, "\033"), 0);
    check_count("//pre[contains(., '</script><script>bad()</script>')]", 2);
    check_count("//pre[contains(., '\\x07')][contains(., '\\u202e')]", 2);
    check_count("//pre[contains(., '\\x00nu')]", 2);
}
END_TEST

/* ---- bounds ------------------------------------------------------------------------------- */

START_TEST(a_long_output_is_cut_between_characters_and_says_so)
{
    char long_line[64 * 1024 + 1];

    memset(long_line, 'x', sizeof long_line - 1);
    for (size_t i = 1; i + 3 < sizeof long_line; i += 3)
        memcpy(long_line + i, "\xe2\x82\xac", 3);
    long_line[sizeof long_line - 1] = '\0';
    make_run(1, 1);
    succeed(0, long_line);
    result.targets[0].output_truncated = true;
    write_page();
    ck_assert_ptr_null(strstr(page, "\xef\xbf\xbd"));
    check_count("//pre//span[@class='gap' and contains(., 'bytes are left out here')]", 1);
    check_count("//p[@class='note' and contains(., 'Standard output is incomplete')]", 1);
    ck_assert_uint_lt(strlen(page), 100000);
}
END_TEST

/* Output of LENGTH bytes that grow sixfold when they are escaped, and are another's for each
 * target. */
static void print_much(char *output, size_t length, size_t target)
{
    memset(output, '"', length);
    for (size_t i = 63; i < length; i += 64)
        output[i] = '\n';
    (void)snprintf(output, 16, "%zu", target);
    output[strlen(output)] = '"';
    output[length - 1] = '\0';
}

START_TEST(five_thousand_that_all_print_something_else_stay_within_the_limit)
{
    char output[4096];

    make_run(5000, 4);
    for (size_t i = 0; i < 5000; i++) {
        print_much(output, sizeof output, i);
        if (i % 10 == 0)
            go_wrong(i, output);
        else
            succeed(i, output);
    }
    write_page();
    ck_assert_uint_lt(strlen(page), PAGE_LIMIT);
    check_count("//section[@id='targets']//tbody/tr", 5000);
    check_count("//svg[@class='timeline']//rect", 5000);
    check_count("//p[@class='note' and contains(., 'of 5000 groups have no room')]", 1);
    check_count("//p[@class='note' and contains(., 'printed is in /runs/')]", 1);
}
END_TEST

START_TEST(a_hundred_thousand_stay_within_the_limit_and_none_that_is_not_ok_is_left_out)
{
    make_run(100000, 100);
    for (size_t i = 0; i < 100000; i++) {
        if (i % 100 == 99)
            go_wrong(i, "");
        else
            succeed(i, "");
    }
    write_page();
    ck_assert_uint_lt(strlen(page), PAGE_LIMIT);
    check_count("//section[@id='targets']//tbody/tr[@class='failed']", 1000);
    check_count("//p[@class='note' and contains(., 'of 100000 targets have no room here')]", 1);
    check_count("//svg[@class='timeline']//path[@class='ok' or @class='failed']", 2);
    check_count("//svg[@class='timeline']//rect", 0);
}
END_TEST

START_TEST(a_hundred_thousand_that_all_print_something_else_stay_within_the_limit)
{
    make_run(100000, 1);
    for (size_t i = 0; i < 100000; i++) {
        char *text = memory_print("%s-own", result.targets[i].name);

        i < 80000 ? succeed(i, text) : go_wrong(i, text);
        free(text);
    }
    write_page();
    ck_assert_uint_lt(strlen(page), PAGE_LIMIT);
    check_count("//p[@class='note' and contains(., 'of 100000 groups are left out')]", 1);
    /* What is not ok has room behind ten thousands of groups that are. */
    check_count("//section[@id='outputs']//details[@class='failed'][.//pre = 'web-80001-own']", 1);
    check_text("//section[@id='targets']//th/a[. = 'web-80001']/@href", "#group-80001");
    /* Where a group is left out nothing leads to it. */
    check_count("//section[@id='outputs']//*[@id = 'group-100000']", 0);
    check_count("//section[@id='targets']//th/a[@href = '#group-100000']", 0);
    check_count("boolean(//section[@id='targets']//tbody/tr/th[not(a)])", 1);
}
END_TEST

/* A journal may claim what it likes. */
START_TEST(long_names_and_messages_stay_within_the_limit)
{
    char long_word[60001];

    memset(long_word, '"', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    make_run(200, 1);
    for (size_t i = 0; i < 200; i++) {
        attempt(i, OUTCOME_ERROR, REASON_OTHER, "", 0, true);
        free(result.targets[i].label);
        result.targets[i].label = memory_string(long_word);
        free(result.targets[i].outcome.message);
        result.targets[i].outcome.message = memory_string(long_word);
    }
    write_page();
    ck_assert_uint_lt(strlen(page), PAGE_LIMIT / 4);
    check_count("//section[@id='targets']//tbody/tr", 200);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *tests = tcase_create("page");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, everything_is_on_it);
    tcase_add_test(tests, its_head_says_who_ran_it_where_and_what_the_exit_status_means);
    tcase_add_test(tests, a_card_has_each_message_once);
    tcase_add_test(tests, a_command_in_an_advice_is_code);
    tcase_add_test(tests, every_attempt_has_a_bar_and_every_wait_a_line);
    tcase_add_test(tests, bars_have_names_and_marks);
    tcase_add_test(tests, a_legend_has_nothing_that_is_not_in_its_picture);
    tcase_add_test(tests, waits_thin_out_above_five_hundred);
    tcase_add_test(tests, outputs_are_gathered_and_compared);
    tcase_add_test(tests, every_target_has_a_row_and_the_urgent_come_first);
    tcase_add_test(tests, columns_that_say_the_same_of_all_are_left_out);
    tcase_add_test(tests, columns_that_tell_targets_apart_are_there);
    tcase_add_test(tests, a_line_each_is_a_column_of_the_table);
    tcase_add_test(tests, durations_are_counted);
    tcase_add_test(tests, a_percentile_is_rounded_up);
    tcase_add_test(tests, it_is_in_good_order);
    tcase_add_test(tests, its_policy_lets_in_its_own_style_and_script_alone);
    tcase_add_test(tests, the_same_result_is_the_same_page);
    tcase_add_loop_test(tests, the_verdict_is_honest, 0, UNIT_COUNT(endings));
    tcase_add_test(tests, what_waits_does_not_look_like_an_outcome);
    tcase_add_test(tests, nothing_is_a_page_too);
    tcase_add_test(tests, what_others_wrote_stays_text);
    tcase_add_test(tests, a_long_output_is_cut_between_characters_and_says_so);
    tcase_add_test(tests, five_thousand_that_all_print_something_else_stay_within_the_limit);
    tcase_add_test(tests,
                   a_hundred_thousand_stay_within_the_limit_and_none_that_is_not_ok_is_left_out);
    tcase_add_test(tests, a_hundred_thousand_that_all_print_something_else_stay_within_the_limit);
    tcase_add_test(tests, long_names_and_messages_stay_within_the_limit);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
