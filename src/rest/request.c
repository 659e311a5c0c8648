/* SPDX-License-Identifier: MIT */
#include "rest/request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/loopback.h"
#include "base/memory.h"
#include "base/number.h"

/* Would the token go over a wire that nobody else reads? */
static bool is_safe(const char *endpoint)
{
    static const char https[] = "https://";

    return strncmp(endpoint, https, sizeof https - 1) == 0 || loopback_is(endpoint);
}

static char *take_text(const json_t *root, const char *key)
{
    return memory_string(json_string_value(json_object_get(root, key)));
}

/* Milliseconds in the text, nanoseconds here. */
static int take_duration(const json_t *root, const char *key, int64_t *ret, struct error *error)
{
    const json_t *value = json_object_get(root, key);
    int64_t most = NUMBER_LONGEST / NUMBER_MILLISECOND;

    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > most)
        return error_set(error, "%s of the request is no number of milliseconds", key);
    *ret = (int64_t)json_integer_value(value) * NUMBER_MILLISECOND;
    return 0;
}

static int take_post(const json_t *root, struct request *ret, struct error *error)
{
    const char *path = json_string_value(json_object_get(root, "path"));
    const char *version = json_string_value(json_object_get(root, "api_version"));
    char *body = json_dumps(json_object_get(root, "body"), JSON_COMPACT);

    if (body != NULL)
        buffer_add(&ret->body, body);
    free(body);
    if (path == NULL || path[0] != '/' || version == NULL || ret->body.length == 0)
        return error_set(error, "the request has neither an operation nor path, api_version and "
                                "body");
    ret->url = memory_print("%s%s?api-version=%s", ret->endpoint, path, version);
    return 0;
}

static int take(const json_t *root, struct request *ret, struct error *error)
{
    const json_t *token = json_object_get(root, "token");

    ret->endpoint = take_text(root, "endpoint");
    ret->operation = take_text(root, "operation");
    ret->client_request_id = take_text(root, "client_request_id");
    ret->ca_file = take_text(root, "ca_file");
    ret->ca_path = take_text(root, "ca_path");
    if (token != NULL) {
        if (source_read(token, &ret->source, error) < 0)
            return -1;
        return take_duration(root, "deadline_ms", &ret->deadline, error);
    }
    if (ret->endpoint == NULL || !is_safe(ret->endpoint))
        return error_set(error, "the request's endpoint must begin with https://");
    if (take_duration(root, "deadline_ms", &ret->deadline, error) < 0 ||
        take_duration(root, "first_poll_ms", &ret->first_poll, error) < 0)
        return -1;
    return ret->operation != NULL ? 0 : take_post(root, ret, error);
}

int request_read(const char *text, size_t length, struct request *ret, struct error *error)
{
    json_error_t cause;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &cause);
    int status;

    *ret = (struct request){.deadline = 0};
    if (!json_is_object(root)) {
        json_decref(root);
        return error_set(error, "the request is no JSON object: %s",
                         root == NULL ? cause.text : "");
    }
    status = take(root, ret, error);
    json_decref(root);
    return status;
}

void request_done(struct request *request)
{
    source_done(&request->source);
    free(request->endpoint);
    free(request->url);
    buffer_done(&request->body);
    free(request->operation);
    free(request->client_request_id);
    free(request->ca_file);
    free(request->ca_path);
    *request = (struct request){.deadline = 0};
}
