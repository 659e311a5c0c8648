/* SPDX-License-Identifier: MIT */
/* What azfan-rest takes for a request, and what it refuses before anything is sent. */
#include <string.h>

#include "base/number.h"
#include "rest/request.h"
#include "unit/unit.h"

#define TIMES "\"deadline_ms\":1500,\"first_poll_ms\":8000"
#define POST  "\"path\":\"/a/b\",\"api_version\":\"2024-07-01\",\"body\":{\"script\":[\"x\"]}"
#define ARM   "\"endpoint\":\"https://arm.example\""

START_TEST(a_post)
{
    static const char text[] = "{" ARM "," POST "," TIMES ",\"ca_path\":\"/etc/ssl/certs\"}";
    struct request request;
    struct error error = {""};

    ck_assert_msg(request_read(text, sizeof text - 1, &request, &error) == 0, "%s", error.text);
    ck_assert_str_eq(request.url, "https://arm.example/a/b?api-version=2024-07-01");
    ck_assert_str_eq(buffer_text(&request.body), "{\"script\":[\"x\"]}");
    ck_assert_str_eq(request.ca_path, "/etc/ssl/certs");
    ck_assert_ptr_null(request.ca_file);
    ck_assert_ptr_null(request.operation);
    ck_assert_int_eq(request.deadline, 1500 * NUMBER_MILLISECOND);
    ck_assert_int_eq(request.first_poll, 8 * NUMBER_SECOND);
    request_done(&request);
}
END_TEST

START_TEST(an_operation)
{
    static const char text[] = "{" ARM ",\"operation\":\"https://arm.example/o\"," TIMES "}";
    struct request request;
    struct error error = {""};

    ck_assert_msg(request_read(text, sizeof text - 1, &request, &error) == 0, "%s", error.text);
    ck_assert_str_eq(request.operation, "https://arm.example/o");
    ck_assert_ptr_null(request.url);
    request_done(&request);
}
END_TEST

static const struct {
    const char *text;
    const char *cause; /* NULL: it is taken */
} rows[] = {
    {"", "no JSON object"},
    {"[]", "no JSON object"},
    {"{" ARM "," POST "," TIMES "", "no JSON object"},
    {"{" ARM "," ARM "," POST "," TIMES "}", "no JSON object"},
    {"{" POST "," TIMES "}", "must begin with https://"},
    {"{\"endpoint\":\"http://arm.example\"," POST "," TIMES "}", "must begin with https://"},
    {"{\"endpoint\":\"http://127.0.0.1.example\"," POST "," TIMES "}", "must begin with https://"},
    {"{\"endpoint\":\"http://localhost@example\"," POST "," TIMES "}", "must begin with https://"},
    {"{\"endpoint\":\"http://localhost:80@example\"," POST "," TIMES "}",
     "must begin with https://"},
    {"{\"endpoint\":\"ftp://localhost\"," POST "," TIMES "}", "must begin with https://"},
    {"{\"endpoint\":\"http://127.0.0.1:80\"," POST "," TIMES "}", NULL},
    {"{\"endpoint\":\"http://[::1]:80\"," POST "," TIMES "}", NULL},
    {"{" ARM "," POST "}", "deadline_ms"},
    {"{" ARM "," POST ",\"deadline_ms\":-1,\"first_poll_ms\":1}", "deadline_ms"},
    {"{" ARM "," POST ",\"deadline_ms\":1,\"first_poll_ms\":99999999999999999}", "first_poll_ms"},
    {"{" ARM "," POST ",\"deadline_ms\":1.5,\"first_poll_ms\":1}", "deadline_ms"},
    {"{" ARM "," TIMES "}", "neither an operation"},
    {"{" ARM ",\"path\":\"a\",\"api_version\":\"1\",\"body\":{}," TIMES "}",
     "neither an operation"},
};

START_TEST(what_is_wrong_is_refused)
{
    struct request request;
    struct error error = {""};
    int result = request_read(rows[_i].text, strlen(rows[_i].text), &request, &error);

    ck_assert_msg((result == 0) == (rows[_i].cause == NULL), "%s: %s", rows[_i].text, error.text);
    if (rows[_i].cause != NULL)
        ck_assert_msg(strstr(error.text, rows[_i].cause) != NULL, "%s: %s", rows[_i].text,
                      error.text);
    request_done(&request);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("request");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_post);
    tcase_add_test(all, an_operation);
    tcase_add_loop_test(all, what_is_wrong_is_refused, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
