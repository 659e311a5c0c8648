/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A path is walked from "/" on, name by name, each folder opened in the one
 * before it and looked at through its own descriptor. Nothing that was looked at can be exchanged
 * behind our back: that would need somebody who can write to a folder which was found to be safe.
 */
#include "sys/place.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/fd.h"

enum {
    LINKS_MOST = 40,   /* as the kernel follows (path_resolution(7)) */
    NAMES_ROOM = 65536 /* for a user and a group with its members */
};

struct walk {
    const char *path; /* as the caller named it */
    char *seen;       /* what the descriptor stands for */
    char *rest;       /* still to go */
    int at;
    int links;
    bool make;    /* what is missing */
    uid_t system; /* the owner of "/" */
};

/* ---- who can change it -------------------------------------------------------------------- */

/*
 * Who has "/" can do as he likes with all below it. It is root nearly everywhere; where root has
 * no number here (user_namespaces(7)) it is nobody's.
 */
static bool is_trusted(const struct walk *walk, uid_t owner)
{
    return owner == 0 || owner == geteuid() || owner == walk->system;
}

static bool has_no_other_member(const struct group *group, const char *user)
{
    for (char **member = group->gr_mem; *member != NULL; member++) {
        if (strcmp(*member, user) != 0)
            return false;
    }
    return true;
}

/* The caller's own group, of his name, in which is nobody else. Root has none: his is for many. */
static bool is_private_group(gid_t id)
{
    char *room = memory_zeroed(2, NAMES_ROOM);
    struct passwd user;
    struct passwd *found_user = NULL;
    struct group group;
    struct group *found_group = NULL;
    bool private = false;

    if (geteuid() != 0) {
        (void)getpwuid_r(geteuid(), &user, room, NAMES_ROOM, &found_user);
        (void)getgrgid_r(id, &group, room + NAMES_ROOM, NAMES_ROOM, &found_group);
    }
    if (found_user != NULL && found_group != NULL)
    private = found_user->pw_gid == id && strcmp(found_user->pw_name, found_group->gr_name) == 0 &&
              has_no_other_member(found_group, found_user->pw_name);
    free(room);
    return private;
}

/* With an access list the mode's group is whoever the list names (acl(5)). */
static bool has_access_list(const char *path)
{
    return getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}

/* Can others put something else in the place of what is in the folder, and is ours? */
static bool can_be_changed(const char *path, const struct stat *status)
{
    if ((status->st_mode & S_ISVTX) != 0 || (status->st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return false;
    return (status->st_mode & S_IWOTH) != 0 || !is_private_group(status->st_gid) ||
           has_access_list(path);
}

static int refuse(const struct walk *walk, const char *why, struct error *error)
{
    return error_set(error, "cannot use %s: %s", walk->path, why);
}

static int refuse_owner(const struct walk *walk, const char *what, uid_t owner, struct error *error)
{
    return error_set(error,
                     "cannot use %s: %s %s belongs to somebody else (user %u), who can put another "
                     "in its place",
                     walk->path, what, walk->seen, (unsigned)owner);
}

static int refuse_mode(const struct walk *walk, mode_t mode, struct error *error)
{
    return error_set(error,
                     "cannot use %s: others can write to %s (mode %04o), and put something else in "
                     "its place: chmod go-w %s, or choose another folder",
                     walk->path, walk->seen, (unsigned)mode & 07777U, walk->seen);
}

static int check_folder(const struct walk *walk, const struct stat *status, struct error *error)
{
    if (!is_trusted(walk, status->st_uid))
        return refuse_owner(walk, "the folder", status->st_uid, error);
    if (can_be_changed(walk->seen, status))
        return refuse_mode(walk, status->st_mode, error);
    return 0;
}

/* ---- the way to it ------------------------------------------------------------------------ */

/* Takes the next name off what is still to go. NULL: it is there. free() it. */
static char *next_name(struct walk *walk)
{
    char *from = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(from, "/");
    char *name = length > 0 ? memory_copy(from, length) : NULL;

    memmove(walk->rest, from + length, strlen(from + length) + 1);
    return name;
}

static void see(struct walk *walk, const char *name)
{
    char *seen = memory_print("%s%s%s", walk->seen, walk->seen[1] != '\0' ? "/" : "", name);

    free(walk->seen);
    walk->seen = seen;
}

/* Goes back to where a link leads from, or to "/". */
static void forget(struct walk *walk)
{
    char *slash = strrchr(walk->seen, '/');

    slash[slash == walk->seen ? 1 : 0] = '\0';
}

static int stand_on(struct walk *walk, int fd)
{
    fd_close(&walk->at);
    walk->at = fd;
    return 0;
}

static int go_to_root(struct walk *walk, struct error *error)
{
    struct stat status;
    int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0) {
        fd_close(&fd);
        return refuse(walk, strerror(errno), error);
    }
    free(walk->seen);
    walk->seen = memory_string("/");
    walk->system = status.st_uid;
    (void)stand_on(walk, fd);
    return check_folder(walk, &status, error);
}

/* The link that FD stands for: what it says comes before what is still to go. */
static int follow(struct walk *walk, int fd, uid_t owner, struct error *error)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(fd, "", target, sizeof target);
    char *rest;

    if (!is_trusted(walk, owner))
        return refuse_owner(walk, "the symbolic link", owner, error);
    if (length <= 0 || (size_t)length == sizeof target)
        return refuse(walk, length < 0 ? strerror(errno) : strerror(ENAMETOOLONG), error);
    if (++walk->links > LINKS_MOST)
        return refuse(walk, strerror(ELOOP), error);
    rest = memory_print("%.*s/%s", (int)length, target, walk->rest);
    free(walk->rest);
    walk->rest = rest;
    forget(walk);
    return target[0] == '/' ? go_to_root(walk, error) : 0;
}

/* What is called NAME, a link itself, too. */
static int open_in(const struct walk *walk, const char *name)
{
    return openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static int open_or_make(const struct walk *walk, const char *name)
{
    int fd = open_in(walk, name);

    if (fd >= 0 || errno != ENOENT || !walk->make)
        return fd;
    if (mkdirat(walk->at, name, 0700) < 0 && errno != EEXIST)
        return -1;
    return open_in(walk, name);
}

/* Goes to what is called NAME. */
static int step(struct walk *walk, const char *name, struct error *error)
{
    struct stat status;
    int fd = open_or_make(walk, name);
    int result;

    see(walk, name);
    if (fd < 0 || fstat(fd, &status) < 0) {
        result = error_set(error, "cannot %s folder %s: %s", walk->make ? "make" : "use",
                           walk->seen, strerror(errno));
    } else if (S_ISLNK(status.st_mode)) {
        result = follow(walk, fd, status.st_uid, error);
    } else if (!S_ISDIR(status.st_mode)) {
        result = error_set(error, "cannot use %s: %s is not a folder", walk->path, walk->seen);
    } else {
        result = check_folder(walk, &status, error);
        if (result == 0)
            return stand_on(walk, fd);
    }
    fd_close(&fd);
    return result;
}

static int go(struct walk *walk, struct error *error)
{
    char *name;
    int result = 0;

    while (result == 0 && (name = next_name(walk)) != NULL) {
        result = strcmp(name, ".") == 0 ? 0 : step(walk, name, error);
        free(name);
    }
    return result;
}

static int begin(struct walk *walk, const char *path, struct error *error)
{
    char *here = path[0] != '/' ? getcwd(NULL, 0) : memory_string("");

    *walk = (struct walk){.path = path,
                          .seen = memory_string("/"),
                          .rest = memory_print("%s/%s", here != NULL ? here : "", path),
                          .at = -1};
    if (here == NULL)
        return error_set(error, "cannot tell where %s is: %s", path, strerror(errno));
    free(here);
    return go_to_root(walk, error);
}

static void end(struct walk *walk)
{
    fd_close(&walk->at);
    free(walk->seen);
    free(walk->rest);
}

/* ---- places ------------------------------------------------------------------------------- */

/* What the last name of PATH stands for, itself. */
static int open_last(const struct walk *walk, const char *name, int *ret, struct error *error)
{
    struct stat status;
    int fd;

    if (fstatat(walk->at, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return error_set(error, "cannot examine %s: %s", walk->path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return refuse(walk, "it is not a folder (or a symbolic link to one)", error);
    fd = openat(walk->at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        (void)error_set(error, "cannot open %s: %s", walk->path, strerror(errno));
    else if (status.st_uid != geteuid())
        (void)refuse(walk, "the folder belongs to somebody else", error);
    else if ((status.st_mode & 0077) != 0 && fchmod(fd, 0700) < 0)
        (void)error_set(error, "cannot make %s private: %s", walk->path, strerror(errno));
    else {
        *ret = fd;
        return 0;
    }
    fd_close(&fd);
    return -1;
}

/* Parts the last name from WALK's way. NULL: there is none. free() it. */
static char *take_last(struct walk *walk)
{
    size_t length = strlen(walk->rest);
    char *slash;
    char *name;

    while (length > 0 && walk->rest[length - 1] == '/')
        walk->rest[--length] = '\0';
    slash = strrchr(walk->rest, '/');
    if (slash == NULL)
        return NULL;
    name = memory_string(slash + 1);
    slash[1] = '\0';
    return name;
}

static int make_last(struct walk *walk, int *ret, struct error *error)
{
    char *name = take_last(walk);
    int result;

    if (name == NULL)
        return refuse(walk, "it is not a folder for azfan alone", error);
    walk->make = true;
    result = go(walk, error);
    if (result == 0 && mkdirat(walk->at, name, 0700) < 0 && errno != EEXIST)
        result = error_set(error, "cannot make folder %s: %s", walk->path, strerror(errno));
    if (result == 0)
        result = open_last(walk, name, ret, error);
    free(name);
    return result;
}

int place_make(const char *path, int *ret, struct error *error)
{
    struct walk walk;
    int result;

    if (path[0] == '\0')
        return error_set(error, "cannot make a folder without a name");
    result = begin(&walk, path, error);
    if (result == 0)
        result = make_last(&walk, ret, error);
    end(&walk);
    return result;
}

/* Stricter than above it: there is always another place. */
static int check_temporary(const struct walk *walk, struct error *error)
{
    struct stat status;
    bool is_for_all;

    if (fstat(walk->at, &status) < 0)
        return refuse(walk, strerror(errno), error);
    is_for_all =
        (status.st_mode & S_ISVTX) != 0 && (status.st_uid == 0 || status.st_uid == walk->system);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !is_for_all)
        return refuse_mode(walk, status.st_mode, error);
    return 0;
}

int place_open_temporary(const char *path, int *ret, struct error *error)
{
    struct walk walk;
    int result = begin(&walk, path, error);

    if (result == 0)
        result = go(&walk, error);
    if (result == 0)
        result = check_temporary(&walk, error);
    if (result == 0) {
        *ret = openat(walk.at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (*ret < 0)
            result = refuse(&walk, strerror(errno), error);
    }
    end(&walk);
    return result;
}

const char *place_temporary(size_t index)
{
    const char *const places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i] != NULL && places[i][0] == '/' && index-- == 0)
            return places[i];
    }
    return NULL;
}

/* ---- files -------------------------------------------------------------------------------- */

/* O_NONBLOCK: opening a FIFO that nobody reads must not hang. */
static int open_old(int folder, const char *name)
{
    int fd = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;

    if (fd < 0)
        return errno == ENOENT ? -ENOENT : errno == ELOOP || errno == ENXIO ? -EEXIST : -errno;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        status.st_nlink == 1 && (status.st_mode & 0077) == 0)
        return fd;
    fd_close(&fd);
    return -EEXIST;
}

int place_new_file(int folder, const char *name)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    return fd < 0 ? -errno : fd;
}

int place_open_file(int folder, const char *name)
{
    int fd = open_old(folder, name);

    if (fd != -ENOENT)
        return fd;
    fd = place_new_file(folder, name);
    /* Another one of the caller's programs may have made it in this instant. */
    return fd == -EEXIST ? open_old(folder, name) : fd;
}
