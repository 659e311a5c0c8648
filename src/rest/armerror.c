/* SPDX-License-Identifier: MIT */
#include "rest/armerror.h"

#include <string.h>

#include "base/text.h"

enum { DETAILS_MOST = 5, MESSAGE_MOST = 4000 };

static const char *const wrappers[] = {"error", "odata.error"};

static bool has_code(const json_t *object)
{
    return json_is_string(json_object_get(object, "code"));
}

/* Both are texts, in the answer itself. */
static bool is_of_login(const json_t *object)
{
    return json_is_string(json_object_get(object, "error")) &&
           json_is_string(json_object_get(object, "error_description"));
}

const json_t *armerror_find(const json_t *root)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++) {
        const json_t *inner = json_object_get(root, wrappers[i]);

        if (has_code(inner))
            return inner;
    }
    return has_code(root) || is_of_login(root) ? root : NULL;
}

/* odata.error has {"lang", "value"} for a message. */
static const json_t *find_text(const json_t *error, const char *key)
{
    const json_t *value = json_object_get(error, key);

    return json_is_object(value) ? json_object_get(value, "value") : value;
}

/* NAME in RET is what FROM is in ERROR. */
static void take_text(json_t *ret, const char *name, const json_t *error, const char *from)
{
    const char *text = json_string_value(find_text(error, from));

    /* Up to a NUL, which no reader of the line wants. */
    if (text != NULL)
        (void)json_object_set_new(ret, name,
                                  json_stringn(text, text_head(text, strlen(text), MESSAGE_MOST)));
}

static json_t *take_plain(const json_t *error)
{
    json_t *ret = json_object();

    bool of_login = is_of_login(error);

    take_text(ret, "code", error, of_login ? "error" : "code");
    take_text(ret, "message", error, of_login ? "error_description" : "message");
    take_text(ret, "target", error, "target");
    return ret;
}

json_t *armerror_take(const json_t *error)
{
    const json_t *details = json_object_get(error, "details");
    json_t *ret = take_plain(error);
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(details) && i < DETAILS_MOST; i++)
        (void)json_array_append_new(list, take_plain(json_array_get(details, i)));
    if (json_array_size(list) > 0)
        (void)json_object_set(ret, "details", list);
    json_decref(list);
    return ret;
}
