/* SPDX-License-Identifier: MIT */
/* Which servers are this machine. */
#include "base/loopback.h"
#include "unit/unit.h"

static const struct {
    const char *server;
    bool is;
} rows[] = {
    {"http://127.0.0.1", true},
    {"http://127.0.0.1:8080", true},
    {"https://127.0.0.1:8443", true},
    {"http://[::1]:8080", true},
    {"https://localhost", true},
    {"https://localhost:443", true},
    {"https://management.azure.com", false},
    {"http://localhost.example.com", false},
    {"http://localhost:80@example.com", false},
    {"http://127.0.0.1.example.com", false},
    {"http://127.0.0.10", false},
    {"ftp://127.0.0.1", false},
    {"127.0.0.1", false},
    {"", false},
};

START_TEST(this_machine_is_known_by_its_name)
{
    ck_assert_msg(loopback_is(rows[_i].server) == rows[_i].is, "%s", rows[_i].server);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("loopback");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, this_machine_is_known_by_its_name, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
