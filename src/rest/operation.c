/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. First the POST: no answer, or one that is an error, ends it, and by then it
 * is known whether the script can have started. An answer with a URL is "accepted". Then that URL
 * is asked until it says Succeeded, Failed or Canceled; all else means: ask again. Of two URLs
 * Azure-AsyncOperation goes first, and where it has no output, Location is asked for that.
 *
 * The token is read anew before each request, for azfan renews it. Where Azure does not take it,
 * "token" is said, and the next one waited for.
 *
 * The file is longer than others, on purpose: it is one story, and each part of it calls the
 * others.
 */
#include "rest/operation.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/memory.h"
#include "base/number.h"
#include "rest/armerror.h"
#include "rest/body.h"
#include "rest/failure.h"
#include "rest/interval.h"
#include "rest/remaining.h"
#include "rest/request.h"
#include "rest/server.h"
#include "rest/transport.h"
#include "sys/tokenpage.h"

#define POST_PATIENCE     (60 * NUMBER_SECOND)
#define QUESTION_PATIENCE (30 * NUMBER_SECOND)
#define TOKEN_PATIENCE    (60 * NUMBER_SECOND)
#define TOKEN_LOOK        (250 * NUMBER_MILLISECOND)
#define CONNECT_PAUSE     (2 * NUMBER_SECOND)

/* A new operation may be unknown for a moment; nobody says for how long an old one is kept. */
#define UNFOUND_PATIENCE (60 * NUMBER_SECOND)

enum {
    CONNECTS_MOST = 3,
    FORBIDDEN_MOST = 3, /* a role that was given a moment ago takes effect between two questions */
    ODD_MOST = 3
};

struct operation {
    const struct request *request;
    const struct operation_world *world;
    struct buffer *ret;
    int64_t deadline; /* monotonic */
    int64_t accepted; /* likewise */
    struct token token;
    char *url;      /* Azure-AsyncOperation; NULL: there was none */
    char *location; /* likewise */
};

/* What an answer to a question means. */
enum step { STEP_AGAIN, STEP_AGAIN_LATER, STEP_FETCH, STEP_OVER, STEP_FAILED };

/* ---- waiting ------------------------------------------------------------------------------ */

static int64_t now(const struct operation *self)
{
    return self->world->now(self->world->context);
}

static int64_t time_left(const struct operation *self)
{
    int64_t left = self->deadline - now(self);

    return left > 0 ? left : 0;
}

static void wait_for(const struct operation *self, int64_t duration)
{
    self->world->wait(number_smaller(duration, time_left(self)), self->world->context);
}

static bool read_token(struct operation *self)
{
    return tokenpage_read(self->world->page, &self->token) == 0;
}

/* Azure did not take the token. False: no other one came. */
static bool wait_for_token(struct operation *self)
{
    uint64_t refused = self->token.sequence;
    int64_t until = now(self) + number_smaller(TOKEN_PATIENCE, time_left(self));

    self->world->say("token", self->world->context);
    while (now(self) < until) {
        if (read_token(self) && self->token.sequence != refused)
            return true;
        wait_for(self, TOKEN_LOOK);
    }
    return false;
}

/* ---- ends --------------------------------------------------------------------------------- */

static enum operation_end fail(struct operation *self, enum failure_phase phase,
                               enum failure_started started, const char *message)
{
    failure_print(self->ret, &(struct failure){phase, started}, message);
    return OPERATION_FAILED;
}

static enum operation_end fail_of(struct operation *self, enum failure_phase phase,
                                  enum failure_started started, const struct exchange *exchange)
{
    failure_print_exchange(self->ret, &(struct failure){phase, started}, exchange);
    return OPERATION_FAILED;
}

/* ---- the POST ----------------------------------------------------------------------------- */

static void say_sent(void *context)
{
    const struct operation *self = context;

    self->world->say("sent", self->world->context);
}

/* No token would do (Continuous Access Evaluation): whoever is logged in must do so again. */
static bool wants_login(const struct exchange *exchange)
{
    const char *challenge = exchange->headers.challenge;

    return challenge != NULL && strstr(challenge, "insufficient_claims") != NULL;
}

static void send_post(struct operation *self, struct exchange *ret)
{
    transport_post(self->world->transport, self->request->url, self->token.text,
                   &self->request->body, number_smaller(POST_PATIENCE, time_left(self)), say_sent,
                   self, ret);
}

/* As often as nothing was sent; and once more where Azure did not take the token. */
static void post(struct operation *self, struct exchange *ret)
{
    int connects = 0;
    bool renewed = false;

    for (;;) {
        send_post(self, ret);
        if (!ret->sent && ret->may_pass && ++connects < CONNECTS_MOST &&
            time_left(self) > CONNECT_PAUSE)
            wait_for(self, CONNECT_PAUSE);
        else if (ret->status == TRANSPORT_UNAUTHORIZED && !renewed && !wants_login(ret) &&
                 wait_for_token(self))
            renewed = true;
        else
            return;
        exchange_done(ret);
    }
}

static bool has_error_code(const struct exchange *exchange)
{
    json_t *root = body_read(&exchange->body);
    bool has = armerror_find(root) != NULL;

    json_decref(root);
    return has;
}

/* 4xx says: refused, where Azure itself says so. Behind 408 and 5xx the script may run. */
static enum failure_started judge_refusal(const struct exchange *exchange)
{
    int status = exchange->status;

    if (status < 400 || status >= 500 || status == TRANSPORT_TIMEOUT)
        return FAILURE_STARTED_UNKNOWN;
    if (status == TRANSPORT_UNAUTHORIZED || status == TRANSPORT_FORBIDDEN ||
        has_error_code(exchange))
        return FAILURE_NOT_STARTED;
    return FAILURE_STARTED_UNKNOWN;
}

/* A URL of another server gets no token. */
static char *take_url(const struct operation *self, const char *url)
{
    if (url == NULL || !server_is_same(url, self->request->endpoint))
        return NULL;
    return memory_string(url);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(object, key, json_string(text));
}

/* What a later azfan needs to ask again, and Azure's support to find it. */
static void say_accepted(const struct operation *self, const struct exchange *exchange)
{
    json_t *object = json_object();
    struct buffer line = BUFFER_INIT;
    char *text;

    set_text(object, "operation", self->url != NULL ? self->url : self->location);
    set_text(object, "request_id", exchange->headers.request_id);
    set_text(object, "correlation_id", exchange->headers.correlation_id);
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    buffer_print(&line, "accepted %s", text);
    free(text);
    self->world->say(buffer_text(&line), self->world->context);
    buffer_done(&line);
}

/* 2xx: accepted, or over at once. */
static enum step take_acceptance(struct operation *self, const struct exchange *exchange)
{
    json_t *root = body_read(&exchange->body);
    bool over = exchange->status == TRANSPORT_OK && body_print_result(root, self->ret);

    json_decref(root);
    if (over)
        return STEP_OVER;
    self->url = take_url(self, exchange->headers.operation);
    self->location = take_url(self, exchange->headers.location);
    self->accepted = now(self);
    if (self->url == NULL && self->location == NULL) {
        (void)fail(self, FAILURE_SENT, FAILURE_STARTED,
                   exchange->headers.operation != NULL || exchange->headers.location != NULL
                       ? "Azure accepted it, but where to ask for the result is on another server"
                       : "Azure accepted it, but did not say where to ask for the result");
        return STEP_FAILED;
    }
    say_accepted(self, exchange);
    return STEP_AGAIN;
}

/* How much is left, for who starts others. */
static void say_limits(const struct operation *self, const struct exchange *exchange)
{
    struct buffer line = BUFFER_INIT;

    remaining_print(&line, &exchange->headers);
    if (line.length > 0)
        self->world->say(buffer_text(&line), self->world->context);
    buffer_done(&line);
}

static enum step begin(struct operation *self)
{
    struct exchange exchange;
    enum step step = STEP_FAILED;

    post(self, &exchange);
    if (!exchange.sent)
        (void)fail_of(self, FAILURE_CONNECT, FAILURE_NOT_STARTED, &exchange);
    else if (exchange.status >= TRANSPORT_OK && exchange.status < 300)
        step = take_acceptance(self, &exchange);
    else
        (void)fail_of(self, FAILURE_SENT,
                      exchange.status == 0 ? FAILURE_STARTED_UNKNOWN : judge_refusal(&exchange),
                      &exchange);
    say_limits(self, &exchange);
    exchange_done(&exchange);
    return step;
}

/* ---- the questions ------------------------------------------------------------------------ */

struct following {
    struct interval_answer answer;
    int64_t unfound; /* since when 404 is the answer; 0: it is not */
    int forbidden;   /* how often 403 was, one after the other */
    int odd;         /* how often Location had something else than a result */
};

static void ask(struct operation *self, const char *url, struct exchange *ret)
{
    (void)read_token(self); /* the last one counts while a new one is written */
    transport_get(self->world->transport, url, self->token.text,
                  number_smaller(QUESTION_PATIENCE, time_left(self)), ret);
}

/* 200 of an Azure-AsyncOperation. */
static enum step take_status(struct operation *self, const struct exchange *exchange,
                             const json_t *root)
{
    const char *status = json_string_value(json_object_get(root, "status"));
    const json_t *properties = json_object_get(root, "properties");

    if (status == NULL)
        return body_print_result(root, self->ret) ? STEP_OVER : STEP_AGAIN;
    if (strcasecmp(status, "Failed") == 0 || strcasecmp(status, "Canceled") == 0) {
        (void)fail_of(self, FAILURE_POLLING, FAILURE_STARTED_UNKNOWN, exchange);
        return STEP_FAILED;
    }
    if (strcasecmp(status, "Succeeded") != 0)
        return STEP_AGAIN;
    return body_print_result(json_object_get(properties, "output"), self->ret) ? STEP_OVER
                                                                               : STEP_FETCH;
}

/* 200 of a Location. What is no result after some looks is handed on as it is, as az does. */
static enum step take_place(struct operation *self, struct following *following, const json_t *root)
{
    if (body_print_result(root, self->ret))
        return STEP_OVER;
    if (!json_is_object(root) || json_object_get(root, "status") != NULL ||
        ++following->odd < ODD_MOST)
        return STEP_AGAIN;
    body_print(root, self->ret);
    return STEP_OVER;
}

static enum step take_good(struct operation *self, struct following *following,
                           const struct exchange *exchange)
{
    json_t *root = body_read(&exchange->body);
    enum step step =
        self->url != NULL ? take_status(self, exchange, root) : take_place(self, following, root);

    json_decref(root);
    return step;
}

/* 202 of a Location may name another one. */
static enum step take_running(struct operation *self, const struct exchange *exchange)
{
    char *next = self->url == NULL ? take_url(self, exchange->headers.location) : NULL;

    if (next != NULL) {
        free(self->location);
        self->location = next;
    }
    return STEP_AGAIN;
}

static enum step give_up(struct operation *self, const struct exchange *exchange)
{
    (void)fail_of(self, FAILURE_POLLING, FAILURE_STARTED, exchange);
    return STEP_FAILED;
}

/* An error of Location is that of the operation, unless it is one of the asking. */
static enum step take_error(struct operation *self, struct following *following,
                            const struct exchange *exchange)
{
    int status = exchange->status;

    if (status == TRANSPORT_FORBIDDEN)
        return ++following->forbidden < FORBIDDEN_MOST ? STEP_AGAIN : give_up(self, exchange);
    if (status == TRANSPORT_NOT_FOUND) {
        if (following->unfound == 0)
            following->unfound = now(self);
        return now(self) - following->unfound < UNFOUND_PATIENCE ? STEP_AGAIN
                                                                 : give_up(self, exchange);
    }
    if (status == TRANSPORT_TIMEOUT || status == TRANSPORT_THROTTLED || status >= 500)
        return STEP_AGAIN_LATER;
    if (self->url == NULL && status >= 400 && has_error_code(exchange)) {
        (void)fail_of(self, FAILURE_POLLING, FAILURE_STARTED_UNKNOWN, exchange);
        return STEP_FAILED;
    }
    return STEP_AGAIN;
}

static enum step take_answer(struct operation *self, struct following *following,
                             const struct exchange *exchange)
{
    if (exchange->status == 0)
        return STEP_AGAIN_LATER;
    if (exchange->status != TRANSPORT_FORBIDDEN)
        following->forbidden = 0;
    if (exchange->status != TRANSPORT_NOT_FOUND)
        following->unfound = 0;
    if (exchange->status == TRANSPORT_OK)
        return take_good(self, following, exchange);
    if (exchange->status == TRANSPORT_ACCEPTED)
        return take_running(self, exchange);
    if (exchange->status == TRANSPORT_UNAUTHORIZED) {
        (void)wait_for_token(self);
        return STEP_AGAIN;
    }
    return take_error(self, following, exchange);
}

static uint32_t draw(void)
{
    uint32_t random;

    return getrandom(&random, sizeof random, GRND_NONBLOCK) == sizeof random ? random : 0;
}

static enum step follow_once(struct operation *self, struct following *following)
{
    struct exchange exchange;
    enum step step;

    ask(self, self->url != NULL ? self->url : self->location, &exchange);
    step = take_answer(self, following, &exchange);
    following->answer = (struct interval_answer){
        .refused = step == STEP_AGAIN_LATER,
        .few_reads = remaining_has_few_reads(&exchange.headers),
        .retry_after = interval_parse_retry_after(exchange.headers.retry_after)};
    exchange_done(&exchange);
    return step;
}

/* From now on Location is asked for what Azure-AsyncOperation did not have. */
static enum step go_to_location(struct operation *self)
{
    free(self->url);
    self->url = NULL;
    if (self->location != NULL)
        return STEP_AGAIN;
    (void)fail(self, FAILURE_POLLING, FAILURE_STARTED,
               "the operation succeeded, but its answer has no output");
    return STEP_FAILED;
}

static enum operation_end follow(struct operation *self, int64_t first)
{
    struct following following = {.answer = {.retry_after = -1}};
    int64_t wait = first;

    for (;;) {
        enum step step;

        wait_for(self, wait);
        if (time_left(self) == 0)
            return fail(self, FAILURE_POLLING, FAILURE_STARTED,
                        "the operation had not ended when its time was over");
        step = follow_once(self, &following);
        if (step == STEP_FETCH && go_to_location(self) == STEP_AGAIN)
            wait = 0;
        else if (step == STEP_AGAIN || step == STEP_AGAIN_LATER)
            wait = interval_wait(now(self) - self->accepted, self->token.interval,
                                 &following.answer, draw());
        else
            return step == STEP_OVER ? OPERATION_OVER : OPERATION_FAILED;
    }
}

/* ---- from the beginning ------------------------------------------------------------------- */

/* KNOWN is what an earlier client was told to ask: Azure says of a Location that it is one. */
static enum operation_end resume(struct operation *self, const char *known)
{
    char *url = take_url(self, known);

    if (url == NULL)
        return fail(self, FAILURE_REQUEST, FAILURE_STARTED,
                    "it was accepted by another server than the one of this cloud: ask with the "
                    "cloud that the run had");
    if (strstr(url, "monitor=true") != NULL)
        self->location = url;
    else
        self->url = url;
    return follow(self, 0);
}

static enum operation_end run(struct operation *self)
{
    const char *known = self->request->operation;
    enum step step;

    if (!read_token(self))
        return fail(self, FAILURE_REQUEST, FAILURE_NOT_STARTED, "there is no token");
    if (known != NULL)
        return resume(self, known);
    step = begin(self);
    if (step == STEP_AGAIN)
        return follow(self, self->request->first_poll);
    return step == STEP_OVER ? OPERATION_OVER : OPERATION_FAILED;
}

enum operation_end operation_run(const struct request *request, const struct operation_world *world,
                                 struct buffer *ret)
{
    int64_t start = world->now(world->context);
    struct operation self = {.request = request,
                             .world = world,
                             .ret = ret,
                             .deadline = start + request->deadline,
                             .accepted = start};
    enum operation_end end = run(&self);

    explicit_bzero(&self.token, sizeof self.token);
    free(self.url);
    free(self.location);
    return end;
}
