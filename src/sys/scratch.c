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
#include "base/memory.h"
#include "sys/fd.h"
#include "sys/file.h"

static const char lock_name[] = "azfan.lock"; /* the mark of such a folder, too */

static char *lock_path(const char *folder)
{
    return memory_print("%s/%s", folder, lock_name);
}

int scratch_open(struct scratch *scratch, struct error *error)
{
    char *path;

    *scratch = (struct scratch){NULL, -1};
    if (file_make_temporary_folder(&scratch->path, error) < 0)
        return -1;
    path = lock_path(scratch->path);
    scratch->lock = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    free(path);
    if (scratch->lock >= 0) {
        (void)flock(scratch->lock,
                    LOCK_EX | LOCK_NB); /* without, nobody sweeps it: see is_left() */
        return 0;
    }
    (void)error_set(error, "cannot write to %s: %s", scratch->path, strerror(errno));
    (void)rmdir(scratch->path);
    free(scratch->path);
    scratch->path = NULL;
    return -1;
}

int scratch_close(struct scratch *scratch, struct error *error)
{
    int result = scratch->path != NULL ? file_remove_tree(scratch->path, error) : 0;

    if (scratch->path != NULL)
        fd_close(&scratch->lock);
    free(scratch->path);
    *scratch = (struct scratch){NULL, -1};
    return result;
}

/* ---- what others have left ---------------------------------------------------------------- */

/* The time at which something in the folder was written last; CLOCK_NEVER when that is not known.
 */
static int64_t last_written(int folder)
{
    int copy = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;
    struct stat status;
    int64_t newest = 0;

    if (list == NULL) {
        fd_close(&copy);
        return CLOCK_NEVER;
    }
    while ((entry = readdir(list)) != NULL) {
        if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            status.st_mtim.tv_sec > newest)
            newest = status.st_mtim.tv_sec;
    }
    (void)closedir(list);
    return newest * INT64_C(1000000000);
}

/* Ours, private, marked, and nobody holds its lock. */
static bool is_left(int folder)
{
    int lock = openat(folder, lock_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    bool left = lock >= 0 && fstat(folder, &status) == 0 && status.st_uid == geteuid() &&
                (status.st_mode & 0077) == 0 && flock(lock, LOCK_EX | LOCK_NB) == 0;

    if (lock >= 0)
        fd_close(&lock);
    return left;
}

static bool sweep(const char *path, int64_t age)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct error ignored;
    int64_t written;
    bool removed = false;

    if (folder < 0)
        return false;
    written = last_written(folder);
    if (is_left(folder) && written != CLOCK_NEVER && clock_wall() - written >= age)
        removed = file_remove_tree(path, &ignored) == 0;
    fd_close(&folder);
    return removed;
}

int scratch_sweep(int64_t age)
{
    const char *place = file_temporary_place();
    DIR *list = opendir(place);
    struct dirent *entry;
    int removed = 0;

    while (list != NULL && (entry = readdir(list)) != NULL) {
        char *path;

        if (fnmatch("azfan-??????", entry->d_name, 0) != 0)
            continue;
        path = memory_print("%s/%s", place, entry->d_name);
        if (sweep(path, age))
            removed++;
        free(path);
    }
    if (list != NULL)
        (void)closedir(list);
    return removed;
}
