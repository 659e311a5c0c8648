/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <nettle/base16.h>
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
    uint8_t sum[SHA256_DIGEST_SIZE];

    digest(bytes, length, sum);
    base16_encode_update(text, sizeof sum, sum);
    text[DIGEST_TEXT_SIZE - 1] = '\0';
}

void digest_print_base64(const char *bytes, size_t length, char text[DIGEST_BASE64_SIZE])
{
    uint8_t sum[SHA256_DIGEST_SIZE];

    digest(bytes, length, sum);
    base64_encode_raw(text, sizeof sum, sum);
    text[DIGEST_BASE64_SIZE - 1] = '\0';
}
