/* SPDX-License-Identifier: MIT */
#include "job/problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

static const char ellipsis[] = "...";

/* Messages quote the file, and a file may hold line ends, escape sequences or a megabyte of one
 * key. */
static char *make_presentable(char *raw)
{
    struct buffer text = BUFFER_INIT;

    for (char *at = raw; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    }
    text_add_plain(&text, raw);
    if (text.length > PROBLEMS_LONGEST) {
        text.length = text_head(text.data, text.length, PROBLEMS_LONGEST - strlen(ellipsis));
        buffer_add(&text, ellipsis);
    }
    return buffer_take(&text);
}

void problems_add_list(struct problems *problems, const char *path, int line, int column,
                       const char *format, va_list arguments)
{
    struct problem *problem;
    char *raw;

    if (problems->count == PROBLEMS_MOST) {
        problems->more++;
        return;
    }
    raw = memory_print_list(format, arguments);
    problem = &problems->list[problems->count++];
    problem->path = memory_string(path);
    problem->line = line;
    problem->column = column;
    problem->text = make_presentable(raw);
    free(raw);
}

void problems_add(struct problems *problems, const char *path, int line, int column,
                  const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    problems_add_list(problems, path, line, column, format, arguments);
    va_end(arguments);
}

size_t problems_total(const struct problems *problems)
{
    return problems->count + problems->more;
}

static int compare(const struct problem *a, const struct problem *b)
{
    int order = strcmp(a->path, b->path);

    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    if (order == 0)
        order = (a->column > b->column) - (a->column < b->column);
    return order;
}

/* By insertion: there are few, and those at one place must keep their order. */
void problems_sort(struct problems *problems)
{
    for (size_t i = 1; i < problems->count; i++) {
        struct problem moving = problems->list[i];
        size_t place = i;

        for (; place > 0 && compare(&problems->list[place - 1], &moving) > 0; place--)
            problems->list[place] = problems->list[place - 1];
        problems->list[place] = moving;
    }
}

/* A file has its name, with the place after it, as compilers have it; all else is azfan's word. */
static void add_path(struct buffer *buffer, const struct problem *problem)
{
    if (problem->path[0] == '\0' || problem->path[0] == '-')
        buffer_add(buffer, "azfan: ");
    if (problem->path[0] == '\0')
        return;
    text_add_line(buffer, problem->path);
    if (problem->line > 0)
        buffer_print(buffer, ":%d:%d", problem->line, problem->column);
    buffer_add(buffer, ": ");
}

void problems_print(const struct problems *problems, struct buffer *buffer)
{
    for (size_t i = 0; i < problems->count; i++) {
        add_path(buffer, &problems->list[i]);
        buffer_print(buffer, "%s\n", problems->list[i].text);
    }
    if (problems->more > 0) {
        struct problem last = {.path = problems->list[0].path};

        add_path(buffer, &last);
        buffer_print(buffer, "and %zu more problem%s\n", problems->more,
                     problems->more == 1 ? "" : "s");
    }
}

void problems_done(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->list[i].path);
        free(problems->list[i].text);
    }
    memset(problems, 0, sizeof *problems);
}
