/* SPDX-License-Identifier: MIT */
#include "rest/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/loopback.h"
#include "base/memory.h"

static const char https[] = "https://";

/* The machine's own endpoints are there, on no wire (RFC 3927). */
static const char link_local[] = "http://169.254.";

static char *take_text(const json_t *object, const char *key)
{
    return memory_string(json_string_value(json_object_get(object, key)));
}

/* A scheme and a server, of a URL. */
static char *take_server(const char *url)
{
    const char *name = strstr(url, "://");
    size_t length = name == NULL ? 0 : (size_t)(name + 3 - url);

    return memory_copy(url, length + strcspn(url + length, "/?#"));
}

/* Would what goes there be read by nobody else? */
static bool is_safe(const char *url, bool direct)
{
    char *server = take_server(url);
    bool safe = strncmp(server, https, sizeof https - 1) == 0 || loopback_is(server) ||
                (direct && strncmp(server, link_local, sizeof link_local - 1) == 0);

    safe = safe && strpbrk(server, "@\\") == NULL;
    free(server);
    return safe;
}

static void read_assertion(const json_t *object, struct source *ret)
{
    ret->assertion_file = take_text(object, "file");
    ret->assertion_url = take_text(object, "url");
    ret->assertion_bearer = take_text(object, "bearer");
    ret->assertion_key = take_text(object, "key");
    ret->assertion_post = json_is_true(json_object_get(object, "post"));
}

int source_read(const json_t *object, struct source *ret, struct error *error)
{
    *ret = (struct source){.url = take_text(object, "url"),
                           .form = take_text(object, "form"),
                           .header = take_text(object, "header"),
                           .tenant = take_text(object, "tenant"),
                           .direct = json_is_true(json_object_get(object, "direct"))};
    read_assertion(json_object_get(object, "assertion"), ret);
    if (ret->url == NULL || !is_safe(ret->url, ret->direct))
        return error_set(error, "a token is asked for over https:// alone");
    if (ret->assertion_url != NULL &&
        (!is_safe(ret->assertion_url, false) || ret->assertion_key == NULL))
        return error_set(error, "an assertion is asked for over https:// alone");
    return 0;
}

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

void source_done(struct source *source)
{
    free(source->url);
    wipe(source->form);
    wipe(source->header);
    free(source->tenant);
    free(source->assertion_file);
    free(source->assertion_url);
    wipe(source->assertion_bearer);
    free(source->assertion_key);
    *source = (struct source){.url = NULL};
}
