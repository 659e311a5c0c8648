/* SPDX-License-Identifier: MIT */
#include "base/strings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void strings_done(struct strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->list[i]);
    free(strings->list);
    *strings = (struct strings)STRINGS_INIT;
}

void strings_adopt(struct strings *strings, char *text)
{
    /* The NULL at the end is an element too. */
    strings->list = memory_grow(strings->list, strings->count + 1, sizeof *strings->list);
    strings->list[strings->count++] = text;
    strings->list[strings->count] = NULL;
}

void strings_add(struct strings *strings, const char *text)
{
    strings_adopt(strings, memory_string(text));
}

void strings_add_all(struct strings *strings, const char *const *list)
{
    for (; *list != NULL; list++)
        strings_add(strings, *list);
}

void strings_print(struct strings *strings, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    strings_adopt(strings, memory_print_list(format, arguments));
    va_end(arguments);
}

bool strings_has(const struct strings *strings, const char *text)
{
    for (size_t i = 0; i < strings->count; i++) {
        if (strcmp(strings->list[i], text) == 0)
            return true;
    }
    return false;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void strings_sort(struct strings *strings)
{
    size_t kept = 0;

    if (strings->count == 0)
        return;
    qsort(strings->list, strings->count, sizeof *strings->list, compare_texts);
    for (size_t i = 0; i < strings->count; i++) {
        if (kept > 0 && strcmp(strings->list[i], strings->list[kept - 1]) == 0)
            free(strings->list[i]);
        else
            strings->list[kept++] = strings->list[i];
    }
    strings->count = kept;
    strings->list[kept] = NULL;
}

/* ---- an environment ------------------------------------------------------------------------- */

/* Removes all that set the first LENGTH bytes of NAME. */
static void remove_name(struct strings *environment, const char *name, size_t length)
{
    size_t kept = 0;

    if (environment->count == 0)
        return;
    for (size_t i = 0; i < environment->count; i++) {
        char *entry = environment->list[i];

        if (strncmp(entry, name, length) == 0 && entry[length] == '=')
            free(entry);
        else
            environment->list[kept++] = entry;
    }
    environment->count = kept;
    environment->list[kept] = NULL;
}

void strings_set(struct strings *environment, const char *setting)
{
    remove_name(environment, setting, strcspn(setting, "="));
    strings_add(environment, setting);
}

void strings_unset(struct strings *environment, const char *name)
{
    remove_name(environment, name, strlen(name));
}
