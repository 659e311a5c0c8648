/* SPDX-License-Identifier: MIT */
/*
 * server: whether a URL leads to the server that a request is for. To nobody else goes the token.
 *
 * Read as libcurl reads it, which asks it then. Pure.
 */
#ifndef AZFAN_REST_SERVER_H
#define AZFAN_REST_SERVER_H

#include <stdbool.h>

/* Do both have the same scheme, host and port, and URL no name or password? */
bool server_is_same(const char *url, const char *endpoint);

#endif
