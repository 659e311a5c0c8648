/* SPDX-License-Identifier: MIT */
/*
 * strings: a list of strings that grows: the arguments of a command, an environment, names.
 *
 * Starts as STRINGS_INIT (or zeroed memory); strings_done() frees it, and makes it empty again. It
 * owns each of its strings. `list` is NULL, or holds `count` strings with a NULL after them, so
 * that it can be given to whoever starts a program. Grows through base/memory (no failure). One
 * owner at a time; not locked.
 */
#ifndef AZFAN_BASE_STRINGS_H
#define AZFAN_BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

struct strings {
    char **list;
    size_t count;
};

#define STRINGS_INIT                                                                               \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

void strings_done(struct strings *strings);

/* Adds a copy of TEXT. */
void strings_add(struct strings *strings, const char *text);

/* Adds a copy of each text of LIST, which has a NULL at its end. */
void strings_add_all(struct strings *strings, const char *const *list);

/* Adds what printf() makes of it. */
void strings_print(struct strings *strings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds TEXT itself, and will free() it. */
void strings_adopt(struct strings *strings, char *text);

/* Is TEXT one of them? Compares with one after the other. */
bool strings_has(const struct strings *strings, const char *text);

/* Sorts them by their bytes, and leaves one of those that are the same. */
void strings_sort(struct strings *strings);

/* ---- an environment: each is NAME=VALUE ----------------------------------------------------- */

/* Adds SETTING, "NAME=VALUE", in the place of all that set the same name. */
void strings_set(struct strings *environment, const char *setting);

/* Removes all that set NAME. */
void strings_unset(struct strings *environment, const char *name);

#endif
