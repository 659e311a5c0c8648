/* SPDX-License-Identifier: MIT */
/* azure/rest: pages with tokens, what a client is asked, and what it says on the way. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "azure/rest.h"
#include "base/number.h"
#include "unit/unit.h"

static struct error error;

#define ONE   "00000000-0000-0000-0000-00000000000a"
#define OTHER "00000000-0000-0000-0000-00000000000b"

START_TEST(each_subscription_has_one_page)
{
    struct rest rest = {.program = NULL};
    struct token token;

    ck_assert_ptr_null(rest_page(&rest, ONE));
    ck_assert_int_eq(rest_open_page(&rest, ONE, 0, &error), 0);
    ck_assert_int_eq(rest_open_page(&rest, OTHER, 0, &error), 0);
    ck_assert_int_eq(rest_open_page(&rest, "00000000-0000-0000-0000-00000000000A", 0, &error), 0);
    ck_assert_uint_eq(rest.page_count, 2);
    ck_assert_int_eq(rest_take_token(&rest, 0, "a.b.c", &error), 0);
    tokenpage_set_interval(rest_page(&rest, OTHER), 7);
    ck_assert_int_eq(tokenpage_read(rest_page(&rest, ONE), &token), 0);
    ck_assert_str_eq(token.text, "a.b.c");
    ck_assert_int_eq(token.interval, 0);
    ck_assert_int_eq(tokenpage_read(rest_page(&rest, OTHER), &token), 0);
    ck_assert_str_eq(token.text, "a.b.c");
    ck_assert_int_eq(token.interval, 7);
    rest_close(&rest);
}
END_TEST

/* Two tenants: each subscription has the token of its own. */
START_TEST(a_token_goes_to_the_pages_of_its_tenant)
{
    struct rest rest = {.program = NULL};
    struct token token;
    uint64_t sequence;

    ck_assert_int_eq(rest_open_page(&rest, ONE, 0, &error), 0);
    ck_assert_int_eq(rest_open_page(&rest, OTHER, 1, &error), 0);
    ck_assert_int_eq(rest_take_token(&rest, 0, "of.one", &error), 0);
    ck_assert_int_eq(rest_take_token(&rest, 1, "of.other", &error), 0);
    ck_assert_int_eq(tokenpage_read(rest_page(&rest, ONE), &token), 0);
    ck_assert_str_eq(token.text, "of.one");
    ck_assert_int_eq(tokenpage_read(rest_page(&rest, OTHER), &token), 0);
    ck_assert_str_eq(token.text, "of.other");
    sequence = token.sequence;
    /* A client that waits for another one must not take this for it. */
    ck_assert_int_eq(rest_take_token(&rest, 1, "of.other", &error), 0);
    ck_assert_int_eq(tokenpage_read(rest_page(&rest, OTHER), &token), 0);
    ck_assert_uint_eq(token.sequence, sequence);
    rest_close(&rest);
}
END_TEST

START_TEST(a_refusal_is_taken_once)
{
    struct rest rest = {.program = NULL};

    ck_assert_int_eq(rest_open_page(&rest, ONE, 0, &error), 0);
    ck_assert_int_eq(rest_open_page(&rest, OTHER, 1, &error), 0);
    rest_page_of(&rest, "/subscriptions/" OTHER "/resourceGroups/g/providers/Microsoft.Compute/"
                        "virtualMachines/v")
        ->is_refused = true;
    ck_assert(!rest_take_refusal(&rest, 0));
    ck_assert(rest_take_refusal(&rest, 1));
    ck_assert(!rest_take_refusal(&rest, 1));
    ck_assert_ptr_null(rest_page_of(&rest, "/subscriptions/x"));
    rest_close(&rest);
}
END_TEST

static json_t *written(const struct rest *rest, const struct rest_request *request)
{
    int fd = rest_write_request(rest, request, &error);
    json_t *object;

    ck_assert_msg(fd >= 0, "%s", error.text);
    ck_assert_int_eq(write(fd, "x", 1), -1); /* sealed */
    ck_assert_int_eq(errno, EPERM);
    object = json_loadfd(fd, 0, NULL);
    ck_assert_ptr_nonnull(object);
    (void)close(fd);
    return object;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* A group's name may have any letter, and a script any byte that JSON can write. */
START_TEST(a_request_has_all_that_a_client_needs)
{
    struct rest rest = {.program = NULL};
    struct rest_request request = {
        .id = "/subscriptions/s/resourceGroups/rg-m\xc3\xbcnchen (1)/x/vm-1",
        .command_id = "RunShellScript",
        .script = "echo \"a\"\n",
        .deadline = 5 * NUMBER_SECOND};
    json_t *object;
    const json_t *body;

    rest_set_endpoint(&rest, "https://management.azure.com//");
    object = written(&rest, &request);
    body = json_object_get(object, "body");
    ck_assert_str_eq(text_of(object, "endpoint"), "https://management.azure.com");
    ck_assert_str_eq(text_of(object, "path"),
                     "/subscriptions/s/resourceGroups/rg-m%C3%BCnchen%20(1)/x/vm-1/runCommand");
    ck_assert_str_eq(text_of(body, "commandId"), "RunShellScript");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(body, "script"), 0)),
                     "echo \"a\"\n");
    ck_assert_int_ge(json_integer_value(json_object_get(object, "deadline_ms")), 5000);
    ck_assert_ptr_null(json_object_get(object, "ca_file"));
    json_decref(object);
    free(rest.endpoint);
}
END_TEST

/* Nothing but the question: no script goes out, and no second one can be made of it. */
START_TEST(a_question_has_an_operation_alone)
{
    struct rest rest = {.program = NULL};
    struct rest_request request = {
        .id = "/s", .operation = "https://a/o?s=1%2F", .deadline = 5 * NUMBER_SECOND};
    json_t *object = written(&rest, &request);

    ck_assert_str_eq(text_of(object, "operation"), "https://a/o?s=1%2F");
    ck_assert_ptr_null(json_object_get(object, "path"));
    ck_assert_ptr_null(json_object_get(object, "body"));
    json_decref(object);
}
END_TEST

/* What is for people of a URL that is signed. */
START_TEST(an_operation_has_an_id)
{
    static const char *const urls[][2] = {{"https://a/locations/w/operations/1-2?p=1/2&s=3", "1-2"},
                                          {"https://a/operations/1-2", "1-2"},
                                          {"https://a/operations/", ""},
                                          {"1-2", "1-2"},
                                          {"", ""}};

    for (int i = 0; i < UNIT_COUNT(urls); i++) {
        char *id = rest_operation_id(urls[i][0]);

        ck_assert_str_eq(id, urls[i][1]);
        free(id);
    }
}
END_TEST

/* Azure's support finds a request without an answer by it: RFC 4122's version 4. */
START_TEST(each_request_has_an_id_of_its_own)
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx";
    struct rest rest = {.program = NULL};
    struct rest_request request = {.id = "/s", .command_id = "c", .script = ""};
    json_t *one = written(&rest, &request);
    json_t *other = written(&rest, &request);
    const char *id = text_of(one, "client_request_id");

    ck_assert_uint_eq(strlen(id), sizeof form - 1);
    for (size_t i = 0; form[i] != '\0'; i++)
        ck_assert_msg(form[i] == 'x' ? strchr("0123456789abcdef", id[i]) != NULL : form[i] == id[i],
                      "%s", id);
    ck_assert_ptr_nonnull(strchr("89ab", id[19]));
    ck_assert_str_ne(id, text_of(other, "client_request_id"));
    json_decref(one);
    json_decref(other);
}
END_TEST

static const struct line {
    const char *text;
    enum rest_word word;
} lines[] = {
    {"sent", REST_SENT},
    {"token", REST_TOKEN},
    {"accepted {\"operation\":\"https://a/o\",\"request_id\":\"r\"}", REST_ACCEPTED},
    {"", REST_OTHER},
    {"sen", REST_OTHER},
    {"limits {\"region\":\"westeurope\",\"writes\":199}", REST_LIMITS},
    {"limits ", REST_OTHER},
    {"limitless {}", REST_OTHER},
    {"sent ", REST_OTHER},
    {"accepted ", REST_OTHER},
    {"accepted {}", REST_OTHER},
    {"accepted {\"operation\":5}", REST_OTHER},
    {"accepted {\"operation\":\"https://a/o\"", REST_OTHER},
    {"{\"phase\":\"sent\",\"http\":409}", REST_OTHER},
};

START_TEST(a_line_that_a_client_says)
{
    const struct line *row = &lines[_i];
    struct rest_said said = rest_read_line(row->text, strlen(row->text));

    ck_assert_msg(said.word == row->word, "%s: %d", row->text, said.word);
    if (said.word == REST_ACCEPTED) {
        ck_assert_str_eq(said.operation, "https://a/o");
        ck_assert_str_eq(said.request_id, "r");
        ck_assert_ptr_null(said.correlation_id);
    }
    if (said.word == REST_LIMITS) {
        ck_assert_str_eq(said.region, "westeurope");
        ck_assert_int_eq(said.writes, 199);
        ck_assert_int_eq(said.compute, -1);
    }
    free(said.operation);
    free(said.request_id);
    free(said.correlation_id);
    free(said.region);
}
END_TEST

START_TEST(a_program_that_is_not_there)
{
    struct rest rest;

    /* It is beside azfan, and this is no azfan. */
    ck_assert_int_eq(rest_open(&rest, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "azfan-rest is neither beside azfan nor in"));
    rest_close(&rest);
    rest_close(&rest); /* harmless */
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("rest");
    TCase *tests = tcase_create("rest");

    tcase_add_test(tests, a_question_has_an_operation_alone);
    tcase_add_test(tests, an_operation_has_an_id);
    tcase_add_test(tests, each_subscription_has_one_page);
    tcase_add_test(tests, a_token_goes_to_the_pages_of_its_tenant);
    tcase_add_test(tests, a_refusal_is_taken_once);
    tcase_add_test(tests, a_request_has_all_that_a_client_needs);
    tcase_add_test(tests, each_request_has_an_id_of_its_own);
    tcase_add_loop_test(tests, a_line_that_a_client_says, 0, UNIT_COUNT(lines));
    tcase_add_test(tests, a_program_that_is_not_there);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
