/* SPDX-License-Identifier: MIT */
/*
 * gzip: bytes made smaller, in the form of gzip(1), and back.
 *
 * Pure: the same bytes always become the same. Thread-safe. The one room that knows zlib.
 */
#ifndef AZFAN_BASE_GZIP_H
#define AZFAN_BASE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/* Appends BYTES, packed. */
void gzip_pack(struct buffer *buffer, const char *bytes, size_t length);

/* Takes the next COUNT bytes, perhaps none; false: they are more than it wants, and it is over. */
typedef bool gzip_take(void *context, const char *bytes, size_t count);

/*
 * Hands over what is packed in BYTES, which may be anything, piece by piece. True: they are one
 * whole member with nothing after it, and all of it was taken.
 */
bool gzip_unpack(const char *bytes, size_t length, gzip_take *take, void *context);

#endif
