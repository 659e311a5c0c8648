/* SPDX-License-Identifier: MIT */
#include "rest/server.h"
#include "unit/unit.h"

#define ARM "https://management.azure.com"

static const struct {
    const char *url;
    const char *endpoint;
    bool same;
} rows[] = {
    {ARM "/subscriptions/s/operations/7?t=1&c=2", ARM, true},
    {ARM, ARM, true},
    {"https://management.azure.com:443/x", ARM, true},
    {"HTTPS://MANAGEMENT.AZURE.COM/x", ARM, true},
    {"https://management.azure.com?x", ARM, true},
    {"https://127.0.0.1:8443/x", "https://127.0.0.1:8443", true},
    {"https://[::1]:8443/x", "https://[::1]:8443", true},
    {"http://localhost:1/x", "http://localhost:1", true},

    {"http://management.azure.com/x", ARM, false},
    {"https://management.azure.com:8443/x", ARM, false},
    {"https://management.azure.com.example.com/x", ARM, false},
    {"https://management.azure.com@example.com/x", ARM, false},
    {"https://name@management.azure.com/x", ARM, false},
    {"https://:password@management.azure.com/x", ARM, false},
    {"https://example.com/https://management.azure.com/", ARM, false},
    {"https://example.com\\@management.azure.com/", ARM, false},
    {"https://management.azure.com /x", ARM, false},
    {"https://management.azure.com/\xff", ARM, false},
    {"https://management.azure.com/\xc3\xbc", ARM, false},
    {"https://management.azure.com/x\r\nHost: example.com", ARM, false},
    {"//management.azure.com/x", ARM, false},
    {"management.azure.com/x", ARM, false},
    {"/subscriptions/s/operations/7", ARM, false},
    {"https:/management.azure.com/x", ARM, false},
    {"https:///management.azure.com/x", ARM, false},
    {"file:///etc/passwd", ARM, false},
    {"", ARM, false},
    {"https://", ARM, false},
    {"https://localhost:2/x", "https://localhost:1", false},
};

START_TEST(a_server_is_known_by_its_url)
{
    ck_assert_msg(server_is_same(rows[_i].url, rows[_i].endpoint) == rows[_i].same, "%s, %s",
                  rows[_i].url, rows[_i].endpoint);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("server");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_server_is_known_by_its_url, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
