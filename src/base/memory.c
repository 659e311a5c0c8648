/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
