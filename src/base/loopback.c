/* SPDX-License-Identifier: MIT */
#include "base/loopback.h"

#include <stddef.h>
#include <string.h>

static const char *const schemes[] = {"http://", "https://"};
static const char *const hosts[] = {"127.0.0.1", "[::1]", "localhost"};

/* What follows PREFIX in TEXT; NULL: TEXT does not begin with it. */
static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* The end of a server: a port, or nothing. */
static bool is_port(const char *text)
{
    return text[0] == '\0' || (text[0] == ':' && text[1 + strspn(text + 1, "0123456789")] == '\0');
}

static bool is_host(const char *text)
{
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        const char *rest = after(text, hosts[i]);

        if (rest != NULL && is_port(rest))
            return true;
    }
    return false;
}

bool loopback_is(const char *server)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        const char *rest = after(server, schemes[i]);

        if (rest != NULL && is_host(rest))
            return true;
    }
    return false;
}
