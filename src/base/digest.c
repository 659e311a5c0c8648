/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdint.h>

static void digest(const char *bytes, size_t length, uint8_t sum[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx context;

    sha256_init(&context);
    sha256_update(&context, length, (const uint8_t *)bytes);
    sha256_digest(&context, SHA256_DIGEST_SIZE, sum);
}

void digest_print(const char *bytes, size_t length, char text[DIGEST_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[SHA256_DIGEST_SIZE];

    digest(bytes, length, sum);
    for (size_t i = 0; i < sizeof sum; i++) {
        text[2 * i] = digits[sum[i] >> 4];
        text[2 * i + 1] = digits[sum[i] & 15];
    }
    text[2 * sizeof sum] = '\0';
}

void digest_print_base64(const char *bytes, size_t length, char text[DIGEST_BASE64_SIZE])
{
    uint8_t sum[SHA256_DIGEST_SIZE];

    digest(bytes, length, sum);
    base64_encode_raw(text, sizeof sum, sum);
    text[DIGEST_BASE64_SIZE - 1] = '\0';
}
