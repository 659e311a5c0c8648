/* SPDX-License-Identifier: MIT */
#include "base/value.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

json_t *value_bytes(const char *text, size_t length)
{
    struct buffer valid = BUFFER_INIT;
    json_t *value;

    text_append_utf8(&valid, text, length);
    value = json_stringn_nocheck(buffer_text(&valid), valid.length);
    buffer_done(&valid);
    return value;
}

json_t *value_text(const char *text)
{
    return text == NULL ? json_null() : value_bytes(text, strlen(text));
}

/* Whole milliseconds: jansson prints 17 digits of a double, which would tell of noise. */
json_t *value_seconds(int64_t duration)
{
    int64_t milliseconds = duration / NUMBER_MILLISECOND;

    return json_real((double)milliseconds / 1000.0);
}

json_t *value_time(int64_t wall)
{
    char text[CLOCK_TEXT_SIZE];

    clock_print(wall, text);
    return json_string(text);
}

json_t *value_exact_time(int64_t wall)
{
    char text[CLOCK_TEXT_SIZE];

    clock_print_exact(wall, text);
    return json_string(text);
}

/* jansson hands over whole characters. */
static int append_chunk(const char *text, size_t length, void *buffer)
{
    text_append_json(buffer, text, length);
    return 0;
}

void value_print(struct buffer *buffer, json_t *object)
{
    (void)json_dump_callback(object, append_chunk, buffer, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(object);
}

void value_list_begin(struct value_list *list, struct buffer *buffer, json_t *object,
                      const char *key)
{
    *list = (struct value_list){buffer, false};
    value_print(buffer, object);
    buffer->length--; /* its brace comes at the end */
    buffer_print(buffer, ",\"%s\":[", key);
}

void value_list_add(struct value_list *list, json_t *item)
{
    if (list->has_items)
        buffer_add_char(list->buffer, ',');
    list->has_items = true;
    value_print(list->buffer, item);
}

void value_list_end(struct value_list *list)
{
    buffer_add(list->buffer, "]}");
}

void value_print_indented(struct buffer *buffer, json_t *object)
{
    (void)json_dump_callback(object, append_chunk, buffer,
                             JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(object);
}

const char *value_get_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    return text != NULL && strlen(text) == json_string_length(value) ? text : NULL;
}

bool value_get_integer(const json_t *object, const char *key, int64_t *ret)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_integer(value))
        return false;
    *ret = json_integer_value(value);
    return true;
}

bool value_get_boolean(const json_t *object, const char *key, bool *ret)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_boolean(value))
        return false;
    *ret = json_is_true(value);
    return true;
}

bool value_get_seconds(const json_t *object, const char *key, int64_t *ret)
{
    const json_t *value = json_object_get(object, key);
    double seconds = json_number_value(value);

    if (!json_is_number(value) || seconds < 0 || seconds > VALUE_LONGEST)
        return false;
    *ret = (int64_t)(seconds * 1000.0 + 0.5) * NUMBER_MILLISECOND;
    return true;
}

bool value_get_time(const json_t *object, const char *key, int64_t *ret)
{
    const char *text = value_get_text(object, key);

    return text != NULL && clock_parse(text, ret);
}

bool value_get_number(const json_t *object, const char *key, int least, int most, int *ret)
{
    int64_t number;

    if (!value_get_integer(object, key, &number) || number < least || number > most)
        return false;
    *ret = (int)number;
    return true;
}

bool value_copy_optional(const json_t *object, const char *key, char **ret)
{
    const json_t *value = json_object_get(object, key);

    *ret = memory_string(value_get_text(object, key));
    return value == NULL || json_is_null(value) || *ret != NULL;
}
