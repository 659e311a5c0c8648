/* SPDX-License-Identifier: MIT */
/*
 * digest: SHA-256 in hexadecimal, to say later which bytes it was. Pure, thread-safe.
 */
#ifndef AZFAN_BASE_DIGEST_H
#define AZFAN_BASE_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_SIZE = 65 }; /* 64 digits and the NUL */

void digest_print(const char *bytes, size_t length, char text[DIGEST_TEXT_SIZE]);

#endif
