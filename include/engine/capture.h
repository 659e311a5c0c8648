/* SPDX-License-Identifier: MIT */
/*
 * capture: what one stream of a child printed, within a limit.
 *
 * Keeps the first and the last half of LIMIT bytes; what is between them is
 * counted and dropped, and reading goes on, so a child never blocks on a full
 * pipe. Memory grows with what is kept, never beyond LIMIT and the mark. When
 * memory is short more is dropped; nothing fails.
 *
 *   capture_init(&capture, limit);
 *   capture_add(&capture, bytes, count)…;
 *   capture_finish(&capture, &text);   // the bytes are the caller's: capture_text_done()
 *
 * One thread at a time.
 */
#ifndef AZFAN_ENGINE_CAPTURE_H
#define AZFAN_ENGINE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands where bytes were left out, with their count between the two. */
#define CAPTURE_MARK_HEAD "\n[… "
#define CAPTURE_MARK_TAIL " bytes left out …]\n"

struct capture {
    char *data; /* the first half as read; after it the second half as a ring */
    size_t capacity;
    size_t limit;
    size_t head;    /* bytes in the first half */
    size_t tail;    /* bytes in the ring */
    size_t next;    /* where the ring is written next, from the start of the ring */
    uint64_t total; /* bytes that came */
};

struct capture_text {
    char *data; /* raw bytes, any; NULL when length is 0 */
    size_t length;
    uint64_t dropped; /* bytes left out between the halves; where, a mark line stands in DATA */
    bool complete;    /* the stream ended; false when reading was given up with a writer left */
};

void capture_init(struct capture *capture, size_t limit);
void capture_add(struct capture *capture, const char *bytes, size_t count);

/* Puts the halves together, with the mark between them, and empties CAPTURE. */
void capture_finish(struct capture *capture, struct capture_text *ret);

void capture_text_done(struct capture_text *text);

#endif
