/* SPDX-License-Identifier: MIT */
/* run/doubts: what one az says of the login is not the end of the run, until it is proven. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/doubts.h"
#include "unit.h"

static struct doubts doubts;

static struct answer answer_of(enum outcome_reason reason, bool fatal, enum outcome_script script)
{
    return (struct answer){.outcome = {.kind = OUTCOME_ERROR,
                                       .reason = reason,
                                       .fatal = fatal,
                                       .script = script,
                                       .message = memory_string("az said no")}};
}

/* True: it is put aside. The ends that are not are freed here, and their message is in *RET. */
static bool take(size_t index, struct answer answer, int64_t began, int64_t now, char **ret)
{
    struct result_attempt attempt = {.message = memory_string(answer.outcome.message)};
    bool taken = doubts_take(&doubts, index, &attempt, &answer, began, now);

    if (taken)
        return true;
    free(attempt.message);
    if (ret != NULL) {
        *ret = answer.outcome.message;
        answer.outcome.message = NULL;
    }
    answer_done(&answer);
    return false;
}

/* Frees what was put aside; how many there were. BEGUN: is the first one still fatal? */
static size_t let_go(bool good, bool *ret_fatal)
{
    size_t count;
    struct doubt *list = doubts_let_go(&doubts, good, &count);

    *ret_fatal = count > 0 && list[0].answer.outcome.fatal;
    for (size_t i = 0; i < count; i++) {
        free(list[i].attempt.message);
        answer_done(&list[i].answer);
    }
    free(list);
    return count;
}

static void set_up(void)
{
    doubts = (struct doubts){.list = NULL};
}

static const struct {
    const char *name;
    enum outcome_reason reason;
    bool fatal;
    enum outcome_script script;
    bool doubtful;
} ends[] = {
    {"the login", REASON_LOGIN, true, SCRIPT_NOT_STARTED, true},
    {"az's cache", REASON_AZ_BROKEN, true, SCRIPT_MAY_HAVE_STARTED, true},
    {"an az that knows no such command", REASON_AZ_BROKEN, true, SCRIPT_NOT_STARTED, false},
    {"a login of one VM", REASON_LOGIN, false, SCRIPT_NOT_STARTED, false},
    {"a full quota", REASON_THROTTLED, false, SCRIPT_NOT_STARTED, false},
};

START_TEST(what_raises_a_doubt)
{
    struct answer answer = answer_of(ends[_i].reason, ends[_i].fatal, ends[_i].script);
    bool fatal;

    ck_assert_int_eq(doubts_due(&doubts), CLOCK_NEVER);
    ck_assert_msg(take(0, answer, 5, 10, NULL) == ends[_i].doubtful, "%s", ends[_i].name);
    ck_assert_int_eq(doubts_due(&doubts), ends[_i].doubtful ? 0 : CLOCK_NEVER);
    ck_assert_uint_eq(let_go(false, &fatal), ends[_i].doubtful);
}
END_TEST

/* Of a hundred that say so at once one question is asked, and a token clears them all. */
START_TEST(a_token_clears_them_all)
{
    char *message = NULL;
    bool fatal;

    for (size_t i = 0; i < 100; i++) {
        ck_assert(take(i, answer_of(REASON_LOGIN, true, SCRIPT_NOT_STARTED), 5, 10, NULL));
        if (i == 0)
            doubts_ask(&doubts);
        ck_assert_int_eq(doubts_due(&doubts), CLOCK_NEVER); /* it is on its way */
    }
    ck_assert_int_eq(doubts_answer(&doubts, DOUBTS_TOKEN, 20), DOUBTS_CLEARED);
    ck_assert_uint_eq(let_go(true, &fatal), 100);
    ck_assert(!fatal);
    /* It is good for what began before it, and for a while nobody asks again. */
    ck_assert(!take(0, answer_of(REASON_LOGIN, true, SCRIPT_NOT_STARTED), 5, 10, &message));
    ck_assert_str_eq(
        message,
        "az said no (checked afterwards, az's login is good: only this one az was affected)");
    free(message);
    ck_assert(!take(0, answer_of(REASON_LOGIN, true, SCRIPT_NOT_STARTED), 25,
                    20 + 9 * NUMBER_SECOND, NULL));
    ck_assert(take(0, answer_of(REASON_LOGIN, true, SCRIPT_NOT_STARTED), 25,
                   20 + 11 * NUMBER_SECOND, NULL));
    ck_assert_uint_eq(let_go(false, &fatal), 1);
    ck_assert(fatal);
}
END_TEST

/* The first answer may have lost the same race. */
START_TEST(the_second_answer_counts)
{
    bool fatal;

    ck_assert(take(0, answer_of(REASON_LOGIN, true, SCRIPT_NOT_STARTED), 5, 10, NULL));
    doubts_ask(&doubts);
    ck_assert_int_eq(doubts_answer(&doubts, DOUBTS_NO_TOKEN, 20), DOUBTS_OPEN);
    ck_assert_int_eq(doubts_due(&doubts), 20 + NUMBER_SECOND);
    doubts_ask(&doubts);
    ck_assert_int_eq(doubts_answer(&doubts, DOUBTS_NO_TOKEN, 30), DOUBTS_PROVEN);
    ck_assert_uint_eq(let_go(false, &fatal), 1);
    ck_assert(fatal);
}
END_TEST

/* A question that could not be asked, where room will come, is none of the two. */
START_TEST(want_of_room_proves_nothing)
{
    bool fatal;

    ck_assert(take(0, answer_of(REASON_LOGIN, true, SCRIPT_NOT_STARTED), 5, 10, NULL));
    for (int i = 0; i < 10; i++) {
        doubts_ask(&doubts);
        ck_assert_int_eq(doubts_answer(&doubts, DOUBTS_NO_ROOM, 20), DOUBTS_OPEN);
    }
    doubts_ask(&doubts);
    ck_assert_int_eq(doubts_answer(&doubts, DOUBTS_NO_TOKEN, 20), DOUBTS_OPEN);
    /* Taken back, for the run is being stopped: it is due again, and nobody asks. */
    doubts_ask(&doubts);
    doubts_drop_question(&doubts);
    ck_assert_int_eq(doubts_due(&doubts), 0);
    ck_assert_uint_eq(let_go(false, &fatal), 1);
}
END_TEST

/* A client of azfan's own reads no files of az, and keeps its cause. */
START_TEST(a_client_of_rest_raced_for_nothing)
{
    struct answer answer = answer_of(REASON_LOGIN, true, SCRIPT_NOT_STARTED);
    struct doubt *list;
    size_t count;

    doubts.rest = true;
    answer.outcome.cause = CAUSE_TENANT;
    ck_assert(take(0, answer, 0, 0, NULL));
    doubts_ask(&doubts);
    ck_assert_int_eq(doubts_answer(&doubts, DOUBTS_TOKEN, 1), DOUBTS_CLEARED);
    list = doubts_let_go(&doubts, true, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert(!list[0].answer.outcome.fatal && list[0].answer.outcome.passing);
    ck_assert_int_eq(list[0].answer.outcome.cause, CAUSE_TENANT);
    ck_assert_ptr_null(strstr(list[0].answer.outcome.message, "az's login"));
    free(list[0].attempt.message);
    answer_done(&list[0].answer);
    free(list);
}
END_TEST

/* Another token would be refused as well. */
START_TEST(a_challenge_is_no_doubt)
{
    struct answer answer = answer_of(REASON_LOGIN, true, SCRIPT_NOT_STARTED);

    answer.outcome.cause = CAUSE_CLAIMS;
    ck_assert(!take(0, answer, 0, 0, NULL));
}
END_TEST

static Suite *doubts_suite(void)
{
    Suite *suite = suite_create("doubts");
    TCase *tests = tcase_create("doubts");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_loop_test(tests, what_raises_a_doubt, 0, UNIT_COUNT(ends));
    tcase_add_test(tests, a_token_clears_them_all);
    tcase_add_test(tests, the_second_answer_counts);
    tcase_add_test(tests, want_of_room_proves_nothing);
    tcase_add_test(tests, a_client_of_rest_raced_for_nothing);
    tcase_add_test(tests, a_challenge_is_no_doubt);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(doubts_suite)
