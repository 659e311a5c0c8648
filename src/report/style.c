/* SPDX-License-Identifier: MIT */
#include "report/style.h"

#include <stdlib.h>

#include "sys/terminal.h"

bool style_wanted(enum style_choice choice, int fd)
{
    const char *no_color = getenv("NO_COLOR");

    if (choice != STYLE_AUTO)
        return choice == STYLE_ALWAYS;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return terminal_has_escapes(fd);
}

const char *style_begin(bool colour, enum outcome_kind kind)
{
    static const char *const sequences[OUTCOME_KINDS] = {
        [OUTCOME_OK] = "\033[32m",        [OUTCOME_FAILED] = "\033[31m",
        [OUTCOME_TIMEOUT] = "\033[33m",   [OUTCOME_ERROR] = "\033[35m",
        [OUTCOME_UNKNOWN] = "\033[1;31m", [OUTCOME_CANCELLED] = "\033[36m",
        [OUTCOME_SKIPPED] = "\033[2m"};

    return colour ? sequences[kind] : "";
}

const char *style_bold(bool colour)
{
    return colour ? "\033[1m" : "";
}

const char *style_of_mark(bool colour, char mark)
{
    if (!colour)
        return "";
    return mark == '-' ? "\033[31m" : mark == '+' ? "\033[32m" : "";
}

const char *style_end(bool colour)
{
    return colour ? "\033[0m" : "";
}
