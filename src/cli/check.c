/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/number.h"
#include "base/strings.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/message.h"
#include "cli/options.h"
#include "job/job.h"
#include "run/status.h"

/* ---- the job files of a folder ------------------------------------------------------------ */

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* As a shell's *.yaml does: nothing hidden. A folder is no job, whatever its name. */
static int is_job(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && entry->d_type != DT_DIR && dot != NULL &&
           (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int compare(const struct dirent **one, const struct dirent **other)
{
    return strcmp((*one)->d_name, (*other)->d_name);
}

/* Appends the paths of all *.yaml and *.yml in FOLDER itself, sorted by their bytes. None is an
 * error. */
static int find_jobs(const char *folder, struct strings *names, struct error *error)
{
    size_t length = strlen(folder);
    const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_job, compare);

    if (count < 0)
        return error_set(error, "cannot read the folder %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        strings_print(names, "%s%s%s", folder, slash, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (count == 0)
        return error_set(error, "the folder %s holds no job file: no *.yaml, no *.yml", folder);
    return 0;
}

/* ---- the command -------------------------------------------------------------------------- */

static void print_good(const struct job *job)
{
    struct buffer line = BUFFER_INIT;

    text_add_line(&line, job->path);
    buffer_add(&line, ": ok, ");
    number_print_count(&line, job->target_count, "target", "targets");
    buffer_add(&line, "\n");
    message_print(&line);
    buffer_done(&line);
}

static int check_one(const struct options *options, const char *path)
{
    struct job *job;
    int status = load_job(options, path, LOAD_TO_SHOW, &job);

    if (status == STATUS_OK && !options->quiet)
        print_good(job);
    job_free(job);
    return status;
}

/* A file that is wrong weighs more than one that selects nothing. */
static int worse(int worst, int status)
{
    return status == STATUS_USAGE || worst == STATUS_OK ? status : worst;
}

static int check_folder(const struct options *options, const char *folder)
{
    struct strings paths = STRINGS_INIT;
    struct error error;
    int worst = STATUS_OK;

    if (find_jobs(folder, &paths, &error) < 0)
        worst = message_fail(STATUS_USAGE, error.text);
    for (size_t i = 0; i < paths.count; i++)
        worst = worse(worst, check_one(options, paths.list[i]));
    strings_done(&paths);
    return worst;
}

int cli_check(const struct options *options, int *ret_signal)
{
    int worst = STATUS_OK;

    (void)ret_signal;
    for (size_t i = 0; i < options->jobs.count; i++) {
        const char *path = options->jobs.list[i];

        worst =
            worse(worst, is_folder(path) ? check_folder(options, path) : check_one(options, path));
    }
    return worst;
}
