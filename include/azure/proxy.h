/* SPDX-License-Identifier: MIT */
/*
 * proxy: the one that az goes through, as the environment names it to azfan and az alike.
 *
 * Main thread.
 */
#ifndef AZFAN_AZURE_PROXY_H
#define AZFAN_AZURE_PROXY_H

#include <stddef.h>

struct buffer;

/* Appends " (proxy.example:3128)", never with a name or password; nothing when there is none. */
void proxy_add_name(struct buffer *buffer);

/* Appends LENGTH bytes of TEXT, with *** for every name and password in a URL. */
void proxy_append_masked(struct buffer *buffer, const char *text, size_t length);

#endif
