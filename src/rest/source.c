/* SPDX-License-Identifier: MIT */
#include "rest/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/safeurl.h"

static char *take_text(const json_t *object, const char *key)
{
    return memory_string(json_string_value(json_object_get(object, key)));
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
    if (ret->url == NULL || !safeurl_is(ret->url, ret->direct))
        return error_set(error, "a token is asked for over https:// alone");
    if (ret->assertion_url != NULL &&
        (!safeurl_is(ret->assertion_url, false) || ret->assertion_key == NULL))
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
