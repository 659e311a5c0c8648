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
#include "page/page.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/plaintext.h"
#include "report/style.h"
#include "report/view.h"
#include "run/result.h"
#include "sys/file.h"
#include "sys/terminal.h"

static int check_report(const char *path, struct error *error)
{
    char *copy = memory_string(path);
    const char *parent = dirname(copy);
    struct stat status;
    int result = 0;

    if (access(parent, W_OK | X_OK) < 0)
        result =
            error_set(error, "cannot write --report %s: %s is not a folder that you can write to",
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

/* One format a suffix. What does not gather outputs has no use for IGNORE. */
static void write_json(FILE *stream, const struct result *result, const struct ignore *ignore)
{
    (void)ignore;
    json_write(stream, result);
}

static void write_text(FILE *stream, const struct result *result, const struct ignore *ignore)
{
    plaintext_write(stream, result, &(struct view){.outputs = VIEW_GROUPED, .ignore = ignore});
}

static void write_csv(FILE *stream, const struct result *result, const struct ignore *ignore)
{
    (void)ignore;
    csv_write(stream, result);
}

static void write_junit(FILE *stream, const struct result *result, const struct ignore *ignore)
{
    (void)ignore;
    junit_write(stream, result);
}

static const struct format {
    const char *suffix;
    void (*write)(FILE *stream, const struct result *result, const struct ignore *ignore);
} formats[] = {{".json", write_json}, {".txt", write_text},    {".xml", write_junit},
               {".csv", write_csv},   {".md", markdown_write}, {".html", page_write}};

static const struct format *find_format(const char *path)
{
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot != NULL && i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(dot, formats[i].suffix) == 0)
            return &formats[i];
    }
    return NULL;
}

bool reports_knows(const char *path)
{
    return find_format(path) != NULL;
}

int reports_write(const char *path, unsigned mode, const struct result *result,
                  const struct ignore *ignore, struct error *error)
{
    const struct format *format = find_format(path);
    struct file_replacement file;

    if (format == NULL) /* the caller has asked reports_knows() */
        return error_set(error, "cannot tell the format of %s", path);
    if (file_replace_begin(&file, path, mode, error) < 0)
        return -1;
    format->write(file.stream, result, ignore);
    return file_replace_commit(&file, error);
}

struct view reports_view(const struct options *options, int fd)
{
    static const enum view_outputs choices[] = {
        [OUTPUT_GROUPED] = VIEW_GROUPED, [OUTPUT_EACH] = VIEW_EACH, [OUTPUT_NONE] = VIEW_NONE};
    enum options_output output = options->output;

    if (output == OUTPUT_AUTO)
        output = options->quiet || options->verbose ? OUTPUT_NONE : OUTPUT_GROUPED;
    return (struct view){.outputs = choices[output],
                         .ignore = &options->ignore,
                         .brief = options->command != COMMAND_REPORT,
                         .colour = style_wanted(options->color, fd),
                         .width = terminal_size(fd).columns};
}

int reports_write_asked(const struct options *options, struct result *result, struct error *error)
{
    mode_t mask = umask(0);
    int status = 0;

    (void)umask(mask);
    for (size_t i = 0; i < options->reports.count; i++) {
        struct error cause;

        if (reports_write(options->reports.list[i], 0666 & ~mask, result, &options->ignore,
                          &cause) == 0)
            continue;
        result_trouble(result, cause.text);
        if (status == 0)
            status = error_set(error, "%s", cause.text);
    }
    return status;
}
