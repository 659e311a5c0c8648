/* SPDX-License-Identifier: MIT */
/*
 * request: az's arguments, as az's parser takes them; or what azfan-rest gets.
 *
 * Complains on standard error as either does, and returns its exit status.
 */
#ifndef AZFAN_SIMULATOR_REQUEST_H
#define AZFAN_SIMULATOR_REQUEST_H

#include "base/buffer.h"

/* NULL: not given. The strings are the arguments themselves, or stand in `posted`. */
struct simulator_request {
    const char *id;
    const char *command_id;
    const char *subscription;
    struct buffer script; /* the lines of --scripts, @FILE replaced by what stands in it */
    void *posted;         /* of azfan-rest: its request */
    char *path_id;        /* likewise: what `id` is */
    const char *number;   /* likewise: its client_request_id, another one for each attempt */
};

/* Reads ARGUMENTS (NULL-terminated, after az's command words) into RET, for
 * simulator_request_done(). */
int simulator_request_read(char *const *arguments, struct simulator_request *ret);

/* Reads standard input, and the token's page, as azfan-rest does. RET likewise. */
int simulator_request_take(struct simulator_request *ret);

void simulator_request_done(struct simulator_request *request);

#endif
