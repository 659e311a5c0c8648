/* SPDX-License-Identifier: MIT */
/* What azfan-rest is asked for, by the variables that there are. */
#include <stdlib.h>
#include <string.h>

#include "azure/identity.h"
#include "unit/unit.h"

enum { VARIABLES_MOST = 8 };

#define FORM  "grant_type=client_credentials&client_id=id&scope=https%3A%2F%2Farm.example%2F.default"
#define AS    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
#define LOGIN "https://login.example/ten.ant/oauth2/v2.0/token"
#define IMDS                                                                                       \
    "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Farm.example%2F"

static const struct row {
    enum job_identity kind;
    const char *const variables[VARIABLES_MOST]; /* NAME=VALUE */
    const char *source;                          /* "" : none */
    const char *error;
} rows[] = {
    {JOB_IDENTITY_MANAGED,
     {NULL},
     "{\"url\":\"http://169.254.169.254" IMDS "\",\"header\":\"Metadata: true\",\"direct\":true}",
     NULL},
    {JOB_IDENTITY_MANAGED,
     {"AZURE_CLIENT_ID=a b", "AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:2579/"},
     "{\"url\":\"http://127.0.0.1:2579" IMDS "&client_id=a%20b\",\"header\":\"Metadata: "
     "true\",\"direct\":true}",
     NULL},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=http://localhost:42/msi/token", "IDENTITY_HEADER=h"},
     "{\"url\":\"http://localhost:42/msi/token?api-version=2019-08-01&resource=https%3A%2F%2F"
     "arm.example%2F\",\"header\":\"X-IDENTITY-HEADER: h\",\"direct\":true}",
     NULL},
    {JOB_IDENTITY_MANAGED, {"IDENTITY_ENDPOINT=http://localhost:42"}, "", "IDENTITY_HEADER is not"},
    {JOB_IDENTITY_MANAGED, {"IDENTITY_HEADER=h"}, "", "IDENTITY_ENDPOINT is not"},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=http://localhost:40342", "IMDS_ENDPOINT=http://localhost:40342"},
     "",
     "Azure Arc"},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=https://x", "IDENTITY_HEADER=h", "IDENTITY_SERVER_THUMBPRINT=t"},
     "",
     "Service Fabric"},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=http://localhost:42", "IDENTITY_HEADER=h\r\nX: y"},
     "",
     "IDENTITY_HEADER has a control"},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=http://localhost:42", "IDENTITY_HEADER=h\n"},
     "",
     "IDENTITY_HEADER has a control"},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=http://localhost:42", "IDENTITY_HEADER=h\x7f"},
     "",
     "IDENTITY_HEADER has a control"},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=http://localhost:42", "IDENTITY_HEADER=\x01"
                                               "h"},
     "",
     "IDENTITY_HEADER has a control"},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=http://169.254.evil.example", "IDENTITY_HEADER=h"},
     "",
     "IDENTITY_ENDPOINT must begin with https://"},
    {JOB_IDENTITY_MANAGED,
     {"IDENTITY_ENDPOINT=ftp://localhost", "IDENTITY_HEADER=h"},
     "",
     "IDENTITY_ENDPOINT must begin with https://"},
    {JOB_IDENTITY_MANAGED,
     {"AZURE_POD_IDENTITY_AUTHORITY_HOST=http://pod.example"},
     "",
     "AZURE_POD_IDENTITY_AUTHORITY_HOST must begin with https://"},

    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=ten.ant", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s&=%/é"},
     "{\"url\":\"" LOGIN "\",\"tenant\":\"ten.ant\",\"form\":\"" FORM
     "&client_secret=s%26%3D%25%2F%C3%A9\"}",
     NULL},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=ten.ant", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s",
      "AZURE_AUTHORITY_HOST=https://other.example/"},
     "{\"url\":\"https://other.example/ten.ant/oauth2/v2.0/token\",\"tenant\":\"ten.ant\","
     "\"form\":\"" FORM "&client_secret=s\"}",
     NULL},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_CLIENT_ID=id"},
     "",
     "AZURE_TENANT_ID, AZURE_CLIENT_SECRET are not set"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s"},
     "",
     "AZURE_TENANT_ID is not set"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=a/b?", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s"},
     "",
     "AZURE_TENANT_ID is neither"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=.", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s"},
     "",
     "AZURE_TENANT_ID is neither"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=..", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s"},
     "",
     "AZURE_TENANT_ID is neither"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=-t", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s"},
     "",
     "AZURE_TENANT_ID is neither"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=t\n", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s"},
     "",
     "AZURE_TENANT_ID has a control"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s",
      "AZURE_AUTHORITY_HOST=http://login.example"},
     "",
     "AZURE_AUTHORITY_HOST must begin with https://"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s",
      "AZURE_AUTHORITY_HOST=login.example"},
     "",
     "AZURE_AUTHORITY_HOST must begin with https://"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s",
      "AZURE_AUTHORITY_HOST=http://169.254.169.254"},
     "",
     "AZURE_AUTHORITY_HOST must begin with https://"},
    {JOB_IDENTITY_ENVIRONMENT,
     {"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s\r"},
     "",
     "AZURE_CLIENT_SECRET has a control"},

    {JOB_IDENTITY_WORKLOAD,
     {"AZURE_TENANT_ID=ten.ant", "AZURE_CLIENT_ID=id", "AZURE_FEDERATED_TOKEN_FILE=/var/t"},
     "{\"url\":\"" LOGIN "\",\"tenant\":\"ten.ant\",\"assertion\":{\"file\":\"/var/t\"},\"form\":"
     "\"" FORM AS "\"}",
     NULL},
    {JOB_IDENTITY_WORKLOAD,
     {"AZURE_TENANT_ID=ten.ant", "AZURE_CLIENT_ID=id",
      "ACTIONS_ID_TOKEN_REQUEST_URL=https://g/?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=t"},
     "{\"url\":\"" LOGIN
     "\",\"tenant\":\"ten.ant\",\"assertion\":{\"url\":\"https://g/?x=1&audience="
     "api%3A%2F%2FAzureADTokenExchange\",\"bearer\":\"t\",\"key\":\"value\"},\"form\":\"" FORM AS
     "\"}",
     NULL},
    {JOB_IDENTITY_WORKLOAD,
     {"SYSTEM_OIDCREQUESTURI=https://p/o", "SYSTEM_ACCESSTOKEN=t",
      "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=c", "AZURESUBSCRIPTION_CLIENT_ID=id",
      "AZURESUBSCRIPTION_TENANT_ID=ten.ant"},
     "{\"url\":\"" LOGIN
     "\",\"tenant\":\"ten.ant\",\"assertion\":{\"url\":\"https://p/o?api-version="
     "7.1&serviceConnectionId=c\",\"bearer\":\"t\",\"key\":\"oidcToken\",\"post\":true},\"form\":"
     "\"" FORM AS "\"}",
     NULL},
    {JOB_IDENTITY_WORKLOAD, {"AZURE_TENANT_ID=t"}, "", "id-token: write"},
    {JOB_IDENTITY_WORKLOAD,
     {"SYSTEM_OIDCREQUESTURI=https://p/o", "AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=id"},
     "",
     "SYSTEM_ACCESSTOKEN, AZURESUBSCRIPTION_SERVICE_CONNECTION_ID, AZURESUBSCRIPTION_CLIENT_ID, "
     "AZURESUBSCRIPTION_TENANT_ID are not set"},
    {JOB_IDENTITY_WORKLOAD,
     {"AZURE_FEDERATED_TOKEN_FILE=/var/t", "ACTIONS_ID_TOKEN_REQUEST_URL=https://g"},
     "",
     "unset one of them"},
    {JOB_IDENTITY_WORKLOAD,
     {"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=id", "ACTIONS_ID_TOKEN_REQUEST_URL=https://g",
      "ACTIONS_ID_TOKEN_REQUEST_TOKEN=t\nX: y"},
     "",
     "ACTIONS_ID_TOKEN_REQUEST_TOKEN has a control"},
    {JOB_IDENTITY_WORKLOAD,
     {"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=id", "ACTIONS_ID_TOKEN_REQUEST_URL=http://g",
      "ACTIONS_ID_TOKEN_REQUEST_TOKEN=t"},
     "",
     "ACTIONS_ID_TOKEN_REQUEST_URL must begin with https://"},
    {JOB_IDENTITY_WORKLOAD,
     {"SYSTEM_OIDCREQUESTURI=https://p", "SYSTEM_ACCESSTOKEN=t\r",
      "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=c", "AZURESUBSCRIPTION_CLIENT_ID=id",
      "AZURESUBSCRIPTION_TENANT_ID=t"},
     "",
     "SYSTEM_ACCESSTOKEN has a control"},
    {JOB_IDENTITY_WORKLOAD,
     {"SYSTEM_OIDCREQUESTURI=http://p", "SYSTEM_ACCESSTOKEN=t",
      "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=c", "AZURESUBSCRIPTION_CLIENT_ID=id",
      "AZURESUBSCRIPTION_TENANT_ID=t"},
     "",
     "SYSTEM_OIDCREQUESTURI must begin with https://"},
    {JOB_IDENTITY_WORKLOAD,
     {"SYSTEM_OIDCREQUESTURI=https://p", "SYSTEM_ACCESSTOKEN=t",
      "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=c", "AZURESUBSCRIPTION_CLIENT_ID=id",
      "AZURESUBSCRIPTION_TENANT_ID=.."},
     "",
     "AZURESUBSCRIPTION_TENANT_ID is neither"},
    {JOB_IDENTITY_WORKLOAD,
     {"AZURE_FEDERATED_TOKEN_FILE=/var/t", "AZURE_TENANT_ID=..", "AZURE_CLIENT_ID=id"},
     "",
     "AZURE_TENANT_ID is neither"},
};

static void set_variables(const char *const *variables)
{
    clearenv();
    for (int i = 0; i < VARIABLES_MOST && variables[i] != NULL; i++) {
        char *setting = strdup(variables[i]);
        char *value = strchr(setting, '=');

        *value++ = '\0';
        ck_assert_int_eq(setenv(setting, value, 1), 0);
        free(setting);
    }
}

static const struct cloud cloud = {.endpoint = (char[]){"https://arm.example"},
                                   .authority = "https://login.example"};

START_TEST(sources)
{
    const struct row *row = &rows[_i];
    struct error error = {""};
    json_t *source;

    set_variables(row->variables);
    source = identity_source(row->kind, &cloud, &error);
    if (row->error != NULL) {
        ck_assert_ptr_null(source);
        ck_assert_msg(strstr(error.text, row->error) != NULL, "%s", error.text);
        ck_assert_msg(strpbrk(error.text, "\r\n") == NULL, "%s", error.text);
    } else {
        json_t *expected = json_loads(row->source, 0, NULL);
        char *text = json_dumps(source, JSON_COMPACT);

        ck_assert_ptr_nonnull(expected);
        ck_assert_msg(json_equal(source, expected), "%s\nis not\n%s", text, row->source);
        free(text);
        json_decref(expected);
    }
    json_decref(source);
}
END_TEST

START_TEST(the_login_of_another_cloud_is_told)
{
    static const char *const set[VARIABLES_MOST] = {
        "AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=id", "AZURE_CLIENT_SECRET=s",
        "AZURE_AUTHORITY_HOST=https://login.microsoftonline.us/"};
    struct cloud usual;
    struct cloud stack = {.endpoint = (char[]){"https://arm.example"}};
    struct error error;

    ck_assert_int_eq(cloud_read(CLOUD_USUAL, &usual, &error), 0);
    set_variables(set);
    ck_assert_ptr_null(identity_source(JOB_IDENTITY_ENVIRONMENT, &usual, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "cloud: AzureUSGovernment"));
    ck_assert_int_eq(unsetenv("AZURE_AUTHORITY_HOST"), 0);
    ck_assert_ptr_null(identity_source(JOB_IDENTITY_ENVIRONMENT, &stack, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "AZURE_AUTHORITY_HOST"));
    cloud_done(&usual);
}
END_TEST

START_TEST(a_client_gets_no_secret)
{
    static const char *const set[VARIABLES_MOST] = {"AZURE_CLIENT_SECRET=s",
                                                    "SYSTEM_ACCESSTOKEN=s",
                                                    "IDENTITY_HEADER=s",
                                                    "MINE=s",
                                                    "HTTPS_PROXY=p",
                                                    "AZFAN_TEST_MARK=m",
                                                    "PATHS=s"};
    struct strings kept = STRINGS_INIT;

    set_variables(set);
    identity_keep_environment(&kept);
    ck_assert(strings_has(&kept, "HTTPS_PROXY=p") && strings_has(&kept, "AZFAN_TEST_MARK=m"));
    ck_assert_uint_eq(kept.count, 3); /* and the language */
    strings_done(&kept);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("identity");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, sources, 0, UNIT_COUNT(rows));
    tcase_add_test(all, the_login_of_another_cloud_is_told);
    tcase_add_test(all, a_client_gets_no_secret);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
