/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. `data` is one array. Its first limit/2 bytes are the
 * head, filled once. Behind it lies the ring of the rest, whose oldest byte is
 * overwritten once it is full. The array grows while it fills, so a child that
 * prints little costs little. At the end the ring is turned in place, so that
 * finishing needs no second copy, and the mark goes between the halves.
 */
#include "engine/capture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/fault.h"

enum { FIRST_SIZE = 4096, MARK_SIZE = 64 };

void capture_init(struct capture *capture, size_t limit)
{
    *capture = (struct capture){.limit = limit};
}

static size_t head_limit(const struct capture *capture)
{
    return capture->limit / 2;
}

static size_t ring_size(const struct capture *capture)
{
    return capture->limit - head_limit(capture);
}

/*
 * Makes room for NEED bytes, NEED at most the limit. When there is no memory
 * for that, the limit shrinks to what is there: the ring, which has not begun
 * to turn then, ends where the array ends.
 */
static void grow(struct capture *capture, size_t need)
{
    size_t capacity = capture->capacity > 0 ? capture->capacity : FIRST_SIZE;
    char *data;

    if (need <= capture->capacity)
        return;
    while (capacity < need)
        capacity *= 2;
    if (capacity > capture->limit)
        capacity = capture->limit;
    data = FAULT("capture.realloc") ? NULL : realloc(capture->data, capacity + MARK_SIZE);
    if (data == NULL) {
        capture->limit = capture->capacity;
        return;
    }
    capture->data = data;
    capture->capacity = capacity;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Fills the array from the front while it is not full; returns how many bytes it took. */
static size_t add_in_order(struct capture *capture, const char *bytes, size_t count)
{
    size_t used = capture->head + capture->tail;
    size_t room;

    grow(capture, smaller(used + count, capture->limit));
    room = smaller(count, capture->limit - smaller(used, capture->limit));
    if (room > 0)
        memcpy(capture->data + used, bytes, room);
    /* Told anew every time: the limit may just have shrunk, and with it the head. */
    capture->head = smaller(used + room, head_limit(capture));
    capture->tail = used + room - capture->head;
    return room;
}

/* Overwrites the oldest bytes of a full ring. */
static void add_in_ring(struct capture *capture, const char *bytes, size_t count)
{
    size_t size = ring_size(capture);
    char *ring;

    if (size == 0 || capture->data == NULL)
        return;
    ring = capture->data + head_limit(capture);
    if (count > size) { /* only the end of it will stay */
        bytes += count - size;
        count = size;
    }
    while (count > 0) {
        size_t part = smaller(count, size - capture->next);

        memcpy(ring + capture->next, bytes, part);
        capture->next = (capture->next + part) % size;
        bytes += part;
        count -= part;
    }
}

void capture_add(struct capture *capture, const char *bytes, size_t count)
{
    size_t taken = add_in_order(capture, bytes, count);

    capture->total += count;
    if (taken < count)
        add_in_ring(capture, bytes + taken, count - taken);
}

static void reverse(char *first, char *last)
{
    while (first < last) {
        char byte = *first;

        *first++ = *--last;
        *last = byte;
    }
}

/* Turns the ring so that its oldest byte comes first. */
static void straighten(struct capture *capture)
{
    char *ring = capture->data + capture->head;

    reverse(ring, ring + capture->next);
    reverse(ring + capture->next, ring + capture->tail);
    reverse(ring, ring + capture->tail);
}

/* Gives back what the array holds beyond LENGTH, when that is worth a call. */
static char *trim(char *data, size_t length, size_t capacity)
{
    char *trimmed = capacity - length < FIRST_SIZE / 4 ? data : realloc(data, length + 1);

    return trimmed != NULL ? trimmed : data;
}

void capture_finish(struct capture *capture, struct capture_text *ret)
{
    size_t kept = capture->head + capture->tail;
    uint64_t dropped = capture->total - kept;

    if (dropped > 0 && capture->data != NULL) {
        char mark[MARK_SIZE];
        int length =
            snprintf(mark, sizeof mark, CAPTURE_MARK_HEAD "%" PRIu64 CAPTURE_MARK_TAIL, dropped);
        size_t size = smaller((size_t)length, MARK_SIZE - 1);
        char *middle = capture->data + capture->head;

        straighten(capture);
        memmove(middle + size, middle, capture->tail);
        memcpy(middle, mark, size);
        kept += size;
    }
    ret->data = kept == 0 ? NULL : trim(capture->data, kept, capture->capacity + MARK_SIZE);
    if (kept == 0)
        free(capture->data);
    ret->length = kept;
    ret->dropped = dropped;
    *capture = (struct capture){.limit = capture->limit};
}

void capture_text_done(struct capture_text *text)
{
    free(text->data);
    *text = (struct capture_text){NULL, 0, 0, false};
}
