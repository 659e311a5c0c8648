/* SPDX-License-Identifier: MIT */
/*
 * What came back of a script's streams, in every state that it may be in. The guards themselves
 * make payloads in test_guard and in test/powershell.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>

#include "azure/payload.h"
#include "base/buffer.h"
#include "base/gzip.h"
#include "base/memory.h"
#include "unit/unit.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define OTHER "ffffffffffffffffffffffffffffffff"

enum { MIB = 1024 * 1024, FIRST_PIECE = 3900 };

/* The base64 of a gzip member that holds BYTES. */
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

struct streams {
    struct buffer output, errors;
};

/* What a guard sends of these, of which each has at most 2 * KEEP bytes here. */
static struct streams send(size_t keep, size_t output, size_t errors, const char *bytes,
                           size_t length)
{
    struct streams streams = {BUFFER_INIT, BUFFER_INIT};
    struct buffer encoded = BUFFER_INIT;
    size_t first;

    pack(&encoded, bytes, length);
    first = encoded.length < FIRST_PIECE ? encoded.length : FIRST_PIECE;
    buffer_print(&streams.output, "azfan:" NONCE " gzip %zu %zu %zu\n", keep, output, errors);
    buffer_append(&streams.output, encoded.data, first);
    buffer_add(&streams.errors, "azfan:" NONCE " gzip\n");
    buffer_append(&streams.errors, encoded.data + first, encoded.length - first);
    buffer_add(&streams.errors, "\n");
    buffer_done(&encoded);
    return streams;
}

static void streams_done(struct streams *streams)
{
    buffer_done(&streams->output);
    buffer_done(&streams->errors);
}

/* COUNT bytes that do not compress. */
static char *make_noise(size_t count)
{
    char *noise = memory_zeroed(count + 1, 1);
    uint32_t state = 1;

    for (size_t i = 0; i < count; i++) {
        state = state * 1664525U + 1013904223U;
        noise[i] = (char)(state >> 24);
    }
    return noise;
}

static struct payload unpack(struct streams *streams, size_t limit)
{
    return payload_unpack(&streams->output, &streams->errors, NONCE, limit);
}

static bool holds(const struct buffer *buffer, const char *bytes, size_t length)
{
    return buffer->length == length && (length == 0 || memcmp(buffer->data, bytes, length) == 0);
}

/* Any bytes, of any division into the two streams, come back as they were. */
START_TEST(what_was_packed_comes_back)
{
    static const size_t sizes[][2] = {{0, 0},       {1, 0},        {0, 1},      {5000, 0},
                                      {0, 5000},    {2500, 2500},  {100000, 1}, {1, 100000},
                                      {262144, 10}, {60000, 60000}};
    size_t most = 600000;
    char *bytes = memory_zeroed(most, 1);
    char *noise = make_noise(4000);

    for (size_t i = 0; i < most; i++)
        bytes[i] = (char)((i / 1000) + (i % 7));
    memcpy(bytes + 10, noise, 1500); /* NUL, invalid UTF-8, everything */
    for (int i = 0; i < UNIT_COUNT(sizes); i++) {
        size_t all = sizes[i][0] + sizes[i][1];
        struct streams streams = send(most, sizes[i][0], sizes[i][1], bytes, all);
        struct payload payload = unpack(&streams, MIB);

        ck_assert_msg(payload.there && !payload.output_cut && !payload.errors_cut, "row %d", i);
        ck_assert_msg(holds(&streams.output, bytes, sizes[i][0]), "row %d, output", i);
        ck_assert_msg(holds(&streams.errors, bytes + sizes[i][0], sizes[i][1]), "row %d, errors",
                      i);
        streams_done(&streams);
    }
    free(noise);
    free(bytes);
}
END_TEST

/* A head, the mark, and a tail; of the guard's own choice, and of output_limit's. */
static const struct {
    const char *what;
    size_t keep, output, errors;
    const char *sent;
    size_t limit;
    const char *expected, *expected_errors;
    bool output_cut, errors_cut;
} ends[] = {
    {"whole", 4, 8, 3, "12345678abc", 100, "12345678", "abc", false, false},
    {"the guard's ends", 4, 9, 3, "12346789abc", 100, "1234\n[… 1 bytes left out …]\n6789", "abc",
     true, false},
    {"of standard error", 2, 0, 1000, "abyz", 100, "", "ab\n[… 996 bytes left out …]\nyz", false,
     true},
    {"of both", 1, 5, 1000000000000, "19az", 100, "1\n[… 3 bytes left out …]\n9",
     "a\n[… 999999999998 bytes left out …]\nz", true, true},
    {"the limit's ends", 100, 10, 0, "1234567890", 6, "123\n[… 4 bytes left out …]\n890", "", true,
     false},
    {"exactly the limit", 100, 10, 0, "1234567890", 10, "1234567890", "", false, false},
    {"one more than the limit", 100, 10, 0, "1234567890", 9, "1234\n[… 1 bytes left out …]\n67890",
     "", true, false},
    {"the limit's ends of the guard's ends", 4, 100, 0, "12347890", 4,
     "12\n[… 96 bytes left out …]\n90", "", true, false},
    {"ends within the limit's ends", 2, 100, 0, "1290", 100, "12\n[… 96 bytes left out …]\n90", "",
     true, false},
    {"each has its own limit", 100, 4, 4, "1234abcd", 2, "1\n[… 2 bytes left out …]\n4",
     "a\n[… 2 bytes left out …]\nd", true, true},
    {"nothing is kept", 0, 7, 0, "", 100, "\n[… 7 bytes left out …]\n", "", true, false},
};

START_TEST(ends_come_with_a_mark)
{
    struct streams streams =
        send(ends[_i].keep, ends[_i].output, ends[_i].errors, ends[_i].sent, strlen(ends[_i].sent));
    struct payload payload = unpack(&streams, ends[_i].limit);

    ck_assert_msg(payload.there && payload.output_cut == ends[_i].output_cut &&
                      payload.errors_cut == ends[_i].errors_cut,
                  "%s", ends[_i].what);
    ck_assert_str_eq(buffer_text(&streams.output), ends[_i].expected);
    ck_assert_str_eq(buffer_text(&streams.errors), ends[_i].expected_errors);
    streams_done(&streams);
}
END_TEST

/* Never more than the limit and a mark, whatever a VM packs into its 8 KiB. */
START_TEST(a_bomb_does_not_go_off)
{
    size_t size = 4 * MIB;
    char *zeros = memory_zeroed(size, 1);
    struct streams streams = send(size, size, 0, zeros, size);
    struct payload payload;

    ck_assert_uint_lt(streams.output.length + streams.errors.length, 8192);
    payload = unpack(&streams, 1000);
    ck_assert(payload.there && payload.output_cut);
    ck_assert_uint_le(streams.output.length, 1000 + 64);
    streams_done(&streams);
    free(zeros);
}
END_TEST

#define LINE   "azfan:" NONCE " gzip"
#define TAIL   "azfan:" NONCE " tail"
#define NOTE   PAYLOAD_DAMAGED
#define HIDDEN "[compressed output]"
#define LONG   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"

/* What is no payload, or none that can be read. */
static const struct {
    const char *what;
    const char *output, *errors;
    const char *expected, *expected_errors;
    bool there, output_cut, errors_cut;
} texts[] = {
    {"nothing", "", "", "", "", false, false, false},
    {"plain text", "a\nb\n", "c\n", "a\nb\n", "c\n", false, false, false},
    {"base64 of the script's own", LONG LONG "\n", LONG, LONG LONG "\n", LONG, false, false, false},
    {"another nonce", "azfan:" OTHER " gzip 1 2 3\nAAAA", "azfan:" OTHER " gzip\nAAAA",
     "azfan:" OTHER " gzip 1 2 3\nAAAA", "azfan:" OTHER " gzip\nAAAA", false, false, false},
    {"not at the beginning of a line", "x" LINE " 1 2 3\nAAAA", "x" LINE "\nAAAA",
     "x" LINE " 1 2 3\nAAAA", "x" LINE "\nAAAA", false, false, false},
    {"numbers are missing", LINE " 1 2\nAAAA", "", LINE " 1 2\nAAAA", "", false, false, false},
    {"a number is too long", LINE " 1 2 1234567890123456\nAAAA", "",
     LINE " 1 2 1234567890123456\nAAAA", "", false, false, false},
    {"a number is none", LINE " 1 -2 3\nAAAA", "", LINE " 1 -2 3\nAAAA", "", false, false, false},
    {"another word", LINE "2 1 2 3\nAAAA", "", LINE "2 1 2 3\nAAAA", "", false, false, false},
    {"no base64", LINE " 1 2 3\n", LINE "\n", NOTE, NOTE, true, true, true},
    {"no base64, no line end", LINE " 1 2 3", LINE, NOTE, NOTE, true, true, true},
    {"no gzip", LINE " 1 2 3\n" LONG, LINE "\n" LONG "\n", NOTE, NOTE, true, true, true},
    {"what stands around it stays", "before\n" LINE " 1 2 3\n" LONG "\nafter\n",
     "b\n" LINE "\n" LONG "\nc", "before\n" NOTE "after\n", "b\n" NOTE "c", true, true, true},
    {"the line of standard output is lost", LONG LONG "\nafter", LINE "\n" LONG, HIDDEN "\nafter",
     NOTE, true, true, true},
    {"the line of standard error is lost", LINE " 1 2 3\n" LONG, LONG " x", NOTE, HIDDEN " x", true,
     true, true},
    {"a short word is no piece", LINE " 1 2 3\n" LONG, "sh: oops\n", NOTE, "sh: oops\n", true, true,
     true},
    {"standard error has not come", LINE " 1 2 3\n" LONG, "", NOTE, "", true, true, true},
    {"nothing was printed on standard error", LINE " 1 2 0\n" LONG, "", NOTE, "", true, true,
     false},
    {"standard output has not come", "", LINE "\n" LONG, "", NOTE, true, true, true},
    {"the last of several counts", LINE " 1 2 3\nAAAA\n" LINE " 1 2 3\nBBBB", LINE "\n",
     LINE " 1 2 3\nAAAA\n" NOTE, NOTE, true, true, true},
    {"a tail that is all", TAIL " 9 5 3\n12345", "abc", "12345", "abc", true, false, false},
    {"a tail", TAIL " 3 5 3\n345", "abc", "\n[… 2 bytes left out …]\n345", "abc", true, true,
     false},
    {"a tail of standard error", TAIL " 3 0 1000\n", "abc", "", "\n[… 997 bytes left out …]\nabc",
     true, false, true},
    {"Windows ends lines in its own way", TAIL " 3 5 3\r\n345", "abc",
     "\n[… 2 bytes left out …]\n345", "abc", true, true, false},
};

START_TEST(other_texts_stay)
{
    struct streams streams = {BUFFER_INIT, BUFFER_INIT};
    struct payload payload;

    buffer_add(&streams.output, texts[_i].output);
    buffer_add(&streams.errors, texts[_i].errors);
    payload = unpack(&streams, MIB);
    ck_assert_msg(payload.there == texts[_i].there && payload.output_cut == texts[_i].output_cut &&
                      payload.errors_cut == texts[_i].errors_cut,
                  "%s", texts[_i].what);
    ck_assert_str_eq(buffer_text(&streams.output), texts[_i].expected);
    ck_assert_str_eq(buffer_text(&streams.errors), texts[_i].expected_errors);
    streams_done(&streams);
}
END_TEST

/* A payload in which one byte is another one, or is missing, or one that ends anywhere: never a
 * text that nobody has printed, and nothing of the base64. */
START_TEST(damage_is_noticed)
{
    enum { SIZE = 5800 };
    char *noise = make_noise(SIZE);
    struct streams whole = send(SIZE, SIZE, 0, noise, SIZE);
    const char *piece = whole.output.data + FIRST_PIECE - 200;

    for (size_t at = 0; at < whole.output.length; at += at < 120 ? 1 : 97) {
        struct streams streams = {BUFFER_INIT, BUFFER_INIT};
        struct payload payload;

        buffer_append(&streams.output, whole.output.data, at);
        if (_i == 0)
            buffer_add_char(&streams.output, whole.output.data[at] == 'x' ? 'y' : 'x');
        if (_i < 2)
            buffer_append(&streams.output, whole.output.data + at + 1,
                          whole.output.length - at - 1);
        buffer_append(&streams.errors, whole.errors.data, whole.errors.length);
        payload = unpack(&streams, MIB);
        ck_assert(payload.there); /* the line of standard error is */
        ck_assert_ptr_null(memmem(buffer_text(&streams.output), streams.output.length, piece, 64));
        if (payload.errors_cut) {
            ck_assert_msg(streams.output.length < 100 + strlen(NOTE), "byte %zu", at);
            ck_assert_str_eq(buffer_text(&streams.errors), NOTE);
        } else { /* a byte of gzip's head that says nothing of the text */
            ck_assert_msg(holds(&streams.output, noise, SIZE), "byte %zu", at);
            ck_assert_uint_eq(streams.errors.length, 0);
        }
        streams_done(&streams);
    }
    streams_done(&whole);
    free(noise);
}
END_TEST

/* az's own answer, where nothing in it can be believed: no secret can be looked for in base64. */
static const struct {
    const char *text, *expected;
} answers[] = {
    {"", ""},
    {"plain /var/lib/waagent/run-command", "plain /var/lib/waagent/run-command"},
    {"no nonce: " LONG, "no nonce: " LONG},
    {"\"\\n[stdout]\\n" LINE " 1 2 3\\n" LONG LONG "==\\n\\nazfan:" NONCE " end=exit",
     "\"\\n[stdout]\\n" LINE " 1 2 3\\[compressed output]==\\n\\nazfan:" NONCE " end=exit"},
    {LONG "\\n\\nazfan:" NONCE " end=exit [stderr] " LONG,
     "[compressed output]\\n\\nazfan:" NONCE " end=exit [stderr] [compressed output]"},
    {LINE " 1 2 3\\n0123456789abcdef", LINE " 1 2 3\\n0123456789abcdef"},
};

START_TEST(pieces_are_hidden)
{
    struct buffer text = BUFFER_INIT;

    buffer_add(&text, answers[_i].text);
    payload_hide(&text, NONCE);
    ck_assert_str_eq(buffer_text(&text), answers[_i].expected);
    buffer_done(&text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("payload");
    TCase *all = tcase_create("payload");

    tcase_set_timeout(all, 60);
    tcase_add_test(all, what_was_packed_comes_back);
    tcase_add_loop_test(all, ends_come_with_a_mark, 0, UNIT_COUNT(ends));
    tcase_add_test(all, a_bomb_does_not_go_off);
    tcase_add_loop_test(all, other_texts_stay, 0, UNIT_COUNT(texts));
    tcase_add_loop_test(all, damage_is_noticed, 0, 3);
    tcase_add_loop_test(all, pieces_are_hidden, 0, UNIT_COUNT(answers));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
