/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "azure/login.h"
#include "base/memory.h"
#include "unit/unit.h"

#define TOKEN "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.secret-part.signature"
#define ANSWER                                                                                     \
    "{\n  \"accessToken\": \"" TOKEN "\",\n  \"expiresOn\": \"2026-11-23 04:00:00.000000\",\n"     \
    "  \"expires_on\": 1795406400,\n  \"subscription\": "                                          \
    "\"00000000-0000-0000-0000-000000000001\",\n"                                                  \
    "  \"tenant\": \"t\",\n  \"tokenType\": \"Bearer\"\n}\n"

static struct finish ended(int status, const char *output, const char *errors)
{
    return (struct finish){.end = FINISH_EXITED,
                           .exit = {.known = true, .status = status},
                           .output = {memory_string(output), strlen(output), 0, true},
                           .errors = {memory_string(errors), strlen(errors), 0, true}};
}

static void finished(struct finish *finish)
{
    capture_text_done(&finish->output);
    capture_text_done(&finish->errors);
}

/* One that is to have one token. */
static struct login fresh(void)
{
    struct login login = {.rest = NULL};

    (void)login_add(&login, NULL, NULL);
    return login;
}

START_TEST(a_token_proves_the_login)
{
    struct login login = fresh();
    struct error error = {""};
    struct finish finish = ended(0, ANSWER, "");

    ck_assert_int_eq((int)login_read_token(&login, 0, &finish, &error), LOGIN_OK);
    ck_assert_str_eq(login.subscription, "00000000-0000-0000-0000-000000000001");
    ck_assert_int_eq(login.tokens[0].expires, 1795406400 * NUMBER_SECOND);
    ck_assert_ptr_null(finish.output.data);
    ck_assert_str_eq(error.text, "");
    finished(&finish);
    login_done(&login);
}
END_TEST

/* The token goes nowhere, even when the rest of the answer is not what it should be. */
START_TEST(the_token_is_never_told)
{
    static const char *const answers[] = {(ANSWER "}"),
                                          ("{\"accessToken\":\"" TOKEN "\""),
                                          ("{\"accessToken\" :\n \"" TOKEN),
                                          "{\"accessToken\"",
                                          "{\"accessToken\": 7}",
                                          "{\"accessToken\": \"\"}",
                                          ""};

    for (int i = 0; i < UNIT_COUNT(answers); i++) {
        for (int status = 0; status < 2; status++) {
            struct login login = fresh();
            struct error error = {""};
            struct finish finish = ended(status, answers[i], "");

            (void)login_read_token(&login, 0, &finish, &error);
            ck_assert_ptr_null(strstr(error.text, "secret-part"));
            ck_assert_ptr_null(finish.output.data);
            finished(&finish);
            login_done(&login);
        }
    }
}
END_TEST

/* Who is to blame decides the exit status of the run. */
START_TEST(blame)
{
    static const struct {
        struct finish finish;
        const char *output, *errors;
        enum login_result result;
        const char *text;
    } cases[] = {
        {{.end = FINISH_NOT_STARTED, .error = {"cannot start az"}},
         "",
         "",
         LOGIN_NO_AZ,
         "cannot start az"},
        {{.stop = FINISH_TIMED_OUT, .duration = 60000000000}, "", "", LOGIN_NO_ANSWER, "60 s"},
        {{.end = FINISH_ABANDONED, .stop = FINISH_TIMED_OUT}, "", "", LOGIN_NO_ANSWER, "answer"},
        {{.stop = FINISH_CANCELLED}, "", "", LOGIN_CANCELLED, "stopped"},
        {{.exit = {.known = true, .signaled = true, .status = SIGSEGV}},
         "",
         "",
         LOGIN_NO_AZ,
         "signal 11"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: Please run 'az login' to setup account.\n",
         LOGIN_BROKEN,
         "az login"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: AADSTS700082: The refresh token has expired due to inactivity.\n",
         LOGIN_BROKEN,
         "AADSTS700082"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: Subscription 'x' not found. Check the spelling and casing and try again.\n",
         LOGIN_BROKEN,
         "subscription"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: The command failed with an unexpected error. Here is the traceback:\nERROR: "
         "HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded\n",
         LOGIN_NO_ANSWER,
         "reach"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: The command failed with an unexpected error. Here is the traceback:\nERROR: "
         "Unterminated string starting at: line 1 column 18 (char 17)\n",
         LOGIN_NO_AZ,
         "az account clear"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: Can't find token from MSAL cache.\nTo re-authenticate, please run:\naz login\n",
         LOGIN_BROKEN,
         "`az login`"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: Failed to load token files. If you have a repro, please log an issue\n",
         LOGIN_BROKEN,
         "`az login`"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: Decryption failed: [WinError -2146893813] Key not valid for use in specified "
         "state.\n",
         LOGIN_BROKEN,
         "`az login`"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: AADSTS90033: A transient error has occurred. Please try again.\n",
         LOGIN_NO_ANSWER,
         "AADSTS90033"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: Failed to connect to MSI. Please make sure MSI is configured correctly.\n",
         LOGIN_NO_ANSWER,
         "identity endpoint does not answer"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))\n",
         LOGIN_NO_ANSWER,
         "az lost the connection to Azure: ("},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: The command failed with an unexpected error. Here is the traceback:\nERROR: "
         "[Errno 11] Resource temporarily unavailable\n",
         LOGIN_NO_ANSWER,
         "another az holds"},
        {{.exit = {.known = true, .status = 2}},
         "",
         "ERROR: unrecognized arguments: x\n",
         LOGIN_NO_AZ,
         "unrecognized"},
        {{.exit = {.known = true, .status = 1}},
         "",
         "ERROR: who knows\n",
         LOGIN_NO_AZ,
         "who knows"},
        {{.exit = {.known = true}}, "hello\n", "", LOGIN_NO_AZ, "Azure CLI"},
        {{.exit = {.known = true}}, "", "", LOGIN_NO_AZ, "Azure CLI"},
        {{.exit = {.known = true}}, "{\"accessToken\": \"x\"}", "", LOGIN_OK, ""},
    };

    for (int i = 0; i < UNIT_COUNT(cases); i++) {
        struct login login = fresh();
        struct error error = {""};
        struct finish finish = cases[i].finish;
        enum login_result result;

        finish.output =
            (struct capture_text){memory_string(cases[i].output), strlen(cases[i].output), 0, true};
        finish.errors =
            (struct capture_text){memory_string(cases[i].errors), strlen(cases[i].errors), 0, true};
        result = login_read_token(&login, 0, &finish, &error);
        ck_assert_msg(result == cases[i].result, "%s: %d, %s", cases[i].text, (int)result,
                      error.text);
        ck_assert_msg(strstr(error.text, cases[i].text) != NULL, "%s lacks %s", error.text,
                      cases[i].text);
        ck_assert_ptr_null(login.subscription);
        finished(&finish);
        login_done(&login);
    }
}
END_TEST

START_TEST(versions)
{
    static const struct {
        struct finish finish;
        const char *output;
        enum login_result result;
        const char *version;
    } cases[] = {
        {{.exit = {.known = true}},
         "{\n  \"azure-cli\": \"2.45.0\",\n  \"azure-cli-core\": \"2.45.0\",\n  \"extensions\": "
         "{}\n}",
         LOGIN_OK,
         "2.45.0"},
        {{.exit = {.known = true}}, "{\"azure-cli\": \"2.78.0\"}", LOGIN_NO_AZ, "2.78.0"},
        {{.exit = {.known = true}}, "{\"azure-cli\": \"2.78.01\"}", LOGIN_OK, "2.78.01"},
        {{.exit = {.known = true}}, "{\"azure-cli\": 2}", LOGIN_OK, ""},
        {{.exit = {.known = true}}, "no json", LOGIN_OK, ""},
        {{.exit = {.known = true, .status = 1}}, "", LOGIN_OK, ""},
        {{.stop = FINISH_TIMED_OUT}, "", LOGIN_OK, ""},
        {{.stop = FINISH_CANCELLED}, "", LOGIN_CANCELLED, NULL},
        {{.end = FINISH_NOT_STARTED, .error = {"x"}}, "", LOGIN_NO_AZ, NULL},
    };

    for (int i = 0; i < UNIT_COUNT(cases); i++) {
        struct login login = fresh();
        struct error error = {""};
        struct finish token = ended(0, ANSWER, "");
        struct finish finish = cases[i].finish;

        finish.output =
            (struct capture_text){memory_string(cases[i].output), strlen(cases[i].output), 0, true};
        ck_assert_int_eq((int)login_read(&login, &token, &finish, true, &error),
                         (int)cases[i].result);
        if (cases[i].version == NULL)
            ck_assert_ptr_null(login.az_version);
        else
            ck_assert_str_eq(login.az_version, cases[i].version);
        ck_assert((cases[i].result == LOGIN_OK) == (error.text[0] == '\0'));
        finished(&token);
        finished(&finish);
        login_done(&login);
    }
}
END_TEST

/* Which token opens a subscription: the one of the same tenant, or one of its own. */
START_TEST(a_token_a_tenant)
{
    struct account list[] = {{.subscription = (char[]){"a"}, .tenant = (char[]){"one"}},
                             {.subscription = (char[]){"b"}, .tenant = (char[]){"two"}},
                             {.subscription = (char[]){"c"}, .tenant = (char[]){"ONE"}},
                             {.subscription = (char[]){"d"}, .tenant = (char[]){""}}};
    struct accounts accounts = {list, UNIT_COUNT(list)};
    struct login login = {.rest = NULL};

    (void)login_add(&login, "a", NULL);
    ck_assert_uint_eq(login_find(&login, &accounts, "A"), 0);
    ck_assert_uint_eq(login_find(&login, &accounts, "b"), 1);
    ck_assert_uint_eq(login_find(&login, &accounts, "c"), 0);
    ck_assert_uint_eq(login_find(&login, &accounts, "d"), 2);
    ck_assert_uint_eq(login_find(&login, &accounts, "unknown"), 3);
    ck_assert_uint_eq(login_find(&login, &accounts, "unknown"), 3);
    ck_assert_uint_eq(login_find(&login, &accounts, "D"), 2);
    ck_assert_str_eq(login_asked(&login, 1), "b");
    login_done(&login);
}
END_TEST

/* az before 2.54.0 has no other time. */
START_TEST(when_a_token_ends)
{
    static const struct {
        const char *answer;
        int64_t seconds;
    } rows[] = {
        {"{\"accessToken\":\"t\",\"expiresOn\":\"2026-11-23 06:40:00.000000\"}", 1795416000},
        {"{\"accessToken\":\"t\",\"expires_on\":1795406400}", 1795406400},
        {"{\"accessToken\":\"t\",\"expires_on\":-1,\"expiresOn\":\"soon\"}", 0},
        {"{\"accessToken\":\"t\",\"expires_on\":9223372036854775807}", 0},
        {"{\"accessToken\":\"t\"}", 0},
    };

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct login login = fresh();
        struct error error = {""};
        struct finish finish = ended(0, rows[i].answer, "");

        ck_assert_int_eq((int)login_read_token(&login, 0, &finish, &error), LOGIN_OK);
        ck_assert_int_eq(login.tokens[0].expires, rows[i].seconds * NUMBER_SECOND);
        finished(&finish);
        login_done(&login);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("login");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_token_proves_the_login);
    tcase_add_test(all, the_token_is_never_told);
    tcase_add_test(all, blame);
    tcase_add_test(all, versions);
    tcase_add_test(all, a_token_a_tenant);
    tcase_add_test(all, when_a_token_ends);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
