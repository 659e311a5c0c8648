/* SPDX-License-Identifier: MIT */
/* report/scale: round steps, and places that never leave the axis. */
#include "page/scale.h"

#include "base/buffer.h"
#include "base/number.h"
#include "unit.h"

#define S NUMBER_SECOND

static const struct {
    const char *name;
    int64_t span;
    int most;
    int64_t step;
} steps[] = {{"nothing", 0, 8, NUMBER_MILLISECOND},
             {"a blink", 30 * NUMBER_MILLISECOND, 8, 5 * NUMBER_MILLISECOND},
             {"ten seconds", 10 * S, 8, 2 * S},
             {"just as many as may be", 8 * S, 8, S},
             {"one more", 9 * S, 8, 2 * S},
             {"a run of minutes", 220 * S, 8, 30 * S},
             {"an hour", 3600 * S, 8, 600 * S},
             {"a hundred days", NUMBER_LONGEST, 8, 13 * 24 * NUMBER_HOUR},
             {"the longest that a journal may claim", INT64_MAX / 2, 8, 6672 * 24 * NUMBER_HOUR}};

START_TEST(a_step_is_round_and_so_many_go_into_the_span)
{
    int64_t step = scale_step(steps[_i].span, steps[_i].most);

    ck_assert_msg(step == steps[_i].step, "%s: %g s", steps[_i].name, (double)step / 1e9);
    ck_assert_msg(steps[_i].span / step <= steps[_i].most, "%s: too many", steps[_i].name);
}
END_TEST

static const struct {
    int64_t at;
    int64_t span;
    int place;
} places[] = {{0, 10, 0},
              {5, 10, 500},
              {10, 10, 1000},
              {11, 10, 1000},
              {-1, 10, 0},
              {5, 0, 0},
              {INT64_MAX / 4, INT64_MAX / 2, 500}};

START_TEST(a_place_is_on_the_axis)
{
    ck_assert_int_eq(scale_place(places[_i].at, places[_i].span, 1000), places[_i].place);
}
END_TEST

static const struct {
    int64_t at;
    const char *text;
} labels[] = {{0, "0s"},
              {500 * NUMBER_MILLISECOND, "0.5s"},
              {1500 * NUMBER_MILLISECOND, "1.5s"},
              {NUMBER_MILLISECOND, "0.001s"},
              {90 * S, "1m30s"},
              {7200 * S, "2h"}};

START_TEST(a_label_is_short)
{
    struct buffer label = BUFFER_INIT;

    scale_print(&label, labels[_i].at);
    ck_assert_str_eq(buffer_text(&label), labels[_i].text);
    buffer_done(&label);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("scale");
    TCase *tests = tcase_create("scale");

    tcase_add_loop_test(tests, a_step_is_round_and_so_many_go_into_the_span, 0, UNIT_COUNT(steps));
    tcase_add_loop_test(tests, a_place_is_on_the_axis, 0, UNIT_COUNT(places));
    tcase_add_loop_test(tests, a_label_is_short, 0, UNIT_COUNT(labels));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
