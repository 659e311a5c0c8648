/* SPDX-License-Identifier: MIT */
#include "base/gzip.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include <zlib.h>

#include "base/buffer.h"
#include "base/memory.h"

enum {
    GZIP_FORM = 16, /* zlib: with the head and tail of gzip(1); without a name and a time */
    MEMORY_LEVEL = 9,
    PIECE = 16 * 1024 /* unpacked at once */
};

/* zlib's own would fail where memory is short. */
static voidpf allocate(voidpf unused, uInt count, uInt size)
{
    (void)unused;
    return memory_zeroed(count, size);
}

static void release(voidpf unused, voidpf memory)
{
    (void)unused;
    free(memory);
}

void gzip_pack(struct buffer *buffer, const char *bytes, size_t length)
{
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)bytes,
                       .avail_in = (uInt)length,
                       .zalloc = allocate,
                       .zfree = release};
    size_t most;
    int end;

    assert(length <= UINT32_MAX);
    end = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP_FORM, MEMORY_LEVEL,
                       Z_DEFAULT_STRATEGY);
    assert(end == Z_OK);
    most = deflateBound(&stream, length);
    buffer_reserve(buffer, most);
    stream.next_out = (Bytef *)buffer->data + buffer->length;
    stream.avail_out = (uInt)most;
    end = deflate(&stream, Z_FINISH);
    assert(end == Z_STREAM_END);
    (void)end;
    buffer->length += stream.total_out;
    buffer->data[buffer->length] = '\0';
    (void)deflateEnd(&stream);
}

bool gzip_unpack(const char *bytes, size_t length, gzip_take *take, void *context)
{
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)bytes,
                       .avail_in = (uInt)length,
                       .zalloc = allocate,
                       .zfree = release};
    char *piece = memory_zeroed(PIECE, 1);
    bool taken = true;
    int result;

    assert(length <= UINT32_MAX);
    result = inflateInit2(&stream, MAX_WBITS + GZIP_FORM);
    while (result == Z_OK && taken) {
        stream.next_out = (Bytef *)piece;
        stream.avail_out = PIECE;
        result = inflate(&stream, Z_NO_FLUSH);
        taken = take(context, piece, PIECE - stream.avail_out);
    }
    taken = taken && result == Z_STREAM_END && stream.avail_in == 0;
    (void)inflateEnd(&stream);
    free(piece);
    return taken;
}
