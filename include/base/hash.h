/* SPDX-License-Identifier: MIT */
/*
 * hash: FNV-1a, for tables and for what must be the same each time. Not against somebody who wants
 * two texts to have the same one. Pure.
 */
#ifndef AZFAN_BASE_HASH_H
#define AZFAN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(14695981039346656037)

/* UNIT is a byte, or a character. */
static inline uint64_t hash_add(uint64_t hash, uint32_t unit)
{
    return (hash ^ unit) * UINT64_C(1099511628211);
}

static inline uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = hash_add(hash, (unsigned char)bytes[i]);
    return hash;
}

#endif
