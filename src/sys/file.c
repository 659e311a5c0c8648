/* SPDX-License-Identifier: MIT */
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/place.h"

enum { CHUNK = 65536 };

/* Appends what FD gives until its end; refuses more than LIMIT bytes. */
static int read_all(int fd, const char *name, size_t limit, struct buffer *buffer,
                    struct error *error)
{
    size_t start = buffer->length;

    for (;;) {
        ssize_t got;

        buffer_reserve(buffer, CHUNK);
        got = read(fd, buffer->data + buffer->length, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, "cannot read %s: %s", name, strerror(errno));
        buffer->length += (size_t)got;
        buffer->data[buffer->length] = '\0';
        if (buffer->length - start > limit)
            return limit < 1024
                       ? error_set(error, "%s is too large: more than %zu bytes", name, limit)
                       : error_set(error, "%s is too large: more than %zu KiB", name, limit / 1024);
        if (got == 0)
            return 0;
    }
}

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode) ? "a folder" : S_ISFIFO(mode) ? "a FIFO" : "not a regular file";
}

int file_read(const char *path, size_t limit, struct buffer *buffer, struct error *error)
{
    struct stat status;
    int result;
    /* O_NONBLOCK: opening a FIFO that nobody writes must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return error_set(error, "cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, &status) < 0)
        result = error_set(error, "cannot examine %s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        result = error_set(error, "cannot read %s: it is %s", path, kind_of(status.st_mode));
    else
        result = read_all(fd, path, limit, buffer, error);
    fd_close(&fd);
    return result;
}

int file_read_standard_input(size_t limit, struct buffer *buffer, struct error *error)
{
    return read_all(STDIN_FILENO, "standard input", limit, buffer, error);
}

char *file_absolute(const char *path)
{
    char *here = path[0] != '/' ? getcwd(NULL, 0) : NULL;
    char *absolute = here != NULL ? memory_print("%s/%s", here, path) : memory_string(path);

    free(here);
    return absolute;
}

char *file_beside(const char *base, const char *path)
{
    const char *slash = strrchr(base, '/');

    if (path[0] == '/' || slash == NULL)
        return memory_string(path);
    return memory_print("%.*s/%s", (int)(slash - base), base, path);
}

int file_make_private_folder(const char *path, struct error *error)
{
    int fd;

    if (place_make(path, &fd, error) < 0)
        return -1;
    fd_close(&fd);
    return 0;
}

int file_is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int empty = 1;

    if (folder == NULL)
        return -1;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            empty = 0;
    }
    (void)closedir(folder);
    return empty;
}

int file_lock_folder(const char *path, int *ret)
{
    *ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret < 0 || flock(*ret, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return 0;
    fd_close(ret);
    return -1;
}

/* Makes a folder in PLACE, if that is safe. */
static int make_temporary_in(const char *place, char **ret, struct error *error)
{
    char *path;
    int fd;

    if (place_open_temporary(place, &fd, error) < 0)
        return -1;
    fd_close(&fd); /* what was safe stays so: see place.h */
    path = memory_print("%s/azfan-XXXXXX", place);
    if (mkdtemp(path) != NULL) {
        *ret = path;
        return 0;
    }
    free(path);
    return error_set(error, "cannot make a folder in %s: %s", place, strerror(errno));
}

int file_make_temporary_folder(char **ret, struct error *error)
{
    struct buffer causes = BUFFER_INIT;
    struct error cause;
    const char *place;

    for (size_t i = 0; (place = place_temporary(i)) != NULL; i++) {
        if (make_temporary_in(place, ret, &cause) == 0) {
            buffer_done(&causes);
            return 0;
        }
        buffer_print(&causes, "%s%s", i > 0 ? "; " : "", cause.text);
    }
    (void)error_set(error,
                    "no place for a temporary folder: name one in TMPDIR that only you can write "
                    "to (%s)",
                    buffer_text(&causes));
    buffer_done(&causes);
    return -1;
}

static int remove_entry(int folder, const char *name);

/* Removes everything in the folder that FD (taken over) stands for. */
static int remove_contents(int fd)
{
    DIR *folder = fdopendir(fd);
    struct dirent *entry;
    int result = 0;

    if (folder == NULL) {
        fd_close(&fd);
        return -1;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            remove_entry(dirfd(folder), entry->d_name) < 0)
            result = -1;
    }
    (void)closedir(folder);
    return result;
}

static int remove_entry(int folder, const char *name)
{
    int fd;

    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return 0;
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || remove_contents(fd) < 0)
        return -1;
    return unlinkat(folder, name, AT_REMOVEDIR);
}

int file_empty_folder(int folder)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return copy < 0 ? -1 : remove_contents(copy);
}

int file_remove_tree(const char *path, struct error *error)
{
    if (remove_entry(AT_FDCWD, path) < 0)
        return error_set(error, "cannot remove %s: %s", path, strerror(errno));
    return 0;
}

int file_write(const char *path, unsigned mode, const char *bytes, size_t length,
               struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    int code;

    if (fd < 0)
        return error_set(error, "cannot write %s: %s", path, strerror(errno));
    code = fd_write_all(fd, bytes, length);
    fd_close(&fd);
    if (code < 0)
        return error_set(error, "cannot write %s: %s", path, strerror(-code));
    return 0;
}

static void replacement_done(struct file_replacement *file)
{
    free(file->path);
    free(file->temporary);
    *file = (struct file_replacement){NULL, NULL, NULL};
}

/* Where the bytes shall really go: a link stays, and what it points to is replaced. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);

    return real != NULL ? real : memory_string(path);
}

/* A FIFO nobody reads must not hold us up: opening it then fails with ENXIO. */
static int open_directly(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd >= 0 && fcntl(fd, F_SETFL, 0) < 0)
        fd_close(&fd);
    return fd;
}

/* In /tmp anybody can lay a link to a file of ours, which would be replaced. */
static bool is_foreign_link(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode) && status.st_uid != geteuid() &&
           status.st_uid != 0;
}

static int open_replacement(struct file_replacement *file, const char *path, unsigned mode,
                            struct error *error)
{
    struct stat status;
    bool direct = stat(path, &status) == 0 && !S_ISREG(status.st_mode);
    int fd;

    file->path = resolve(path);
    file->temporary = direct ? NULL : memory_print("%s.XXXXXX", file->path);
    fd = direct ? open_directly(path) : mkostemp(file->temporary, O_CLOEXEC);
    if (fd >= 0 && !direct && fchmod(fd, (mode_t)mode) < 0)
        fd_close(&fd);
    file->stream = fd < 0 ? NULL : fdopen(fd, "we");
    if (file->stream != NULL)
        return 0;
    (void)error_set(error, "cannot write %s: %s", path, strerror(errno));
    fd_close(&fd);
    file_replace_abandon(file);
    return -1;
}

int file_replace_begin(struct file_replacement *file, const char *path, unsigned mode,
                       struct error *error)
{
    *file = (struct file_replacement){NULL, NULL, NULL};
    if (is_foreign_link(path))
        return error_set(error, "cannot write %s: it is a symbolic link of somebody else's", path);
    return open_replacement(file, path, mode, error);
}

void file_replace_abandon(struct file_replacement *file)
{
    if (file->stream != NULL)
        (void)fclose(file->stream);
    if (file->temporary != NULL)
        (void)unlink(file->temporary);
    replacement_done(file);
}

int file_sync_name(const char *path, struct error *error)
{
    char *copy = memory_string(path);
    const char *folder = dirname(copy);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = 0;

    if (fd < 0 || ((FAULT("file.sync_name") || fsync(fd) < 0) && errno != EINVAL))
        result =
            error_set(error, "cannot put %s on disk: folder %s: %s", path, folder, strerror(errno));
    fd_close(&fd);
    free(copy);
    return result;
}

int file_replace_commit(struct file_replacement *file, struct error *error)
{
    bool written = fflush(file->stream) == 0 && !ferror(file->stream) &&
                   (file->temporary == NULL || fsync(fileno(file->stream)) == 0);
    int code = errno;
    struct error ignored;

    if (fclose(file->stream) != 0 && written) {
        written = false;
        code = errno;
    }
    file->stream = NULL;
    if (written && file->temporary != NULL && rename(file->temporary, file->path) < 0) {
        written = false;
        code = errno;
    }
    if (!written) {
        (void)error_set(error, "cannot write %s: %s", file->path, strerror(code));
        file_replace_abandon(file);
        return -1;
    }
    if (file->temporary != NULL)
        (void)file_sync_name(file->path, &ignored); /* it is whole, and where it should be */
    replacement_done(file);
    return 0;
}

static bool is_program(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* As it is named, through links: a program may go by the name it is called with. */
static int make_absolute(const char *program, char **ret, struct error *error)
{
    char *here;

    if (program[0] == '/') {
        *ret = memory_string(program);
        return 0;
    }
    here = getcwd(NULL, 0);
    if (here == NULL)
        return error_set(error, "cannot tell where %s is: %s", program, strerror(errno));
    *ret = memory_print("%s/%s", here, program);
    free(here);
    return 0;
}

static int find_by_path(const char *program, char **ret, struct error *error)
{
    struct stat status;

    if (!is_program(program))
        return error_set(error, "cannot run %s: %s", program,
                         stat(program, &status) < 0 ? strerror(errno)
                         : !S_ISREG(status.st_mode) ? "it is not a file"
                                                    : "it is not executable");
    return make_absolute(program, ret, error);
}

int file_own_program(char **ret, struct error *error)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);

    if (length < 0)
        return error_set(error, "cannot find this program's own file in /proc: %s",
                         strerror(errno));
    if ((size_t)length == sizeof path)
        return error_set(error, "this program's own path is too long");
    *ret = memory_copy(path, (size_t)length);
    return 0;
}

char *file_own_helper(const char *name)
{
    static const char *const folders[] = {"", "../libexec/azfan/"};
    struct error ignored;
    char *own = NULL;
    char *helper = NULL;

    (void)file_own_program(&own, &ignored);
    if (own == NULL)
        return NULL;
    strrchr(own, '/')[1] = '\0';
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && helper == NULL; i++) {
        helper = memory_print("%s%s%s", own, folders[i], name);
        if (!is_program(helper)) {
            free(helper);
            helper = NULL;
        }
    }
    free(own);
    return helper;
}

int file_find_program(const char *program, char **ret, struct error *error)
{
    const char *search = getenv("PATH");

    if (strchr(program, '/') != NULL)
        return find_by_path(program, ret, error);
    for (const char *at = search; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ":");
        char *path = memory_print("%.*s/%s", (int)length, at, program);

        if (at[0] == '/' && is_program(path)) {
            *ret = path;
            return 0;
        }
        free(path);
        at += length + (at[length] == ':' ? 1 : 0);
    }
    return error_set(error, "cannot find the program %s in PATH (%s)", program,
                     search != NULL ? search : "PATH is not set");
}
