/* SPDX-License-Identifier: MIT */
#include "run/event_operation.h"

#include <limits.h>

#include "base/value.h"
#include "run/event.h"
#include "run/event_head.h"

void event_operation_write_sent(json_t *object, const struct event *event)
{
    json_object_set_new(object, "attempt", json_integer(event->sent.number));
}

void event_operation_write_accepted(json_t *object, const struct event *event)
{
    const struct result_operation *operation = &event->accepted.operation;

    json_object_set_new(object, "attempt", json_integer(event->accepted.number));
    json_object_set_new(object, "operation", value_text(operation->url));
    json_object_set_new(object, "request_id", value_text(operation->request_id));
    json_object_set_new(object, "correlation_id", value_text(operation->correlation_id));
}

int event_operation_read_sent(const json_t *json, const struct result *result, struct event *ret,
                              struct error *error)
{
    (void)result;
    (void)error;
    (void)value_get_number(json, "attempt", 1, INT_MAX, &ret->sent.number);
    return 0;
}

int event_operation_read_accepted(const json_t *json, const struct result *result,
                                  struct event *ret, struct error *error)
{
    struct result_operation *operation = &ret->accepted.operation;

    (void)result;
    (void)value_get_number(json, "attempt", 1, INT_MAX, &ret->accepted.number);
    if (!value_copy_optional(json, "operation", &operation->url) || operation->url == NULL ||
        !value_copy_optional(json, "request_id", &operation->request_id) ||
        !value_copy_optional(json, "correlation_id", &operation->correlation_id))
        return event_miss(error, "the operation");
    return 0;
}
