/* SPDX-License-Identifier: MIT */
/* Forms are those of rest/failure.h, and of rest/operation for what is said on the way. */
#include "simulator/voice_rest.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/value.h"
#include "job/targets.h"
#include "simulator/voice.h"
#include "sys/fd.h"

/* This process is one of both for all of its life. */
static struct {
    bool rest; /* azfan-rest, not az */
    bool sent; /* it has said so */
} speaker;

void simulator_speak_as_rest(void)
{
    speaker.rest = true;
}

bool simulator_is_rest(void)
{
    return speaker.rest;
}

/* The last line of a client that has no result; LINE is used up. */
static int speak_failure(json_t *line, const char *phase, const char *started)
{
    struct buffer text = BUFFER_INIT;
    char *json;

    (void)json_object_set_new(line, "phase", json_string(phase));
    (void)json_object_set_new(line, "started", json_string(started));
    json = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(line);
    buffer_print(&text, "%s\n", json);
    free(json);
    (void)fd_write_all(STDERR_FILENO, buffer_text(&text), text.length);
    buffer_done(&text);
    return SIMULATOR_FAILURE;
}

int simulator_rest_fail(const char *phase, const char *message)
{
    json_t *line = json_object();

    (void)json_object_set_new(line, "message", value_bytes(message, strlen(message)));
    return speak_failure(line, phase, speaker.sent ? "unknown" : "no");
}

int simulator_rest_refuse(enum simulator_http http, const char *code, const char *message)
{
    json_t *line = json_object();
    bool polled = http == SIMULATOR_HTTP_OK;

    (void)json_object_set_new(line, "http", json_integer((int)http));
    (void)json_object_set_new(line, "code", json_string(code));
    (void)json_object_set_new(line, "message", value_bytes(message, strlen(message)));
    if (http == SIMULATOR_HTTP_THROTTLED)
        (void)json_object_set_new(line, "retry_after", json_integer(SIMULATOR_RETRY_AFTER));
    return speak_failure(line, polled ? "polling" : "sent", polled ? "unknown" : "no");
}

void simulator_say_sent(void)
{
    struct buffer text = BUFFER_INIT;

    if (!speaker.rest)
        return;
    speaker.sent = true;
    buffer_add(&text, "sent\n");
    (void)fd_write_all(STDERR_FILENO, buffer_text(&text), text.length);
    buffer_done(&text);
}

void simulator_say_accepted(const struct targets_id *id, const char *number)
{
    struct buffer text = BUFFER_INIT;

    if (!speaker.rest)
        return;
    buffer_print(&text,
                 "accepted {\"operation\":\"" SIMULATOR_ENDPOINT "/subscriptions/%s/providers/"
                 "Microsoft.Compute/locations/simulated/operations/%s?api-version=2024-07-01\","
                 "\"request_id\":\"%s\",\"correlation_id\":\"%s\"}\n",
                 id->subscription, number, number, number);
    (void)fd_write_all(STDERR_FILENO, buffer_text(&text), text.length);
    buffer_done(&text);
}
