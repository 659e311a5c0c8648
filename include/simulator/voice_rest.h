/* SPDX-License-Identifier: MIT */
/*
 * voice_rest: azfan-rest's words. Of simulator/voice; its contract holds.
 */
#ifndef AZFAN_SIMULATOR_VOICE_REST_H
#define AZFAN_SIMULATOR_VOICE_REST_H

#include <stdbool.h>

#define SIMULATOR_HOST     "management.azure.com"
#define SIMULATOR_ENDPOINT "https://" SIMULATOR_HOST

enum simulator_http {
    SIMULATOR_HTTP_OK = 200,
    SIMULATOR_HTTP_UNAUTHORIZED = 401,
    SIMULATOR_HTTP_FORBIDDEN = 403,
    SIMULATOR_HTTP_NOT_FOUND = 404,
    SIMULATOR_HTTP_CONFLICT = 409,
    SIMULATOR_HTTP_THROTTLED = 429
};

/* How long Azure asks to wait where it throttles, in seconds. */
enum { SIMULATOR_RETRY_AFTER = 6 };

/* Does this process speak as azfan-rest? */
bool simulator_is_rest(void);

/* Something that the client, or this simulator, has found out itself. Both return
 * SIMULATOR_FAILURE. */
int simulator_rest_fail(const char *phase, const char *message);

/* An answer of Azure's: that to the POST refuses the script; an operation that was asked about
 * (SIMULATOR_HTTP_OK) has failed. */
int simulator_rest_refuse(enum simulator_http http, const char *code, const char *message);

#endif
