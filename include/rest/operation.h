/* SPDX-License-Identifier: MIT */
/*
 * operation: a script's way through Azure, from the POST to its result.
 *
 * One POST, which nothing repeats but a token that Azure did not take, once, or a connection that
 * was never made: Azure does not know a second request for the first one's, and the script would
 * run twice. Then questions until the operation ends; no trouble with a question ends its story
 * before the deadline (the answer to a poll says how the reading went, not the operation).
 */
#ifndef AZFAN_REST_OPERATION_H
#define AZFAN_REST_OPERATION_H

#include <stdint.h>

#include "base/buffer.h"

struct request;
struct tokenpage;
struct transport;

/* What is around it; a test has another clock. */
struct operation_world {
    struct transport *transport;
    const struct tokenpage *page;
    /* A line, without its newline: "sent", "accepted {…}", "limits {…}", "token". */
    void (*say)(const char *line, void *context);
    int64_t (*now)(void *context); /* monotonic */
    void (*wait)(int64_t duration, void *context);
    void *context;
};

enum operation_end { OPERATION_OVER, OPERATION_FAILED };

/* Runs until REQUEST's deadline. Appends to RET az's JSON, or the line of a failure. */
enum operation_end operation_run(const struct request *request, const struct operation_world *world,
                                 struct buffer *ret);

#endif
