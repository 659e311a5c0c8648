/* SPDX-License-Identifier: MIT */
#include "run/event_operation.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "azure/guard.h"
#include "azure/rest.h"
#include "base/buffer.h"
#include "base/value.h"
#include "run/event.h"
#include "run/event_head.h"
#include "run/result.h"

void event_operation_write_sent(json_t *object, const struct event *event)
{
    json_object_set_new(object, "attempt", json_integer(event->sent.number));
}

static void set_operation(json_t *object, const struct result_operation *operation)
{
    json_object_set_new(object, "operation", value_text(operation->url));
    json_object_set_new(object, "request_id", value_text(operation->request_id));
    json_object_set_new(object, "correlation_id", value_text(operation->correlation_id));
    json_object_set_new(object, "nonce", value_text(operation->nonce));
}

void event_operation_write_accepted(json_t *object, const struct event *event)
{
    json_object_set_new(object, "attempt", json_integer(event->accepted.number));
    set_operation(object, &event->accepted.operation);
}

void event_operation_write_ask(json_t *object, const struct event *event)
{
    json_object_set_new(object, "attempt", json_integer(event->ask.number));
    json_object_set_new(object, "mark", value_text(event->ask.mark));
    set_operation(object, &event->ask.operation);
    json_object_set_new(object, "may_run_until", value_exact_time(event->ask.operation.busy_until));
}

/* The id that stands for a URL which is signed. */
static json_t *id_text(const char *url)
{
    char *id = url != NULL ? rest_operation_id(url) : NULL;
    json_t *text = value_text(id);

    free(id);
    return text;
}

void event_set_operation(json_t *object, const struct result_operation *operation)
{
    json_object_set_new(object, "id", id_text(operation->url));
    json_object_set_new(object, "request_id", value_text(operation->request_id));
    json_object_set_new(object, "correlation_id", value_text(operation->correlation_id));
}

/* Leaves of an operation in OBJECT, a line, what others may see. */
static void hide(json_t *object)
{
    const char *url = value_get_text(object, "operation");

    if (url == NULL)
        return;
    json_object_set_new(object, "operation", id_text(url));
    json_object_del(object, "nonce");
}

void event_show_line(struct buffer *ret, const char *line, size_t length)
{
    static const char key[] = "\"operation\"";
    json_t *object = NULL;

    if (memmem(line, length, key, sizeof key - 1) != NULL)
        object = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
    if (object == NULL) {
        buffer_append(ret, line, length);
        return;
    }
    hide(object);
    value_print(ret, object);
    if (line[length - 1] == '\n')
        buffer_add(ret, "\n");
}

int event_operation_read_sent(const json_t *json, const struct result *result, struct event *ret,
                              struct error *error)
{
    (void)result;
    (void)error;
    (void)value_get_number(json, "attempt", 1, INT_MAX, &ret->sent.number);
    return 0;
}

/* By what is no nonce nothing would be found. */
static bool get_nonce(const json_t *json, char **ret)
{
    return value_copy_optional(json, "nonce", ret) &&
           (*ret == NULL || (strlen(*ret) == GUARD_NONCE_SIZE - 1 &&
                             strspn(*ret, "0123456789abcdef") == GUARD_NONCE_SIZE - 1));
}

static int read_operation(const json_t *json, struct result_operation *operation,
                          struct error *error)
{
    if (!value_copy_optional(json, "operation", &operation->url) || operation->url == NULL ||
        !value_copy_optional(json, "request_id", &operation->request_id) ||
        !value_copy_optional(json, "correlation_id", &operation->correlation_id) ||
        !get_nonce(json, &operation->nonce))
        return event_miss(error, "the operation");
    return 0;
}

int event_operation_read_accepted(const json_t *json, const struct result *result,
                                  struct event *ret, struct error *error)
{
    (void)result;
    (void)value_get_number(json, "attempt", 1, INT_MAX, &ret->accepted.number);
    return read_operation(json, &ret->accepted.operation, error);
}

int event_operation_read_ask(const json_t *json, const struct result *result, struct event *ret,
                             struct error *error)
{
    (void)result;
    (void)value_get_number(json, "attempt", 1, INT_MAX, &ret->ask.number);
    if (ret->wall == EVENT_NO_TIME ||
        !value_get_time(json, "may_run_until", &ret->ask.operation.busy_until))
        return event_miss(error, "the time");
    if (!value_copy_optional(json, "mark", &ret->ask.mark))
        return event_miss(error, "the mark");
    return read_operation(json, &ret->ask.operation, error);
}
