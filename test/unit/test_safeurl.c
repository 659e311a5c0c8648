/* SPDX-License-Identifier: MIT */
/* Where a secret may be sent. */
#include "base/safeurl.h"
#include "unit/unit.h"

static const struct {
    const char *url;
    bool is;
    bool is_own; /* of the machine's own endpoints */
} rows[] = {
    {"https://login.example/t", true, true},
    {"https://login.example:8443?x", true, true},
    {"http://127.0.0.1:80/x", true, true},
    {"http://localhost/x", true, true},
    {"http://169.254.169.254/metadata", false, true},
    {"http://169.254.129.2:8081/msi/token", false, true},
    {"http://169.254.evil.example/", false, false},
    {"http://169.254.169.254.evil.example/", false, false},
    {"http://169.254.169.254:80@evil.example/", false, false},
    {"http://169.254.169.254\\evil.example/", false, false},
    {"http://169.254.169/", false, false},
    {"http://169.254./", false, false},
    {"http://169.255.0.1/", false, false},
    {"http://10.0.0.1/", false, false},
    {"ftp://169.254.169.254/", false, false},
    {"http://login.example/https://", false, false},
    {"https://one@login.example/", false, false},
    {"login.example", false, false},
    {"169.254.169.254", false, false},
    {"", false, false},
};

START_TEST(a_secret_goes_there)
{
    ck_assert_msg(safeurl_is(rows[_i].url, false) == rows[_i].is, "%s", rows[_i].url);
    ck_assert_msg(safeurl_is(rows[_i].url, true) == rows[_i].is_own, "own: %s", rows[_i].url);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("safeurl");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_secret_goes_there, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
