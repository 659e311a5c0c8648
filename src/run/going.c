/* SPDX-License-Identifier: MIT */
#include "run/going.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/strings.h"
#include "run/folder.h"
#include "run/journal.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/place.h"

/* Who has the lock reads a few journals, and no more. */
#define LOCK_PATIENCE (10 * NUMBER_SECOND)
#define LOCK_PAUSE    (5 * NUMBER_MILLISECOND)

static const char lock_name[] = ".lock";

static char *name_register(struct error *error)
{
    char *path = NULL;

    (void)folder_of_state("going", &path, error);
    return path;
}

/* PATH of the entry ID; NULL: there is no register. free() it. */
static char *name_entry(const char *id)
{
    struct error ignored;
    char *folder = name_register(&ignored);
    char *path = folder != NULL ? memory_print("%s/%s", folder, id) : NULL;

    free(folder);
    return path;
}

/* ---- the lock ----------------------------------------------------------------------------- */

static int open_lock(const char *path, struct error *error)
{
    int folder = -1;
    int fd;

    if (place_make(path, &folder, error) < 0)
        return -1;
    fd = FAULT("going.lock") ? -EROFS : place_open_file(folder, lock_name);
    fd_close(&folder);
    if (fd >= 0)
        return fd;
    return error_set(error, "cannot open %s/%s: %s", path, lock_name, strerror(-fd));
}

static int wait_for_lock(int fd, const char *path, bool *ret_taken, struct error *error)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE};
    int64_t deadline = clock_now() + LOCK_PATIENCE;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EINTR)
            continue;
        *ret_taken = errno == EWOULDBLOCK || errno == EACCES;
        if (!*ret_taken)
            return error_set(error, "cannot lock %s/%s: %s", path, lock_name, strerror(errno));
        if (clock_now() >= deadline || FAULT("going.patience"))
            return error_set(error, "another azfan has held the lock of %s/%s for %d s", path,
                             lock_name, (int)(LOCK_PATIENCE / NUMBER_SECOND));
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}

int going_lock(bool *ret_taken, struct error *error)
{
    char *path = name_register(error);
    int fd = path != NULL ? open_lock(path, error) : -1;

    *ret_taken = false;
    if (fd >= 0 && wait_for_lock(fd, path, ret_taken, error) < 0)
        fd_close(&fd);
    free(path);
    return fd;
}

/* ---- entries ------------------------------------------------------------------------------ */

static bool is_live(const char *folder)
{
    char *path = memory_print("%s/journal.jsonl", folder);
    bool live = journal_is_live(path);

    free(path);
    return live;
}

/* The entry NAME of the register, when its run is going on. */
static void check_entry(int folder, const char *name, struct strings *runs)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(folder, name, target, sizeof target - 1);

    if (length < 0)
        return;
    target[length] = '\0';
    if (is_live(target))
        strings_add(runs, target);
    else
        (void)unlinkat(folder, name, 0);
}

static void list_entries(struct strings *runs)
{
    struct error ignored;
    char *path = name_register(&ignored);
    DIR *folder = path != NULL ? opendir(path) : NULL;
    struct dirent *item;

    while (folder != NULL && (item = readdir(folder)) != NULL)
        check_entry(dirfd(folder), item->d_name, runs);
    if (folder != NULL)
        (void)closedir(folder);
    free(path);
}

/* Those that no register has: an older azfan's. Old runs may be there by the thousand: of each no
 * more is asked than whether its journal is locked. */
static void list_folder(struct strings *runs)
{
    struct error ignored;
    char *path = NULL;
    DIR *folder = folder_of_runs(&path, &ignored) == 0 ? opendir(path) : NULL;
    struct dirent *item;

    while (folder != NULL && (item = readdir(folder)) != NULL) {
        char *run = item->d_name[0] != '.' ? memory_print("%s/%s", path, item->d_name) : NULL;

        if (run != NULL && is_live(run) && !going_has(item->d_name))
            strings_add(runs, run);
        free(run);
    }
    if (folder != NULL)
        (void)closedir(folder);
    free(path);
}

void going_list(struct strings *ret)
{
    *ret = (struct strings)STRINGS_INIT;
    list_entries(ret);
    list_folder(ret);
}

bool going_has(const char *id)
{
    char *path = name_entry(id);
    struct stat status;
    bool has = path != NULL && lstat(path, &status) == 0;

    free(path);
    return has;
}

int going_enter(const char *id, const char *folder, struct error *error)
{
    char *path = name_entry(id);
    char *whole = realpath(folder, NULL);
    int result = 0;

    if (path == NULL || whole == NULL || FAULT("going.enter") || symlink(whole, path) < 0)
        result = error_set(error, "cannot make the link %s to %s: %s", path != NULL ? path : id,
                           folder, strerror(errno));
    free(path);
    free(whole);
    return result;
}

void going_leave(const char *id)
{
    char *path = name_entry(id);

    if (path != NULL)
        (void)unlink(path);
    free(path);
}
