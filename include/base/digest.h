/* SPDX-License-Identifier: MIT */
/*
 * digest: SHA-256, to say later which bytes it was. Pure, thread-safe.
 */
#ifndef AZFAN_BASE_DIGEST_H
#define AZFAN_BASE_DIGEST_H

#include <stddef.h>

enum {
    DIGEST_TEXT_SIZE = 65,  /* 64 digits and the NUL */
    DIGEST_BASE64_SIZE = 45 /* 44 characters and the NUL */
};

/* In hexadecimal, as people compare it. */
void digest_print(const char *bytes, size_t length, char text[DIGEST_TEXT_SIZE]);

/* In base64, as a Content-Security-Policy wants it. */
void digest_print_base64(const char *bytes, size_t length, char text[DIGEST_BASE64_SIZE]);

#endif
