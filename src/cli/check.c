/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
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
#include "job/jobfile.h"
#include "job/overrides.h"
#include "job/problems.h"
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

/* ---- a check ------------------------------------------------------------------------------ */

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

/* ---- a list ------------------------------------------------------------------------------- */

/* Each character a column. */
static size_t columns_of(const char *text)
{
    size_t columns = 0;

    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

static size_t widest(const struct strings *paths)
{
    size_t widest = 0;

    for (size_t i = 0; i < paths->count; i++) {
        size_t columns = columns_of(paths->list[i]);

        widest = columns > widest ? columns : widest;
    }
    return widest;
}

static void add_job(struct buffer *line, const struct job *job, const char *path)
{
    if (job == NULL) {
        buffer_print(line, "  cannot be loaded: azfan check %s", path);
        return;
    }
    buffer_print(line, "%6zu target%s", job->target_count, job->target_count == 1 ? "" : "s");
    if (job->description != NULL)
        buffer_print(line, "%s  %s", job->target_count == 1 ? " " : "", job->description);
}

/* Nobody looks at the script, and nothing is told: for that there is the check. */
static void list_one(const struct options *options, const char *path, size_t width)
{
    struct overrides overrides = options_overrides(options);
    struct problems problems = {.count = 0};
    struct buffer line = BUFFER_INIT;
    struct buffer plain = BUFFER_INIT;
    struct job *job;

    overrides.secrets_may_miss = true;
    job = jobfile_load(path, &overrides, &problems);
    buffer_print(&line, "%s%*s", path, (int)(width - columns_of(path)), "");
    add_job(&line, job, path);
    text_add_line(&plain, buffer_text(&line));
    puts(buffer_text(&plain));
    buffer_done(&plain);
    buffer_done(&line);
    problems_done(&problems);
    job_free(job);
}
/* ---- the command -------------------------------------------------------------------------- */

/* The job files that OPTIONS mean. A folder without any is told of, and is an error. */
static int find_all(const struct options *options, struct strings *ret)
{
    struct error error;
    int status = STATUS_OK;

    for (size_t i = 0; i < options->jobs.count; i++) {
        const char *path = options->jobs.list[i];

        if (!is_folder(path))
            strings_add(ret, path);
        else if (find_jobs(path, ret, &error) < 0)
            status = message_fail(STATUS_USAGE, error.text);
    }
    return status;
}

int cli_check(const struct options *options, int *ret_signal)
{
    struct strings paths = STRINGS_INIT;
    int worst = find_all(options, &paths);
    size_t width = widest(&paths);

    (void)ret_signal;
    for (size_t i = 0; i < paths.count; i++) {
        if (options->list)
            list_one(options, paths.list[i], width);
        else
            worst = worse(worst, check_one(options, paths.list[i]));
    }
    strings_done(&paths);
    return worst;
}
