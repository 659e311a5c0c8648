/* SPDX-License-Identifier: MIT */
#include "job/files.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/caseless.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/gzip.h"
#include "base/memory.h"
#include "base/text.h"
#include "job/job.h"
#include "job/jobkeys.h"
#include "job/loading.h"
#include "job/yaml.h"
#include "sys/file.h"

/* Windows takes no more than 260 characters, with the folder before it. */
enum { NAME_MOST = 200 };

bool files_is_reserved(const char *name)
{
    static const char *const names[] = {"script", "script.ps1", "runner.ps1", "output",
                                        "errors", "room",       "session",    ".azfan"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* ---- names -------------------------------------------------------------------------------- */

static bool has_harmful(const char *name)
{
    size_t length = strlen(name);

    for (size_t at = 0; at < length;) {
        uint32_t character = 0;
        size_t size = text_read_character(name + at, length - at, &character);

        if (size == 0 || character < 0x20 || text_is_harmful(character))
            return true;
        at += size;
    }
    return false;
}

/* Is the name from AT to END, whatever suffix it has, that of a device, as Windows has them in
 * every folder? */
static bool is_device(const char *at, const char *end)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    static const char *const numbered[] = {"com", "lpt"};
    static const char *const numbers[] = {"0", "1", "2", "3",        "4",        "5",       "6",
                                          "7", "8", "9", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3"};
    size_t length = strcspn(at, "./");
    char *name;
    bool is = false;

    if (at + length > end)
        length = (size_t)(end - at);
    while (length > 0 && at[length - 1] == ' ')
        length--;
    name = memory_copy(at, length);
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        is = is || strcasecmp(name, devices[i]) == 0;
    for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
        if (strncasecmp(name, numbered[i], 3) != 0)
            continue;
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
            is = is || strcmp(name + 3, numbers[k]) == 0;
    }
    free(name);
    return is;
}

/* One of the names in a path, from AT to END. */
static int check_part(const char *at, const char *end, enum job_shell shell, struct error *error)
{
    size_t length = (size_t)(end - at);

    if (length == 0)
        return error_set(error, "has an empty name in it: write each folder, and the file, once");
    if (strncmp(at, ".", length) == 0 || strncmp(at, "..", length) == 0)
        return error_set(error, "must not have . or .. in it: files are in the job file's folder, "
                                "or below it");
    if (shell == JOB_POWERSHELL && (end[-1] == '.' || end[-1] == ' '))
        return error_set(error, "has a name that ends in a dot or a blank, which Windows does not "
                                "have");
    if (shell == JOB_POWERSHELL && is_device(at, end))
        return error_set(error, "has the name of a device in it, which on Windows is not a file");
    return 0;
}

/* Says what is wrong with NAME, which is not empty. */
static int check_name(const char *name, enum job_shell shell, struct error *error)
{
    char *first;
    bool reserved;

    if (name[0] == '/')
        return error_set(error, "must be relative to the job file");
    if (strlen(name) > NAME_MOST)
        return error_set(error, "is longer than %d bytes", NAME_MOST);
    if (strpbrk(name, "\\:;") != NULL)
        return error_set(error, "must not have \\ : or ; in it: folders are followed by /");
    if (has_harmful(name))
        return error_set(error, "must not have control characters in it");
    if (shell == JOB_POWERSHELL && strpbrk(name, "<>\"|?*") != NULL)
        return error_set(error, "must not have < > \" | ? or * in it, which Windows does not take");
    for (const char *at = name, *end; at != NULL; at = *end == '/' ? end + 1 : NULL) {
        end = strchrnul(at, '/');
        if (check_part(at, end, shell, error) < 0)
            return -1;
    }
    first = memory_copy(name, strcspn(name, "/"));
    reserved = files_is_reserved(first);
    free(first);
    if (reserved)
        return error_set(
            error, "has the name of what azfan itself puts into that folder: choose another name");
    return 0;
}

/* Is PATH below FOLDER, where names have no case? */
static bool is_below(const char *path, const char *folder)
{
    for (const char *at = path; (at = strchr(at, '/')) != NULL; at++) {
        char *part = memory_copy(path, (size_t)(at - path));
        bool is = caseless_is_same(part, folder);

        free(part);
        if (is)
            return true;
    }
    return false;
}

/* Says when NAME cannot be beside the files before it. Windows has no case. */
static int check_others(const struct job *job, const char *name, struct error *error)
{
    bool windows = job->shell == JOB_POWERSHELL;

    for (size_t i = 0; i < job->files.count; i++) {
        const char *other = job->files.list[i].name;

        if (windows ? caseless_is_same(name, other) : strcmp(name, other) == 0)
            return error_set(error, "%s is named twice", name);
        if (windows && (is_below(name, other) || is_below(other, name)))
            return error_set(error,
                             "%s and %s: one is a folder and the other a file, and without regard "
                             "to case, as on Windows, they have the same name",
                             other, name);
    }
    return 0;
}

/* ---- what is in them ---------------------------------------------------------------------- */

/* PATH without links; NULL after an error. free() it. */
static char *find_real(const char *path, struct error *error)
{
    char *real = realpath(path, NULL);

    if (real == NULL)
        (void)error_set(error, "cannot open %s: %s", path, strerror(errno));
    return real;
}

/* Is the real path FILE below the folder of the job file? */
static int check_inside(const char *job_file, const char *path, const char *file,
                        struct error *error)
{
    char *copy = memory_string(job_file);
    char *folder = find_real(dirname(copy), error);
    int result = folder != NULL ? 0 : -1;

    if (folder != NULL) {
        size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

        if (strncmp(file, folder, length) != 0 || file[length] != '/')
            result = error_set(error, "%s is a link that leads out of the job file's folder, to %s",
                               path, file);
    }
    free(folder);
    free(copy);
    return result;
}

/* Appends FILE's bytes to ALL. */
static int read_bytes(const struct loading *loading, struct job_file *file, struct buffer *all,
                      struct error *error)
{
    char *path = file_beside(loading->path, file->name);
    char *real = find_real(path, error);
    size_t start = all->length;
    struct stat status;
    int result = -1;

    if (real != NULL && check_inside(loading->path, path, real, error) == 0) {
        if (stat(real, &status) < 0)
            result = error_set(error, "cannot examine %s: %s", path, strerror(errno));
        else if (S_ISDIR(status.st_mode))
            result = error_set(error, "%s is a folder: name the files in it", path);
        else
            result = file_read(real, JOB_FILES_LIMIT, all, error);
    }
    if (result < 0)
        all->length = start;
    if (result == 0) {
        file->executable = (status.st_mode & S_IXUSR) != 0;
        file->length = all->length - start;
        digest_print(buffer_text(all) + start, file->length, file->digest);
    }
    free(real);
    free(path);
    return result;
}

/* False: there is no room for more, which was told. */
static bool load_one(const struct loading *loading, const struct yaml_node *node,
                     struct buffer *all)
{
    struct job *job = loading->job;
    struct job_file file = {.name = node->text};
    struct error error;

    if (!jobkeys_is_text(loading, "an entry of files", node))
        return true;
    if (check_name(node->text, job->shell, &error) < 0)
        loading_problem(loading, node, "\"%.80s\" %s", node->text, error.text);
    else if (check_others(job, node->text, &error) < 0 ||
             read_bytes(loading, &file, all, &error) < 0)
        loading_problem(loading, node, "%s", error.text);
    else {
        file.name = memory_string(node->text);
        job->files.list[job->files.count++] = file;
    }
    if (all->length <= JOB_FILES_LIMIT)
        return true;
    loading_problem(loading, node, "the files up to this one are more than %d MiB",
                    JOB_FILES_LIMIT / 1024 / 1024);
    return false;
}

void files_load(const struct loading *loading, const struct yaml_node *list)
{
    struct job_files *files = &loading->job->files;
    struct buffer all = BUFFER_INIT;
    struct buffer packed = BUFFER_INIT;

    if (list == NULL)
        return;
    if (list->count > JOB_FILES_MOST) {
        loading_problem(loading, list, "files must have at most %d entries, not %zu",
                        JOB_FILES_MOST, list->count);
        return;
    }
    files->list = memory_zeroed(list->count, sizeof *files->list);
    for (size_t i = 0; i < list->count && load_one(loading, list->items[i], &all); i++)
        continue;
    gzip_pack(&packed, buffer_text(&all), all.length);
    files->packed_length = packed.length;
    files->packed = buffer_take(&packed);
    buffer_done(&all);
}
