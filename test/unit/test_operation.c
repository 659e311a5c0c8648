/* SPDX-License-Identifier: MIT */
/*
 * Plays of operation_run(): what the server answers, request by request, and what comes of it. The
 * transport is this file's own, and so is the clock: no play takes longer than its lines.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "rest/interval.h"
#include "rest/operation.h"
#include "rest/request.h"
#include "rest/transport.h"
#include "sys/tokenpage.h"
#include "unit/unit.h"

#define ENDPOINT "https://arm.example"
#define START    ENDPOINT "/subscriptions/s/vm/runCommand?api-version=1"
#define ASYNC    ENDPOINT "/operations/7?t=1&c=2"
#define PLACE    ENDPOINT "/operations/7?monitor=true"
#define NEXT     ENDPOINT "/operations/8?monitor=true"
#define RESULT   "{\"value\":[{\"code\":\"ProvisioningState/succeeded\",\"message\":\"m\"}]}"
#define RUNNING  "{\r\n  \"status\": \"InProgress\"\r\n}"
#define DONE     "{\"status\":\"Succeeded\",\"properties\":{\"output\":" RESULT "}}"
#define EMPTY    "{\"status\":\"Succeeded\"}"
#define CONFLICT                                                                                   \
    "{\"error\":{\"code\":\"Conflict\",\"message\":\"Run command extension execution is in "       \
    "progress\"}}"
#define BARE                                                                                       \
    "{\"code\":\"OperationNotAllowed\",\"message\":\"too many\",\"details\":[{\"code\":"           \
    "\"TooManyRequests\",\"message\":\"x\"}]}"
#define HTML "<html>Bad Gateway</html>"

enum { ANSWERS_MOST = 16 };

/* One answer. FOREVER: all further requests get it too. */
struct answer {
    int status; /* 0: none came; -1: the end of the list */
    const char *body;
    const char *operation;
    const char *location;
    const char *retry_after;
    const char *challenge;
    bool unsent;
    bool may_pass;
    bool renews; /* azfan writes another token right after it */
    bool forever;
};

struct row {
    const char *name;
    struct answer answers[ANSWERS_MOST];
    const char *known; /* an operation to begin with; NULL: a POST */
    const char *asked; /* each request by a word: P, A (ASYNC), L (PLACE), N (NEXT) */
    const char *said;  /* with the lines' first words */
    const char *phase; /* NULL: it went well */
    const char *started;
    const char *has; /* in what was printed */
};

#define ACCEPTED                                                                                   \
    {                                                                                              \
        .status = 202, .operation = ASYNC, .location = PLACE                                       \
    }
#define GONE                                                                                       \
    {                                                                                              \
        .unsent = true, .may_pass = true                                                           \
    }

static const struct row rows[] = {
    {"the usual way",
     {ACCEPTED,
      {.status = 200, .body = RUNNING},
      {.status = 200, .body = RUNNING},
      {.status = 200, .body = DONE}},
     NULL,
     "PAAA",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"over at once", {{.status = 200, .body = RESULT}}, NULL, "P", "sent ", NULL, NULL, RESULT},
    {"any other word runs on",
     {ACCEPTED,
      {.status = 200, .body = "{\"status\":\"Resolving\"}"},
      {.status = 200, .body = "{\"status\":\"SUCCEEDED\",\"properties\":{\"output\":" RESULT "}}"}},
     NULL,
     "PAA",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"Location alone, which moves",
     {{.status = 202, .location = PLACE},
      {.status = 202, .location = NEXT},
      {.status = 202, .body = ""},
      {.status = 200, .body = RESULT}},
     NULL,
     "PLNN",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"Succeeded without output: Location has it",
     {ACCEPTED, {.status = 200, .body = EMPTY}, {.status = 200, .body = RESULT}},
     NULL,
     "PAL",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"and when that fails it is asked again",
     {ACCEPTED,
      {.status = 200, .body = EMPTY},
      {.status = 503, .body = HTML},
      {.status = 200, .body = RESULT}},
     NULL,
     "PALL",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"Location has something else, and then the result",
     {ACCEPTED,
      {.status = 200, .body = EMPTY},
      {.status = 200, .body = "{}"},
      {.status = 200, .body = HTML},
      {.status = 200, .body = RESULT}},
     NULL,
     "PALLL",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"Location has something else for good",
     {ACCEPTED,
      {.status = 200, .body = EMPTY},
      {.status = 200, .body = "{\"odd\": 1}", .forever = true}},
     NULL,
     "PALLL",
     "sent accepted ",
     NULL,
     NULL,
     "{\"odd\":1}"},
    {"Location has a status, which is no result",
     {{.status = 202, .location = PLACE},
      {.status = 200, .body = RUNNING},
      {.status = 200, .body = RUNNING},
      {.status = 200, .body = RUNNING},
      {.status = 200, .body = RESULT}},
     NULL,
     "PLLLL",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"Succeeded without output and without Location",
     {{.status = 202, .operation = ASYNC}, {.status = 200, .body = EMPTY}},
     NULL,
     "PA",
     "sent accepted ",
     "polling",
     "yes",
     "has no output"},
    {"no URL at all",
     {{.status = 202, .body = ""}},
     NULL,
     "P",
     "sent ",
     "sent",
     "yes",
     "did not say where"},
    {"a URL of another server",
     {{.status = 202, .operation = "https://evil.example/operations/7"}},
     NULL,
     "P",
     "sent ",
     "sent",
     "yes",
     "on another server"},
    {"Failed, with details",
     {ACCEPTED,
      {.status = 200,
       .body = "{\"status\":\"Failed\",\"error\":{\"code\":\"VMExtensionProvisioningError\","
               "\"message\":\"m\"}}"}},
     NULL,
     "PA",
     "sent accepted ",
     "polling",
     "unknown",
     "VMExtensionProvisioningError"},
    {"Canceled",
     {ACCEPTED, {.status = 200, .body = "{\"status\":\"Canceled\"}"}},
     NULL,
     "PA",
     "sent accepted ",
     "polling",
     "unknown",
     "\"http\":200"},

    {"busy", {{.status = 409, .body = CONFLICT}}, NULL, "P", "sent ", "sent", "no", "in progress"},
    {"a bare body, with a wait",
     {{.status = 429, .body = BARE, .retry_after = "1200"}},
     NULL,
     "P",
     "sent ",
     "sent",
     "no",
     "\"retry_after\":1200"},
    {"a wait that is none",
     {{.status = 429, .body = BARE, .retry_after = "99999999999"}},
     NULL,
     "P",
     "sent ",
     "sent",
     "no",
     "TooManyRequests"},
    {"403 of a gateway",
     {{.status = 403, .body = HTML}},
     NULL,
     "P",
     "sent ",
     "sent",
     "no",
     "Bad Gateway"},
    {"408",
     {{.status = 408, .body = CONFLICT}},
     NULL,
     "P",
     "sent ",
     "sent",
     "unknown",
     "\"http\":408"},
    {"an error with a NUL in it is read up to there",
     {{.status = 409,
       .body = "{\"error\":{\"code\":\"Conflict\",\"message\":\"before\\u0000after\"}}"}},
     NULL,
     "P",
     "sent ",
     "sent",
     "no",
     "\"message\":\"before\""},
    {"400 that is no JSON",
     {{.status = 400, .body = HTML}},
     NULL,
     "P",
     "sent ",
     "sent",
     "unknown",
     "\"http\":400"},
    {"502", {{.status = 502, .body = HTML}}, NULL, "P", "sent ", "sent", "unknown", "\"http\":502"},
    {"500 with Azure's words",
     {{.status = 500, .body = CONFLICT}},
     NULL,
     "P",
     "sent ",
     "sent",
     "unknown",
     "Conflict"},
    {"a redirect",
     {{.status = 301, .body = "", .location = NEXT}},
     NULL,
     "P",
     "sent ",
     "sent",
     "unknown",
     "\"http\":301"},
    {"no answer after it was sent",
     {{.status = 0}},
     NULL,
     "P",
     "sent ",
     "sent",
     "unknown",
     "it broke"},
    {"never a second POST, whatever may pass",
     {{.may_pass = true}},
     NULL,
     "P",
     "sent ",
     "sent",
     "unknown",
     "it broke"},

    {"no connection, then one",
     {GONE, GONE, ACCEPTED, {.status = 200, .body = DONE}},
     NULL,
     "PPPA",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"no connection three times", {GONE, GONE, GONE}, NULL, "PPP", "", "connect", "no", "it broke"},
    {"a certificate that nobody trusts",
     {{.unsent = true}},
     NULL,
     "P",
     "",
     "connect",
     "no",
     "it broke"},

    {"a token that Azure does not take, and a newer one",
     {{.status = 401, .body = CONFLICT, .renews = true}, ACCEPTED, {.status = 200, .body = DONE}},
     NULL,
     "PPA",
     "sent token sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"and that one neither",
     {{.status = 401, .body = CONFLICT, .renews = true},
      {.status = 401, .body = CONFLICT, .renews = true}},
     NULL,
     "PP",
     "sent token sent ",
     "sent",
     "no",
     "\"http\":401"},
    {"and another one would not do",
     {{.status = 401, .body = CONFLICT, .challenge = "Bearer error=\"insufficient_claims\""}},
     NULL,
     "P",
     "sent ",
     "sent",
     "no",
     "insufficient_claims"},
    {"and no newer one",
     {{.status = 401, .body = CONFLICT}},
     NULL,
     "P",
     "sent token ",
     "sent",
     "no",
     "\"http\":401"},
    {"a token that ends while it waits",
     {ACCEPTED, {.status = 401, .body = CONFLICT, .renews = true}, {.status = 200, .body = DONE}},
     NULL,
     "PAA",
     "sent accepted token ",
     NULL,
     NULL,
     RESULT},

    {"a question's trouble is not the operation's",
     {ACCEPTED,
      {.status = 500, .body = HTML},
      {.status = 429, .body = BARE, .retry_after = "7"},
      {.status = 503, .body = ""},
      {.status = 408, .body = ""},
      {.status = 0},
      {.status = 200, .body = "{\"status\":"},
      {.status = 200, .body = "{}"},
      {.status = 302, .body = ""},
      {.status = 400, .body = CONFLICT},
      {.status = 200, .body = DONE}},
     NULL,
     "PAAAAAAAAAA",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"may not read, for a moment",
     {ACCEPTED,
      {.status = 403, .body = CONFLICT},
      {.status = 403, .body = CONFLICT},
      {.status = 200, .body = DONE}},
     NULL,
     "PAAA",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"may not read",
     {ACCEPTED, {.status = 403, .body = CONFLICT, .forever = true}},
     NULL,
     "PAAA",
     "sent accepted ",
     "polling",
     "yes",
     "\"http\":403"},
    {"not found, for a moment",
     {ACCEPTED, {.status = 404, .body = CONFLICT}, {.status = 200, .body = DONE}},
     NULL,
     "PAA",
     "sent accepted ",
     NULL,
     NULL,
     RESULT},
    {"forgotten",
     {ACCEPTED, {.status = 404, .body = CONFLICT, .forever = true}},
     NULL,
     NULL,
     "sent accepted ",
     "polling",
     "yes",
     "\"http\":404"},
    {"it never ends",
     {ACCEPTED, {.status = 200, .body = RUNNING, .forever = true}},
     NULL,
     NULL,
     "sent accepted ",
     "polling",
     "yes",
     "had not ended"},
    {"Location alone, and an error of the operation",
     {{.status = 202, .location = PLACE}, {.status = 409, .body = CONFLICT}},
     NULL,
     "PL",
     "sent accepted ",
     "polling",
     "unknown",
     "Conflict"},

    {"an operation of an earlier run",
     {{.status = 200, .body = DONE}},
     ASYNC,
     "A",
     "",
     NULL,
     NULL,
     RESULT},
    {"one that is asked by its Location",
     {{.status = 202, .body = ""}, {.status = 200, .body = RESULT}},
     PLACE,
     "LL",
     "",
     NULL,
     NULL,
     RESULT},
    {"one that is, and has failed",
     {{.status = 409, .body = CONFLICT}},
     PLACE,
     "L",
     "",
     "polling",
     "unknown",
     "Conflict"},
    {"one that is, and does not look so",
     {{.status = 200, .body = RESULT}},
     ASYNC,
     "A",
     "",
     NULL,
     NULL,
     RESULT},
    {"one of another server",
     {{.status = 200, .body = DONE}},
     "https://evil.example/o",
     "",
     "",
     "request",
     "yes",
     "another server than the one of this cloud"},
};

/* ---- the world ---------------------------------------------------------------------------- */

struct transport {
    const struct row *row;
    size_t next;
    int64_t now;
    struct tokenpage page;
    struct buffer asked;
    struct buffer said;
};

static struct transport play;

static void note(const char *url)
{
    static const struct {
        const char *url;
        char letter;
    } letters[] = {{START, 'P'}, {ASYNC, 'A'}, {PLACE, 'L'}, {NEXT, 'N'}};

    for (int i = 0; i < UNIT_COUNT(letters); i++) {
        if (strcmp(letters[i].url, url) == 0)
            buffer_add_char(&play.asked, letters[i].letter);
    }
}

static void answer(const char *url, struct exchange *ret)
{
    const struct answer *answer = &play.row->answers[play.next];
    struct error error;

    note(url);
    *ret = (struct exchange){.sent = !answer->unsent,
                             .may_pass = answer->may_pass,
                             .status = answer->status,
                             .headers = {.operation = memory_string(answer->operation),
                                         .location = memory_string(answer->location),
                                         .retry_after = memory_string(answer->retry_after),
                                         .challenge = memory_string(answer->challenge)},
                             .error = {.text = "it broke"}};
    buffer_add(&ret->body, answer->body != NULL ? answer->body : "");
    if (answer->renews)
        ck_assert_int_eq(tokenpage_write(&play.page, "newer", &error), 0);
    if (!answer->forever)
        play.next++;
}

void transport_post(struct transport *transport, const char *url, const char *token,
                    const struct buffer *body, int64_t patience, transport_sending *sending,
                    void *context, struct exchange *ret)
{
    (void)transport;
    ck_assert_str_eq(buffer_text(body), "{}");
    ck_assert_uint_gt(strlen(token), 0);
    ck_assert_int_gt(patience, 0);
    answer(url, ret);
    if (ret->sent)
        sending(context);
}

void transport_get(struct transport *transport, const char *url, const char *token,
                   int64_t patience, struct exchange *ret)
{
    (void)transport;
    ck_assert_uint_gt(strlen(token), 0);
    ck_assert_int_gt(patience, 0);
    answer(url, ret);
}

void exchange_done(struct exchange *exchange)
{
    free(exchange->headers.operation);
    free(exchange->headers.location);
    free(exchange->headers.retry_after);
    free(exchange->headers.challenge);
    buffer_done(&exchange->body);
}

static void say(const char *line, void *context)
{
    (void)context;
    buffer_append(&play.said, line, strcspn(line, " "));
    buffer_add_char(&play.said, ' ');
}

static int64_t now(void *context)
{
    (void)context;
    return play.now;
}

static void wait(int64_t duration, void *context)
{
    (void)context;
    ck_assert_int_ge(duration, 0);
    play.now += duration;
}

/* ---- plays -------------------------------------------------------------------------------- */

static void check_failure(const struct row *row, const char *text)
{
    json_t *root = json_loads(text, 0, NULL);

    ck_assert_msg(json_is_object(root), "%s: %s", row->name, text);
    ck_assert_str_eq(json_string_value(json_object_get(root, "phase")), row->phase);
    ck_assert_str_eq(json_string_value(json_object_get(root, "started")), row->started);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    json_decref(root);
}

START_TEST(every_play_ends_as_it_must)
{
    const struct row *row = &rows[_i];
    struct request request = {.endpoint = memory_string(ENDPOINT),
                              .url = memory_string(START),
                              .operation = memory_string(row->known),
                              .deadline = 220 * NUMBER_SECOND,
                              .first_poll = 8 * NUMBER_SECOND};
    struct operation_world world = {.transport = &play, .say = say, .now = now, .wait = wait};
    struct buffer printed = BUFFER_INIT;
    struct error error;
    enum operation_end end;

    play = (struct transport){.row = row};
    ck_assert_int_eq(tokenpage_make(&play.page, &error), 0);
    ck_assert_int_eq(tokenpage_write(&play.page, "token", &error), 0);
    world.page = &play.page;
    buffer_add(&request.body, "{}");
    end = operation_run(&request, &world, &printed);
    ck_assert_msg((end == OPERATION_OVER) == (row->phase == NULL), "%s: %s", row->name,
                  buffer_text(&printed));
    if (row->phase != NULL)
        check_failure(row, buffer_text(&printed));
    ck_assert_msg(strstr(buffer_text(&printed), row->has) != NULL, "%s: %s", row->name,
                  buffer_text(&printed));
    ck_assert_str_eq(buffer_text(&play.said), row->said);
    if (row->asked != NULL)
        ck_assert_msg(strcmp(buffer_text(&play.asked), row->asked) == 0, "%s: %s", row->name,
                      buffer_text(&play.asked));
    ck_assert_int_le(play.now, 220 * NUMBER_SECOND);
    tokenpage_close(&play.page);
    buffer_done(&play.asked);
    buffer_done(&play.said);
    buffer_done(&printed);
    request_done(&request);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("operation");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, every_play_ends_as_it_must, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
