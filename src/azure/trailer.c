/* SPDX-License-Identifier: MIT */
#include "azure/trailer.h"

#include <string.h>

struct reader {
    const char *at;
    const char *end;
};

static bool read_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

/* At most 12 digits, so that nothing overflows. */
static bool read_integer(struct reader *reader, int64_t *ret)
{
    bool negative = read_word(reader, "-");
    const char *start = reader->at;

    *ret = 0;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9' &&
           reader->at - start < 12)
        *ret = *ret * 10 + (*reader->at++ - '0');
    if (negative)
        *ret = -*ret;
    return reader->at > start;
}

static bool read_end(struct reader *reader, enum trailer_end *ret)
{
    static const struct {
        const char *word;
        enum trailer_end end;
    } ends[] = {{"exit ", TRAILER_EXIT},
                {"timeout ", TRAILER_TIMEOUT},
                {"broken ", TRAILER_BROKEN},
                {"again ", TRAILER_AGAIN}};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (read_word(reader, ends[i].word)) {
            *ret = ends[i].end;
            return true;
        }
    }
    return false;
}

/* Reads a trailer that begins at START; the number of its bytes, with the newline, is in *RET. */
static bool read_trailer(const char *start, const char *end, const char *nonce, struct trailer *ret,
                         size_t *ret_length)
{
    struct reader reader = {start, end};
    int64_t status = 0;

    if (!read_word(&reader, "azfan:") || !read_word(&reader, nonce) ||
        !read_word(&reader, " end=") || !read_end(&reader, &ret->end) ||
        !read_word(&reader, "status=") || !read_integer(&reader, &status) ||
        !read_word(&reader, " seconds=") || !read_integer(&reader, &ret->seconds))
        return false;
    ret->left = read_word(&reader, " left=1");
    ret->full = read_word(&reader, " full=1");
    (void)read_word(&reader, "\r"); /* Windows */
    if (reader.at < end && !read_word(&reader, "\n"))
        return false;
    if (status < INT32_MIN || status > INT32_MAX)
        return false;
    ret->status = (int)status;
    if (ret->seconds < 0)
        ret->seconds = 0; /* the VM's clock was set back */
    *ret_length = (size_t)(reader.at - start);
    return true;
}

/* How many bytes of TEXT before AT are the newline (of Windows, perhaps) that the guard wrote. */
static size_t newline_before(const char *text, const char *at)
{
    if (at == text)
        return 0;
    return at - text >= 2 && at[-2] == '\r' ? 2 : 1;
}

bool trailer_find(const char *text, size_t length, const char *nonce, struct trailer *ret)
{
    static const char begin[] = "azfan:";
    const char *end = length > 0 ? text + length : text;
    const char *at = text;
    bool found = false;

    if (nonce[0] == '\0')
        return false;
    while (at != NULL && at < end &&
           (at = memmem(at, (size_t)(end - at), begin, sizeof begin - 1)) != NULL) {
        struct trailer trailer;
        size_t size = 0;

        if ((at == text || at[-1] == '\n') && read_trailer(at, end, nonce, &trailer, &size)) {
            trailer.start = (size_t)(at - text) - newline_before(text, at);
            trailer.stop = (size_t)(at - text) + size;
            *ret = trailer;
            found = true;
        }
        at += sizeof begin - 1;
    }
    return found;
}
