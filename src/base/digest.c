/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <nettle/sha2.h>
#include <stdint.h>

void digest_print(const char *bytes, size_t length, char text[DIGEST_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    struct sha256_ctx context;
    uint8_t sum[SHA256_DIGEST_SIZE];

    sha256_init(&context);
    sha256_update(&context, length, (const uint8_t *)bytes);
    sha256_digest(&context, sizeof sum, sum);
    for (size_t i = 0; i < sizeof sum; i++) {
        text[2 * i] = digits[sum[i] >> 4];
        text[2 * i + 1] = digits[sum[i] & 15];
    }
    text[2 * sizeof sum] = '\0';
}
