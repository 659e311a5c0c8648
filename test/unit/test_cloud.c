/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "job/cloud.h"
#include "unit/unit.h"

static const struct {
    const char *word;
    const char *endpoint; /* NULL: it is wrong */
    const char *authority;
} rows[] = {
    {"AzureCloud", "https://management.azure.com", "https://login.microsoftonline.com"},
    {"AzureUSGovernment", "https://management.usgovcloudapi.net",
     "https://login.microsoftonline.us"},
    {"AzureChinaCloud", "https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn"},
    {"https://management.azure.com/", "https://management.azure.com",
     "https://login.microsoftonline.com"},
    {"https://management.local.azurestack.external", "https://management.local.azurestack.external",
     NULL},
    {"https://arm.example:8443/", "https://arm.example:8443", NULL},
    {"http://127.0.0.1:8080", "http://127.0.0.1:8080", NULL},
    {"http://localhost:8080/", "http://localhost:8080", NULL},
    {"azurecloud", NULL, NULL},
    {"", NULL, NULL},
    {"http://management.azure.com", NULL, NULL},
    {"https://", NULL, NULL},
    {"https://arm.example/x", NULL, NULL},
    {"https://user@arm.example", NULL, NULL},
    {"https://arm.example?x", NULL, NULL},
    {"https://arm example", NULL, NULL},
    {"https://arm.example\r\nX: y", NULL, NULL},
};

START_TEST(words)
{
    struct cloud cloud;
    struct error error;
    int result = cloud_read(rows[_i].word, &cloud, &error);

    ck_assert_msg((result == 0) == (rows[_i].endpoint != NULL), "%s", rows[_i].word);
    if (result == 0) {
        ck_assert_str_eq(cloud.endpoint, rows[_i].endpoint);
        ck_assert_pstr_eq(cloud.authority, rows[_i].authority);
    } else {
        ck_assert_ptr_null(cloud.endpoint);
        ck_assert_ptr_nonnull(strstr(error.text, "AzureUSGovernment"));
    }
    cloud_done(&cloud);
}
END_TEST

START_TEST(a_login_is_of_a_cloud)
{
    ck_assert_str_eq(cloud_name_of("https://login.microsoftonline.us/"), "AzureUSGovernment");
    ck_assert_str_eq(cloud_name_of("https://login.microsoftonline.com"), CLOUD_USUAL);
    ck_assert_ptr_null(cloud_name_of("https://login.example"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("cloud");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, words, 0, UNIT_COUNT(rows));
    tcase_add_test(all, a_login_is_of_a_cloud);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
