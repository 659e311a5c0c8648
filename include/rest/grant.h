/* SPDX-License-Identifier: MIT */
/*
 * grant: a token, asked of who gives it: the machine's identity endpoint, or Azure's login.
 *
 * To ask again does no harm, so what may pass is asked again a few times. What comes back has the
 * form of `az account get-access-token`, whoever gave it.
 */
#ifndef AZFAN_REST_GRANT_H
#define AZFAN_REST_GRANT_H

#include <stdint.h>

#include "base/buffer.h"

struct request;
struct transport;

/* What is around it; a test has another clock. */
struct grant_world {
    struct transport *transport;
    int64_t (*now)(void *context);  /* monotonic */
    int64_t (*wall)(void *context); /* since 1970; nanoseconds both */
    void (*wait)(int64_t duration, void *context);
    void *context;
};

/* REQUEST has a source. Appends to RET the token, to be wiped, or after -1 the line of a failure.
 */
int grant_run(const struct request *request, const struct grant_world *world, struct buffer *ret);

#endif
