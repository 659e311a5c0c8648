/* SPDX-License-Identifier: MIT */
/*
 * body: the JSON of an answer, read and printed.
 *
 * What a script printed stands in it, and a script may print anything: NUL is read, and bytes that
 * are no UTF-8 become U+FFFD, as azure/reply has it. Pure.
 */
#ifndef AZFAN_REST_BODY_H
#define AZFAN_REST_BODY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"

/* For json_decref(); NULL: BODY is no JSON. */
json_t *body_read(const struct buffer *body);

/* Appends VALUE to RET as azfan-rest prints it: a line. */
void body_print(const json_t *value, struct buffer *ret);

/* The same of a script's result, {"value": […]}. False: it is none, and nothing was appended. */
bool body_print_result(const json_t *value, struct buffer *ret);

#endif
