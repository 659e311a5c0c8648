/* SPDX-License-Identifier: MIT */
#include "base/safeurl.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/loopback.h"
#include "base/memory.h"

static const char http[] = "http://";
static const char https[] = "https://";

/* A scheme and a server, of a URL. */
static char *take_server(const char *url)
{
    const char *name = strstr(url, "://");
    size_t length = name == NULL ? 0 : (size_t)(name + 3 - url);

    return memory_copy(url, length + strcspn(url + length, "/?#"));
}

/* Is it an address that no router hands on (RFC 3927)? A name that begins as one may be anybody's.
 */
static bool is_link_local(const char *server)
{
    const char *host = server + sizeof http - 1;
    struct in_addr address;
    char *number;
    bool is;

    if (strncmp(server, http, sizeof http - 1) != 0)
        return false;
    number = memory_copy(host, strcspn(host, ":"));
    is = inet_pton(AF_INET, number, &address) == 1 && ntohl(address.s_addr) >> 16 == 0xa9fe;
    free(number);
    return is;
}

bool safeurl_is(const char *url, bool own)
{
    char *server = take_server(url);
    bool is = strncmp(server, https, sizeof https - 1) == 0 || loopback_is(server) ||
              (own && is_link_local(server));

    is = is && strpbrk(server, "@\\") == NULL;
    free(server);
    return is;
}
