/* SPDX-License-Identifier: MIT */
#include "rest/server.h"

#include <curl/curl.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* PART of URL, for curl_free(); a port that is not written is its scheme's. */
static char *take_part(const char *url, CURLUPart part)
{
    CURLU *parsed = curl_url();
    char *text = NULL;

    if (parsed == NULL || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parsed, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        text = NULL;
    curl_url_cleanup(parsed);
    return text;
}

static bool is_same_part(const char *url, const char *endpoint, CURLUPart part)
{
    char *one = take_part(url, part);
    char *other = take_part(endpoint, part);
    bool same = one != NULL && other != NULL && strcasecmp(one, other) == 0;

    curl_free(one);
    curl_free(other);
    return same;
}

/* Nothing but what a URL may have, which a journal keeps and people read; and two slashes, of which
 * libcurl wants one at least and takes three. */
static bool is_plain(const char *url)
{
    const char *slashes = url + strcspn(url, ":");

    if (strncmp(slashes, "://", 3) != 0 || slashes[3] == '/')
        return false;
    for (; *url > ' ' && *url < 0x7f; url++)
        ;
    return *url == '\0';
}

bool server_is_same(const char *url, const char *endpoint)
{
    static const CURLUPart who[] = {CURLUPART_USER, CURLUPART_PASSWORD};

    for (size_t i = 0; i < sizeof who / sizeof who[0]; i++) {
        char *text = take_part(url, who[i]);

        curl_free(text);
        if (text != NULL)
            return false;
    }
    return is_plain(url) && is_same_part(url, endpoint, CURLUPART_SCHEME) &&
           is_same_part(url, endpoint, CURLUPART_HOST) &&
           is_same_part(url, endpoint, CURLUPART_PORT);
}
