/* SPDX-License-Identifier: MIT */
/* report/running: who runs now, the longest first. */
#include "report/running.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/number.h"
#include "run/result.h"
#include "unit/unit.h"

static const struct {
    enum result_state states[4];
    size_t most;
    size_t count;
    const char *expected;
} rows[] = {
    {{RESULT_WAITING, RESULT_SETTLED, RESULT_WAITING, RESULT_SETTLED}, 3, 0, ""},
    {{RESULT_WAITING, RESULT_STARTED, RESULT_SETTLED, RESULT_SETTLED}, 3, 1, "b (1m20s)"},
    {{RESULT_STARTED, RESULT_STARTED, RESULT_STARTED, RESULT_STARTED},
     4,
     4,
     "b (1m20s), a (40s), c (40s), d (0s)"},
    {{RESULT_STARTED, RESULT_STARTED, RESULT_STARTED, RESULT_STARTED},
     2,
     4,
     "b (1m20s), a (40s) and 2 more"},
};

START_TEST(the_longest_first)
{
    static char names[][2] = {"a", "b", "c", "d"};
    static const int64_t begins[] = {50, 10, 50, 95}; /* the last one, by a clock that went back */
    struct result_target targets[4];
    struct result result = {
        .targets = targets, .target_count = 4, .duration = 90 * NUMBER_SECOND + 999999999};
    struct buffer text = BUFFER_INIT;

    for (int i = 0; i < 4; i++)
        targets[i] = (struct result_target){
            .label = names[i], .state = rows[_i].states[i], .began = begins[i] * NUMBER_SECOND};
    running_print(&text, &result, rows[_i].most);
    ck_assert_str_eq(buffer_text(&text), rows[_i].expected);
    ck_assert_uint_eq(running_count(&result), rows[_i].count);
    buffer_done(&text);
}
END_TEST

static Suite *running_suite(void)
{
    Suite *suite = suite_create("running");
    TCase *tests = tcase_create("running");

    tcase_add_loop_test(tests, the_longest_first, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(running_suite)
