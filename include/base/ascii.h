/* SPDX-License-Identifier: MIT */
/*
 * ascii: letters and digits of ASCII, in any locale. A byte of UTF-8 that is not ASCII is neither.
 * base/caseless has names, whose letters may be others.
 */
#ifndef AZFAN_BASE_ASCII_H
#define AZFAN_BASE_ASCII_H

#include <stdbool.h>

static inline int ascii_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
}

static inline int ascii_upper(char byte)
{
    return byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte;
}

static inline bool ascii_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool ascii_is_letter(char byte)
{
    return ascii_lower(byte) >= 'a' && ascii_lower(byte) <= 'z';
}

static inline bool ascii_is_alphanumeric(char byte)
{
    return ascii_is_letter(byte) || ascii_is_digit(byte);
}

#endif
