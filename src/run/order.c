/* SPDX-License-Identifier: MIT */
#include "run/order.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "sys/fd.h"
#include "sys/file.h"

/* Beyond this the file begins anew: some 25,000 runs. One more line may be after it. */
enum { LONGEST = 1024 * 1024, LIMIT = 2 * LONGEST };

static char *make_path(const char *runs)
{
    return memory_print("%s/.order", runs);
}

void order_note(const char *runs, const char *id)
{
    char *path = make_path(runs);
    char *line = memory_print("%s\n", id);
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = open(path, flags, 0600);
    struct stat status;

    /* One write at the end of the file: two azfans that start do not mix their lines. */
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_size < LONGEST || ftruncate(fd, 0) == 0))
        (void)fd_write_all(fd, line, strlen(line));
    fd_close(&fd);
    free(line);
    free(path);
}

/* Cuts the text into its lines. */
static void take_lines(struct order *order)
{
    char *line = order->text.data;
    size_t most = 0;

    for (size_t i = 0; i < order->text.length; i++)
        most += line[i] == '\n';
    order->ids = memory_zeroed(most, sizeof *order->ids);
    while (order->count < most) {
        char *end = strchr(line, '\n');

        if (end == NULL) /* a NUL stands before it: nobody but a crash writes one */
            break;
        *end = '\0';
        order->ids[order->count++] = line;
        line = end + 1;
    }
}

void order_read(const char *runs, struct order *ret)
{
    char *path = make_path(runs);
    struct error ignored;

    *ret = (struct order){.text = BUFFER_INIT};
    if (file_read(path, LIMIT, &ret->text, &ignored) == 0)
        take_lines(ret);
    free(path);
}

void order_done(struct order *order)
{
    buffer_done(&order->text);
    free(order->ids);
    *order = (struct order){.text = BUFFER_INIT};
}
