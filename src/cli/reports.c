/* SPDX-License-Identifier: MIT */
#include "cli/reports.h"

#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/options.h"
#include "report/json.h"
#include "report/text.h"
#include "run/result.h"
#include "sys/file.h"

static int check_report(const char *path, struct error *error)
{
    char *copy = memory_string(path);
    const char *parent = dirname(copy);
    struct stat status;
    int result = 0;

    if (access(parent, W_OK | X_OK) < 0)
        result = error_set(error, "cannot write --report %s: %s is not a folder one can write to",
                           path, parent);
    else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        result = error_set(error, "cannot write --report %s: it is a folder", path);
    free(copy);
    return result;
}

int reports_check(const struct options *options, struct error *error)
{
    for (size_t i = 0; i < options->reports.count; i++) {
        if (check_report(options->reports.list[i], error) < 0)
            return -1;
    }
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

int reports_write(const char *path, unsigned mode, const struct result *result, struct error *error)
{
    struct file_replacement file;

    if (file_replace_begin(&file, path, mode, error) < 0)
        return -1;
    if (ends_with(path, ".txt"))
        text_report_write(file.stream, result, false);
    else
        json_write(file.stream, result);
    return file_replace_commit(&file, error);
}

int reports_write_asked(const struct options *options, struct result *result, struct error *error)
{
    mode_t mask = umask(0);
    int status = 0;

    (void)umask(mask);
    for (size_t i = 0; i < options->reports.count; i++) {
        struct error cause;

        if (reports_write(options->reports.list[i], 0666 & ~mask, result, &cause) == 0)
            continue;
        result_trouble(result, cause.text);
        if (status == 0)
            status = error_set(error, "%s", cause.text);
    }
    return status;
}
