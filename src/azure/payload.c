/* SPDX-License-Identifier: MIT */
#include "azure/payload.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>

#include "base/buffer.h"
#include "base/gzip.h"
#include "base/memory.h"
#include "engine/capture.h"
#include "job/limits.h"

enum {
    NUMBER_DIGITS = 15,               /* of a size: nothing overflows */
    ENCODED_MOST = 2 * LIMITS_STREAM, /* what two streams can hold */
    RUN_LEAST = 48                    /* base64 in a row that is no word and no path */
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char hidden[] = "[compressed output]";

/* ---- the lines ---------------------------------------------------------------------------- */

/* The guard's line in a stream, and the base64 in the next one. */
struct guard_line {
    bool there;
    bool gzip;
    size_t start;   /* of the line */
    size_t content; /* after the line */
    uint64_t keep, output, errors;
};

static const char *read_word(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);

    return at != NULL && (size_t)(end - at) >= length && memcmp(at, word, length) == 0 ? at + length
                                                                                       : NULL;
}

static const char *read_number(const char *at, const char *end, uint64_t *ret)
{
    const char *start;

    at = read_word(at, end, " ");
    start = at;
    *ret = 0;
    while (at != NULL && at < end && *at >= '0' && *at <= '9' && at - start < NUMBER_DIGITS)
        *ret = *ret * 10 + (uint64_t)(*at++ - '0');
    return at != start ? at : NULL;
}

static const char *read_line_end(const char *at, const char *end)
{
    const char *windows = read_word(at, end, "\r");

    if (at == end)
        return at;
    return read_word(windows != NULL ? windows : at, end, "\n");
}

/* Reads a line that begins at TEXT + START. NUMBERS: are there sizes in it? */
static bool read_line(const struct buffer *text, size_t start, const char *nonce, bool numbers,
                      struct guard_line *ret)
{
    const char *end = text->data + text->length;
    const char *at = read_word(text->data + start, end, "azfan:");
    const char *word;

    at = read_word(read_word(at, end, nonce), end, " ");
    word = read_word(at, end, PAYLOAD_GZIP);
    *ret = (struct guard_line){.there = true, .gzip = word != NULL, .start = start};
    if (word == NULL && numbers)
        word = read_word(at, end, PAYLOAD_TAIL);
    if (word != NULL && numbers) {
        word = read_number(word, end, &ret->keep);
        word = word != NULL ? read_number(word, end, &ret->output) : NULL;
        word = word != NULL ? read_number(word, end, &ret->errors) : NULL;
    }
    at = word != NULL ? read_line_end(word, end) : NULL;
    if (at != NULL)
        ret->content = (size_t)(at - text->data);
    return at != NULL;
}

/* The last of them: what a script prints comes before. */
static struct guard_line find_line(const struct buffer *text, const char *nonce, bool numbers)
{
    struct guard_line found = {.there = false};

    for (size_t at = 0; nonce[0] != '\0' && at < text->length; at++) {
        const char *next = memmem(text->data + at, text->length - at, "azfan:", strlen("azfan:"));
        struct guard_line line;

        if (next == NULL)
            break;
        at = (size_t)(next - text->data);
        if ((at == 0 || next[-1] == '\n') && read_line(text, at, nonce, numbers, &line))
            found = line;
    }
    return found;
}

static bool is_encoded(char byte)
{
    return byte != '\0' && strchr(alphabet, byte) != NULL;
}

/* How much base64 stands at AT? */
static size_t measure_encoded(const struct buffer *text, size_t at)
{
    size_t start = at;

    while (at < text->length && is_encoded(text->data[at]))
        at++;
    while (at < text->length && text->data[at] == '=')
        at++;
    return at - start;
}

/* ---- unpacking ---------------------------------------------------------------------------- */

/* One stream of the script, while it is unpacked. */
struct stream {
    uint64_t packed;  /* its bytes in the payload */
    uint64_t head;    /* of these the first ones that stay, */
    uint64_t tail;    /* and the last ones */
    uint64_t missing; /* between the two, of what the script printed */
    uint64_t at;
    struct buffer first;
    struct buffer last;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* PRINTED bytes, of which the ends are there, or all: what stays within LIMIT? */
static struct stream plan(uint64_t printed, uint64_t keep, uint64_t limit)
{
    struct stream stream = {.packed = smaller(printed, 2 * keep)};
    uint64_t end = stream.packed < printed ? keep : printed;

    if (end == printed && printed <= limit) {
        stream.head = printed;
    } else {
        stream.head = smaller(end, limit / 2);
        stream.tail = smaller(end, limit - limit / 2);
        stream.missing = printed - stream.head - stream.tail;
    }
    return stream;
}

/* Takes what of BYTES is the stream's; returns how many it took. */
static size_t stream_add(struct stream *stream, const char *bytes, size_t count)
{
    uint64_t tail = stream->packed - stream->tail;
    size_t used = 0;

    while (used < count && stream->at < stream->packed) {
        bool first = stream->at < stream->head;
        bool last = !first && stream->at >= tail;
        uint64_t end = first ? stream->head : last ? stream->packed : tail;
        size_t part = (size_t)smaller(count - used, end - stream->at);

        if (first || last)
            buffer_append(first ? &stream->first : &stream->last, bytes + used, part);
        stream->at += part;
        used += part;
    }
    return used;
}

static void add_mark(struct buffer *text, uint64_t missing)
{
    if (missing > 0)
        buffer_print(text, CAPTURE_MARK_HEAD "%" PRIu64 CAPTURE_MARK_TAIL, missing);
}

/* Takes COUNT unpacked bytes: false when that is more than was promised. */
static bool take_piece(void *context, const char *piece, size_t count)
{
    struct stream *streams = context;
    size_t used = stream_add(&streams[0], piece, count);

    used += stream_add(&streams[1], piece + used, count - used);
    return used == count;
}

/* True: PACKED was whole, and held just what was promised. */
static bool unpack_streams(const struct buffer *packed, struct stream streams[2])
{
    return gzip_unpack(packed->data, packed->length, take_piece, streams) &&
           streams[0].at == streams[0].packed && streams[1].at == streams[1].packed;
}

static bool decode(const struct buffer *encoded, struct buffer *ret)
{
    struct base64_decode_ctx context;
    size_t length = BASE64_DECODE_LENGTH(encoded->length);

    if (encoded->length == 0 || encoded->length > ENCODED_MOST)
        return false;
    buffer_reserve(ret, length);
    base64_decode_init(&context);
    if (base64_decode_update(&context, &length, (uint8_t *)ret->data, encoded->length,
                             encoded->data) == 0 ||
        base64_decode_final(&context) == 0)
        return false;
    ret->length = length;
    return true;
}

/* ---- in its place ------------------------------------------------------------------------- */

/* What of a stream is no payload: LENGTH bytes before it, and from AFTER on. */
struct around {
    size_t before;
    size_t after;
};

static struct around around(const struct buffer *text, const struct guard_line *line)
{
    struct around ret = {line->start, line->content};
    const char *next;

    if (!line->there)
        return (struct around){text->length, text->length};
    ret.after += measure_encoded(text, ret.after);
    next = read_line_end(text->data + ret.after, text->data + text->length);
    if (next != NULL)
        ret.after = (size_t)(next - text->data);
    return ret;
}

static void replace(struct buffer *text, struct around around, const struct buffer *with)
{
    struct buffer all = BUFFER_INIT;

    buffer_append(&all, buffer_text(text), around.before);
    buffer_append(&all, buffer_text(with), with->length);
    if (around.after < text->length)
        buffer_append(&all, text->data + around.after, text->length - around.after);
    buffer_done(text);
    *text = all;
}

static void replace_by_stream(struct buffer *text, struct around around, struct stream *stream)
{
    add_mark(&stream->first, stream->missing);
    buffer_append(&stream->first, buffer_text(&stream->last), stream->last.length);
    replace(text, around, &stream->first);
}

/* Whatever may be base64 goes. False: there is none. */
static bool hide_runs(struct buffer *text)
{
    struct buffer clean = BUFFER_INIT;
    bool found = false;
    size_t run;

    for (size_t at = 0; at < text->length; at += run) {
        for (run = 0; at + run < text->length && is_encoded(text->data[at + run]); run++)
            ;
        if (run >= RUN_LEAST)
            buffer_add(&clean, hidden);
        else
            buffer_append(&clean, text->data + at, run = run > 0 ? run : 1);
        found = found || run >= RUN_LEAST;
    }
    buffer_done(text);
    *text = clean;
    return found;
}

/* Also where the line of one stream is lost, or the base64 goes on after what is none. */
static void replace_by_note(struct buffer *text, const struct guard_line *line, bool *cut)
{
    struct buffer note = BUFFER_INIT;

    if (line->there) {
        buffer_add(&note, PAYLOAD_DAMAGED);
        replace(text, around(text, line), &note);
        buffer_done(&note);
    }
    *cut = hide_runs(text) || line->there;
}

static uint64_t room_for(const struct buffer *text, struct around around, size_t limit)
{
    size_t rest = around.before + (text->length - around.after);

    return rest < limit ? limit - rest : 0;
}

static bool unpack(struct buffer *texts[2], const struct guard_line lines[2], size_t limit,
                   struct payload *payload)
{
    struct around arounds[2] = {around(texts[0], &lines[0]), around(texts[1], &lines[1])};
    struct stream streams[2] = {
        plan(lines[0].output, lines[0].keep, room_for(texts[0], arounds[0], limit)),
        plan(lines[0].errors, lines[0].keep, room_for(texts[1], arounds[1], limit))};
    struct buffer encoded = BUFFER_INIT;
    struct buffer packed = BUFFER_INIT;
    bool whole;

    for (int i = 0; i < 2; i++) {
        if (lines[i].there)
            buffer_append(&encoded, buffer_text(texts[i]) + lines[i].content,
                          measure_encoded(texts[i], lines[i].content));
    }
    whole = decode(&encoded, &packed) && unpack_streams(&packed, streams);
    if (whole) {
        payload->output_cut = streams[0].missing > 0;
        payload->errors_cut = streams[1].missing > 0;
        for (int i = 0; i < 2; i++)
            replace_by_stream(texts[i], arounds[i], &streams[i]);
    }
    for (int i = 0; i < 2; i++) {
        buffer_done(&streams[i].first);
        buffer_done(&streams[i].last);
    }
    buffer_done(&encoded);
    buffer_done(&packed);
    return whole;
}

/* The VM could not compress: its streams are there as they are, but for their heads. */
static void mark_tails(struct buffer *texts[2], const struct guard_line *line,
                       struct payload *payload)
{
    uint64_t sizes[2] = {line->output, line->errors};
    struct around arounds[2] = {{line->start, line->content}, {0, 0}};
    bool *cuts[2] = {&payload->output_cut, &payload->errors_cut};

    for (int i = 0; i < 2; i++) {
        struct buffer mark = BUFFER_INIT;

        *cuts[i] = sizes[i] > line->keep;
        add_mark(&mark, *cuts[i] ? sizes[i] - line->keep : 0);
        replace(texts[i], arounds[i], &mark);
        buffer_done(&mark);
    }
}

struct payload payload_unpack(struct buffer *output, struct buffer *errors, const char *nonce,
                              size_t limit)
{
    struct guard_line lines[2] = {find_line(output, nonce, true), find_line(errors, nonce, false)};
    struct payload payload = {.there = lines[0].there || lines[1].there};
    struct buffer *texts[2] = {output, errors};

    if (lines[0].there && !lines[0].gzip) {
        mark_tails(texts, &lines[0], &payload);
    } else if (payload.there && !(lines[0].there && unpack(texts, lines, limit, &payload))) {
        replace_by_note(output, &lines[0], &payload.output_cut);
        replace_by_note(errors, &lines[1], &payload.errors_cut);
        /* Of a stream that has not come, nobody knows, or the other one tells. */
        payload.output_cut = true;
        payload.errors_cut = payload.errors_cut || !lines[0].there || lines[0].errors > 0;
    }
    return payload;
}

void payload_hide(struct buffer *text, const char *nonce)
{
    char *start = memory_print("azfan:%s", nonce);

    if (text->length > 0 && memmem(text->data, text->length, start, strlen(start)) != NULL)
        (void)hide_runs(text);
    free(start);
}
