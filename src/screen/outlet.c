/* SPDX-License-Identifier: MIT */
#include "screen/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"

void outlet_open(struct outlet *outlet, int fd)
{
    struct stat status = {.st_mode = 0};
    char path[32];
    int own = -1;

    (void)fstat(fd, &status);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))
        own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    *outlet = (struct outlet){
        .fd = own >= 0 ? own : fd, .owned = own >= 0, .socket = S_ISSOCK(status.st_mode)};
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
 * One write that does not wait. Where a pipe could not be opened anew, it still
 * takes PIPE_BUF bytes at once when it polls as writable (pipe(7)); a terminal
 * would promise nothing of the kind. False: nothing is taken at this moment.
 */
static bool write_some(struct outlet *outlet)
{
    size_t left = outlet->waiting.length - outlet->written;
    size_t size = left < PIPE_BUF ? left : PIPE_BUF;
    const char *bytes = outlet->waiting.data + outlet->written;
    ssize_t count = outlet->socket ? send(outlet->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                                   : write(outlet->fd, bytes, size);

    if (count > 0)
        outlet->written += (size_t)count;
    else if (errno != EINTR && errno != EAGAIN)
        outlet->broken = true;
    else
        return false;
    if (outlet->broken || !outlet_is_waiting(outlet))
        drop_waiting(outlet);
    return true;
}

void outlet_push(struct outlet *outlet)
{
    struct pollfd reader = {.fd = outlet->fd, .events = POLLOUT};

    while (outlet_is_waiting(outlet) && poll(&reader, 1, 0) > 0 && write_some(outlet))
        ;
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
    struct pollfd reader = {.fd = outlet->fd, .events = POLLOUT};

    while (outlet_is_waiting(outlet)) {
        (void)poll(&reader, 1, -1);
        (void)write_some(outlet);
    }
    drop_waiting(outlet);
    if (outlet->owned)
        fd_close(&outlet->fd);
}
