/* SPDX-License-Identifier: MIT */
#include "report/ignore.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

int ignore_add(struct ignore *ignore, const char *pattern, struct error *error)
{
    regex_t regex;
    char why[128];
    int code = regcomp(&regex, pattern, REG_EXTENDED);

    if (code != 0) {
        (void)regerror(code, &regex, why, sizeof why);
        return error_set(error, "--ignore %s: no regular expression: %s", pattern, why);
    }
    if (regexec(&regex, "", 0, NULL, 0) == 0) {
        regfree(&regex);
        return error_set(error, "--ignore %s: it matches where nothing is; use + instead of *",
                         pattern);
    }
    ignore->list = memory_resize(ignore->list, ignore->count + 1, sizeof *ignore->list);
    ignore->list[ignore->count++] = regex;
    return 0;
}

/* Appends LINE, which ends with a NUL, with what REGEX matches replaced. */
static void append_line(struct buffer *buffer, const regex_t *regex, const char *line)
{
    int flags = 0;
    regmatch_t match;

    while (*line != '\0' && regexec(regex, line, 1, &match, flags) == 0 && match.rm_eo > 0) {
        buffer_append(buffer, line, (size_t)match.rm_so);
        if (match.rm_eo > match.rm_so)
            buffer_add(buffer, "…");
        else
            buffer_append(buffer, line + match.rm_so, 1);
        line += match.rm_eo > match.rm_so ? match.rm_eo : match.rm_so + 1;
        flags = REG_NOTBOL;
    }
    buffer_add(buffer, line);
}

/* All expressions, one after the other; LINE is emptied. */
static void replace_all(const struct ignore *ignore, struct buffer *line)
{
    for (size_t i = 0; i < ignore->count; i++) {
        struct buffer next = BUFFER_INIT;

        append_line(&next, &ignore->list[i], buffer_text(line));
        buffer_done(line);
        *line = next;
    }
}

void ignore_append(const struct ignore *ignore, struct buffer *buffer, const char *text,
                   size_t length)
{
    const char *end = text + length;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline != NULL ? newline : end;
        struct buffer line = BUFFER_INIT;

        buffer_append(&line, text, (size_t)(stop - text));
        replace_all(ignore, &line);
        buffer_append(buffer, buffer_text(&line), line.length);
        buffer_done(&line);
        if (newline != NULL)
            buffer_add_char(buffer, '\n');
        text = stop + 1;
    }
}

void ignore_done(struct ignore *ignore)
{
    for (size_t i = 0; i < ignore->count; i++)
        regfree(&ignore->list[i]);
    free(ignore->list);
    *ignore = (struct ignore){NULL, 0};
}
