/* SPDX-License-Identifier: MIT */
/* How often Azure is asked; and a server of tests, and no other, more often. */
#include <stdlib.h>

#include "azure/tempo.h"
#include "base/number.h"
#include "unit/unit.h"

#define AZURE "https://management.azure.com"
#define HERE  "http://127.0.0.1:8080"

static const struct {
    const char *endpoint, *variable;
    int64_t first_question, least, starts;
} rows[] = {
    {NULL, "100ms,200ms,0", 8 * NUMBER_SECOND, 5 * NUMBER_SECOND, 5},
    {AZURE, NULL, 8 * NUMBER_SECOND, 5 * NUMBER_SECOND, 5},
    {HERE, NULL, 8 * NUMBER_SECOND, 5 * NUMBER_SECOND, 5},
    {HERE, "100ms,200ms,0", 100 * NUMBER_MILLISECOND, 200 * NUMBER_MILLISECOND, 0},
    {HERE, "0s,1s,50", 0, NUMBER_SECOND, 50},
    {AZURE, "100ms,200ms,0", 8 * NUMBER_SECOND, 5 * NUMBER_SECOND, 5},
    {HERE, "100ms", 8 * NUMBER_SECOND, 5 * NUMBER_SECOND, 5},
    {HERE, "100ms,200ms,many", 8 * NUMBER_SECOND, 5 * NUMBER_SECOND, 5},
    {HERE, "100ms,fast,7", 8 * NUMBER_SECOND, 5 * NUMBER_SECOND, 5},
};

START_TEST(only_a_server_on_loopback_is_asked_more_often)
{
    struct tempo tempo;

    if (rows[_i].variable != NULL)
        ck_assert_int_eq(setenv("AZFAN_LOOPBACK_PACE", rows[_i].variable, 1), 0);
    else
        ck_assert_int_eq(unsetenv("AZFAN_LOOPBACK_PACE"), 0);
    tempo = tempo_of(rows[_i].endpoint);
    ck_assert_msg(tempo.first_question == rows[_i].first_question &&
                      tempo.least == rows[_i].least && tempo.starts == rows[_i].starts,
                  "row %d", _i);
}
END_TEST

/* 15 questions a second, of all clients together. */
START_TEST(the_more_run_the_more_rarely_each_asks)
{
    static const struct {
        size_t running;
        int64_t seconds;
    } counts[] = {{0, 5}, {1, 5}, {75, 5}, {150, 10}, {990, 66}};
    struct tempo tempo = tempo_of(AZURE);

    for (size_t i = 0; i < UNIT_COUNT(counts); i++)
        ck_assert_int_eq(tempo_base(&tempo, counts[i].running), counts[i].seconds * NUMBER_SECOND);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("tempo");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, only_a_server_on_loopback_is_asked_more_often, 0, UNIT_COUNT(rows));
    tcase_add_test(all, the_more_run_the_more_rarely_each_asks);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
