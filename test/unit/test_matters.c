/* SPDX-License-Identifier: MIT */
/* report/matters: what is not ok, each outcome and reason once, with what is to be done. */
#include "report/matters.h"

#include <string.h>

#include "base/buffer.h"
#include "job/cause.h"
#include "run/result.h"
#include "unit/sample.h"
#include "unit/unit.h"

static struct result result;
static struct matters matters;

static void tear_down(void)
{
    matters_done(&matters);
    result_done(&result);
}

/* "error (busy): web-[01,03]", a line each. */
static void check_matters(const char *expected)
{
    struct buffer text = BUFFER_INIT;

    for (size_t i = 0; i < matters.count; i++) {
        const struct matter *matter = &matters.list[i];

        buffer_print(&text, "%s (%s): ", outcome_name(matter->kind),
                     outcome_reason_name(matter->reason));
        matters_print_names(&text, &matter->targets);
        buffer_add(&text, "\n");
        ck_assert_uint_ge(matter->advice_count, 1);
    }
    ck_assert_str_eq(buffer_text(&text), expected);
    buffer_done(&text);
}

START_TEST(the_most_urgent_is_the_first)
{
    static const struct sample samples[] = {
        {OUTCOME_SKIPPED, REASON_HALTED, .message = "not started"},
        {.kind = OUTCOME_OK},
        {OUTCOME_ERROR, REASON_THROTTLED, .message = "no"},
        {OUTCOME_FAILED, REASON_EXIT, .exit_code = 1, .message = "status 1"},
        {OUTCOME_ERROR, REASON_BUSY, .message = "no"},
        {OUTCOME_UNKNOWN, REASON_ANSWER, .message = "who knows"},
        {OUTCOME_ERROR, REASON_BUSY, .message = "no"},
    };

    sample_begin(&result, UNIT_COUNT(samples) + 1); /* the last one has not ended */
    for (size_t i = 0; i < UNIT_COUNT(samples); i++)
        sample_end(&result, i, &samples[i]);
    matters_make(&matters, &result);
    check_matters("unknown (answer): web-06\n"
                  "error (busy): web-[05,07]\n"
                  "error (throttled): web-03\n"
                  "failed (exit): web-04\n"
                  "skipped (halted): web-01\n");
}
END_TEST

START_TEST(where_all_is_ok_there_is_none)
{
    sample_begin(&result, 2);
    sample_end(&result, 0, &(struct sample){.kind = OUTCOME_OK});
    matters_make(&matters, &result);
    ck_assert_uint_eq(matters.count, 0);
}
END_TEST

/* Three that are forbidden, for these causes, and one that is busy. */
static void begin_with_causes(void)
{
    static const enum cause causes[] = {CAUSE_LOCK, CAUSE_POLICY, CAUSE_LOCK, CAUSE_NONE};

    sample_begin(&result, 4);
    for (size_t i = 0; i < 4; i++) {
        enum outcome_reason reason = i == 3 ? REASON_BUSY : REASON_FORBIDDEN;

        sample_end(&result, i, &(struct sample){OUTCOME_ERROR, reason, .message = "no"});
        result.targets[i].outcome.cause = causes[i];
    }
    matters_make(&matters, &result);
    check_matters("error (busy): web-04\nerror (forbidden): web-[01-03]\n");
}

/* One for each cause, in the order of the targets, and it says whom it is for. */
START_TEST(several_causes_have_several_advices)
{
    struct buffer names = BUFFER_INIT;
    const struct matter *forbidden;

    begin_with_causes();
    forbidden = &matters.list[1];
    ck_assert_uint_eq(forbidden->advice_count, 2);
    ck_assert_ptr_nonnull(strstr(forbidden->advices[0].text, "az lock list"));
    ck_assert_ptr_nonnull(strstr(forbidden->advices[1].text, "Policy"));
    matters_print_whom(&names, forbidden, 0);
    matters_print_whom(&names, forbidden, 1);
    ck_assert_str_eq(buffer_text(&names), "web-[01,03]: web-02: ");
    buffer_done(&names);
}
END_TEST

/* Where it is for all of them, no name is told. */
START_TEST(one_cause_has_one_advice)
{
    struct buffer names = BUFFER_INIT;

    begin_with_causes();
    ck_assert_uint_eq(matters.list[0].advice_count, 1);
    matters_print_whom(&names, &matters.list[0], 0);
    ck_assert_str_eq(buffer_text(&names), "");
    buffer_done(&names);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("matters");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, NULL, tear_down);
    tcase_add_test(all, the_most_urgent_is_the_first);
    tcase_add_test(all, where_all_is_ok_there_is_none);
    tcase_add_test(all, several_causes_have_several_advices);
    tcase_add_test(all, one_cause_has_one_advice);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
