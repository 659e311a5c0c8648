/* SPDX-License-Identifier: MIT */
/*
 * source: where azfan-rest is to ask for a token, and as whom.
 *
 * Part of a request (rest/request), as the object "token":
 *
 *   {"url": "http://169.254.169.254/…", "header": "Metadata: true", "direct": true}
 *   {"url": "https://login.microsoftonline.com/…", "form": "client_id=…&client_secret=…",
 *    "tenant": "…"}
 *   … "assertion": {"file": "/var/run/…"}, or {"url": "https://…", "bearer": "…", "key": "value"}
 *
 * The assertion is what somebody else says of who this is; it is asked for first, and becomes a
 * part of the form. Immutable after source_read(). Pure.
 */
#ifndef AZFAN_REST_SOURCE_H
#define AZFAN_REST_SOURCE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

/* Starts zeroed. Texts may be NULL, but for the url. */
struct source {
    char *url;
    char *form;   /* the body of a POST; NULL: it is a GET */
    char *header; /* a line */
    char *tenant; /* of the token; NULL: its giver knows */
    bool direct;  /* of this machine: no proxy, and nothing is there before long */
    char *assertion_file;
    char *assertion_url;    /* instead */
    char *assertion_bearer; /* who may ask there */
    char *assertion_key;    /* where it stands in the answer */
    bool assertion_post;    /* it is asked for by a POST without a body */
};

/* RET is for source_done() in any case. */
int source_read(const json_t *object, struct source *ret, struct error *error);

/* Wipes what is secret. */
void source_done(struct source *source);

#endif
