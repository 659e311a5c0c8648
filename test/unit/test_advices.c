/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/buffer.h"
#include "job/cause.h"
#include "report/advices.h"
#include "unit/sample.h"
#include "unit/unit.h"

static const enum cause causes[] = {CAUSE_LOCK, CAUSE_POLICY, CAUSE_LOCK};

/* Three that are forbidden and one that is busy; the causes are those above. */
static void begin(struct result *result)
{
    sample_begin(result, 4);
    for (size_t i = 0; i < 4; i++) {
        enum outcome_reason reason = i == 3 ? REASON_BUSY : REASON_FORBIDDEN;

        sample_end(result, i, &(struct sample){OUTCOME_ERROR, reason, .message = "no"});
        result->targets[i].outcome.cause = i == 3 ? CAUSE_NONE : causes[i];
    }
}

/* One for each cause, in the order of the targets, and it says whom it is for. */
START_TEST(several_causes_have_several)
{
    struct result result;
    struct advices advices;
    struct buffer names = BUFFER_INIT;

    begin(&result);
    advices_make(&advices, &result, OUTCOME_ERROR, REASON_FORBIDDEN);
    ck_assert_uint_eq(advices.count, 2);
    ck_assert_ptr_nonnull(strstr(advices.list[0].text, "az lock list"));
    ck_assert_ptr_nonnull(strstr(advices.list[1].text, "Policy"));
    advices_add_names(&names, &advices, 0);
    advices_add_names(&names, &advices, 1);
    ck_assert_str_eq(buffer_text(&names), "web-[01,03]: web-02: ");
    advices_done(&advices);
    buffer_done(&names);
    result_done(&result);
}
END_TEST

/* Where it is for all of them, no name is told. */
START_TEST(one_cause_has_one)
{
    struct result result;
    struct advices advices;
    struct buffer names = BUFFER_INIT;

    begin(&result);
    advices_make(&advices, &result, OUTCOME_ERROR, REASON_BUSY);
    ck_assert_uint_eq(advices.count, 1);
    advices_add_names(&names, &advices, 0);
    ck_assert_str_eq(buffer_text(&names), "");
    advices_done(&advices);
    advices_make(&advices, &result, OUTCOME_ERROR, REASON_LOGIN);
    ck_assert_uint_eq(advices.count, 0);
    advices_done(&advices);
    buffer_done(&names);
    result_done(&result);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("advices");
    TCase *all = tcase_create("all");

    tcase_add_test(all, several_causes_have_several);
    tcase_add_test(all, one_cause_has_one);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
