/* SPDX-License-Identifier: MIT */
#include "job/loading.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "job/job.h"
#include "job/problems.h"
#include "job/yaml.h"

void loading_problem(const struct loading *loading, const struct yaml_node *node,
                     const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    problems_add_list(loading->problems, loading->path, node->line, node->column, format,
                      arguments);
    va_end(arguments);
}

static bool is_said(const struct problems *remarks, const char *text)
{
    for (size_t i = 0; i < remarks->count; i++) {
        if (strcmp(remarks->list[i].text, text) == 0)
            return true;
    }
    return false;
}

static void add_remark(struct job *job, const char *path, int line, int column, const char *format,
                       va_list arguments) __attribute__((format(printf, 5, 0)));

static void add_remark(struct job *job, const char *path, int line, int column, const char *format,
                       va_list arguments)
{
    char *text = memory_print_list(format, arguments);

    if (!is_said(job->remarks, text))
        problems_add(job->remarks, path, line, column, "%s", text);
    free(text);
}

void loading_remark(const struct loading *loading, const struct yaml_node *node, const char *format,
                    ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_remark(loading->job, loading->path, node->line, node->column, format, arguments);
    va_end(arguments);
}

void loading_option_remark(const struct loading *loading, const char *option, const char *format,
                           ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_remark(loading->job, option, 0, 0, format, arguments);
    va_end(arguments);
}

void loading_script_remark(const struct loading *loading, int line, const char *format, ...)
{
    int place_line;
    int place_column;
    const char *path = job_find_script_line(loading->job, line, &place_line, &place_column);
    va_list arguments;

    va_start(arguments, format);
    add_remark(loading->job, path, place_line, place_column, format, arguments);
    va_end(arguments);
}

void loading_option_problem(const struct loading *loading, const char *option, const char *format,
                            ...)
{
    va_list arguments;

    va_start(arguments, format);
    problems_add_list(loading->problems, option, 0, 0, format, arguments);
    va_end(arguments);
}
