/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { SMALLEST = 64 };

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer)BUFFER_INIT;
}

void buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t need = buffer->length + more + 1;
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : SMALLEST;

    if (need <= buffer->capacity)
        return;
    while (capacity < need)
        capacity += capacity / 2;
    buffer->data = memory_resize(buffer->data, capacity, 1);
    buffer->data[buffer->length] = '\0';
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, const char *bytes, size_t count)
{
    buffer_reserve(buffer, count);
    if (count > 0)
        memcpy(buffer->data + buffer->length, bytes, count);
    buffer->length += count;
    buffer->data[buffer->length] = '\0';
}

void buffer_add(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = memory_print_list(format, arguments);
    va_end(arguments);
    buffer_add(buffer, text);
    free(text);
}

char *buffer_take(struct buffer *buffer)
{
    char *data;

    buffer_reserve(buffer, 0);
    data = buffer->data;
    *buffer = (struct buffer)BUFFER_INIT;
    return data;
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data == NULL ? "" : buffer->data;
}
