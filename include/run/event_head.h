/* SPDX-License-Identifier: MIT */
/*
 * event_head: the first two lines of a journal. Of run/event alone; its contract holds.
 *
 * The writers add their keys to OBJECT, append it to LINE and free it.
 */
#ifndef AZFAN_RUN_EVENT_HEAD_H
#define AZFAN_RUN_EVENT_HEAD_H

#include <jansson.h>
#include <stddef.h>

struct buffer;
struct error;
struct event;
struct result;

enum { EVENT_MOST_WORKERS = 100000 };

void event_head_write_run(struct buffer *line, json_t *object, const struct event *event,
                          const struct result *result);
void event_head_write_targets(struct buffer *line, json_t *object, const struct result *result);

/* As event_read(), of which these are a part: RESULT knows how many targets the first line says. */
int event_head_read_run(const json_t *json, const struct result *result, struct event *ret,
                        struct error *error);
int event_head_read_targets(const json_t *json, const struct result *result, struct event *ret,
                            struct error *error);

/* The error that says that WHAT is missing: -1. */
int event_miss(struct error *error, const char *what);

#endif
