/* SPDX-License-Identifier: MIT */
/*
 * buffer: bytes that grow.
 *
 * Starts as BUFFER_INIT (or zeroed memory); buffer_done() frees it and makes
 * it empty again. `data` is NULL or holds `length` bytes with a NUL after
 * them, so it can be used as a string when the bytes hold no NUL. Grows
 * through base/memory (no failure). One owner at a time; not locked.
 */
#ifndef AZFAN_BASE_BUFFER_H
#define AZFAN_BASE_BUFFER_H

#include <stddef.h>

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

#define BUFFER_INIT                                                                                \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

void buffer_done(struct buffer *buffer);

/* Makes room for MORE bytes (and the NUL) after `length`. */
void buffer_reserve(struct buffer *buffer, size_t more);

void buffer_append(struct buffer *buffer, const char *bytes, size_t count);
void buffer_add(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char byte);
void buffer_print(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Gives the bytes to the caller (free() them) and leaves the buffer empty. Never NULL. */
char *buffer_take(struct buffer *buffer);

/* The text so far as a C string; never NULL. Valid until the next change. */
const char *buffer_text(const struct buffer *buffer);

#endif
