/* SPDX-License-Identifier: MIT */
#include "rest/body.h"

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
