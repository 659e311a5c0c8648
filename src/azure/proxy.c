/* SPDX-License-Identifier: MIT */
#include "azure/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

/* In the order in which az's library (requests) looks. */
static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

/* The end of a URL's host and port, and what may stand before them, from BEGIN. */
static size_t measure_authority(const char *begin, size_t length)
{
    size_t end = 0;

    while (end < length && (unsigned char)begin[end] > ' ' &&
           strchr("/?#'\"<>,)", begin[end]) == NULL)
        end++;
    return end;
}

/* How much of the authority is name and password, with the @. A password may hold one itself. */
static size_t measure_user(const char *begin, size_t length)
{
    const char *at = memrchr(begin, '@', length);

    return at == NULL ? 0 : (size_t)(at - begin) + 1;
}

void proxy_add_name(struct buffer *buffer)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *url = getenv(variables[i]);
        const char *scheme = url != NULL ? strstr(url, "://") : NULL;
        size_t length;
        size_t user;

        if (url == NULL || url[0] == '\0')
            continue;
        url = scheme != NULL ? scheme + strlen("://") : url;
        /* A password that nobody has escaped may hold a slash: what is before the last @ is hidden
           all the same. */
        user = measure_user(url, strlen(url));
        length = measure_authority(url + user, strlen(url + user));
        if (length == 0)
            continue;
        buffer_add(buffer, " (");
        buffer_append(buffer, url + user, length);
        buffer_add(buffer, ")");
        return;
    }
}

void proxy_append_masked(struct buffer *buffer, const char *text, size_t length)
{
    static const char mark[] = "://";
    const char *end = length > 0 ? text + length : text;
    const char *at = length > 0 ? memmem(text, length, mark, strlen(mark)) : NULL;

    while (at != NULL) {
        size_t user;

        at += strlen(mark);
        buffer_append(buffer, text, (size_t)(at - text));
        user = measure_user(at, measure_authority(at, (size_t)(end - at)));
        if (user > 0)
            buffer_add(buffer, "***@");
        text = at + user;
        at = memmem(text, (size_t)(end - text), mark, strlen(mark));
    }
    buffer_append(buffer, text, (size_t)(end - text));
}
