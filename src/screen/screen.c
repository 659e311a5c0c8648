/* SPDX-License-Identifier: MIT */
#include "screen/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/buffer.h"

enum { COLUMNS = 80, ROWS = 24 };

/* Does what is typed on standard input show on this terminal, line by line? */
static bool is_echoed_here(const struct screen *screen)
{
    struct termios modes;

    return screen_is_same(STDIN_FILENO, screen->fd) && tcgetattr(STDIN_FILENO, &modes) == 0 &&
           (modes.c_lflag & ICANON) != 0 && (modes.c_lflag & (ECHO | ECHONL)) != 0;
}

/*
 * Has a line been typed since the last time? It stays where it is, for the shell. How many lines
 * the bytes make nobody can tell without reading them; people type one a second.
 */
static bool check_typing(struct screen *screen)
{
    int before = screen->typed;

    screen->typed = 0;
    if (is_echoed_here(screen))
        (void)ioctl(STDIN_FILENO, FIONREAD, &screen->typed);
    return screen->typed > before;
}

void screen_open(struct screen *screen, int fd)
{
    *screen = (struct screen){.fd = fd};
    (void)check_typing(screen);
    screen_measure(screen);
}

bool screen_is_unicode(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool is;

    if (locale == (locale_t)0)
        return false;
    is = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return is;
}

bool screen_is_same(int one, int other)
{
    unsigned first = 0;
    unsigned second = 0;

    return ioctl(one, TIOCGDEV, &first) == 0 && ioctl(other, TIOCGDEV, &second) == 0 &&
           first == second;
}

void screen_measure(struct screen *screen)
{
    struct winsize size = {.ws_col = 0};

    (void)ioctl(screen->fd, TIOCGWINSZ, &size);
    screen->columns = size.ws_col > 0 ? size.ws_col : COLUMNS;
    screen->rows = size.ws_row > 0 ? size.ws_row : ROWS;
}

bool screen_is_ours(const struct screen *screen)
{
    pid_t group = tcgetpgrp(screen->fd);

    return group < 0 || group == getpgrp();
}

int screen_height(const struct screen *screen)
{
    int height = screen->rows / 3;

    if (screen->rows < 2) /* what is drawn would scroll itself away */
        return 0;
    return height < 1 ? 1 : height;
}

/* How many rows LINE takes now: terminals wrap what does not fit any more. */
static int rows_of(const struct screen *screen, int line)
{
    int width = screen->widths[line];

    return width <= screen->columns ? 1 : (width + screen->columns - 1) / screen->columns;
}

void screen_erase(struct screen *screen, struct buffer *bytes)
{
    int rows = check_typing(screen) && screen->drawn > 0 ? 1 : 0;

    for (int i = 0; i < screen->drawn; i++)
        rows += rows_of(screen, i);
    if (rows > 0)
        buffer_print(bytes, "\r\033[%dA\033[J", rows);
    screen->drawn = 0;
}

void screen_draw(struct screen *screen, const struct panel_lines *lines, struct buffer *bytes)
{
    for (int i = 0; i < lines->count; i++) {
        buffer_append(bytes, buffer_text(&lines->text[i]), lines->text[i].length);
        buffer_add(bytes, "\n");
        screen->widths[i] = lines->widths[i];
    }
    screen->drawn = lines->count;
}

void screen_forget(struct screen *screen)
{
    screen->drawn = 0;
}
