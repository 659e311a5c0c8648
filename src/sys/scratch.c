/* SPDX-License-Identifier: MIT */
#include "sys/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/place.h"

static const char lock_name[] = "azfan.lock"; /* the mark of such a folder, too */

enum { TRIES = 100 };

enum { FAILED = -1, OURS, LOST };

/* Opens what mkdtemp(3) has just made. */
static int open_folder(struct scratch *scratch, struct error *error)
{
    scratch->folder = open(scratch->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (scratch->folder < 0)
        return error_set(error, "cannot open %s: %s", scratch->path, strerror(errno));
    return 0;
}

/*
 * Between the making of the folder and this lock a sweep may have got it, whatever it is made of:
 * then it is gone, or soon will be.
 */
static int lock_folder(struct scratch *scratch, struct error *error)
{
    struct stat status;
    int code;

    scratch->lock = openat(scratch->folder, lock_name,
                           O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (scratch->lock < 0)
        return errno == ENOENT
                   ? LOST
                   : error_set(error, "cannot write to %s: %s", scratch->path, strerror(errno));
    do {
        code = FAULT("scratch.flock") || flock(scratch->lock, LOCK_EX | LOCK_NB) < 0 ? errno : 0;
    } while (code == EINTR);
    if (code == EWOULDBLOCK ||
        (code == 0 && fstat(scratch->lock, &status) == 0 && status.st_nlink == 0))
        return LOST;
    if (code != 0)
        return error_set(
            error,
            "cannot lock %s/%s: %s; name a folder in TMPDIR on a file system that supports locks",
            scratch->path, lock_name, strerror(code));
    return OURS;
}

static int try_to_open(struct scratch *scratch, struct error *error)
{
    int result;

    *scratch = (struct scratch){NULL, -1, -1};
    if (file_make_temporary_folder(&scratch->path, error) < 0)
        return FAILED;
    result = open_folder(scratch, error);
    if (result == 0)
        result = lock_folder(scratch, error);
    return result;
}

int scratch_open(struct scratch *scratch, struct error *error)
{
    int result = LOST;

    (void)error_set(error, "cannot lock a temporary folder: others take them away");
    for (int i = 0; i < TRIES && result == LOST; i++) {
        struct error ignored;

        result = try_to_open(scratch, error);
        if (result != OURS)
            (void)scratch_close(scratch, &ignored);
    }
    return result == OURS ? 0 : -1;
}

/* By its descriptor: what was in it goes even where its name has gone already. */
static int remove_folder(const struct scratch *scratch, struct error *error)
{
    if (scratch->folder >= 0 && file_empty_folder(scratch->folder) < 0 && errno != ENOENT)
        return error_set(error, "cannot remove what is in %s: %s", scratch->path, strerror(errno));
    if (rmdir(scratch->path) < 0 && errno != ENOENT)
        return error_set(error, "cannot remove %s: %s", scratch->path, strerror(errno));
    return 0;
}

int scratch_close(struct scratch *scratch, struct error *error)
{
    int result = 0;

    if (scratch->path != NULL) {
        result = remove_folder(scratch, error);
        fd_close(&scratch->lock);
        fd_close(&scratch->folder);
    }
    free(scratch->path);
    *scratch = (struct scratch){NULL, -1, -1};
    return result;
}

/* ---- what others have left ---------------------------------------------------------------- */

/*
 * The time at which a file in the folder was written last, in seconds; of a folder without any,
 * when it was made. CLOCK_NEVER when that is not known.
 */
static int64_t last_written(int folder)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;
    struct stat status;
    int64_t newest = CLOCK_NEVER;

    if (list == NULL) {
        fd_close(&copy);
        return CLOCK_NEVER;
    }
    while ((entry = readdir(list)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (newest == CLOCK_NEVER || status.st_mtim.tv_sec > newest)
            newest = status.st_mtim.tv_sec;
    }
    (void)closedir(list);
    return newest == CLOCK_NEVER && fstat(folder, &status) == 0 ? status.st_mtim.tv_sec : newest;
}

/* Looked at before the lock is taken: a folder that was made just now is not even touched. */
static bool is_old(int folder, int64_t age)
{
    int64_t written = last_written(folder);

    return written != CLOCK_NEVER && clock_wall() / NUMBER_SECOND - written >= age / NUMBER_SECOND;
}

/* Ours and private. */
static bool is_ours(int folder)
{
    struct stat status;

    return fstat(folder, &status) == 0 && status.st_uid == geteuid() &&
           (status.st_mode & 0077) == 0;
}

/*
 * Marked, and nobody holds its lock; then *RET does, which is the caller's to close. An azfan that
 * was killed right after it had made the folder left no mark, and nothing else.
 */
static bool is_left(int folder, int *ret)
{
    *ret = openat(folder, lock_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    return *ret >= 0 && flock(*ret, LOCK_EX | LOCK_NB) == 0;
}

/* The folder NAME in PLACE. */
static bool sweep(int place, const char *name, int64_t age)
{
    int folder = openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int lock = -1;
    bool removed = folder >= 0 && is_ours(folder) && is_old(folder, age) &&
                   is_left(folder, &lock) && file_empty_folder(folder) == 0 &&
                   unlinkat(place, name, AT_REMOVEDIR) == 0;

    fd_close(&lock);
    fd_close(&folder);
    return removed;
}

static int sweep_place(int place, int64_t age)
{
    DIR *list = fdopendir(place);
    struct dirent *entry;
    int removed = 0;

    if (list == NULL) {
        fd_close(&place);
        return 0;
    }
    while ((entry = readdir(list)) != NULL) {
        if (fnmatch("azfan-??????", entry->d_name, 0) == 0 && sweep(place, entry->d_name, age))
            removed++;
    }
    (void)closedir(list);
    return removed;
}

int scratch_sweep(int64_t age)
{
    const char *path;
    int place;

    for (size_t i = 0; (path = place_temporary(i)) != NULL; i++) {
        struct error ignored;

        if (place_open_temporary(path, &place, &ignored) == 0)
            return sweep_place(place, age);
    }
    return 0;
}
