/* SPDX-License-Identifier: MIT */
/*
 * flood BYTES [out|err|both]: writes so many bytes, as fast as it can, and exits with 0.
 *
 * With both (the default) a block goes to standard output and the next to standard error, until
 * each has had half of BYTES. The text is lines of 64 bytes; the last line of a stream is "the
 * end".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 65536, LINE = 64 };

static char block[BLOCK];

static void fill(void)
{
    memset(block, '.', sizeof block);
    for (size_t i = LINE - 1; i < sizeof block; i += LINE)
        block[i] = '\n';
}

static void write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);

        if (written < 0 && errno != EINTR)
            _exit(1);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        }
    }
}

/* One block of what is LEFT for FD, the last one with its last line. */
static void write_block(int fd, unsigned long long *left)
{
    static const char end[] = "the end\n";
    size_t count = *left < BLOCK ? (size_t)*left : BLOCK;

    *left -= count;
    if (*left > 0 || count < sizeof end) {
        write_all(fd, block, count);
        return;
    }
    write_all(fd, block, count - (sizeof end - 1));
    write_all(fd, end, sizeof end - 1);
}

int main(int count, char **arguments)
{
    unsigned long long bytes = count > 1 ? strtoull(arguments[1], NULL, 10) : 0;
    const char *where = count > 2 ? arguments[2] : "both";
    unsigned long long output = strcmp(where, "err") == 0 ? 0 : bytes;
    unsigned long long errors = strcmp(where, "out") == 0 ? 0 : bytes;

    /* Thirty of them share a machine. Without a reader SIGPIPE ends it; this is for a stuck one. */
    (void)alarm(240);
    fill();
    if (output > 0 && errors > 0) {
        output -= bytes / 2;
        errors = bytes / 2;
    }
    while (output > 0 || errors > 0) {
        if (output > 0)
            write_block(1, &output);
        if (errors > 0)
            write_block(2, &errors);
    }
    return 0;
}
