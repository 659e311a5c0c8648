/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The file is at any moment: lines on disk (`committed`
 * bytes), lines that were written and not synced (up to `written`), and
 * perhaps, after a crash or a full disk, the torn end of one more. The first
 * thing that fails ends the writing for good: the file is cut back to
 * `committed`, the failure is kept until a commit tells it, and lines that
 * come later are dropped. So nothing is ever written after a torn line, and
 * a reader that stops at the first torn line has read all there is.
 */
#include "run/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/aside.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/file.h"

/* How long journal_create() tries to get a lock that only readers can have, for an instant each. */
#define LOCK_PATIENCE NUMBER_SECOND
#define LOCK_PAUSE    NUMBER_MILLISECOND

/* ---- making ---- */

static int refuse_creation(const char *path, int code, struct error *error)
{
    struct stat status;

    if (code != EEXIST)
        return error_set(error, "cannot make %s: %s", path, strerror(code));
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, "cannot make %s: something that is not a file is in its place",
                         path);
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
            return error_set(
                error,
                "cannot lock %s: %s; choose a --run-dir on a file system that supports locks", path,
                strerror(errno));
        if (clock_now() >= deadline)
            return error_set(error, "cannot lock %s: another program holds its lock", path);
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}

/* The lock belongs to what was opened (flock(2)), and a second time is another. */
static int open_again(struct journal *journal, struct error *error)
{
    char path[32];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", journal->lock);
    journal->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
    if (journal->fd >= 0)
        return 0;
    return error_set(error, "cannot open %s again: %s", journal->path, strerror(errno));
}

int journal_create(struct journal *journal, const char *path, struct error *error)
{
    *journal = (struct journal){.fd = -1, .lock = -1};
    journal->lock = open_new(path, error);
    if (journal->lock < 0)
        return -1;
    journal->path = memory_string(path);
    aside_keep_out(journal->lock);
    if (lock(journal->lock, path, error) == 0 && open_again(journal, error) == 0 &&
        file_sync_name(path, error) == 0)
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
        FAULT_HOLD("journal.fdatasync");
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
    /* From where it is, without a copy: the byte after a buffer is there, a NUL until now. */
    line->data[line->length] = '\n';
    return put(journal, line->data, line->length + 1);
}

static int put_on_disk(struct journal *journal)
{
    if (check_file(journal) < 0 || put_pending(journal) < 0 || sync_data(journal) < 0 ||
        check_file(journal) < 0)
        return -1;
    journal->committed = journal->written;
    return 0;
}

/* Nothing is written for LINE: it joins those that are held. */
static bool is_held_in_memory(const struct journal *journal, const struct buffer *line)
{
    return journal->pending.length + line->length + 1 <= JOURNAL_MOST_HELD;
}

/* A line to be held, or a commit (NULL), done where it may hang. */
struct work {
    struct journal *journal;
    struct buffer *line;
};

static void do_work(void *context)
{
    const struct work *work = context;
    int result = work->line != NULL ? hold(work->journal, work->line) : put_on_disk(work->journal);

    if (result < 0)
        give_up(work->journal);
}

static void work_aside(struct journal *journal, struct buffer *line)
{
    struct work work = {journal, line};
    int number = aside_call(do_work, &work);

    if (number == 0)
        return;
    journal->broken = true;
    (void)error_set(&journal->failure, "cannot write %s: the write was ended by signal %d",
                    journal->path, number);
}

void journal_add(struct journal *journal, struct buffer *line)
{
    if (!journal->broken && is_held_in_memory(journal, line))
        (void)hold(journal, line);
    else if (!journal->broken)
        work_aside(journal, line);
    buffer_done(line);
}

static bool has_news(const struct journal *journal)
{
    return journal->pending.length > 0 || journal->written > journal->committed;
}

int journal_commit(struct journal *journal, struct error *error)
{
    if (!journal->broken && has_news(journal))
        work_aside(journal, NULL);
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
    if (journal->path != NULL) { /* it was opened */
        aside_keep_out(-1);
        fd_close(&journal->lock);
    }
    buffer_done(&journal->pending);
    free(journal->path);
    journal->path = NULL;
}
