/* SPDX-License-Identifier: MIT */
/*
 * event_operation: the lines of a request that a client of REST has sent, or of what became of it.
 * Of run/event alone; its contract holds.
 */
#ifndef AZFAN_RUN_EVENT_OPERATION_H
#define AZFAN_RUN_EVENT_OPERATION_H

#include <jansson.h>

struct error;
struct event;
struct result;

void event_operation_write_ask(json_t *object, const struct event *event);
void event_operation_write_sent(json_t *object, const struct event *event);
void event_operation_write_accepted(json_t *object, const struct event *event);

int event_operation_read_ask(const json_t *json, const struct result *result, struct event *ret,
                             struct error *error);
int event_operation_read_sent(const json_t *json, const struct result *result, struct event *ret,
                              struct error *error);
int event_operation_read_accepted(const json_t *json, const struct result *result,
                                  struct event *ret, struct error *error);

#endif
