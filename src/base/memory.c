/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_ROOM = 4 }; /* elements; a power of two */

static void (*last_word)(void);

void memory_when_none(void (*tell)(void))
{
    last_word = tell;
}

static void give_up(void)
{
    if (last_word != NULL)
        last_word();
    abort();
}

static void *must(void *pointer)
{
    if (pointer == NULL)
        give_up();
    return pointer;
}

void *memory_zeroed(size_t count, size_t size)
{
    return must(calloc(count > 0 ? count : 1, size));
}

void *memory_resize(void *old, size_t count, size_t size)
{
    return must(reallocarray(old, count > 0 ? count : 1, size));
}

/* There is room for the power of two that is COUNT or the next above it, or for more. */
void *memory_grow(void *list, size_t count, size_t size)
{
    if (list == NULL)
        return memory_resize(NULL, LEAST_ROOM, size);
    if (count < LEAST_ROOM || (count & (count - 1)) != 0)
        return list;
    return memory_resize(list, 2 * count, size);
}

char *memory_copy(const char *text, size_t length)
{
    char *copy = must(malloc(length + 1));

    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *memory_string(const char *text)
{
    return text == NULL ? NULL : memory_copy(text, strlen(text));
}

char *memory_print_list(const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0)
        give_up();
    return text;
}

char *memory_print(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = memory_print_list(format, arguments);
    va_end(arguments);
    return text;
}
