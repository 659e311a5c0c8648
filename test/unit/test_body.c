/* SPDX-License-Identifier: MIT */
#include "rest/body.h"
#include "unit/unit.h"

static const struct {
    const char *name;
    const char *body;
    const char *message; /* NULL: it is no JSON */
    size_t length;
} rows[] = {
    {"plain", "{\"message\": \"m\"}", "m", 1},
    {"CR LF, and an indent", "{\r\n  \"message\": \"m\"\r\n}\r\n", "m", 1},
    {"a script that prints NUL", "{\"message\": \"a\\u0000b\"}", "a\0b", 3},
    {"a byte that is no UTF-8", "{\"message\": \"a\xff\"}", "a\xef\xbf\xbd", 4},
    {"cut off", "{\"message\": \"m", NULL, 0},
    {"more after it", "{\"message\": \"m\"} x", NULL, 0},
    {"a page", "<html>", NULL, 0},
    {"nothing", "", NULL, 0},
};

START_TEST(a_body_is_read)
{
    struct buffer body = BUFFER_INIT;
    const json_t *message;
    json_t *root;

    buffer_add(&body, rows[_i].body);
    root = body_read(&body);
    ck_assert_msg((root != NULL) == (rows[_i].message != NULL), "%s", rows[_i].name);
    message = json_object_get(root, "message");
    ck_assert_msg(json_string_length(message) == rows[_i].length, "%s", rows[_i].name);
    if (rows[_i].length > 0)
        ck_assert_mem_eq(json_string_value(message), rows[_i].message, rows[_i].length);
    json_decref(root);
    buffer_done(&body);
}
END_TEST

START_TEST(a_result_is_printed_as_a_line)
{
    struct buffer body = BUFFER_INIT;
    struct buffer printed = BUFFER_INIT;
    json_t *root;

    buffer_add(&body, "{\r\n  \"value\": [{\"message\": \"a\\u0000\\nb\"}]\r\n}");
    root = body_read(&body);
    ck_assert(body_print_result(root, &printed));
    ck_assert_str_eq(buffer_text(&printed), "{\"value\":[{\"message\":\"a\\u0000\\nb\"}]}\n");
    ck_assert(!body_print_result(json_object_get(root, "value"), &printed));
    ck_assert(!body_print_result(NULL, &printed));
    json_decref(root);
    buffer_done(&body);
    buffer_done(&printed);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("body");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_body_is_read, 0, UNIT_COUNT(rows));
    tcase_add_test(all, a_result_is_printed_as_a_line);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
