/* SPDX-License-Identifier: MIT */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

void fd_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

int fd_sanitize_standard(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* Standard descriptors must survive exec. open() gives the lowest free one, which is fd. */
        if (open("/dev/null", O_RDWR) != fd) /* NOLINT(android-cloexec-open) */
            return -1;
    }
    return 0;
}

int fd_write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        bytes += written;
        length -= (size_t)written;
    }
    return 0;
}

bool fd_reader_has_left(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = 0};

    return poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLERR) != 0;
}

int fd_event(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

void fd_event_raise(int fd)
{
    uint64_t one = 1;

    (void)fd_write_all(fd, (const char *)&one, sizeof one);
}

void fd_event_clear(int fd)
{
    uint64_t count;
    ssize_t ignored = read(fd, &count, sizeof count);

    (void)ignored;
}
