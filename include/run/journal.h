/* SPDX-License-Identifier: MIT */
/*
 * journal: the run's append-only record on disk, line by line.
 *
 * Knows lines, not what they mean (run/event writes them, run/replay reads
 * them). Lines are collected by journal_add() and put on disk together by one
 * journal_commit(): one write, one fdatasync, however many there are. Nothing
 * may be acted on or shown before its line is committed.
 *
 *   journal_create(&journal, path, error)      // new, 0600, locked
 *   journal_add(&journal, &line)…; journal_commit(&journal, error)…
 *   journal_close(&journal);
 *
 * The file is locked (flock(2)) as long as it is open, and no child inherits
 * it: whoever gets the lock knows that the azfan that wrote it is gone, even
 * after SIGKILL. What may hang is done by engine/aside, which does not hold the
 * lock. A file system that cannot lock is refused. SIGXFSZ must be ignored
 * (sys/signals). Main thread.
 */
#ifndef AZFAN_RUN_JOURNAL_H
#define AZFAN_RUN_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    JOURNAL_LONGEST_LINE = 1024 * 1024 * 1024, /* two streams of 64 MiB, each byte as \u00xx… */
    JOURNAL_MOST_HELD = 1024 * 1024            /* of lines not yet written; more go to the file */
};

struct journal {
    int fd;
    int lock; /* the same file, opened by itself, so that nothing that hangs in a write holds it */
    char *path;
    struct buffer pending; /* lines that are not written yet */
    int64_t written;       /* bytes in the file */
    int64_t committed;     /* of these, on disk, whole lines */
    bool broken;           /* something failed: nothing is written any more */
    bool told;             /* … and a commit has said so */
    struct error failure;  /* … in these words */
};

/*
 * Makes PATH, which must not be there (no symbolic link is followed), and syncs its folder. After
 * an error nothing is left at PATH that was not there before, and *JOURNAL may be closed or not.
 */
int journal_create(struct journal *journal, const char *path, struct error *error);

/*
 * Takes over LINE (which is empty afterwards): one JSON object without a newline. Holds little:
 * what is more than JOURNAL_MOST_HELD is written, not synced. What fails here, and a line longer
 * than JOURNAL_LONGEST_LINE, is told by the next commit.
 */
void journal_add(struct journal *journal, struct buffer *line);

/*
 * Puts all lines on disk; does nothing when none was added. The first failure (no space, the file
 * was removed or cut by somebody) is -1 with an error; the file is cut back to the last whole line
 * that was committed, as far as that can be, and later lines are dropped in silence (0).
 */
int journal_commit(struct journal *journal, struct error *error);

/* Not an error: what was not committed is lost, and cut off the file. */
void journal_close(struct journal *journal);

/* ---- reading ---- */

/*
 * Is an azfan writing PATH at this moment? False too when it is not there or cannot be opened, and
 * in the instant between its making and its lock, when it is empty. True when the lock could not
 * be asked for: only who got it knows that nobody writes.
 */
bool journal_is_live(const char *path);

/* One line, a NUL in the place of its newline, valid during the call; NUMBER counts the lines
 * given, from 1. -1 with an error stops the reading. */
typedef int journal_reader(void *context, size_t number, const char *line, size_t length,
                           struct error *error);

/*
 * Gives the lines of PATH to READ, from the first. The end of a journal may be torn by a crash:
 * a last line without a newline, or a line with NUL bytes and all after it, is dropped in silence.
 * A journal that is being written is read as far as it has come; its last lines may not be
 * committed yet. Refuses what is no regular file, and a line longer than JOURNAL_LONGEST_LINE.
 * Holds no more than one line. The error names the path, and the line where READ gave one.
 */
int journal_read(const char *path, journal_reader *read, void *context, struct error *error);

/* The same for the first COUNT lines, and for the last MOST bytes (from the first whole line in
 * them): for a quick look at many runs. */
int journal_read_first(const char *path, size_t count, journal_reader *read, void *context,
                       struct error *error);
int journal_read_tail(const char *path, size_t most, journal_reader *read, void *context,
                      struct error *error);

/* ---- reading one that grows ---- */

/*
 * Reads PATH as it is written, each line once:
 *
 *   journal_follow_open(&follow, path, &error)
 *   is_live = journal_follow_is_live(follow);          // first: then nothing is missed
 *   journal_follow_lines(follow, read, context, &error)
 *   poll(journal_follow_fd(follow), …) …               // and again
 *   journal_follow_close(follow);
 */
struct journal_follow;

/* On error *RET is NULL. */
int journal_follow_open(struct journal_follow **ret, const char *path, struct error *error);

/* Gives READ the lines that have become whole since the last time. */
int journal_follow_lines(struct journal_follow *follow, journal_reader *read, void *context,
                         struct error *error);

/* Readable once something has happened to the file on this machine; of a file that another one
 * writes it tells nothing, so that who waits looks from time to time. -1: it never does. */
int journal_follow_fd(const struct journal_follow *follow);

/* As journal_is_live(), of the file that was opened, wherever it is by now. */
bool journal_follow_is_live(const struct journal_follow *follow);

/* Has the file been removed? */
bool journal_follow_is_removed(const struct journal_follow *follow);

void journal_follow_close(struct journal_follow *follow);

#endif
