/* SPDX-License-Identifier: MIT */
/*
 * memory: allocation that does not fail.
 *
 * For the main thread's own data, and for copies of what engine/capture kept,
 * which output_limit bounds. When the machine has no memory left these
 * functions end the process: there is nothing sensible to do with a job that
 * cannot be held. engine/capture itself, which runs while az prints, does not use them
 * and keeps less instead.
 * What they return is freed with free(). Thread-safe.
 */
#ifndef AZFAN_BASE_MEMORY_H
#define AZFAN_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/*
 * TELL is called when there is no memory left, by the thread that wanted it: it says so, without
 * memory, and ends the process. If it returns, or was never set, abort(). Main thread, before there
 * are others.
 */
void memory_when_none(void (*tell)(void));

/* COUNT zeroed elements of SIZE bytes. */
void *memory_zeroed(size_t count, size_t size);

/* realloc() of an array to COUNT elements of SIZE bytes; the new part is not zeroed. */
void *memory_resize(void *old, size_t count, size_t size);

/*
 * Makes room for one element more, of SIZE bytes, after the COUNT elements of LIST, and returns the
 * list. LIST is NULL before the first (COUNT 0 or 1), and nobody else resizes it, since how much
 * room there is follows from COUNT; it may lose elements in between.
 */
void *memory_grow(void *list, size_t count, size_t size);

/* A copy of LENGTH bytes of TEXT with a NUL after them. */
char *memory_copy(const char *text, size_t length);

/* A copy of a C string; NULL stays NULL. */
char *memory_string(const char *text);

/* printf() into a string of its own. */
char *memory_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *memory_print_list(const char *format, va_list arguments)
    __attribute__((format(printf, 1, 0)));

#endif
