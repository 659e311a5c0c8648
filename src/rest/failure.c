/* SPDX-License-Identifier: MIT */
#include "rest/failure.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "base/value.h"
#include "rest/armerror.h"
#include "rest/body.h"
#include "rest/interval.h"
#include "rest/transport.h"

enum { TEXT_MOST = 300 }; /* of an answer that is no JSON */

static const char *const phases[] = {
    [FAILURE_REQUEST] = "request", [FAILURE_TOKEN] = "token",     [FAILURE_CONNECT] = "connect",
    [FAILURE_SENT] = "sent",       [FAILURE_POLLING] = "polling",
};

static const char *const started_words[] = {
    [FAILURE_NOT_STARTED] = "no",
    [FAILURE_STARTED] = "yes",
    [FAILURE_STARTED_UNKNOWN] = "unknown",
};

static void set_known(json_t *line, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(line, key, value_bytes(text, strlen(text)));
}

/* LINE is used up. */
static void print_line(struct buffer *buffer, const struct failure *failure, json_t *line)
{
    char *text;

    set_known(line, "phase", phases[failure->phase]);
    set_known(line, "started", started_words[failure->started]);
    text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(line);
    buffer_add(buffer, text);
    buffer_add(buffer, "\n");
    free(text);
}

void failure_print(struct buffer *buffer, const struct failure *failure, const char *message)
{
    json_t *line = json_object();

    set_known(line, "message", message);
    print_line(buffer, failure, line);
}

/* The beginning of what a gateway wrote, HTML mostly, up to a NUL. */
static void set_text(json_t *line, const struct buffer *body)
{
    size_t length = text_head(buffer_text(body), strlen(buffer_text(body)), TEXT_MOST);

    if (length > 0)
        (void)json_object_set_new(line, "message", value_bytes(body->data, length));
}

static json_t *read_error(const struct exchange *exchange)
{
    json_t *root = body_read(&exchange->body);
    const json_t *error = armerror_find(root);
    json_t *line = error != NULL ? armerror_take(error) : json_object();

    if (error == NULL)
        set_text(line, &exchange->body);
    json_decref(root);
    return line;
}

void failure_print_exchange(struct buffer *buffer, const struct failure *failure,
                            const struct exchange *exchange)
{
    const struct transport_headers *headers = &exchange->headers;
    json_t *line = exchange->status != 0 ? read_error(exchange) : json_object();
    int64_t wait = interval_parse_retry_after(headers->retry_after);

    if (exchange->status != 0)
        (void)json_object_set_new(line, "http", json_integer(exchange->status));
    else
        set_known(line, "message", exchange->error.text);
    if (exchange->proxy_status != 0)
        (void)json_object_set_new(line, "proxy", json_integer(exchange->proxy_status));
    if (json_object_get(line, "code") == NULL)
        set_known(line, "code", headers->error_code);
    if (wait >= 0)
        (void)json_object_set_new(line, "retry_after", json_integer(wait / NUMBER_SECOND));
    set_known(line, "request_id", headers->request_id);
    set_known(line, "correlation_id", headers->correlation_id);
    set_known(line, "challenge", headers->challenge);
    print_line(buffer, failure, line);
}
