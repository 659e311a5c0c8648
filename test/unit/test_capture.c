/* SPDX-License-Identifier: MIT */
#include "engine/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sys/fault.h"
#include "unit/unit.h"

enum { MOST = 1 << 18, FIRST_SIZE = 4096 };

static char stream[MOST];

/* A small generator of its own: the same bytes on every machine. No period that a ring could hide.
 */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void make_stream(void)
{
    uint32_t state = 2463534242U;

    for (size_t i = 0; i < sizeof stream; i++)
        stream[i] = (char)next_random(&state); /* every byte there is, NUL too */
}

/* What a capture of the first TOTAL bytes of the stream has to be: the definition in the header. */
static size_t expect(size_t total, size_t limit, char *text)
{
    size_t head = limit / 2;
    size_t tail = limit - head;
    int mark;

    if (total <= limit) {
        memcpy(text, stream, total);
        return total;
    }
    if (limit == 0)
        return 0;
    memcpy(text, stream, head);
    mark = sprintf(text + head, "\n[… %zu bytes left out …]\n", total - limit);
    memcpy(text + head + mark, stream + total - tail, tail);
    return limit + (size_t)mark;
}

/* Ends CAPTURE and compares. The capture is empty afterwards. */
static void check_finish(struct capture *capture, size_t total, size_t limit, const char *what)
{
    static char expected[MOST + 64];
    size_t length = expect(total, limit, expected);
    struct capture_text text;

    capture_finish(capture, &text);
    ck_assert_msg(text.length == length, "%s: total %zu limit %zu: %zu bytes instead of %zu", what,
                  total, limit, text.length, length);
    ck_assert_msg(length == 0 || memcmp(text.data, expected, length) == 0,
                  "%s: total %zu limit %zu: other bytes", what, total, limit);
    ck_assert_msg((text.data == NULL) == (length == 0), "%s: data of nothing", what);
    ck_assert_msg(text.dropped == (total > limit ? total - limit : 0),
                  "%s: total %zu limit %zu: %" PRIu64 " dropped", what, total, limit, text.dropped);
    capture_text_done(&text);
    ck_assert_ptr_null(text.data);
}

/* Adds bytes FROM to TO of the stream in chunks of CHUNK bytes; 0: of random sizes up to 9,000. */
static void add(struct capture *capture, size_t from, size_t to, size_t chunk, uint32_t *seed)
{
    while (from < to) {
        size_t size = chunk > 0 ? chunk : next_random(seed) % 9000;

        if (size > to - from)
            size = to - from;
        capture_add(capture, stream + from, size);
        from += size;
    }
}

static const size_t limits[] = {0,    1,    2,    3,    7,     64,    100,   4095,
                                4096, 4097, 6000, 8192, 16383, 16384, 32768, 65536};

/* Head, mark and tail are right at every limit, at and around each boundary, however it is read. */
START_TEST(test_limits)
{
    static const size_t chunks[] = {1, 7, 64, 4096, 4097, 16384, MOST};
    size_t limit = limits[_i];
    size_t totals[] = {0,
                       1,
                       2,
                       limit / 2,
                       limit / 2 + 1,
                       limit - 1,
                       limit,
                       limit + 1,
                       2 * limit - 1,
                       2 * limit,
                       limit + 5,
                       3 * limit,
                       3 * limit + 1};

    make_stream();
    for (int t = 0; t < UNIT_COUNT(totals); t++) {
        for (int c = 0; c < UNIT_COUNT(chunks); c++) {
            struct capture capture;

            if (totals[t] > MOST)
                continue;
            capture_init(&capture, limit);
            add(&capture, 0, totals[t], chunks[c], NULL);
            check_finish(&capture, totals[t], limit, "in equal chunks");
        }
    }
}
END_TEST

/* However the bytes are cut into reads, the result is the same. */
START_TEST(test_random_chunks)
{
    uint32_t seed = 88172645U + (uint32_t)_i;

    make_stream();
    for (int round = 0; round < 40; round++) {
        size_t limit = limits[next_random(&seed) % UNIT_COUNT(limits)] + next_random(&seed) % 3;
        size_t total = next_random(&seed) % (limit * 4 + 10);
        struct capture capture;

        capture_init(&capture, limit);
        add(&capture, 0, total < MOST ? total : MOST, 0, &seed);
        check_finish(&capture, total < MOST ? total : MOST, limit, "in random chunks");
    }
}
END_TEST

/* A child that prints little costs little, and one that prints much no more than the limit. */
START_TEST(test_memory_grows_with_what_is_kept)
{
    struct capture capture;

    make_stream();
    capture_init(&capture, 1 << 30);
    ck_assert_uint_eq(capture.capacity, 0);
    capture_add(&capture, stream, 10);
    ck_assert_uint_le(capture.capacity, FIRST_SIZE);
    check_finish(&capture, 10, 1 << 30, "little");

    capture_init(&capture, 10000);
    capture_add(&capture, stream, MOST);
    ck_assert_uint_le(capture.capacity, 10000);
    check_finish(&capture, MOST, 10000, "much");
}
END_TEST

/* More than 4 GiB are counted right. */
START_TEST(test_counts_beyond_32_bits)
{
    uint64_t rounds = (UINT64_C(5) << 30) / MOST;
    struct capture_text text;
    struct capture capture;

    make_stream();
    capture_init(&capture, 100);
    for (uint64_t i = 0; i < rounds; i++)
        capture_add(&capture, stream, MOST);
    capture_finish(&capture, &text);
    ck_assert_uint_eq(text.dropped, rounds * MOST - 100);
    ck_assert_ptr_nonnull(memmem(text.data, text.length, "[… 5368709020 bytes left out …]", 35));
    capture_text_done(&text);
}
END_TEST

/* A finished capture holds nothing and may be used again. */
START_TEST(test_finish_empties)
{
    struct capture capture;

    make_stream();
    capture_init(&capture, 64);
    capture_add(&capture, stream, 500);
    check_finish(&capture, 500, 64, "first");
    check_finish(&capture, 0, 64, "nothing");
    capture_add(&capture, stream, 70);
    check_finish(&capture, 70, 64, "second");
}
END_TEST

#ifdef AZFAN_FAULTS
/* Without any memory nothing fails: all is dropped and counted. */
START_TEST(test_no_memory_at_all)
{
    struct capture_text text;
    struct capture capture;

    make_stream();
    fault_arm("capture.realloc", 1000, ENOMEM);
    capture_init(&capture, 65536);
    add(&capture, 0, 50000, 16384, NULL);
    capture_finish(&capture, &text);
    ck_assert_int_gt(fault_hits(), 0);
    ck_assert_ptr_null(text.data);
    ck_assert_uint_eq(text.length, 0);
    ck_assert_uint_eq(text.dropped, 50000);
}
END_TEST

/* When memory ends half-way, what there is becomes the limit, and head, mark and tail are right. */
START_TEST(test_memory_ends)
{
    static const size_t befores[] = {1, 1000, 2047, 2048, 2049, 4000, 4095, 4096};
    static const size_t totals[] = {4096, 4097, 5000, 6143, 6144, 8192, 8193, 65536, 100000};
    static const size_t chunks[] = {1, 13, 4096, 16384, 0};
    uint32_t seed = 521288629U;

    make_stream();
    for (int t = 0; t < UNIT_COUNT(totals); t++) {
        for (int c = 0; c < UNIT_COUNT(chunks); c++) {
            struct capture capture;
            size_t before = befores[_i];

            capture_init(&capture, 65536);
            capture_add(&capture, stream, before);   /* takes FIRST_SIZE */
            fault_arm("capture.realloc", 1, ENOMEM); /* there is memory again, but it is too late */
            add(&capture, before, totals[t], chunks[c], &seed);
            ck_assert_int_eq(fault_hits(), totals[t] > FIRST_SIZE ? 1 : 0);
            fault_arm("capture.realloc", 0, 0);
            check_finish(&capture, totals[t], FIRST_SIZE, "memory ended");
        }
    }
}
END_TEST
#endif

static Suite *make_suite(void)
{
    Suite *suite = suite_create("capture");
    TCase *tcase = tcase_create("capture");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, test_limits, 0, UNIT_COUNT(limits));
    tcase_add_loop_test(tcase, test_random_chunks, 0, 10);
    tcase_add_test(tcase, test_memory_grows_with_what_is_kept);
    tcase_add_test(tcase, test_counts_beyond_32_bits);
    tcase_add_test(tcase, test_finish_empties);
#ifdef AZFAN_FAULTS
    tcase_add_test(tcase, test_no_memory_at_all);
    tcase_add_loop_test(tcase, test_memory_ends, 0, 8);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(make_suite)
