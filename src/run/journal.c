/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The file is at any moment: lines on disk (`committed`
 * bytes), lines that were written and not synced (up to `written`), and
 * perhaps, after a crash or a full disk, the torn end of one more. The first
 * thing that fails ends the writing for good: the file is cut back to
 * `committed`, the failure is kept until a commit tells it, and lines that
 * come later are dropped. So nothing is ever written behind a torn line, and
 * a reader that stops at the first torn line has read all there is.
 */
#include "run/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "sys/fault.h"
#include "sys/fd.h"

/* How long journal_create() tries to get a lock that only readers can have, for an instant each. */
#define LOCK_PATIENCE NUMBER_SECOND
#define LOCK_PAUSE    NUMBER_MILLISECOND

enum { CHUNK = 65536 };

/* ---- making ---- */

static int refuse_creation(const char *path, int code, struct error *error)
{
    struct stat status;

    if (code != EEXIST)
        return error_set(error, "cannot make %s: %s", path, strerror(code));
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, "cannot make %s: something that is no file is in its place", path);
    return error_set(error,
                     "cannot make %s: the journal of another run is there; choose another "
                     "--run-dir",
                     path);
}

static int open_new(const char *path, struct error *error)
{
    /* O_EXCL alone refuses a symbolic link, dangling or not (open(2)); O_NOFOLLOW says it. */
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
    int fd = FAULT("journal.create") ? -1 : open(path, flags, 0600);

    return fd < 0 ? refuse_creation(path, errno, error) : fd;
}

/* Over SMB a lock that somebody else has is EACCES (flock(2), "CIFS details"). */
static bool is_taken(int code)
{
    return code == EWOULDBLOCK || code == EACCES;
}

/*
 * The file is new and ours, so nobody else writes it; but a journal_is_live() that came between its
 * making and this lock has a shared one for an instant. That is waited for. Not by a LOCK_EX that
 * blocks: a reader that was stopped in that instant would hold up the run for ever.
 *
 * A file system without locks is refused. Without the lock nobody could tell a run that goes on
 * from one that died, and who takes the one for the other runs its scripts a second time.
 */
static int lock(int fd, const char *path, struct error *error)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE};
    int64_t deadline = clock_now() + LOCK_PATIENCE;

    while (FAULT("journal.flock") || flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EINTR)
            continue;
        if (!is_taken(errno))
            return error_set(error,
                             "cannot lock %s: %s; choose a --run-dir on a file system that "
                             "has locks",
                             path, strerror(errno));
        if (clock_now() >= deadline)
            return error_set(error, "cannot lock %s: another program holds its lock", path);
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}

/*
 * fsync(2): the file's own sync does not put its name on disk; its folder has to be synced too.
 * EINVAL is a file system that knows no such thing as syncing a folder (SMB): nothing can be done.
 */
static int sync_folder_of(const char *path, struct error *error)
{
    char *copy = memory_string(path);
    const char *folder = dirname(copy);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = 0;

    if (fd < 0 || ((FAULT("journal.fsync") || fsync(fd) < 0) && errno != EINVAL))
        result =
            error_set(error, "cannot put %s on disk: folder %s: %s", path, folder, strerror(errno));
    fd_close(&fd);
    free(copy);
    return result;
}

int journal_create(struct journal *journal, const char *path, struct error *error)
{
    *journal = (struct journal){.fd = -1};
    journal->fd = open_new(path, error);
    if (journal->fd < 0)
        return -1;
    journal->path = memory_string(path);
    if (lock(journal->fd, path, error) == 0 && sync_folder_of(path, error) == 0)
        return 0;
    (void)unlink(path); /* ours: O_EXCL made it. The next try shall not find it in its way. */
    journal_close(journal);
    return -1;
}

/* ---- writing ---- */

static const char *reason(int code)
{
    return code == EFBIG ? "it may not become larger (see ulimit -f)" : strerror(code);
}

/* A write that meets the end of the space is short (write(2)); the next one says why. */
static int put(struct journal *journal, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = FAULT("journal.write") ? -1 : write(journal->fd, bytes, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set(&journal->failure, "cannot write %s: %s", journal->path,
                             reason(errno));
        bytes += written;
        length -= (size_t)written;
        journal->written += written;
    }
    return 0;
}

static int put_pending(struct journal *journal)
{
    int result = put(journal, journal->pending.data, journal->pending.length);

    journal->pending.length = 0;
    return result;
}

/*
 * After an error the kernel may take the pages that it could not write for clean (fsync(2),
 * "errors" since Linux 4.13): another fdatasync would succeed and mean nothing. Hence it is never
 * repeated.
 */
static int sync_data(struct journal *journal)
{
    int code;

    do {
        code = FAULT("journal.fdatasync") ? -1 : fdatasync(journal->fd);
    } while (code < 0 && errno == EINTR);
    if (code < 0)
        return error_set(&journal->failure, "cannot put %s on disk: %s", journal->path,
                         reason(errno));
    return 0;
}

/* Writing and syncing go well in a file that has no name any more, or whose lines were cut off. */
static int check_file(struct journal *journal)
{
    struct stat status;
    bool gone;

    if (fstat(journal->fd, &status) == 0)
        gone = status.st_nlink == 0;
    else if (errno == ESTALE) /* what an NFS client gets when the server's file was removed */
        gone = true;
    else
        return error_set(&journal->failure, "cannot examine %s: %s", journal->path,
                         strerror(errno));
    if (gone)
        return error_set(&journal->failure, "%s was removed while the run went on", journal->path);
    if (status.st_size < journal->written)
        return error_set(&journal->failure, "%s was cut short while the run went on",
                         journal->path);
    return 0;
}

/*
 * Only where the end is our own: had somebody else appended to the file or cut it, `committed`
 * would be the wrong place, and ftruncate(2) could cut off lines or leave NULs. What stays, a
 * reader drops.
 */
static void cut_back(struct journal *journal)
{
    struct stat status;

    if (journal->written == journal->committed || fstat(journal->fd, &status) < 0 ||
        status.st_size != journal->written)
        return;
    if (!FAULT("journal.ftruncate") && ftruncate(journal->fd, journal->committed) == 0)
        journal->written = journal->committed;
}

static void give_up(struct journal *journal)
{
    journal->broken = true;
    cut_back(journal);
    buffer_done(&journal->pending);
}

static int hold(struct journal *journal, struct buffer *line)
{
    if (line->length > JOURNAL_LONGEST_LINE)
        return error_set(&journal->failure, "cannot write %s: a line of %zu bytes is too long",
                         journal->path, line->length);
    if (journal->pending.length + line->length + 1 > JOURNAL_MOST_HELD && put_pending(journal) < 0)
        return -1;
    if (line->length + 1 <= JOURNAL_MOST_HELD) {
        buffer_append(&journal->pending, line->data, line->length);
        buffer_add_char(&journal->pending, '\n');
        return 0;
    }
    /* From where it is, without a copy: the byte behind a buffer is there, a NUL until now. */
    line->data[line->length] = '\n';
    return put(journal, line->data, line->length + 1);
}

void journal_add(struct journal *journal, struct buffer *line)
{
    if (!journal->broken && hold(journal, line) < 0)
        give_up(journal);
    buffer_done(line);
}

static bool has_news(const struct journal *journal)
{
    return journal->pending.length > 0 || journal->written > journal->committed;
}

static int put_on_disk(struct journal *journal)
{
    if (check_file(journal) < 0 || put_pending(journal) < 0 || sync_data(journal) < 0 ||
        check_file(journal) < 0)
        return -1;
    journal->committed = journal->written;
    return 0;
}

int journal_commit(struct journal *journal, struct error *error)
{
    if (!journal->broken && has_news(journal) && put_on_disk(journal) < 0)
        give_up(journal);
    if (!journal->broken || journal->told)
        return 0;
    journal->told = true;
    return error_set(error, "%s", journal->failure.text);
}

void journal_close(struct journal *journal)
{
    if (journal->fd >= 0 && !journal->broken)
        cut_back(journal);
    fd_close(&journal->fd);
    buffer_done(&journal->pending);
    free(journal->path);
    journal->path = NULL;
}

/* ---- reading ---- */

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
    (void)error_set(error, "cannot read %s: it is no regular file", path);
    fd_close(&fd);
    return -1;
}

/*
 * The shared lock is given back at once by the close, and disturbs no other reader. Who does not
 * get it cannot say that the writer is gone, whatever the error: ENOLCK is an NFS server whose
 * locks are away for a while. Where there are no locks at all journal_create() refuses to be.
 */
bool journal_is_live(const char *path)
{
    struct error ignored;
    int fd = open_old(path, &ignored);
    bool live;

    if (fd < 0)
        return false;
    live = (FAULT("journal.flock_shared") || flock(fd, LOCK_SH | LOCK_NB) < 0) &&
           errno != EOPNOTSUPP && errno != ENOSYS;
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

/* Gives the lines that end in the COUNT bytes behind those that are held, and holds the rest. */
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
 * are the end of what can be read, and are not collected: it may be a hole of many GiB.
 */
static int take(struct reading *reading, size_t count, struct error *error)
{
    const char *fresh = reading->held + reading->length;
    const char *nul = memchr(fresh, '\0', count);
    int result = give_lines(reading, nul != NULL ? (size_t)(nul - fresh) : count, error);

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

int journal_read_first(const char *path, journal_reader *read, void *context, struct error *error)
{
    struct reading reading;

    if (begin(&reading, path, read, context, error) < 0)
        return -1;
    reading.wanted = 1;
    return read_lines(&reading, error);
}

/* To the byte before the last MOST: when that is a newline, a line begins right behind it. */
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
