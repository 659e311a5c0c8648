/* SPDX-License-Identifier: MIT */
/* Plays of tokens: when each is asked for, by what was said of it, and by what Azure said. */
#include "base/clock.h"
#include "run/expiry.h"
#include "unit/unit.h"

#define S NUMBER_SECOND
#define M NUMBER_MINUTE

/* One step of a play: at a time something happens, and then the next question is due within a span.
 */
static const struct step {
    const char *play; /* NULL: the one before goes on */
    int64_t at;
    enum { GET, SAME, ANOTHER, REFUSE, FAIL } what;
    int64_t left; /* of the token; -1: nobody says */
    enum expiry_word word;
    int64_t earliest, latest;
} steps[] = {
    {"a token of an hour", 0, GET, 60 * M, 0, 60 * M - 285 * S, 60 * M - 270 * S},
    {NULL, 56 * M, SAME, 4 * M, 0, 56 * M + 20 * S, 56 * M + 20 * S},
    {NULL, 56 * M + 20 * S, ANOTHER, 60 * M, 0, 111 * M, 112 * M},

    {"a day", 0, GET, 24 * 60 * M, 0, 1435 * M, 1436 * M},

    {"one that az had kept", 0, GET, 6 * M, 0, 3 * M, 3 * M + 10 * S},
    {NULL, 3 * M, ANOTHER, 60 * M, 0, 58 * M, 59 * M},

    {"three seconds", 0, GET, 3 * S, 0, 1500 * NUMBER_MILLISECOND, 2 * S},
    {NULL, 2 * S, ANOTHER, 3 * S, 0, 3 * S, 4 * S},

    {"over already", 0, GET, 0, 0, S, S},

    {"nobody says when it ends", 0, GET, -1, 0, 30 * M, 30 * M},
    {NULL, 30 * M, SAME, -1, 0, 60 * M, 60 * M},

    {"Azure refuses it", 0, GET, 60 * M, 0, 55 * M, 56 * M},
    {NULL, 10 * M, REFUSE, 0, 0, 10 * M, 10 * M},
    {NULL, 10 * M, SAME, 50 * M, 0, 10 * M + 20 * S, 10 * M + 20 * S},
    {NULL, 10 * M + 1 * S, REFUSE, 0, 0, 10 * M + 5 * S, 10 * M + 5 * S},
    {NULL, 10 * M + 5 * S, SAME, 50 * M, 0, 10 * M + 25 * S, 10 * M + 25 * S},
    {NULL, 10 * M + 25 * S, SAME, 50 * M, 0, 10 * M + 45 * S, 10 * M + 45 * S},
    {NULL, 10 * M + 45 * S, SAME, 49 * M, 0, 11 * M + 5 * S, 11 * M + 5 * S},
    {NULL, 11 * M + 5 * S, SAME, 49 * M, 0, 55 * M, 56 * M}, /* no client waits any longer */

    {"… and there is another one", 0, GET, 60 * M, 0, 55 * M, 56 * M},
    {NULL, 10 * M, REFUSE, 0, 0, 10 * M, 10 * M},
    {NULL, 10 * M, ANOTHER, 60 * M, 0, 65 * M, 66 * M},

    {"at the very beginning", 0, GET, 60 * M, 0, 55 * M, 56 * M},
    {NULL, 1 * S, REFUSE, 0, 0, 5 * S, 5 * S},

    {"a failure is told once", 0, GET, 60 * M, 0, 55 * M, 56 * M},
    {NULL, 56 * M, FAIL, 0, EXPIRY_FAILED, 56 * M + 20 * S, 56 * M + 20 * S},
    {NULL, 56 * M + 20 * S, FAIL, 0, EXPIRY_TOLD, 56 * M + 40 * S, 56 * M + 40 * S},
    {NULL, 59 * M + 50 * S, FAIL, 0, EXPIRY_TOLD, 60 * M, 60 * M},
    {NULL, 60 * M, FAIL, 0, EXPIRY_OVER, 60 * M + 20 * S, 60 * M + 20 * S},
    {NULL, 61 * M, FAIL, 0, EXPIRY_OVER, 61 * M + 20 * S, 61 * M + 20 * S},
    {NULL, 62 * M, ANOTHER, 60 * M, 0, 117 * M, 118 * M},
    {NULL, 118 * M, FAIL, 0, EXPIRY_FAILED, 118 * M + 20 * S, 118 * M + 20 * S},
};

static void play(struct expiry *expiry, const struct step *step, int64_t *mark, uint32_t random)
{
    if (step->what == REFUSE) {
        expiry_refuse(expiry, step->at);
        return;
    }
    *mark += step->what == SAME ? 0 : 1;
    if (step->what == GET) {
        expiry_begin(expiry, *mark, step->left, step->at, random);
        return;
    }
    expiry_ask(expiry, step->at);
    ck_assert_int_eq(expiry_due(expiry), CLOCK_NEVER);
    if (step->what == FAIL)
        ck_assert_int_eq(expiry_failed(expiry, step->at), step->word);
    else
        expiry_renewed(expiry, *mark, step->left, step->at, random);
}

/* Whatever was drawn. */
START_TEST(plays)
{
    static const uint32_t draws[] = {0, 1, 500, 999, UINT32_MAX};
    struct expiry expiry = {.due = 0};
    const char *name = NULL;
    int64_t mark = 0;

    for (int i = 0; i < UNIT_COUNT(steps); i++) {
        const struct step *step = &steps[i];

        name = step->play != NULL ? step->play : name;
        play(&expiry, step, &mark, draws[_i]);
        ck_assert_msg(expiry_due(&expiry) >= step->earliest && expiry_due(&expiry) <= step->latest,
                      "%s: at %lld s the next question is due at %lld s", name,
                      (long long)(step->at / S), (long long)(expiry_due(&expiry) / S));
    }
}
END_TEST

/* It is on its way already. */
START_TEST(a_refusal_while_it_is_asked_for)
{
    struct expiry expiry;

    expiry_begin(&expiry, 1, 60 * M, 0, 0);
    expiry_ask(&expiry, 10 * M);
    expiry_refuse(&expiry, 10 * M);
    ck_assert_int_eq(expiry_due(&expiry), CLOCK_NEVER);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("expiry");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, plays, 0, 5);
    tcase_add_test(all, a_refusal_while_it_is_asked_for);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
