/* SPDX-License-Identifier: MIT */
/*
 * fd: small things about descriptors.
 *
 * Every descriptor that azfan opens is close-on-exec from the first moment.
 * Thread-safe.
 */
#ifndef AZFAN_SYS_FD_H
#define AZFAN_SYS_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Closes *FD if it is open (>= 0) and sets it to -1. Errors of close() are not errors here. */
void fd_close(int *fd);

/*
 * Opens /dev/null on each of 0, 1 and 2 that is closed, so that no pipe can
 * land there. First thing in main(). Returns 0, or -1 when /dev/null is gone.
 */
int fd_sanitize_standard(void);

/* Writes all of it, through EINTR and short writes. Returns 0 or -errno. */
int fd_write_all(int fd, const char *bytes, size_t length);

/* Is there nobody any more who could read what is written to FD, a pipe or a socket? Of anything
 * else false. */
bool fd_reader_has_left(int fd);

/* An eventfd (close-on-exec, non-blocking), or -errno. */
int fd_event(void);

/* Makes an eventfd readable. */
void fd_event_raise(int fd);

/* Makes an eventfd unreadable again. */
void fd_event_clear(int fd);

#endif
