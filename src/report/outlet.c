/* SPDX-License-Identifier: MIT */
#include "report/outlet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

void outlet_open(struct outlet *outlet, int fd)
{
    *outlet = (struct outlet){.fd = fd};
}

bool outlet_is_waiting(const struct outlet *outlet)
{
    return outlet->written < outlet->waiting.length;
}

static void drop_waiting(struct outlet *outlet)
{
    buffer_done(&outlet->waiting);
    outlet->written = 0;
}

/*
 * One write. A pipe that polls as writable takes PIPE_BUF bytes without
 * waiting (pipe(7)), and so no more than that is written at a time.
 */
static void write_some(struct outlet *outlet)
{
    size_t left = outlet->waiting.length - outlet->written;
    ssize_t count = write(outlet->fd, outlet->waiting.data + outlet->written,
                          left < PIPE_BUF ? left : PIPE_BUF);

    if (count > 0)
        outlet->written += (size_t)count;
    else if (errno != EINTR && errno != EAGAIN)
        outlet->broken = true;
    if (outlet->broken || !outlet_is_waiting(outlet))
        drop_waiting(outlet);
}

static void write_while_taken(struct outlet *outlet, int patience)
{
    struct pollfd reader = {.fd = outlet->fd, .events = POLLOUT};

    while (outlet_is_waiting(outlet) && poll(&reader, 1, patience) != 0)
        write_some(outlet);
}

void outlet_push(struct outlet *outlet)
{
    write_while_taken(outlet, 0);
}

void outlet_add(struct outlet *outlet, struct buffer *text)
{
    if (!outlet->broken)
        buffer_append(&outlet->waiting, buffer_text(text), text->length);
    buffer_done(text);
    outlet_push(outlet);
}

void outlet_close(struct outlet *outlet)
{
    write_while_taken(outlet, -1);
    drop_waiting(outlet);
}
