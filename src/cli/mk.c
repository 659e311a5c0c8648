/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "run/status.h"
#include "sys/file.h"

/* Where `make install` puts it below the prefix, which is two above the program. */
enum { INSTALLED = 2 };
static const char installed[] = "share/azfan/azfan.mk";

/* The folder that is LEVELS above the file PATH. free() it. */
static char *folder_above(const char *path, int levels)
{
    size_t length = strlen(path);

    for (; levels > 0 && length > 0; levels--) {
        while (length > 0 && path[length - 1] != '/')
            length--;
        length -= length > 0;
    }
    return memory_copy(path, length);
}

/* NAME in the folder that is LEVELS above PROGRAM; NULL: it is not there. free() it. */
static char *find(const char *program, int levels, const char *name)
{
    char *folder = folder_above(program, levels);
    char *place = memory_print("%s/%s", folder, name);

    free(folder);
    if (access(place, R_OK) == 0)
        return place;
    free(place);
    return NULL;
}

/* What is in the folder "build", or in one below that, was built and not installed. */
static char *find_where_built(const char *program)
{
    for (int levels = 1; levels <= 2; levels++) {
        char *folder = folder_above(program, levels);
        const char *slash = strrchr(folder, '/');
        bool is_build = slash != NULL && strcmp(slash, "/build") == 0;

        free(folder);
        if (is_build)
            return find(program, levels + 1, "share/azfan.mk");
    }
    return NULL;
}

static int complain(const char *program)
{
    char *prefix = folder_above(program, INSTALLED);
    struct error error;

    (void)error_set(&error,
                    "there is no %s/%s, where azfan.mk is installed with this azfan; `make "
                    "install` of azfan puts it there",
                    prefix, installed);
    free(prefix);
    return message_fail(STATUS_USAGE, error.text);
}

int cli_mk(const struct options *options, int *ret_signal)
{
    struct error error;
    char *program;
    char *place;
    int status = STATUS_OK;

    (void)options;
    (void)ret_signal;
    if (file_own_program(&program, &error) < 0)
        return message_fail(STATUS_TROUBLE, error.text);
    place = find(program, INSTALLED, installed);
    if (place == NULL)
        place = find_where_built(program);
    if (place != NULL)
        puts(place);
    else
        status = complain(program);
    free(place);
    free(program);
    return status;
}
