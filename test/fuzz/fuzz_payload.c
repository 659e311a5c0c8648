/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what came back of a script's streams. Never more than the limit, its mark and what
 * came in plain; nothing that looks like a payload's base64 is left beside a line with the right
 * nonce; and what a guard packs comes back as it was, unless it says that something is missing.
 */
#include <inttypes.h>

#include <nettle/base64.h>

#include "azure/payload.h"
#include "base/gzip.h"
#include "fuzz.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define LINE  "azfan:" NONCE " gzip"

enum {
    ROOM = 64,    /* more than the mark or the note has */
    BASE64 = 200, /* in a row: more than what is left of a piece */
    PIECES = 100  /* a payload is divided, and damaged, at hundredths of itself */
};

static void pack(struct buffer *ret, const char *bytes, size_t length)
{
    struct buffer packed = BUFFER_INIT;
    size_t size;

    gzip_pack(&packed, bytes, length);
    size = BASE64_ENCODE_RAW_LENGTH(packed.length);
    buffer_reserve(ret, size + 1);
    base64_encode_raw(ret->data + ret->length, packed.length, (const uint8_t *)packed.data);
    ret->length += size;
    ret->data[ret->length] = '\0';
    buffer_done(&packed);
}

static size_t longest_run(const struct buffer *text)
{
    size_t longest = 0;
    size_t run = 0;

    for (size_t i = 0; i < text->length; i++) {
        unsigned char byte = (unsigned char)text->data[i];
        bool encoded = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '+' || byte == '/';

        run = encoded ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Two texts, as they are. */
static void take_anything(struct fuzz_input *input)
{
    size_t limit = (size_t)fuzz_number(input, 200) * 16;
    struct buffer output = BUFFER_INIT;
    struct buffer errors = BUFFER_INIT;
    size_t came[2];
    char *texts[2] = {fuzz_text(input, &came[0]), fuzz_text(input, &came[1])};
    struct payload payload;

    buffer_append(&output, texts[0], came[0]);
    buffer_append(&errors, texts[1], came[1]);
    payload = payload_unpack(&output, &errors, NONCE, limit);
    must(output.length <= larger(limit, came[0]) + 2 * ROOM);
    must(errors.length <= larger(limit, came[1]) + 2 * ROOM);
    if (!payload.there) {
        must(!payload.output_cut && !payload.errors_cut);
        must(output.length == came[0] && memcmp(buffer_text(&output), texts[0], came[0]) == 0);
        must(errors.length == came[1] && memcmp(buffer_text(&errors), texts[1], came[1]) == 0);
    }
    payload_hide(&output, NONCE);
    buffer_done(&output);
    buffer_done(&errors);
    free(texts[0]);
    free(texts[1]);
}

/* A guard's own payload of two texts, of which one byte may be another one when it arrives. */
static void take_packed(struct fuzz_input *input)
{
    size_t limit = 64 + (size_t)fuzz_number(input, 200) * 64;
    int divided = fuzz_number(input, PIECES + 1);
    int damaged = fuzz_number(input, PIECES + 1); /* at the last: not */
    char other = (char)fuzz_number(input, 256);
    size_t sizes[2];
    char *texts[2] = {fuzz_text(input, &sizes[0]), fuzz_text(input, &sizes[1])};
    struct buffer both = BUFFER_INIT;
    struct buffer encoded = BUFFER_INIT;
    struct buffer streams[2] = {BUFFER_INIT, BUFFER_INIT};
    struct payload payload;
    size_t first;

    buffer_append(&both, texts[0], sizes[0]);
    buffer_append(&both, texts[1], sizes[1]);
    pack(&encoded, buffer_text(&both), both.length);
    if (damaged < PIECES)
        encoded.data[encoded.length * (size_t)damaged / PIECES] = other;
    first = encoded.length * (size_t)divided / PIECES;
    buffer_print(&streams[0], "%s %zu %zu %zu\n", LINE, both.length, sizes[0], sizes[1]);
    buffer_append(&streams[0], encoded.data, first);
    buffer_print(&streams[1], "%s\n", LINE);
    buffer_append(&streams[1], encoded.data + first, encoded.length - first);
    payload = payload_unpack(&streams[0], &streams[1], NONCE, limit);
    must(payload.there);
    must(damaged < PIECES || encoded.length > 8192 || payload.output_cut == (sizes[0] > limit));
    must(damaged < PIECES || encoded.length > 8192 || payload.errors_cut == (sizes[1] > limit));
    if (!payload.output_cut && !payload.errors_cut) {
        for (int i = 0; i < 2; i++)
            must(streams[i].length == sizes[i] &&
                 memcmp(buffer_text(&streams[i]), texts[i], sizes[i]) == 0);
    } else if (longest_run(&both) < BASE64 / 4) {
        must(longest_run(&streams[0]) < BASE64 && longest_run(&streams[1]) < BASE64);
    }
    for (int i = 0; i < 2; i++) {
        must(streams[i].length <= limit + 2 * ROOM + (damaged < PIECES ? encoded.length : 0));
        buffer_done(&streams[i]);
        free(texts[i]);
    }
    buffer_done(&both);
    buffer_done(&encoded);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_begin(data, size);

    if (fuzz_number(&input, 2) == 0)
        take_anything(&input);
    else
        take_packed(&input);
    return 0;
}
