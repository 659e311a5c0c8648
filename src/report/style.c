/* SPDX-License-Identifier: MIT */
#include "report/style.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool style_wanted(enum style_choice choice, int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (choice != STYLE_AUTO)
        return choice == STYLE_ALWAYS;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return isatty(fd) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

int style_width(int fd)
{
    struct winsize size = {.ws_col = 0};

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
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
