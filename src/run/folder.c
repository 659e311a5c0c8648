/* SPDX-License-Identifier: MIT */
#include "run/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/memory.h"
#include "run/order.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/place.h"

static const char output_name[] = "output";
static const char journal_name[] = "journal.jsonl";
static const char job_name[] = "job.yaml";

int folder_name_run(const char *name, int64_t wall, char **ret, struct error *error)
{
    char time[CLOCK_TEXT_SIZE];
    uint16_t random;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return error_set(error, "cannot name the run: the kernel has no random numbers (%s)",
                         strerror(errno));
    clock_print_compact(wall, time);
    *ret = memory_print("%s-%s-%04x", time, name, random);
    return 0;
}

int folder_check_id(const char *id, struct error *error)
{
    enum { LONGEST = 64 };
    size_t length = 0;

    while (ascii_is_alphanumeric(id[length]) ||
           (length > 0 && id[length] != '\0' && strchr("-_.", id[length]) != NULL))
        length++;
    if (length == 0 || length > LONGEST || id[length] != '\0')
        return error_set(error,
                         "must be 1 to %d letters, digits and - _ . that begin with a letter "
                         "or a digit, not \"%.80s\"",
                         LONGEST, id);
    if (strcmp(id, "latest") == 0)
        return error_set(error, "must not be latest: that means the run that was started last");
    return 0;
}

int folder_of_state(const char *name, char **ret, struct error *error)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (state != NULL && state[0] == '/')
        *ret = memory_print("%s/azfan/%s", state, name);
    else if (home != NULL && home[0] == '/')
        *ret = memory_print("%s/.local/state/azfan/%s", home, name);
    else
        return error_set(error, "no folder for runs: set HOME or XDG_STATE_HOME, or name a folder "
                                "(--run-dir)");
    return 0;
}

int folder_of_runs(char **ret, struct error *error)
{
    return folder_of_state("runs", ret, error);
}

static int default_path(const char *run, char **ret, struct error *error)
{
    char *runs = NULL;

    if (folder_of_runs(&runs, error) < 0)
        return -1;
    *ret = memory_print("%s/%s", runs, run);
    free(runs);
    return 0;
}

/* An empty folder may be there already; anything in it is somebody's, and stays as it is. OPTION
 * has chosen it. */
static int refuse_what_is_there(const struct folder *folder, const char *option,
                                struct error *error)
{
    if (file_is_empty_folder(folder->path) != 0)
        return 0; /* what is no folder is told by place_make() */
    if (access(folder->report, F_OK) == 0)
        return error_set(error, "%s already holds a run: choose another %s, or remove it",
                         folder->path, option);
    return error_set(error, "%s is not empty: choose another %s", folder->path, option);
}

/* Twice: once it is private nobody can put anything into it any more. */
static int make_folder(struct folder *folder, const char *option, struct error *error)
{
    if (refuse_what_is_there(folder, option, error) < 0 ||
        place_make(folder->path, &folder->fd, error) < 0)
        return -1;
    return refuse_what_is_there(folder, option, error);
}

static int make_output(const struct folder *folder, struct error *error)
{
    if (mkdirat(folder->fd, output_name, 0700) < 0)
        return error_set(error, "cannot make folder %s/%s: %s", folder->path, output_name,
                         strerror(errno));
    return 0;
}

/* "link/" and "link/." are what the link leads to, and would not be seen to be one. */
static char *without_end(const char *path)
{
    size_t length = strlen(path);

    while (length > 1 &&
           (path[length - 1] == '/' || (path[length - 1] == '.' && path[length - 2] == '/')))
        length--;
    return memory_copy(path, length);
}

static void note_start(const char *run)
{
    struct error ignored;
    char *runs = NULL;

    if (folder_of_runs(&runs, &ignored) < 0)
        return;
    order_note(runs, run);
    free(runs);
}

int folder_open(struct folder *folder, const char *path, const char *run, struct error *error)
{
    *folder = (struct folder){.fd = -1};
    if (path != NULL)
        folder->path = without_end(path);
    else if (default_path(run, &folder->path, error) < 0)
        return -1;
    folder->report = memory_print("%s/report.json", folder->path);
    folder->journal = memory_print("%s/%s", folder->path, journal_name);
    folder->job = memory_print("%s/%s", folder->path, job_name);
    folder->found = file_is_empty_folder(folder->path) >= 0;
    if (make_folder(folder, path != NULL ? "--run-dir" : "--run-id", error) < 0 ||
        make_output(folder, error) < 0) {
        folder_close(folder);
        return -1;
    }
    if (path == NULL)
        note_start(run);
    return 0;
}

/* Opened for each file: it may have been removed, or something mounted there. */
static int write_in_output(const struct folder *folder, const char *name,
                           const struct buffer *stream)
{
    int output = openat(folder->fd, output_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int fd = output >= 0 ? place_new_file(output, name) : -errno;
    int code = fd;

    if (fd >= 0)
        code = fd_write_all(fd, stream->data, stream->length);
    fd_close(&fd);
    fd_close(&output);
    return code;
}

static int write_stream(const struct folder *folder, const char *label, const char *suffix,
                        const struct buffer *stream, struct error *error)
{
    char *name;
    int code;

    if (stream->length == 0)
        return 0;
    name = memory_print("%s.%s", label, suffix);
    for (char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash, '/'))
        *slash = '+';
    code = write_in_output(folder, name, stream);
    if (code < 0)
        (void)error_set(error, "cannot write %s/%s/%s: %s", folder->path, output_name, name,
                        strerror(-code));
    free(name);
    return code < 0 ? -1 : 0;
}

int folder_write_output(const struct folder *folder, const char *label, const struct buffer *output,
                        const struct buffer *errors, struct error *error)
{
    if (write_stream(folder, label, "out", output, error) < 0)
        return -1;
    return write_stream(folder, label, "err", errors, error);
}

int folder_write_job(const struct folder *folder, const char *text, struct error *error)
{
    int fd = place_new_file(folder->fd, job_name);
    int code = fd;

    if (fd >= 0)
        code = fd_write_all(fd, text, strlen(text));
    fd_close(&fd);
    return code < 0 ? error_set(error, "cannot write %s: %s", folder->job, strerror(-code)) : 0;
}

void folder_close(struct folder *folder)
{
    if (folder->path != NULL)
        fd_close(&folder->fd);
    free(folder->path);
    free(folder->report);
    free(folder->journal);
    free(folder->job);
    *folder = (struct folder){.fd = -1};
}

/* Nothing but what is azfan's own and empty of results; what else is there keeps its folder. */
static int remove_all(const struct folder *folder)
{
    if (unlinkat(folder->fd, journal_name, 0) < 0 && errno != ENOENT)
        return -errno;
    if (unlinkat(folder->fd, job_name, 0) < 0 && errno != ENOENT)
        return -errno;
    if (unlinkat(folder->fd, output_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return -errno;
    return folder->found || rmdir(folder->path) == 0 ? 0 : -errno;
}

int folder_remove(struct folder *folder, struct error *error)
{
    int code = remove_all(folder);

    if (code < 0)
        (void)error_set(error, "cannot remove %s: %s", folder->path, strerror(-code));
    folder_close(folder);
    return code < 0 ? -1 : 0;
}
