/* SPDX-License-Identifier: MIT */
/*
 * transport: one HTTP request and its answer, by libcurl.
 *
 * The only file that sends anything. HTTP/1.1 over verified TLS, no redirect, no second try: a POST
 * goes over a connection of its own, because libcurl repeats one by itself when a kept connection
 * dies before the answer's first byte (lib/transfer.c, Curl_retry_request). Questions keep their
 * connection. Proxies are those of the environment (libcurl-env(3)). One thread.
 */
#ifndef AZFAN_REST_TRANSPORT_H
#define AZFAN_REST_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct request;
struct transport; /* opaque */

/* An answer is read up to here: two streams of 4 KiB, in which JSON writes one byte as six. */
enum { TRANSPORT_ANSWER_MOST = 1024 * 1024 };

/* Of HTTP, those that mean something here (RFC 9110, 15; 429: RFC 6585). */
enum transport_status {
    TRANSPORT_OK = 200,
    TRANSPORT_ACCEPTED = 202,
    TRANSPORT_UNAUTHORIZED = 401,
    TRANSPORT_FORBIDDEN = 403,
    TRANSPORT_NOT_FOUND = 404,
    TRANSPORT_TIMEOUT = 408,
    TRANSPORT_GONE = 410,
    TRANSPORT_THROTTLED = 429
};

/* Of an answer's headers, those that count. Each may be NULL. */
struct transport_headers {
    char *operation; /* Azure-AsyncOperation */
    char *location;
    char *retry_after;
    char *request_id;     /* x-ms-request-id */
    char *correlation_id; /* x-ms-correlation-request-id: what the Activity Log shows */
    char *error_code;     /* x-ms-error-code */
    char *challenge;      /* WWW-Authenticate */
    char *writes;         /* x-ms-ratelimit-remaining-subscription-writes */
    char *reads;          /* likewise -reads */
    char *resource;       /* x-ms-ratelimit-remaining-resource, all of them with commas between */
};

struct exchange {
    bool sent;     /* perhaps a byte of the request has gone out: false is certain */
    bool may_pass; /* with status 0: what happened may be over in a moment (a name, a connection) */
    int status;    /* HTTP's; 0: no answer came, or not all of it */
    int proxy_status; /* of the proxy's own answer, where it let nothing through; else 0 */
    struct transport_headers headers;
    struct buffer body;
    struct error error; /* with status 0: what happened */
};

/* TLS as REQUEST says, which must outlive it. NULL after an error. One a process, which ends with
 * it: its connection too. */
struct transport *transport_make(const struct request *request, struct error *error);

/* What is called right before the first byte of a POST goes out. */
typedef void transport_sending(void *context);

/* POST BODY to URL with TOKEN, at most for PATIENCE nanoseconds. RET is for exchange_done(). */
void transport_post(struct transport *transport, const char *url, const char *token,
                    const struct buffer *body, int64_t patience, transport_sending *sending,
                    void *context, struct exchange *ret);

/* GET URL, likewise. */
void transport_get(struct transport *transport, const char *url, const char *token,
                   int64_t patience, struct exchange *ret);

/* What is asked of others than Azure Resource Manager. All but URL may be NULL. */
struct transport_message {
    const char *url;
    const char *token;         /* of who asks */
    const char *header;        /* one more line */
    const struct buffer *body; /* of a POST; NULL: it is a GET */
    bool direct;               /* over no proxy, to somebody near */
};

/* Over a connection of its own. */
void transport_send(struct transport *transport, const struct transport_message *message,
                    int64_t patience, struct exchange *ret);

void exchange_done(struct exchange *exchange);

#endif
