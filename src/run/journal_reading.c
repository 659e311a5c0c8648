/* SPDX-License-Identifier: MIT */
/* The second half of journal.h: how a journal is read, and what its torn end is. */
#include "run/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/fault.h"
#include "sys/fd.h"

enum { CHUNK = 65536 };

/* What became of a line, or of some bytes. */
enum { FAILED = -1, GO_ON, ENOUGH };

struct reading {
    const char *path;
    int fd;
    char *held; /* what was read and not given: a line that has no end yet */
    size_t length;
    size_t capacity;
    size_t number;  /* of the line that was given last */
    size_t wanted;  /* lines */
    bool from_tail; /* nobody knows which line of the file NUMBER is */
    bool skipping;  /* until a line begins */
    bool grows;     /* it is read again from where it ended */
    journal_reader *read;
    void *context;
};

static int open_old(const char *path, struct error *error)
{
    struct stat status;
    /* O_NONBLOCK: opening a FIFO that nobody writes must not hang. */
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = FAULT("journal.open") ? -1 : open(path, flags);

    if (fd < 0)
        return error_set(error, "cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    (void)error_set(error, "cannot read %s: it is not a regular file", path);
    fd_close(&fd);
    return -1;
}

/*
 * The shared lock is given back at once, and disturbs no other reader. Who does not
 * get it cannot say that the writer is gone, whatever the error: ENOLCK is an NFS server whose
 * locks are away for a while. Where there are no locks at all journal_create() refuses to be.
 */
static bool is_locked(int fd)
{
    bool is = (FAULT("journal.flock_shared") || flock(fd, LOCK_SH | LOCK_NB) < 0) &&
              errno != EOPNOTSUPP && errno != ENOSYS;

    if (!is)
        (void)flock(fd, LOCK_UN);
    return is;
}

bool journal_is_live(const char *path)
{
    struct error ignored;
    int fd = open_old(path, &ignored);
    bool live = fd >= 0 && is_locked(fd);

    fd_close(&fd);
    return live;
}

static int refuse_line(const struct reading *reading, const char *why, struct error *error)
{
    if (reading->from_tail)
        return error_set(error, "cannot read the end of %s: %s", reading->path, why);
    return error_set(error, "cannot read %s, line %zu: %s", reading->path, reading->number, why);
}

static bool is_too_long(size_t length)
{
    return length > JOURNAL_LONGEST_LINE || FAULT("journal.long_line");
}

static int give(struct reading *reading, char *line, size_t length, struct error *error)
{
    struct error why = {""};

    if (reading->skipping) {
        reading->skipping = false;
        return GO_ON;
    }
    reading->number++;
    if (is_too_long(length))
        return refuse_line(reading, "it is too long to be a journal's", error);
    line[length] = '\0';
    if (reading->read(reading->context, reading->number, line, length, &why) < 0)
        return refuse_line(reading, why.text, error);
    return reading->number == reading->wanted ? ENOUGH : GO_ON;
}

/* Gives the lines that end in the COUNT bytes after those that are held, and holds the rest. */
static int give_lines(struct reading *reading, size_t count, struct error *error)
{
    char *line = reading->held;
    char *from = line + reading->length; /* no newline before that: no byte is looked at twice */
    char *end = from + count;
    char *newline;
    int result = GO_ON;

    while (result == GO_ON && (newline = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        result = give(reading, line, (size_t)(newline - line), error);
        line = from = newline + 1;
    }
    reading->length = (size_t)(end - line);
    memmove(reading->held, line, reading->length);
    return result;
}

/*
 * A crash can leave NULs: a file system may have put the new size on disk, and not the bytes. They
 * are the end of what can be read, and are not collected: it may be a hole of many GiB. In one that
 * another machine writes there may be bytes the next time.
 */
static int take(struct reading *reading, size_t count, struct error *error)
{
    const char *fresh = reading->held + reading->length;
    const char *nul = memchr(fresh, '\0', count);
    size_t good = nul != NULL ? (size_t)(nul - fresh) : count;
    int result = give_lines(reading, good, error);

    if (reading->grows && good < count)
        (void)lseek(reading->fd, -(off_t)(count - good), SEEK_CUR);
    if (result != GO_ON)
        return result;
    if (nul != NULL)
        return ENOUGH;
    if (reading->length > JOURNAL_LONGEST_LINE) {
        reading->number++;
        return refuse_line(reading, "it is too long to be a journal's", error);
    }
    return GO_ON;
}

/* Not by base/memory: what a VM printed decides how long a line is. */
static bool make_room(struct reading *reading, struct error *error)
{
    size_t need = reading->length + CHUNK;
    size_t capacity = reading->capacity + reading->capacity / 2;
    char *held;

    if (reading->held != NULL && need <= reading->capacity)
        return true;
    if (capacity < need)
        capacity = need;
    held = FAULT("journal.realloc") ? NULL : realloc(reading->held, capacity);
    if (held == NULL) {
        reading->number++;
        (void)refuse_line(reading, "there is no memory for it", error);
        return false;
    }
    reading->held = held;
    reading->capacity = capacity;
    return true;
}

static int read_some(struct reading *reading, struct error *error)
{
    ssize_t got;

    if (!make_room(reading, error))
        return FAILED;
    do {
        got =
            FAULT("journal.read") ? -1 : read(reading->fd, reading->held + reading->length, CHUNK);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set(error, "cannot read %s: %s", reading->path, strerror(errno));
    return got == 0 ? ENOUGH : take(reading, (size_t)got, error);
}

/* From where READING's descriptor stands. Closes it. */
static int read_lines(struct reading *reading, struct error *error)
{
    int result;

    do {
        result = read_some(reading, error);
    } while (result == GO_ON);
    fd_close(&reading->fd);
    free(reading->held);
    return result == FAILED ? -1 : 0;
}

static int begin(struct reading *reading, const char *path, journal_reader *read, void *context,
                 struct error *error)
{
    *reading = (struct reading){.path = path, .read = read, .context = context};
    reading->wanted = SIZE_MAX;
    reading->fd = open_old(path, error);
    return reading->fd < 0 ? -1 : 0;
}

int journal_read(const char *path, journal_reader *read, void *context, struct error *error)
{
    struct reading reading;

    if (begin(&reading, path, read, context, error) < 0)
        return -1;
    return read_lines(&reading, error);
}

int journal_read_first(const char *path, size_t count, journal_reader *read, void *context,
                       struct error *error)
{
    struct reading reading;

    if (begin(&reading, path, read, context, error) < 0)
        return -1;
    reading.wanted = count;
    return read_lines(&reading, error);
}

/* To the byte before the last MOST: when that is a newline, a line begins right after it. */
static int seek_tail(struct reading *reading, size_t most, struct error *error)
{
    off_t size = lseek(reading->fd, 0, SEEK_END);
    off_t start = size < 0 || (uint64_t)size <= most ? 0 : size - (off_t)most - 1;

    if (size < 0 || lseek(reading->fd, start, SEEK_SET) < 0)
        return error_set(error, "cannot read the end of %s: %s", reading->path, strerror(errno));
    reading->from_tail = size > 0 && (uint64_t)size > most;
    reading->skipping = reading->from_tail;
    return 0;
}

int journal_read_tail(const char *path, size_t most, journal_reader *read, void *context,
                      struct error *error)
{
    struct reading reading;

    if (begin(&reading, path, read, context, error) < 0)
        return -1;
    if (seek_tail(&reading, most, error) < 0) {
        fd_close(&reading.fd);
        return -1;
    }
    return read_lines(&reading, error);
}

/* ---- one that grows ------------------------------------------------------------------------ */

struct journal_follow {
    struct reading reading;
    char *path;
    int changes; /* inotify(7); -1: there is none left for this user */
};

/* What was opened, whatever is called so by now. */
static int watch_changes(int fd)
{
    int changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    char path[32];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (changes >= 0 &&
        inotify_add_watch(changes, path, IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB) < 0)
        fd_close(&changes);
    return changes;
}

int journal_follow_open(struct journal_follow **ret, const char *path, struct error *error)
{
    struct journal_follow *self = memory_zeroed(1, sizeof *self);

    *ret = NULL;
    self->path = memory_string(path);
    if (begin(&self->reading, self->path, NULL, NULL, error) < 0) {
        free(self->path);
        free(self);
        return -1;
    }
    self->reading.grows = true;
    self->changes = watch_changes(self->reading.fd);
    *ret = self;
    return 0;
}

static void forget_changes(const struct journal_follow *self)
{
    char events[4096];

    while (self->changes >= 0 && read(self->changes, events, sizeof events) > 0)
        ;
}

int journal_follow_lines(struct journal_follow *self, journal_reader *read, void *context,
                         struct error *error)
{
    int result;

    self->reading.read = read;
    self->reading.context = context;
    forget_changes(self); /* first: what changes from now on is told again */
    do {
        result = read_some(&self->reading, error);
    } while (result == GO_ON);
    return result == FAILED ? -1 : 0;
}

int journal_follow_fd(const struct journal_follow *follow)
{
    return follow->changes;
}

bool journal_follow_is_live(const struct journal_follow *follow)
{
    return is_locked(follow->reading.fd);
}

bool journal_follow_is_removed(const struct journal_follow *follow)
{
    struct stat status;

    return fstat(follow->reading.fd, &status) == 0 ? status.st_nlink == 0 : errno == ESTALE;
}

void journal_follow_close(struct journal_follow *self)
{
    if (self == NULL)
        return;
    fd_close(&self->reading.fd);
    fd_close(&self->changes);
    free(self->reading.held);
    free(self->path);
    free(self);
}
