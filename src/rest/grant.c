/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. One exchange, or two where an assertion is to be had first. An answer that
 * may be another one in a moment is asked for again, later and later, and not before its
 * Retry-After: 429 and 5xx; of the machine's own endpoint 404 and 410 as well, while it starts or
 * is renewed. All other refusals are final. Where nobody answers that is tried a few times less: a
 * machine without an endpoint of its own has nobody there.
 */
#include "rest/grant.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "rest/failure.h"
#include "rest/interval.h"
#include "rest/request.h"
#include "rest/transport.h"
#include "sys/file.h"

#define PATIENCE    (20 * NUMBER_SECOND) /* with one exchange */
#define FIRST_PAUSE NUMBER_SECOND
#define LAST_PAUSE  (16 * NUMBER_SECOND)

enum { TRIES_MOST = 6, SILENT_TRIES_MOST = 3, ASSERTION_MOST = 64 * 1024 };

struct grant {
    const struct source *source;
    const struct grant_world *world;
    struct buffer *ret;
    int64_t deadline; /* monotonic */
};

static const char form_type[] = "Content-Type: application/x-www-form-urlencoded";

/* ---- an exchange -------------------------------------------------------------------------- */

static int64_t time_left(const struct grant *self)
{
    int64_t left = self->deadline - self->world->now(self->world->context);

    return left > 0 ? left : 0;
}

static bool may_pass(const struct exchange *exchange, bool direct, int tries)
{
    int status = exchange->status;

    if (status == 0)
        return exchange->may_pass && tries < SILENT_TRIES_MOST;
    if (direct && (status == TRANSPORT_NOT_FOUND || status == TRANSPORT_GONE))
        return tries < TRIES_MOST;
    return (status == TRANSPORT_THROTTLED || status >= 500) && tries < TRIES_MOST;
}

/* Waits until it is worth another try; false: there is no time for one. */
static bool wait_for_another(const struct grant *self, const struct exchange *exchange,
                             int64_t pause)
{
    int64_t asked = interval_parse_retry_after(exchange->headers.retry_after);
    int64_t wait = asked > pause ? asked : pause;

    if (wait >= time_left(self))
        return false;
    self->world->wait(wait, self->world->context);
    return true;
}

static void send(const struct grant *self, const struct transport_message *message,
                 struct exchange *ret)
{
    int64_t pause = FIRST_PAUSE;

    for (int tries = 1;; tries++) {
        transport_send(self->world->transport, message, number_smaller(PATIENCE, time_left(self)),
                       ret);
        if (!may_pass(ret, message->direct, tries) || !wait_for_another(self, ret, pause))
            return;
        pause = number_smaller(2 * pause, LAST_PAUSE);
        exchange_done(ret);
    }
}

/* ---- ends --------------------------------------------------------------------------------- */

static int fail(const struct grant *self, const char *message)
{
    failure_print(self->ret, &(struct failure){FAILURE_TOKEN, FAILURE_NOT_STARTED}, message);
    return -1;
}

static int fail_of(const struct grant *self, const struct exchange *exchange)
{
    failure_print_exchange(self->ret, &(struct failure){FAILURE_TOKEN, FAILURE_NOT_STARTED},
                           exchange);
    return -1;
}

static void wipe(struct buffer *buffer)
{
    if (buffer->data != NULL)
        explicit_bzero(buffer->data, buffer->length);
    buffer_done(buffer);
}

/* ---- the assertion ------------------------------------------------------------------------ */

/* It goes into a form as it is: a JWT has no other letters (RFC 7519). */
static bool is_token(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_.~+/=";

    return text[0] != '\0' && text[strspn(text, letters)] == '\0';
}

/* Is read anew for every token: Kubernetes writes another one before the last one ends. */
static char *read_file(const struct grant *self)
{
    struct buffer text = BUFFER_INIT;
    struct error error;
    char *assertion;

    if (file_read(self->source->assertion_file, ASSERTION_MOST, &text, &error) < 0) {
        (void)fail(self, error.text);
        return NULL;
    }
    assertion = memory_copy(buffer_text(&text), strcspn(buffer_text(&text), " \t\r\n"));
    wipe(&text);
    if (assertion[0] != '\0')
        return assertion;
    free(assertion);
    (void)error_set(&error, "no assertion is in %s: the file is empty",
                    self->source->assertion_file);
    (void)fail(self, error.text);
    return NULL;
}

static char *ask_for_assertion(const struct grant *self)
{
    static const struct buffer empty = BUFFER_INIT;
    const struct source *source = self->source;
    struct transport_message message = {
        .url = source->assertion_url,
        .token = source->assertion_bearer,
        .body = source->assertion_post ? &empty : NULL,
        .header = source->assertion_post ? "Content-Type: application/json" : NULL};
    struct exchange exchange;
    char *assertion = NULL;

    send(self, &message, &exchange);
    if (exchange.status == TRANSPORT_OK) {
        json_t *root = json_loadb(buffer_text(&exchange.body), exchange.body.length, 0, NULL);

        assertion = memory_string(json_string_value(json_object_get(root, source->assertion_key)));
        json_decref(root);
        if (assertion == NULL)
            (void)fail(self, "who was asked for an assertion gave an answer without one");
    } else {
        (void)fail_of(self, &exchange);
    }
    wipe(&exchange.body);
    exchange_done(&exchange);
    return assertion;
}

/* Completes FORM. */
static int add_assertion(const struct grant *self, struct buffer *form)
{
    char *assertion =
        self->source->assertion_url != NULL ? ask_for_assertion(self) : read_file(self);
    int result = 0;

    if (assertion == NULL)
        return -1;
    if (is_token(assertion))
        buffer_print(form, "&client_assertion=%s", assertion);
    else
        result =
            fail(self, "what is to be an assertion is none: it has other letters than a token");
    explicit_bzero(assertion, strlen(assertion));
    free(assertion);
    return result;
}

/* ---- the token ---------------------------------------------------------------------------- */

/* A number, or digits; -1: neither. */
static int64_t read_seconds(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    struct error ignored;
    int64_t seconds = -1;

    if (json_is_integer(value))
        return (int64_t)json_integer_value(value);
    if (json_is_string(value) && number_parse(json_string_value(value), 0,
                                              INT64_MAX / NUMBER_SECOND, &seconds, &ignored) == 0)
        return seconds;
    return -1;
}

/*
 * When it ends, in seconds since 1970; -1: nobody says. expires_on goes first: of a token that its
 * giver had kept for a while expires_in is still that of its beginning.
 */
static int64_t read_end(const struct grant *self, const json_t *answer)
{
    int64_t end = read_seconds(answer, "expires_on");
    int64_t life = read_seconds(answer, "expires_in");

    if (end > 0)
        return end;
    return life < 0 ? -1 : self->world->wall(self->world->context) / NUMBER_SECOND + life;
}

static int print_token(const struct grant *self, const json_t *answer)
{
    const char *token = json_string_value(json_object_get(answer, "access_token"));
    int64_t end = read_end(self, answer);

    if (token == NULL || !is_token(token))
        return fail(self, "who was asked for a token gave an answer without one");
    buffer_print(self->ret, "{\"accessToken\": \"%s\"", token);
    if (end >= 0)
        buffer_print(self->ret, ", \"expires_on\": %lld", (long long)end);
    if (self->source->tenant != NULL)
        buffer_print(self->ret, ", \"tenant\": \"%s\"", self->source->tenant);
    buffer_add(self->ret, ", \"tokenType\": \"Bearer\"}\n");
    return 0;
}

static int take_answer(const struct grant *self, const struct exchange *exchange)
{
    json_t *answer;
    int result;

    if (exchange->status != TRANSPORT_OK)
        return fail_of(self, exchange);
    answer = json_loadb(buffer_text(&exchange->body), exchange->body.length, 0, NULL);
    result = print_token(self, answer);
    json_decref(answer);
    return result;
}

static int ask(const struct grant *self, const struct buffer *form)
{
    const struct source *source = self->source;
    struct transport_message message = {.url = source->url,
                                        .header = source->form != NULL ? form_type : source->header,
                                        .body = source->form != NULL ? form : NULL,
                                        .direct = source->direct};
    struct exchange exchange;
    int result;

    send(self, &message, &exchange);
    result = take_answer(self, &exchange);
    wipe(&exchange.body);
    exchange_done(&exchange);
    return result;
}

int grant_run(const struct request *request, const struct grant_world *world, struct buffer *ret)
{
    struct grant self = {.source = &request->source,
                         .world = world,
                         .ret = ret,
                         .deadline = world->now(world->context) + request->deadline};
    bool asserted = self.source->assertion_file != NULL || self.source->assertion_url != NULL;
    struct buffer form = BUFFER_INIT;
    int result = 0;

    if (self.source->form != NULL)
        buffer_add(&form, self.source->form);
    if (asserted)
        result = add_assertion(&self, &form);
    if (result == 0)
        result = ask(&self, &form);
    wipe(&form);
    return result;
}
