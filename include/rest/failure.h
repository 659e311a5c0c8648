/* SPDX-License-Identifier: MIT */
/*
 * failure: why there is no result, as one line of JSON on standard error, for azure/ to read.
 *
 *   {"phase": "sent", "http": 409, "code": "Conflict", "message": "Run command extension …",
 *    "details": [{"code": "…", "message": "…"}], "retry_after": 30, "request_id": "…",
 *    "correlation_id": "…", "started": "no"}
 *
 * What is not known is not there. No token, no header but those, and no URL's query stand in it.
 */
#ifndef AZFAN_REST_FAILURE_H
#define AZFAN_REST_FAILURE_H

#include "base/buffer.h"
#include "base/error.h"

struct exchange;

/* How far the client had come. */
enum failure_phase {
    FAILURE_REQUEST, /* what it was given cannot be used */
    FAILURE_TOKEN,   /* it was to ask for a token, and has none */
    FAILURE_CONNECT, /* nothing was sent */
    FAILURE_SENT,    /* the POST was, and there is no operation */
    FAILURE_POLLING  /* there is one */
};

/* Has the script started? */
enum failure_started { FAILURE_NOT_STARTED, FAILURE_STARTED, FAILURE_STARTED_UNKNOWN };

struct failure {
    enum failure_phase phase;
    enum failure_started started;
};

/* Of something that this program itself found. */
void failure_print(struct buffer *buffer, const struct failure *failure, const char *message);

/* Of an answer that is an error, or of none. */
void failure_print_exchange(struct buffer *buffer, const struct failure *failure,
                            const struct exchange *exchange);

#endif
