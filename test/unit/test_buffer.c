/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "unit/unit.h"

START_TEST(empty_is_a_string)
{
    struct buffer buffer = BUFFER_INIT;
    char *taken;

    ck_assert_str_eq(buffer_text(&buffer), "");
    buffer_append(&buffer, NULL, 0);
    ck_assert_str_eq(buffer_text(&buffer), "");
    buffer_done(&buffer);
    taken = buffer_take(&buffer);
    ck_assert_str_eq(taken, "");
    free(taken);
}
END_TEST

START_TEST(grows_and_ends_with_nul)
{
    struct buffer buffer = BUFFER_INIT;

    for (size_t i = 0; i < 10000; i++) {
        buffer_add_char(&buffer, (char)('a' + i % 26));
        ck_assert_uint_eq(buffer.length, i + 1);
        ck_assert_int_eq(buffer.data[i + 1], '\0');
    }
    ck_assert_int_eq(buffer.data[9999], 'a' + 9999 % 26);
    buffer_done(&buffer);
    ck_assert_ptr_null(buffer.data);
}
END_TEST

START_TEST(holds_any_bytes)
{
    struct buffer buffer = BUFFER_INIT;

    buffer_append(&buffer, "a\0b", 3);
    buffer_add(&buffer, "c");
    buffer_print(&buffer, "%d%s", 42, "!");
    ck_assert_uint_eq(buffer.length, 7);
    ck_assert_mem_eq(buffer.data, "a\0bc42!", 8);
    buffer_done(&buffer);
}
END_TEST

START_TEST(take_leaves_it_empty)
{
    struct buffer buffer = BUFFER_INIT;
    char *taken;

    buffer_add(&buffer, "mine");
    taken = buffer_take(&buffer);
    ck_assert_str_eq(taken, "mine");
    ck_assert_ptr_null(buffer.data);
    ck_assert_uint_eq(buffer.length, 0);
    buffer_add(&buffer, "new");
    ck_assert_str_eq(buffer_text(&buffer), "new");
    buffer_done(&buffer);
    free(taken);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("buffer");
    TCase *tests = tcase_create("all");

    tcase_add_test(tests, empty_is_a_string);
    tcase_add_test(tests, grows_and_ends_with_nul);
    tcase_add_test(tests, holds_any_bytes);
    tcase_add_test(tests, take_leaves_it_empty);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
