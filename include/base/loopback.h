/* SPDX-License-Identifier: MIT */
/*
 * loopback: is a server this machine itself? Then nobody else reads what is sent to it, and nobody
 * else counts it. Pure and thread-safe.
 */
#ifndef AZFAN_BASE_LOOPBACK_H
#define AZFAN_BASE_LOOPBACK_H

#include <stdbool.h>

/* Is SERVER ("http://127.0.0.1:8080", without a path) one by its address, or by localhost's name,
 * over http or https? */
bool loopback_is(const char *server);

#endif
