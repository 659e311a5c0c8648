/* SPDX-License-Identifier: MIT */
#include "engine/spoken.h"

#include <string.h>

#include "sys/fd.h"

void spoken_init(struct spoken *spoken, int event)
{
    *spoken = (struct spoken){.event = event};
    (void)pthread_mutex_init(&spoken->mutex, NULL);
}

void spoken_destroy(struct spoken *spoken)
{
    buffer_done(&spoken->text);
    (void)pthread_mutex_destroy(&spoken->mutex);
}

void spoken_clear(struct spoken *spoken)
{
    (void)pthread_mutex_lock(&spoken->mutex);
    spoken->text.length = 0;
    spoken->taken = 0;
    (void)pthread_mutex_unlock(&spoken->mutex);
}

void spoken_add(struct spoken *spoken, const char *bytes, size_t count)
{
    size_t room;

    (void)pthread_mutex_lock(&spoken->mutex);
    room = SPOKEN_MOST - spoken->text.length;
    buffer_append(&spoken->text, bytes, count < room ? count : room);
    (void)pthread_mutex_unlock(&spoken->mutex);
    if (memchr(bytes, '\n', count) != NULL)
        fd_event_raise(spoken->event);
}

bool spoken_take(struct spoken *spoken, struct buffer *line)
{
    const char *begin;
    const char *end;

    (void)pthread_mutex_lock(&spoken->mutex);
    begin = buffer_text(&spoken->text) + spoken->taken;
    end = memchr(begin, '\n', spoken->text.length - spoken->taken);
    if (end != NULL) {
        buffer_append(line, begin, (size_t)(end - begin));
        spoken->taken += (size_t)(end - begin) + 1;
    }
    (void)pthread_mutex_unlock(&spoken->mutex);
    return end != NULL;
}
