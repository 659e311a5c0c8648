/* SPDX-License-Identifier: MIT */
/*
 * What Azure answers to a client of REST, from the POST to the result, and what azfan makes of the
 * client's last line. The input is the answers, one after the other: which status, what is special
 * about it, then Azure-AsyncOperation, Location, Retry-After, the challenge, and the body. When
 * they are used up, nobody answers any more.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/refusal.h"
#include "base/number.h"
#include "fuzz.h"
#include "job/outcome.h"
#include "rest/operation.h"
#include "rest/request.h"
#include "rest/transport.h"
#include "sys/tokenpage.h"

#define ENDPOINT "https://arm.example"
#define TOKEN    "eyJ0b2tlbiI.it-is-secret"
#define DEADLINE (220 * NUMBER_SECOND)

enum { QUESTIONS_MOST = 1000 /* in all that time */ };

/* What is special about an answer. */
enum { NOT_SENT = 1, MAY_PASS = 2, RENEWS = 4, SPECIALS = 8 };

static struct {
    struct fuzz_input input;
    struct tokenpage page;
    int64_t now;
    int posts;
    int renewed; /* 401 to a POST, and then another token */
    int questions;
    bool accepted; /* Azure has said so, or may have */
    bool sent;     /* the client has said so */
    struct buffer lines;
} play;

static const int statuses[] = {0,   200, 202, 200, 202, 201, 204, 301, 400, 401,
                               403, 404, 408, 409, 413, 429, 500, 502, 503, 504};

/* ---- the world ---------------------------------------------------------------------------- */

static char *take_header(void)
{
    size_t length;
    char *text = fuzz_text(&play.input, &length);

    if (length == 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int answer(struct exchange *ret)
{
    int special;

    *ret = (struct exchange){.sent = true, .error = {.text = "it broke"}};
    if (play.input.left == 0)
        return 0;
    ret->status = statuses[fuzz_number(&play.input, sizeof statuses / sizeof statuses[0])];
    special = fuzz_number(&play.input, SPECIALS);
    ret->headers.operation = take_header();
    ret->headers.location = take_header();
    ret->headers.retry_after = take_header();
    ret->headers.challenge = take_header();
    ret->body.data = fuzz_text(&play.input, &ret->body.length);
    ret->body.capacity = ret->body.length + 1;
    ret->may_pass = (special & MAY_PASS) != 0;
    return special;
}

static void renew(int special)
{
    struct error error;

    if ((special & RENEWS) != 0)
        must(tokenpage_write(&play.page, TOKEN, &error) == 0);
}

void transport_post(struct transport *transport, const char *url, const char *token,
                    const struct buffer *body, int64_t patience, transport_sending *sending,
                    void *context, struct exchange *ret)
{
    int special = answer(ret);

    (void)transport;
    (void)body;
    must(strcmp(url, ENDPOINT "/runCommand") == 0);
    must(strcmp(token, TOKEN) == 0);
    must(patience > 0);
    must(!play.accepted); /* it is never sent again, whatever the answer was */
    if ((special & NOT_SENT) != 0) {
        ret->sent = false;
        ret->status = 0;
        return;
    }
    sending(context);
    play.posts++;
    play.renewed += ret->status == 401 ? 1 : 0;
    play.accepted =
        ret->status == 0 || ret->status < 400 || ret->status >= 500 || ret->status == 408;
    renew(special);
}

/* Is it one of the endpoint, by a look that knows little of URLs? */
static bool is_ours(const char *url)
{
    static const char host[] = "https://arm.example";
    size_t length = strcspn(url, ":") == 5 ? 8 + strcspn(url + 8, "/?#") : 0;

    if (memchr(url, '@', length) != NULL)
        return false;
    if (memchr(url, '%', length) != NULL) /* a letter may be written so */
        return true;
    return length >= sizeof host - 1 && strncasecmp(url, host, sizeof host - 1) == 0 &&
           (length == sizeof host - 1 || url[sizeof host - 1] == ':');
}

void transport_get(struct transport *transport, const char *url, const char *token,
                   int64_t patience, struct exchange *ret)
{
    int special;

    (void)transport;
    must(strcmp(token, TOKEN) == 0);
    must(patience > 0);
    must(play.accepted);
    must(is_ours(url));
    must(++play.questions < QUESTIONS_MOST);
    special = answer(ret);
    renew(special);
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
    must(fuzz_is_line(line));
    play.sent = play.sent || strcmp(line, "sent") == 0;
    if (strncmp(line, "accepted ", 9) == 0) {
        json_t *root = json_loads(line + 9, JSON_REJECT_DUPLICATES, NULL);

        must(play.sent && play.accepted);
        must(json_is_string(json_object_get(root, "operation")));
        json_decref(root);
    }
    buffer_print(&play.lines, "%s\n", line);
}

static int64_t now(void *context)
{
    (void)context;
    return play.now;
}

static void wait(int64_t duration, void *context)
{
    (void)context;
    must(duration >= 0);
    play.now += duration;
}

/* ---- what must be ------------------------------------------------------------------------- */

static void check_result(const char *text)
{
    json_t *root = json_loads(text, JSON_ALLOW_NUL, NULL);

    must(play.accepted);
    must(json_is_object(root));
    json_decref(root);
}

static void check_failure(const struct buffer *printed)
{
    json_t *root = json_loads(buffer_text(printed), JSON_REJECT_DUPLICATES, NULL);
    const char *started = json_string_value(json_object_get(root, "started"));
    const char *phase = json_string_value(json_object_get(root, "phase"));
    struct outcome outcome;
    enum rest_end end;

    must(started != NULL && phase != NULL);
    must(!play.accepted || strcmp(started, "no") != 0);
    must(play.sent || strcmp(phase, "connect") == 0);
    must(printed->length < 64 * 1024);
    buffer_append(&play.lines, printed->data, printed->length);
    refusal_read_rest(buffer_text(&play.lines), play.lines.length, false, &outcome, &end);
    must(outcome.kind == OUTCOME_ERROR);
    must(fuzz_is_line(outcome.message));
    must((outcome.script == SCRIPT_NOT_STARTED) == (strcmp(started, "no") == 0));
    must(outcome.script != SCRIPT_NOT_STARTED || !outcome.may_still_run);
    must(outcome.retry_after >= 0);
    outcome_done(&outcome);
    json_decref(root);
}

static void check(enum operation_end end, const struct buffer *printed)
{
    const char *text = buffer_text(printed);

    must(play.now <= DEADLINE);
    must(play.posts <= 2 && play.posts <= 1 + play.renewed);
    must(printed->length > 1 && strlen(text) == printed->length);
    must(strchr(text, '\n') == text + printed->length - 1);
    if (end == OPERATION_OVER)
        check_result(text);
    else
        check_failure(printed);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request = {.endpoint = memory_string(ENDPOINT),
                              .url = memory_string(ENDPOINT "/runCommand"),
                              .deadline = DEADLINE,
                              .first_poll = 8 * NUMBER_SECOND};
    struct operation_world world = {.page = &play.page, .say = say, .now = now, .wait = wait};
    struct buffer printed = BUFFER_INIT;
    struct error error;

    memset(&play, 0, sizeof play);
    play.input = fuzz_begin(data, size);
    must(tokenpage_make(&play.page, &error) == 0);
    must(tokenpage_write(&play.page, TOKEN, &error) == 0);
    check(operation_run(&request, &world, &printed), &printed);
    tokenpage_close(&play.page);
    request_done(&request);
    buffer_done(&printed);
    buffer_done(&play.lines);
    return 0;
}
