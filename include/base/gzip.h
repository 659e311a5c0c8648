/* SPDX-License-Identifier: MIT */
/*
 * gzip: bytes made smaller, in the form of gzip(1).
 *
 * Pure: the same bytes always become the same. Thread-safe.
 */
#ifndef AZFAN_BASE_GZIP_H
#define AZFAN_BASE_GZIP_H

#include <stddef.h>

struct buffer;

/* Appends BYTES, packed. */
void gzip_pack(struct buffer *buffer, const char *bytes, size_t length);

#endif
