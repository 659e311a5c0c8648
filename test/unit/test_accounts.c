/* SPDX-License-Identifier: MIT */
/* azure/accounts: what az says of subscriptions, and all that it may say instead. */
#include "azure/accounts.h"

#include <signal.h>
#include <string.h>

#include "base/memory.h"
#include "engine/supervise.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-00000000000a"
#define TWO "00000000-0000-0000-0000-00000000000b"

static struct finish ended(const char *output)
{
    return (struct finish){.end = FINISH_EXITED,
                           .exit = {.known = true},
                           .output = {memory_string(output), strlen(output), 0, true},
                           .errors = {memory_string("ERROR: x"), 8, 0, true}};
}

START_TEST(names_and_users_are_read)
{
    struct finish finish =
        ended("[{\"id\": \"" ONE "\", \"name\": \"Production\", \"isDefault\": false,"
              "  \"user\": {\"name\": \"ops@example.com\", \"type\": \"user\"}},"
              " {\"id\": \"" TWO "\", \"name\": \"Test\", \"isDefault\": true,"
              "  \"user\": {\"name\": \"app\", \"type\": \"servicePrincipal\", \"more\": [1]}}]\n");
    struct accounts accounts;
    struct error error = {""};
    const struct account *account;

    ck_assert_msg(accounts_read(&accounts, &finish, ACCOUNTS_TIMEOUT, &error) == 0, "%s",
                  error.text);
    ck_assert_ptr_null(finish.output.data);
    ck_assert_ptr_null(finish.errors.data);
    account = accounts_find(&accounts, "00000000-0000-0000-0000-00000000000A");
    ck_assert_ptr_nonnull(account);
    ck_assert_str_eq(account->name, "Production");
    ck_assert_str_eq(account->user, "ops@example.com");
    ck_assert_str_eq(account->user_type, "user");
    ck_assert_ptr_null(accounts_find(&accounts, "00000000-0000-0000-0000-00000000000c"));
    ck_assert_str_eq(accounts_default(&accounts)->name, "Test");
    ck_assert_str_eq(accounts_default(&accounts)->user_type, "servicePrincipal");
    accounts_done(&accounts);
}
END_TEST

/* What is left of an answer that is not what it should be. */
static const struct {
    const char *answer;
    size_t count;
} odd[] = {
    {"", 0},
    {"[]", 0},
    {"[{", 0},
    {"{}", 0},
    {"null", 0},
    {"[1, null, \"x\", [], {}]", 0},
    {"[{\"id\": 1}]", 0},
    {"[{\"id\": \"no-subscription\", \"name\": \"x\"}]", 0},
    {"[{\"id\": \"" ONE "\"}]", 1},
    {"[{\"id\": \"" ONE "\", \"name\": 7, \"user\": \"me\", \"isDefault\": \"true\"}]", 1},
    {"[{\"id\": \"" ONE "\", \"name\": null, \"user\": null}, {\"id\": \"" TWO "\"}] and more", 2},
};

START_TEST(an_odd_answer_is_no_harm)
{
    struct finish finish = ended(odd[_i].answer);
    struct accounts accounts;
    struct error error = {""};

    ck_assert_int_eq(accounts_read(&accounts, &finish, ACCOUNTS_TIMEOUT, &error),
                     odd[_i].count > 0 ? 0 : -1);
    ck_assert_uint_eq(accounts.count, odd[_i].count);
    ck_assert_ptr_null(accounts_default(&accounts));
    if (odd[_i].count == 0)
        ck_assert_ptr_nonnull(strstr(error.text, "az account list"));
    else
        ck_assert_str_eq(accounts_find(&accounts, ONE)->name, "");
    accounts_done(&accounts);
}
END_TEST

static const struct {
    struct finish finish;
    const char *text;
} ends[] = {
    {{.end = FINISH_NOT_STARTED, .error = {"no such az"}}, "no such az"},
    {{.end = FINISH_EXITED, .stop = FINISH_TIMED_OUT}, "did not answer within 15"},
    {{.end = FINISH_ABANDONED}, "did not answer within 15"},
    {{.end = FINISH_EXITED, .stop = FINISH_CANCELLED}, "was stopped"},
    {{.end = FINISH_EXITED, .exit = {.known = true, .status = 3}}, "ended with status 3"},
    {{.end = FINISH_EXITED, .exit = {.known = true, .signaled = true, .status = SIGSEGV}},
     "ended with signal 11"},
};

START_TEST(an_az_that_did_not_answer_is_told)
{
    struct finish finish = ends[_i].finish;
    struct accounts accounts;
    struct error error = {""};

    ck_assert_int_eq(accounts_read(&accounts, &finish, ACCOUNTS_TIMEOUT, &error), -1);
    ck_assert_msg(strstr(error.text, ends[_i].text) != NULL, "%s", error.text);
    ck_assert_uint_eq(accounts.count, 0);
}
END_TEST

static Suite *accounts_suite(void)
{
    Suite *suite = suite_create("accounts");
    TCase *tests = tcase_create("accounts");

    tcase_add_test(tests, names_and_users_are_read);
    tcase_add_loop_test(tests, an_odd_answer_is_no_harm, 0, UNIT_COUNT(odd));
    tcase_add_loop_test(tests, an_az_that_did_not_answer_is_told, 0, UNIT_COUNT(ends));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(accounts_suite)
