/* SPDX-License-Identifier: MIT */
/*
 * request: az's arguments, as az's parser takes them.
 *
 * Complains on standard error as az does, and returns az's exit status.
 */
#ifndef AZFAN_SIMULATOR_REQUEST_H
#define AZFAN_SIMULATOR_REQUEST_H

#include "base/buffer.h"

/* NULL: not given. The strings are the arguments themselves. */
struct simulator_request {
    const char *id;
    const char *command_id;
    const char *subscription;
    struct buffer script; /* the lines of --scripts, @FILE replaced by what stands in it */
};

/* Reads ARGUMENTS (NULL-terminated, after az's command words) into RET, for
 * simulator_request_done(). */
int simulator_request_read(char *const *arguments, struct simulator_request *ret);

void simulator_request_done(struct simulator_request *request);

#endif
