/* SPDX-License-Identifier: MIT */
#include "cli/reports.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
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
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/terminal.h"

/* ---- formats ------------------------------------------------------------------------------ */

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

static const struct format *find_format(const char *suffix)
{
    for (size_t i = 0; suffix != NULL && i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(suffix, formats[i].suffix) == 0)
            return &formats[i];
    }
    return NULL;
}

static const struct format *format_of_name(const char *path)
{
    return find_format(strrchr(path, '.'));
}

static const struct format *format_of_word(const char *word)
{
    for (size_t i = 0; word != NULL && i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(word, formats[i].suffix + 1) == 0)
            return &formats[i];
    }
    return NULL;
}

bool reports_has_format(const char *word)
{
    return format_of_word(word) != NULL;
}

/* ---- where they go ------------------------------------------------------------------------ */

/* The descriptor that PATH is another name of; -1: none. */
static int descriptor_of(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    struct error ignored;
    int64_t number = -1;

    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t length = strlen(folders[i]);

        if (strncmp(path, folders[i], length) == 0 &&
            number_parse(path + length, 0, INT_MAX, &number, &ignored) == 0)
            return (int)number;
    }
    return -1;
}

/* ".json": a suffix is no name; it would be a file that nobody sees. */
static bool is_suffix_alone(const char *path)
{
    const char *slash = strrchr(path, '/');

    return find_format(slash != NULL ? slash + 1 : path) != NULL;
}

static int settle_one(const struct options *options, const char *path, bool *ret_uses_format,
                      struct error *error)
{
    if (is_suffix_alone(path))
        return error_set(error,
                         "--report %s is a suffix without a name: give it one, as in run%s, or say "
                         "--report - --format %s for standard output",
                         path, strrchr(path, '.'), strrchr(path, '.') + 1);
    if (format_of_name(path) != NULL)
        return 0;
    *ret_uses_format = true;
    if (options->format != NULL)
        return 0;
    if (descriptor_of(path) >= 0)
        return error_set(error, "--report %s needs its format: --format " REPORTS_FORMATS, path);
    return error_set(error,
                     "cannot tell the format of --report %s: the name must end in one "
                     "of " REPORTS_SUFFIXES ", or --format names it",
                     path);
}

int reports_settle(struct options *options, struct error *error)
{
    bool uses_format = false;

    if (options->format != NULL && options->reports.count == 0 &&
        options->command == COMMAND_REPORT)
        options_add(&options->reports, "-");
    for (size_t i = 0; i < options->reports.count; i++) {
        if (settle_one(options, options->reports.list[i], &uses_format, error) < 0)
            return -1;
    }
    if (options->format != NULL && !uses_format)
        return error_set(error,
                         "--format %s is for --report - and for names without a suffix: "
                         "there is none",
                         options->format);
    return 0;
}

/* Standard output goes where standard error goes from now on. Returns a descriptor for where it
 * went before, or -errno. */
static int divert_output(void)
{
    int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int fd;

    if (output < 0)
        return -errno;
    (void)close(STDOUT_FILENO);
    /* Standard descriptors must survive exec. It gives the lowest free one. */
    fd = fcntl(STDERR_FILENO, F_DUPFD, STDOUT_FILENO); /* NOLINT(android-cloexec-fcntl) */
    return fd == STDOUT_FILENO ? output : -errno;
}

int reports_divert(struct options *options, struct error *error)
{
    options->standard_output = STDOUT_FILENO;
    for (size_t i = 0; i < options->reports.count; i++) {
        int fd = descriptor_of(options->reports.list[i]);

        if (fd != STDOUT_FILENO || options->standard_output != STDOUT_FILENO)
            continue;
        options->standard_output = divert_output();
        if (options->standard_output < 0)
            return error_set(error, "cannot keep standard output for the report: %s",
                             strerror(-options->standard_output));
    }
    return 0;
}

static int check_descriptor(const char *path, int fd, struct error *error)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        return error_set(error, "cannot write --report %s: it is not open for writing", path);
    return 0;
}

static int check_file(const char *path, struct error *error)
{
    char *copy = memory_string(path);
    const char *parent = dirname(copy);
    struct stat status;
    bool is_there = stat(path, &status) == 0;
    int result = 0;

    if (is_there && S_ISDIR(status.st_mode))
        result = error_set(error, "cannot write --report %s: it is a folder", path);
    else if (is_there && !S_ISREG(status.st_mode)) /* it is written, not replaced */
        result = access(path, W_OK) == 0
                     ? 0
                     : error_set(error, "cannot write --report %s: %s", path, strerror(errno));
    else if (access(parent, W_OK | X_OK) < 0)
        result =
            error_set(error, "cannot write --report %s: %s is not a folder that you can write to",
                      path, parent);
    free(copy);
    return result;
}

int reports_check(const struct options *options, struct error *error)
{
    for (size_t i = 0; i < options->reports.count; i++) {
        const char *path = options->reports.list[i];
        int fd = descriptor_of(path);

        if ((fd >= 0 ? check_descriptor(path, fd, error) : check_file(path, error)) < 0)
            return -1;
    }
    return 0;
}

/* ---- written ------------------------------------------------------------------------------ */

static int write_file(const char *path, unsigned mode, const struct format *format,
                      const struct result *result, const struct ignore *ignore, struct error *error)
{
    struct file_replacement file;

    if (file_replace_begin(&file, path, mode, error) < 0)
        return -1;
    format->write(file.stream, result, ignore);
    return file_replace_commit(&file, error);
}

int reports_write(const char *path, unsigned mode, const struct result *result, struct error *error)
{
    const struct format *format = format_of_name(path);

    if (format == NULL)
        return error_set(error, "cannot tell the format of %s", path);
    return write_file(path, mode, format, result, NULL, error);
}

/* PATH: what FD is called. */
static int write_to(int fd, const char *path, const struct format *format,
                    const struct result *result, const struct ignore *ignore, struct error *error)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    FILE *stream = own >= 0 ? fdopen(own, "we") : NULL;
    bool is_written;
    int code;

    if (stream == NULL) {
        (void)error_set(error, "cannot write --report %s: %s", path, strerror(errno));
        fd_close(&own);
        return -1;
    }
    errno = 0;
    format->write(stream, result, ignore);
    is_written = fflush(stream) == 0 && !ferror(stream);
    code = errno;
    is_written = is_written || code == EPIPE || fd_reader_has_left(own);
    (void)fclose(stream);
    if (!is_written)
        return error_set(error, "cannot write --report %s: %s", path,
                         code != 0 ? strerror(code) : "an earlier write failed");
    return 0;
}

static int write_one(const struct options *options, const char *path, unsigned mode,
                     const struct result *result, struct error *error)
{
    const struct format *format = format_of_name(path);
    int fd = descriptor_of(path);

    if (format == NULL)
        format = format_of_word(options->format);
    if (format == NULL) /* reports_settle() has asked */
        return error_set(error, "cannot tell the format of %s", path);
    if (fd < 0)
        return write_file(path, mode, format, result, &options->ignore, error);
    return write_to(fd == STDOUT_FILENO ? options->standard_output : fd, path, format, result,
                    &options->ignore, error);
}

static void add_written(struct buffer *written, const char *path)
{
    if (descriptor_of(path) >= 0)
        return;
    buffer_add(written, "Report:  ");
    text_add_line(written, path);
    buffer_add(written, "\n");
}

int reports_write_asked(const struct options *options, struct result *result,
                        struct buffer *written, struct error *error)
{
    mode_t mask = umask(0);
    int status = 0;

    (void)umask(mask);
    for (size_t i = 0; i < options->reports.count; i++) {
        const char *path = options->reports.list[i];
        struct error cause;

        if (write_one(options, path, 0666 & ~mask, result, &cause) == 0) {
            add_written(written, path);
            continue;
        }
        result_trouble(result, cause.text);
        if (status == 0)
            status = error_set(error, "%s", cause.text);
    }
    return status;
}

/* ---- shown -------------------------------------------------------------------------------- */

struct view reports_view(const struct options *options, int fd)
{
    static const enum view_outputs choices[] = {[OUTPUT_GROUPED] = VIEW_GROUPED,
                                                [OUTPUT_LINES] = VIEW_LINES,
                                                [OUTPUT_EACH] = VIEW_EACH,
                                                [OUTPUT_NONE] = VIEW_NONE};
    enum options_output output = options->output;

    if (output == OUTPUT_AUTO)
        output = options->quiet || options->verbose ? OUTPUT_NONE : OUTPUT_GROUPED;
    return (struct view){.outputs = choices[output],
                         .ignore = &options->ignore,
                         .brief = options->command != COMMAND_REPORT,
                         .colour = style_wanted(options->color, fd),
                         .width = terminal_size(fd).columns};
}
