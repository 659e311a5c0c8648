/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/hash.h"
#include "unit/unit.h"

/* Of the reference (Landon Curt Noll's test_fnv.c). */
static const struct {
    const char *text;
    uint64_t hash;
} rows[] = {
    {"", UINT64_C(0xcbf29ce484222325)},
    {"a", UINT64_C(0xaf63dc4c8601ec8c)},
    {"foobar", UINT64_C(0x85944171f73967e8)},
};

START_TEST(is_fnv_1a)
{
    const char *text = rows[_i].text;
    uint64_t hash = HASH_BEGIN;

    ck_assert_uint_eq(hash_bytes(HASH_BEGIN, text, strlen(text)), rows[_i].hash);
    for (; *text != '\0'; text++)
        hash = hash_add(hash, (unsigned char)*text);
    ck_assert_uint_eq(hash, rows[_i].hash);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("hash");
    TCase *tests = tcase_create("all");

    tcase_add_loop_test(tests, is_fnv_1a, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
