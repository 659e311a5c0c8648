/* SPDX-License-Identifier: MIT */
#include "job/loading.h"

#include <stdarg.h>

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

void loading_option_problem(const struct loading *loading, const char *option, const char *format,
                            ...)
{
    va_list arguments;

    va_start(arguments, format);
    problems_add_list(loading->problems, option, 0, 0, format, arguments);
    va_end(arguments);
}
