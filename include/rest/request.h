/* SPDX-License-Identifier: MIT */
/*
 * request: the one thing that azfan-rest is asked to do.
 *
 * It stands on standard input, a sealed memfd, as one JSON object, and holds what no command line
 * may: the script. Whoever wrote it (azfan) has checked it; what is wrong here all the same is
 * refused before anything is sent. Immutable after request_read().
 *
 *   {"endpoint": "https://management.azure.com", "path": "/subscriptions/…/runCommand",
 *    "api_version": "2024-07-01", "body": {…}, "client_request_id": "…",
 *    "ca_file": "…" or "ca_path": "…", "deadline_ms": 220000, "first_poll_ms": 8000}
 *
 * or, to ask what became of an operation that was accepted, "operation": "https://…" in place of
 * path, api_version and body; or, to ask for a token, "token": {…} (rest/source) with ca_file or
 * ca_path and deadline_ms alone.
 */
#ifndef AZFAN_REST_REQUEST_H
#define AZFAN_REST_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rest/source.h"

struct request {
    struct source source;    /* of a token; its url is NULL where that is not what is asked for */
    char *endpoint;          /* scheme, host and port, without a slash at the end */
    char *url;               /* of the POST; NULL: there is none */
    struct buffer body;      /* JSON, as it is sent */
    char *operation;         /* a URL to begin with; NULL: that of the POST's answer */
    char *client_request_id; /* of azfan, for those who search Azure's logs */
    char *ca_file;           /* whom to trust; both NULL: libcurl's own */
    char *ca_path;
    int64_t deadline;   /* how long all of it may take, from now */
    int64_t first_poll; /* how long after the POST's answer the first question comes */
};

/* Reads LENGTH bytes of JSON. RET is for request_done() in any case. */
int request_read(const char *text, size_t length, struct request *ret, struct error *error);

void request_done(struct request *request);

#endif
