/* SPDX-License-Identifier: MIT */
#include "rest/body.h"

#include <stdlib.h>

#include "base/text.h"

json_t *body_read(const struct buffer *body)
{
    struct buffer clean = BUFFER_INIT;
    json_t *root;

    text_append_utf8(&clean, buffer_text(body), body->length);
    root = json_loadb(buffer_text(&clean), clean.length, JSON_ALLOW_NUL, NULL);
    buffer_done(&clean);
    return root;
}

void body_print(const json_t *value, struct buffer *ret)
{
    char *text = json_dumps(value, JSON_COMPACT);

    buffer_print(ret, "%s\n", text);
    free(text);
}

bool body_print_result(const json_t *value, struct buffer *ret)
{
    if (!json_is_array(json_object_get(value, "value")))
        return false;
    body_print(value, ret);
    return true;
}
