/* SPDX-License-Identifier: MIT */
/*
 * Plays of grant_run(): what the identity endpoint, the login or who vouches answers, request by
 * request. The shapes are those of recorded answers; the transport is this file's own, and the
 * clock.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "rest/grant.h"
#include "rest/request.h"
#include "rest/transport.h"
#include "unit/folder.h"
#include "unit/unit.h"

enum { ANSWERS_MOST = 8 };

/* An answer, and the end of a list of them. */
#define A(status, body)                                                                            \
    {                                                                                              \
        status, body, NULL                                                                         \
    }
#define END                                                                                        \
    {                                                                                              \
        -1, NULL, NULL                                                                             \
    }

#define WALL (INT64_C(1800000000) * NUMBER_SECOND)
#define URL  "\"url\":\"http://169.254.169.254/metadata/identity/oauth2/token\""
#define HERE "{" URL ",\"header\":\"Metadata: true\",\"direct\":true}"
#define APP                                                                                        \
    "{\"url\":\"https://login.example/t/oauth2/v2.0/token\",\"form\":\"client_id=c\","             \
    "\"tenant\":\"00000000-0000-0000-0000-00000000000d\"}"
#define VOUCHED(how)                                                                               \
    "{\"url\":\"https://login.example/t/oauth2/v2.0/token\",\"form\":\"client_id=c\","             \
    "\"assertion\":{" how "}}"
#define GITHUB VOUCHED("\"url\":\"https://vouch.example/\",\"bearer\":\"b\",\"key\":\"value\"")
#define PIPELINES                                                                                  \
    VOUCHED(                                                                                       \
        "\"url\":\"https://vouch.example/\",\"bearer\":\"b\",\"key\":\"oidcToken\",\"post\":true")
#define TOKEN(more) "{\"access_token\":\"aaa.bbb-_.ccc\",\"token_type\":\"Bearer\"" more "}"
#define IMDS_TOKEN                                                                                 \
    TOKEN(",\"client_id\":\"00000000-0000-0000-0000-00000000000c\",\"expires_in\":\"28799\","      \
          "\"expires_on\":\"1800027811\",\"ext_expires_in\":\"28799\",\"not_before\":"             \
          "\"1799998712\",\"resource\":\"https://management.azure.com/\"")
#define LOGIN_TOKEN TOKEN(",\"expires_in\":3600,\"ext_expires_in\":3600")
#define OLD_TOKEN                                                                                  \
    TOKEN(",\"expires_in\":\"3600\",\"expires_on\":\"1800003599\",\"not_before\":\"1\"")
#define AADSTS                                                                                     \
    "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret "  \
    "provided.\\r\\nTrace ID: 00000000-0000-0000-0000-0000000000b1\\r\\nCorrelation ID: "          \
    "00000000-0000-0000-0000-0000000000b2\\r\\nTimestamp: 2026-03-02 18:25:26Z\","                 \
    "\"error_codes\":[7000215],\"error_uri\":\"https://login.example/error?code=7000215\"}"
#define NO_IDENTITY "{\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}"
#define APP_SERVICE "{\"statusCode\":500,\"message\":\"An unexpected error\"}"
#define CLOUD_SHELL                                                                                \
    "{\"error\":{\"code\":\"AudienceNotSupported\",\"message\":\"no such audience\"}}"

static const struct row {
    const char *name;
    const char *source;
    struct {
        int status; /* 0: nobody answers; -1: the end */
        const char *body;
        const char *retry_after;
    } answers[ANSWERS_MOST];
    const char *asked; /* each request: G (GET), F (a form), P (a POST of nothing) */
    int64_t expires;   /* 0: it fails; -1: nobody says */
    const char *has;   /* in what was printed */
    int seconds;       /* that were waited */
} rows[] = {
    {"the machine's own", HERE, {A(200, IMDS_TOKEN), END}, "G", 1800027811, "aaa.bbb-_.ccc", 0},
    {"of the login", APP, {A(200, LOGIN_TOKEN), END}, "F", 1800003600, "00000000000d", 0},
    {"of the old login", APP, {A(200, OLD_TOKEN), END}, "F", 1800003599, "aaa", 0},
    {"nobody says until when", APP, {A(200, TOKEN("")), END}, "F", -1, "aaa", 0},
    {"a date for a number",
     HERE,
     {A(200, TOKEN(",\"expires_on\":\"11/14/2026 00:00:00 +00:00\",\"expires_in\":60")), END},
     "G",
     1800000060,
     "aaa",
     0},
    {"GitHub vouches",
     GITHUB,
     {A(200, "{\"value\":\"x.y.z\"}"), A(200, LOGIN_TOKEN), END},
     "GF",
     1800003600,
     "aaa",
     0},
    {"Pipelines vouch",
     PIPELINES,
     {A(200, "{\"oidcToken\":\"x.y.z\"}"), A(200, LOGIN_TOKEN), END},
     "PF",
     1800003600,
     "aaa",
     0},
    {"nobody vouches", GITHUB, {A(401, "{\"message\":\"no\"}"), END}, "G", 0, "\"http\":401", 0},
    {"vouched for without a word", GITHUB, {A(200, "{}"), END}, "G", 0, "without one", 0},
    {"vouched for with nonsense",
     GITHUB,
     {A(200, "{\"value\":\"x&y\"}"), END},
     "G",
     0,
     "other letters",
     0},
    {"a wrong secret",
     APP,
     {A(401, AADSTS), END},
     "F",
     0,
     "\"code\":\"invalid_client\",\"http\":401,\"message\":\"AADSTS7000215: Invalid",
     0},
    {"no such identity", HERE, {A(400, NO_IDENTITY), END}, "G", 0, "Identity not found", 0},
    {"App Service fails",
     HERE,
     {A(500, APP_SERVICE), A(500, APP_SERVICE), A(500, APP_SERVICE), A(500, APP_SERVICE),
      A(500, APP_SERVICE), A(500, APP_SERVICE), END},
     "GGGGGG",
     0,
     "\"http\":500",
     31},
    {"Cloud Shell's form", HERE, {A(400, CLOUD_SHELL), END}, "G", 0, "AudienceNotSupported", 0},
    {"the endpoint starts",
     HERE,
     {A(404, ""), A(410, ""), A(200, IMDS_TOKEN), END},
     "GGG",
     1800027811,
     "aaa",
     3},
    {"it is asked too often",
     HERE,
     {{429, "", "7"}, {503, "", "1"}, A(200, IMDS_TOKEN), END},
     "GGG",
     1800027811,
     "aaa",
     9},
    {"a login that is not there", APP, {A(404, "<html>"), END}, "F", 0, "\"http\":404", 0},
    {"a login that is busy",
     APP,
     {{429, "", "3"}, A(200, LOGIN_TOKEN), END},
     "FF",
     1800003603,
     "aaa",
     3},
    {"longer than there is time", APP, {{429, "", "90"}, END}, "F", 0, "\"http\":429", 0},
    {"nobody is there", HERE, {A(0, NULL), A(0, NULL), A(0, NULL), END}, "GGG", 0, "nobody", 3},
    {"and then somebody is",
     HERE,
     {A(0, NULL), A(200, IMDS_TOKEN), END},
     "GG",
     1800027811,
     "aaa",
     1},
    {"no JSON", HERE, {A(200, "<html>"), END}, "G", 0, "without one", 0},
    {"no token", HERE, {A(200, "{\"access_token\":\"\"}"), END}, "G", 0, "without one", 0},
    {"a token that is none",
     HERE,
     {A(200, "{\"access_token\":\"a\\\"b\"}"), END},
     "G",
     0,
     "without one",
     0},
    {"it went elsewhere", APP, {A(302, ""), END}, "F", 0, "\"http\":302", 0},
};

static const struct row *row;
static int next;
static char asked[ANSWERS_MOST + 1];
static char form[256];
static int64_t waited;

void exchange_done(struct exchange *exchange)
{
    free(exchange->headers.retry_after);
    buffer_done(&exchange->body);
}

void transport_send(struct transport *transport, const struct transport_message *message,
                    int64_t patience, struct exchange *ret)
{
    int status = row->answers[next].status;

    (void)transport;
    ck_assert_int_ne(status, -1);
    ck_assert_int_gt(patience, 0);
    *ret = (struct exchange){.sent = status != 0, .may_pass = status == 0, .status = status};
    if (status == 0)
        (void)error_set(&ret->error, "nobody is there");
    else
        buffer_add(&ret->body, row->answers[next].body);
    ret->headers.retry_after = memory_string(row->answers[next].retry_after);
    asked[next++] = message->body == NULL ? 'G' : message->body->length > 0 ? 'F' : 'P';
    if (message->body != NULL)
        (void)snprintf(form, sizeof form, "%s", buffer_text(message->body));
    ck_assert_int_eq(message->direct, strstr(message->url, "169.254") != NULL);
    ck_assert_int_eq(message->token != NULL, strstr(message->url, "vouch") != NULL);
}

static int64_t now(void *context)
{
    (void)context;
    return NUMBER_HOUR + waited;
}

static int64_t wall(void *context)
{
    (void)context;
    return WALL + waited;
}

static void wait(int64_t duration, void *context)
{
    (void)context;
    waited += duration;
}

static int run(const char *source, struct buffer *ret)
{
    static const struct grant_world world = {.now = now, .wall = wall, .wait = wait};
    char *text = memory_print("{\"token\":%s,\"deadline_ms\":60000}", source);
    struct request request;
    struct error error;
    int result;

    ck_assert_msg(request_read(text, strlen(text), &request, &error) == 0, "%s", error.text);
    result = grant_run(&request, &world, ret);
    request_done(&request);
    free(text);
    return result;
}

static void check_token(const struct buffer *printed, int64_t expires)
{
    json_t *answer = json_loadb(printed->data, printed->length, 0, NULL);
    const json_t *end = json_object_get(answer, "expires_on");

    ck_assert_str_eq(json_string_value(json_object_get(answer, "accessToken")), "aaa.bbb-_.ccc");
    ck_assert_int_eq(json_is_integer(end) ? json_integer_value(end) : -1, expires);
    json_decref(answer);
}

START_TEST(plays)
{
    struct buffer printed = BUFFER_INIT;
    int result;

    row = &rows[_i];
    result = run(row->source, &printed);
    ck_assert_msg((result == 0) == (row->expires != 0), "%s: %s", row->name, buffer_text(&printed));
    ck_assert_msg(strcmp(asked, row->asked) == 0, "%s: asked %s", row->name, asked);
    ck_assert_msg(strstr(buffer_text(&printed), row->has) != NULL, "%s: %s", row->name,
                  buffer_text(&printed));
    ck_assert_msg(waited / NUMBER_SECOND == row->seconds, "%s: waited %lld s", row->name,
                  (long long)(waited / NUMBER_SECOND));
    if (result == 0)
        check_token(&printed, row->expires);
    if (strchr(row->asked, 'F') != NULL && strchr("GP", row->asked[0]) != NULL)
        ck_assert_str_eq(form, "client_id=c&client_assertion=x.y.z");
    buffer_done(&printed);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* Kubernetes writes it anew: what is there now counts. */
START_TEST(an_assertion_in_a_file)
{
    static const struct row good = {"file", NULL, {A(200, LOGIN_TOKEN), END}, "F", 1, "", 0};
    static const char *const nothing[] = {"", "\n"};
    char *path = memory_print("%s/assertion", folder);
    char *how = memory_print("\"file\":\"%s\"", path);
    char *source = memory_print(VOUCHED("%s"), how);
    struct buffer printed = BUFFER_INIT;

    row = &good;
    write_file(path, "x.y.z\n");
    ck_assert_int_eq(run(source, &printed), 0);
    ck_assert_str_eq(form, "client_id=c&client_assertion=x.y.z");
    for (size_t i = 0; i < UNIT_COUNT(nothing); i++) {
        printed.length = 0;
        write_file(path, nothing[i]);
        ck_assert_int_eq(run(source, &printed), -1);
        ck_assert_ptr_nonnull(strstr(buffer_text(&printed), path));
        ck_assert_ptr_nonnull(strstr(buffer_text(&printed), "is empty"));
    }
    printed.length = 0;
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(run(source, &printed), -1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&printed), path));
    buffer_done(&printed);
    free(source);
    free(how);
    free(path);
}
END_TEST

static const char *const unsafe[] = {
    "{\"url\":\"http://login.example/\",\"form\":\"x\"}",
    "{\"url\":\"http://169.254.169.254/\"}",
    "{\"url\":\"http://169.254.169.254@evil.example/\",\"direct\":true}",
    "{\"url\":\"http://localhost.evil.example/\",\"direct\":true}",
    "{\"url\":\"ftp://127.0.0.1/\",\"direct\":true}",
    "{\"header\":\"x\"}",
    VOUCHED("\"url\":\"http://vouch.example/\",\"key\":\"value\""),
    VOUCHED("\"url\":\"https://vouch.example/\""),
};

START_TEST(nobody_else_may_read_it)
{
    char *text = memory_print("{\"token\":%s,\"deadline_ms\":60000}", unsafe[_i]);
    struct request request;
    struct error error;

    ck_assert_msg(request_read(text, strlen(text), &request, &error) == -1, "%s", text);
    ck_assert_ptr_nonnull(strstr(error.text, "https://"));
    request_done(&request);
    free(text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("grant");
    TCase *all = tcase_create("all");

    tcase_add_unchecked_fixture(all, folder_make, folder_remove);
    tcase_add_loop_test(all, plays, 0, UNIT_COUNT(rows));
    tcase_add_test(all, an_assertion_in_a_file);
    tcase_add_loop_test(all, nobody_else_may_read_it, 0, UNIT_COUNT(unsafe));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
