/* SPDX-License-Identifier: MIT */
#include "engine/lastline.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"

void lastline_init(struct lastline *lastline)
{
    *lastline = (struct lastline){.length = 0};
    (void)pthread_mutex_init(&lastline->mutex, NULL);
}

void lastline_destroy(struct lastline *lastline)
{
    (void)pthread_mutex_destroy(&lastline->mutex);
}

void lastline_clear(struct lastline *lastline)
{
    (void)pthread_mutex_lock(&lastline->mutex);
    lastline->length = lastline->last = 0;
    (void)pthread_mutex_unlock(&lastline->mutex);
}

static bool is_blank(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r')
            return false;
    }
    return true;
}

/* A piece of the line that is being printed. */
static void extend(struct lastline *lastline, const char *bytes, size_t count)
{
    size_t room = LASTLINE_LONGEST - lastline->length;
    size_t size = count < room ? count : room;

    if (size > 0)
        memcpy(lastline->line + lastline->length, bytes, size);
    lastline->length += size;
}

static void end_line(struct lastline *lastline)
{
    if (!is_blank(lastline->line, lastline->length)) {
        memcpy(lastline->last_line, lastline->line, lastline->length);
        lastline->last = lastline->length;
    }
    lastline->length = 0;
}

/* Where in BYTES the last line begins that ends there and is not blank; 0: none does. */
static size_t find_last(const char *bytes, size_t count)
{
    size_t end = count;

    while (end > 0) {
        const char *before = memrchr(bytes, '\n', end - 1);
        size_t start = before != NULL ? (size_t)(before - bytes) + 1 : 0;

        if (!is_blank(bytes + start, end - 1 - start))
            return start;
        end = start;
    }
    return 0;
}

/*
 * Of a flood only the two ends are looked at: the line that was begun before,
 * and the last ones.
 */
static void add(struct lastline *lastline, const char *bytes, size_t count)
{
    const char *newline = memrchr(bytes, '\n', count);
    size_t whole = newline != NULL ? (size_t)(newline - bytes) + 1 : 0;
    size_t start = find_last(bytes, whole);
    const char *first = whole > 0 ? memchr(bytes, '\n', whole) : NULL;

    if (first != NULL) {
        extend(lastline, bytes, (size_t)(first - bytes));
        end_line(lastline);
        if (start > (size_t)(first - bytes)) {
            extend(lastline, bytes + start,
                   (size_t)((const char *)memchr(bytes + start, '\n', whole - start) -
                            (bytes + start)));
            end_line(lastline);
        }
    }
    extend(lastline, bytes + whole, count - whole);
}

void lastline_add(struct lastline *lastline, const char *bytes, size_t count)
{
    (void)pthread_mutex_lock(&lastline->mutex);
    add(lastline, bytes, count);
    (void)pthread_mutex_unlock(&lastline->mutex);
}

void lastline_copy(struct lastline *lastline, struct buffer *buffer)
{
    (void)pthread_mutex_lock(&lastline->mutex);
    if (!is_blank(lastline->line, lastline->length))
        buffer_append(buffer, lastline->line, lastline->length);
    else
        buffer_append(buffer, lastline->last_line, lastline->last);
    (void)pthread_mutex_unlock(&lastline->mutex);
}
