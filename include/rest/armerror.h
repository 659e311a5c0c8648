/* SPDX-License-Identifier: MIT */
/*
 * armerror: the error in an answer's body, in each form that Azure has for one.
 *
 *   {"error": {"code", "message", "target"?, "details"?}}          ARM, most of Compute
 *   {"code", "message", "details"?}                                Compute, where it throttles
 *   {"odata.error": {…}}                                           old services
 *   {"error": "invalid_client", "error_description": "AADSTS…"}    Azure's login (RFC 6749)
 *   anything else: HTML or text of a gateway
 *
 * An operation that ended Failed has the first form beside its status. Pure.
 */
#ifndef AZFAN_REST_ARMERROR_H
#define AZFAN_REST_ARMERROR_H

#include <jansson.h>
#include <stddef.h>

/* The object that has code and message, within ROOT, which it is of; NULL: there is none. */
const json_t *armerror_find(const json_t *root);

/* {"code", "message", "details"} of it, each where it is text, for json_decref(); of no details
 * more than a few. ERROR may be NULL. */
json_t *armerror_take(const json_t *error);

#endif
