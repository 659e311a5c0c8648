/* SPDX-License-Identifier: MIT */
#include "cli/gather.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "job/names.h"

bool gather_is_folder(const char *path)
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

int gather_jobs(const char *folder, struct names *names, struct error *error)
{
    size_t length = strlen(folder);
    const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_job, compare);

    if (count < 0)
        return error_set(error, "cannot read the folder %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = memory_print("%s%s%s", folder, slash, entries[i]->d_name);

        names_add(names, path);
        free(path);
        free(entries[i]);
    }
    free(entries);
    if (count == 0)
        return error_set(error, "the folder %s holds no job file: no *.yaml, no *.yml", folder);
    return 0;
}
