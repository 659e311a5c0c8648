/* SPDX-License-Identifier: MIT */
/* report/junit: what a CI system reads of a run, asked of the parsed document by XPath. */
#include "report/junit.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <unistd.h>

#include "unit/happen.h"
#include "unit/sample.h"
#include "unit/unit.h"

static struct result result;

static void set_up(void)
{
    sample_begin(&result, 7);
}

static void tear_down(void)
{
    result_done(&result);
}

/* ---- reading ------------------------------------------------------------------------------ */

static xmlDoc *parse(void)
{
    char *text = sample_write(junit_write, &result);
    xmlDoc *document = xmlReadMemory(text, (int)strlen(text), "junit.xml", NULL, XML_PARSE_NONET);

    ck_assert_msg(document != NULL, "not XML:\n%s", text);
    free(text);
    return document;
}

/* What EXPRESSION is in DOCUMENT, as a string; free(). */
static char *ask(xmlDoc *document, const char *expression)
{
    xmlXPathContext *context = xmlXPathNewContext(document);
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)expression, context);
    xmlChar *text = xmlXPathCastToString(found);
    char *copy = memory_string((const char *)text);

    xmlFree(text);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    return copy;
}

static void expect(xmlDoc *document, const char *expression, const char *wanted)
{
    char *seen = ask(document, expression);

    ck_assert_msg(strcmp(seen, wanted) == 0, "%s is \"%s\", not \"%s\"", expression, seen, wanted);
    free(seen);
}

static void expect_now(const char *expression, const char *wanted)
{
    xmlDoc *document = parse();

    expect(document, expression, wanted);
    xmlFreeDoc(document);
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static const struct {
    struct sample sample;
    const char *element; /* the only verdict in the test case */
    const char *type;
} verdicts[] = {
    {{OUTCOME_FAILED, REASON_EXIT, 7, .message = "status 7"}, "failure", "failed (exit)"},
    {{OUTCOME_FAILED, REASON_SIGNAL, 137, .message = "killed"}, "failure", "failed (signal)"},
    {{OUTCOME_TIMEOUT, REASON_SCRIPT, .message = "slow"}, "error", "timeout (script)"},
    {{OUTCOME_TIMEOUT, REASON_AZ, .message = "slow"}, "error", "timeout (az)"},
    {{OUTCOME_ERROR, REASON_BUSY, .message = "busy"}, "error", "error (busy)"},
    {{OUTCOME_UNKNOWN, REASON_NO_TRAILER, .message = "lost"}, "error", "unknown (no_trailer)"},
    {{OUTCOME_CANCELLED, REASON_SIGNAL, .message = "stop"}, "error", "cancelled (signal)"},
    {{OUTCOME_SKIPPED, REASON_HALTED, .message = "halt"}, "skipped", "skipped (halted)"},
};

START_TEST(every_outcome_but_ok_has_its_verdict)
{
    xmlDoc *document;

    sample_end(&result, 0, &verdicts[_i].sample);
    document = parse();
    expect(document, "count(//testcase[1]/*)", "1");
    expect(document, "name(//testcase[1]/*)", verdicts[_i].element);
    expect(document, "string(//testcase[1]/*/@type)", verdicts[_i].type);
    expect(document, "string(//testcase[1]/*/@message)", verdicts[_i].sample.message);
    xmlFreeDoc(document);
}
END_TEST

START_TEST(ok_alone_passes)
{
    sample_end(&result, 0, &(struct sample){OUTCOME_OK});
    expect_now("count(//testcase[1]/*)", "0");
}
END_TEST

START_TEST(the_text_of_a_verdict_says_what_to_do)
{
    sample_end(
        &result, 0,
        &(struct sample){OUTCOME_TIMEOUT, REASON_AZ, .message = "too late", .may_still_run = true});
    expect_now("//testcase[1]/error[contains(., 'too late') and "
               "contains(., 'It may still be running: yes') and contains(., 'What to do: ')] != ''",
               "true");
}
END_TEST

START_TEST(a_run_that_goes_on_passes_nothing_that_has_not_ended)
{
    xmlDoc *document;

    result.ending = RESULT_GOING;
    sample_end(&result, 0, &(struct sample){OUTCOME_OK});
    happen_start(&result, 1, SAMPLE_STARTED, 0);
    for (int i = 0; i < 2; i++)
        sample_end(&result, 2,
                   &(struct sample){OUTCOME_ERROR, REASON_BUSY, .message = "busy", .again = true});
    document = parse();
    expect(document, "string(//testsuite/@tests)", "7");
    expect(document, "string(//testsuite/@skipped)", "6");
    expect(document, "count(//testcase[skipped/@type = 'going'])", "6");
    expect(document, "string(//testcase[2]/skipped/@message)", "it is running");
    expect(document, "string(//testcase[3]/skipped/@message)", "it is waiting");
    expect(document, "count(//testcase[3]/*)", "1");
    expect(document, "count(//property[@name = 'azfan.exit_status'])", "0");
    expect(document, "string(//property[@name = 'azfan.ending']/@value)", "going");
    xmlFreeDoc(document);
}
END_TEST

START_TEST(an_interrupted_run_is_told_as_one)
{
    xmlDoc *document;

    sample_end(&result, 0, &(struct sample){OUTCOME_OK});
    happen_start(&result, 1, SAMPLE_STARTED, 0);
    happen_break(&result);
    document = parse();
    expect(document, "string(//property[@name = 'azfan.ending']/@value)", "interrupted");
    expect(document, "string(//property[@name = 'azfan.exit_status']/@value)", "137");
    expect(document, "string(//testcase[2]/error/@type)", "unknown (interrupted)");
    expect(document, "count(//testcase/skipped)", "5");
    xmlFreeDoc(document);
}
END_TEST

/* ---- retries ------------------------------------------------------------------------------ */

static const struct {
    struct sample first;
    struct sample last;
    const char *passed; /* what the first is when the last is ok */
    const char *failed;
} retries[] = {
    {{OUTCOME_ERROR, REASON_THROTTLED, .message = "wait", .again = true},
     {OUTCOME_ERROR, REASON_BUSY, .message = "busy"},
     "flakyError",
     "rerunError"},
    {{OUTCOME_FAILED, REASON_EXIT, 1, .message = "status 1", .again = true},
     {OUTCOME_FAILED, REASON_EXIT, 2, .message = "status 2"},
     "flakyFailure",
     "rerunFailure"},
};

START_TEST(a_retried_target_that_is_ok_is_flaky)
{
    xmlDoc *document;

    sample_end(&result, 0, &retries[_i].first);
    sample_end(&result, 0, &(struct sample){OUTCOME_OK});
    document = parse();
    expect(document, "count(//testcase[1]/*)", "1");
    expect(document, "name(//testcase[1]/*)", retries[_i].passed);
    expect(document, "string(//testcase[1]/*/@message)", retries[_i].first.message);
    expect(document, "string(//testcase[1]/@time)", "2.468");
    xmlFreeDoc(document);
}
END_TEST

START_TEST(one_that_is_not_ok_has_its_earlier_attempts_behind_the_verdict)
{
    xmlDoc *document;

    sample_end(&result, 0, &retries[_i].first);
    sample_end(&result, 0, &retries[_i].last);
    document = parse();
    expect(document, "count(//testcase[1]/*)", "2");
    expect(document, "string(//testcase[1]/*[1]/@message)", retries[_i].last.message);
    expect(document, "name(//testcase[1]/*[2])", retries[_i].failed);
    expect(document, "string(//testcase[1]/*[2]/@message)", retries[_i].first.message);
    xmlFreeDoc(document);
}
END_TEST

/* ---- the suite ---------------------------------------------------------------------------- */

START_TEST(the_counts_are_those_of_the_result)
{
    xmlDoc *document;

    sample_end(&result, 0, &(struct sample){OUTCOME_OK});
    for (size_t i = 1; i < 7; i++)
        sample_end(&result, i, &verdicts[i == 1 ? 0 : i == 6 ? 7 : i].sample);
    document = parse();
    expect(document, "string(//testsuite/@tests)", "7");
    expect(document, "string(//testsuite/@failures)", "1");
    expect(document, "string(//testsuite/@errors)", "4");
    expect(document, "string(//testsuite/@skipped)", "1");
    expect(document, "count(//testcase[failure])", "1");
    expect(document, "count(//testcase[error])", "4");
    expect(document, "count(//testcase[skipped])", "1");
    xmlFreeDoc(document);
}
END_TEST

static const struct {
    const char *expression;
    const char *wanted;
} facts[] = {
    {"string(/testsuites/testsuite/@name)", "demo"},
    {"string(//testsuite/@time)", "2.500"},
    {"string(//testsuite/@timestamp)", "2025-11-23T03:00:00Z"},
    {"string(//testsuite/@hostname)", "ops-1"},
    {"string(//testcase[1]/@classname)", "demo.rg"},
    {"string(//testcase[1]/@name)", "web-01"},
    {"string(//testcase[1]/@time)", "1.234"},
    {"string(//property[@name = 'azfan.run']/@value)", "run-1"},
    {"string(//property[@name = 'azfan.exit_status']/@value)", "1"},
    {"string(//property[@name = 'azfan.commit']/@value)", "0123abcd"},
    {"string(//property[@name = 'azfan.dirty']/@value)", "true"},
    {"string(//property[@name = 'azfan.halt_cause']/@value)", "11 failed"},
    {"string(//property[@name = 'azfan.trouble']/@value)", "the disk is full"},
    {"count(//property[@name = 'azfan.rerun_of'])", "0"},
};

START_TEST(the_suite_says_which_run_it_is)
{
    sample_end(&result, 0, &(struct sample){OUTCOME_OK});
    happen_halt(&result, RESULT_HALTED, 0, "11 failed");
    result_trouble(&result, "the disk is full");
    expect_now(facts[_i].expression, facts[_i].wanted);
}
END_TEST

START_TEST(names_are_alone_in_their_class)
{
    free(result.targets[0].label);
    free(result.targets[1].label);
    result.targets[0].label = memory_string("rg/web-01");
    result.targets[1].label = memory_string("sub-2/rg/web-02");
    expect_now("string(//testcase[1]/@name)", "web-01");
    expect_now("string(//testcase[2]/@name)", "sub-2/rg/web-02");
}
END_TEST

/* ---- what VMs print ----------------------------------------------------------------------- */

START_TEST(hostile_bytes_are_shown_and_harmless)
{
    struct sample sample = {OUTCOME_FAILED,
                            REASON_EXIT,
                            1,
                            .message = "a \033[1m \" <b> & 'c' \xff",
                            .output = SAMPLE_HOSTILE,
                            .output_length = sizeof SAMPLE_HOSTILE - 1,
                            .errors = "]]></system-err><testcase name=\"x\"/>&#27;\002"};
    xmlDoc *document;

    free(result.halt_cause);
    result.halt_cause = memory_string("a\nb\001<");
    sample_end(&result, 0, &sample);
    document = parse();
    expect(document, "string(//testcase[1]/failure/@message)",
           "exit 1: ]]></system-err><testcase name=\"x\"/>&#27;\\x02");
    expect(document, "string(substring-before(//testcase[1]/failure, '\n'))",
           "a \\x1b[1m \" <b> & 'c' \xef\xbf\xbd");
    expect(document, "string(//testcase[1]/system-err)",
           "]]></system-err><testcase name=\"x\"/>&#27;\\x02");
    expect(document, "count(//testcase)", "7");
    expect(document, "string(//property[@name = 'azfan.halt_cause']/@value)", "a\nb\\x01<");
    expect(document, "string(//testcase[1]/system-out)",
           "fine\nred\\x07\nBAD \xef\xbf\xbd\xef\xbf\xbd \\u202e rtl\\x00nul\nback "
           "\\ufffe\\uffff \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ]]> <b> & end");
    xmlFreeDoc(document);
}
END_TEST

START_TEST(streams_that_are_not_whole_say_so_and_empty_ones_are_left_out)
{
    xmlDoc *document;

    sample_end(&result, 0,
               &(struct sample){OUTCOME_OK, .output = "end\n", .output_truncated = true});
    sample_end(&result, 1, &(struct sample){OUTCOME_OK, .output = "all\n"});
    document = parse();
    expect(document, "string(//testcase[1]/system-out)",
           "[azfan: this is not all that it wrote]\nend\n");
    expect(document, "string(//testcase[2]/system-out)", "all\n");
    expect(document, "count(//system-err)", "0");
    xmlFreeDoc(document);
}
END_TEST

START_TEST(a_full_disk_is_the_streams_error_and_nothing_is_told_elsewhere)
{
    FILE *stream = fopen("/dev/full", "we");
    FILE *told = tmpfile();
    int kept = dup(STDERR_FILENO);

    ck_assert_ptr_nonnull(stream);
    (void)setvbuf(stream, NULL, _IONBF, 0);
    (void)dup2(fileno(told), STDERR_FILENO);
    junit_write(stream, &result);
    (void)dup2(kept, STDERR_FILENO);
    ck_assert(ferror(stream) != 0);
    ck_assert_int_eq((int)lseek(fileno(told), 0, SEEK_END), 0);
    (void)fclose(stream);
    (void)fclose(told);
    (void)close(kept);
}
END_TEST

static Suite *junit_suite(void)
{
    Suite *suite = suite_create("junit");
    TCase *tests = tcase_create("junit");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, every_outcome_but_ok_has_its_verdict, 0, UNIT_COUNT(verdicts));
    tcase_add_test(tests, ok_alone_passes);
    tcase_add_test(tests, the_text_of_a_verdict_says_what_to_do);
    tcase_add_test(tests, a_run_that_goes_on_passes_nothing_that_has_not_ended);
    tcase_add_test(tests, an_interrupted_run_is_told_as_one);
    tcase_add_loop_test(tests, a_retried_target_that_is_ok_is_flaky, 0, UNIT_COUNT(retries));
    tcase_add_loop_test(tests, one_that_is_not_ok_has_its_earlier_attempts_behind_the_verdict, 0,
                        UNIT_COUNT(retries));
    tcase_add_test(tests, the_counts_are_those_of_the_result);
    tcase_add_loop_test(tests, the_suite_says_which_run_it_is, 0, UNIT_COUNT(facts));
    tcase_add_test(tests, names_are_alone_in_their_class);
    tcase_add_test(tests, hostile_bytes_are_shown_and_harmless);
    tcase_add_test(tests, streams_that_are_not_whole_say_so_and_empty_ones_are_left_out);
    tcase_add_test(tests, a_full_disk_is_the_streams_error_and_nothing_is_told_elsewhere);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(junit_suite)
