/* SPDX-License-Identifier: MIT */
#include "run/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sys/file.h"

int folder_name_run(const char *job_name, int64_t wall, char **ret, struct error *error)
{
    char time[CLOCK_TEXT_SIZE];
    uint16_t random;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return error_set(error, "cannot name the run: the kernel has no random numbers (%s)",
                         strerror(errno));
    clock_print_compact(wall, time);
    *ret = memory_print("%s-%s-%04x", time, job_name, random);
    return 0;
}

int folder_of_runs(char **ret, struct error *error)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (state != NULL && state[0] == '/')
        *ret = memory_print("%s/azfan/runs", state);
    else if (home != NULL && home[0] == '/')
        *ret = memory_print("%s/.local/state/azfan/runs", home);
    else
        return error_set(error, "no place for runs: set HOME or XDG_STATE_HOME, or name a folder "
                                "(--run-dir)");
    return 0;
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

/* An empty folder may be there already; anything in it is somebody's, and stays as it is. */
static int refuse_what_is_there(const struct folder *folder, struct error *error)
{
    if (file_is_empty_folder(folder->path) != 0)
        return 0; /* what is no folder is told by file_make_private_folder() */
    if (access(folder->report, F_OK) == 0)
        return error_set(error, "%s already holds a run: choose another --run-dir, or remove it",
                         folder->path);
    return error_set(error, "%s is not empty: choose another --run-dir", folder->path);
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

int folder_open(struct folder *folder, const char *path, const char *run, struct error *error)
{
    char *output;
    int result;

    *folder = (struct folder){.path = NULL};
    if (path != NULL)
        folder->path = without_end(path);
    else if (default_path(run, &folder->path, error) < 0)
        return -1;
    folder->report = memory_print("%s/report.json", folder->path);
    folder->journal = memory_print("%s/journal.jsonl", folder->path);
    output = memory_print("%s/output", folder->path);
    result = refuse_what_is_there(folder, error);
    if (result == 0)
        result = file_make_private_folder(folder->path, error);
    if (result == 0)
        result = file_make_private_folder(output, error);
    free(output);
    if (result < 0)
        folder_close(folder);
    return result;
}

static int write_stream(const struct folder *folder, const char *label, const char *suffix,
                        const struct buffer *stream, struct error *error)
{
    char *path;
    int result;

    if (stream->length == 0)
        return 0;
    path = memory_print("%s/output/%s.%s", folder->path, label, suffix);
    for (char *slash = strchr(path + strlen(folder->path) + strlen("/output/"), '/'); slash != NULL;
         slash = strchr(slash, '/'))
        *slash = '+';
    result = file_write(path, 0600, stream->data, stream->length, error);
    free(path);
    return result;
}

int folder_write_output(const struct folder *folder, const char *label, const struct buffer *output,
                        const struct buffer *errors, struct error *error)
{
    if (write_stream(folder, label, "out", output, error) < 0)
        return -1;
    return write_stream(folder, label, "err", errors, error);
}

void folder_close(struct folder *folder)
{
    free(folder->path);
    free(folder->report);
    free(folder->journal);
    *folder = (struct folder){.path = NULL};
}
