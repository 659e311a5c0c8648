/* SPDX-License-Identifier: MIT */
#include "screen/screen.h"

#include <unistd.h>

#include "base/buffer.h"
#include "sys/terminal.h"

enum { COLUMNS = 80, ROWS = 24 };

/* A screen of SMALL rows has room for the head, and for one target. */
enum { SMALL = 10, LEAST_HEIGHT = 4 };

/*
 * Has a line been typed since the last time? It stays where it is, for the shell. How many lines
 * the bytes make nobody can tell without reading them; people type one a second.
 */
static bool check_typing(struct screen *screen)
{
    int before = screen->typed;

    screen->typed = 0;
    if (terminal_is_same(STDIN_FILENO, screen->fd) && terminal_echoes(STDIN_FILENO))
        screen->typed = terminal_waiting(STDIN_FILENO);
    return screen->typed > before;
}

void screen_open(struct screen *screen, int fd)
{
    *screen = (struct screen){.fd = fd};
    (void)check_typing(screen);
    screen_measure(screen);
}

void screen_measure(struct screen *screen)
{
    struct terminal_size size = terminal_size(screen->fd);

    screen->columns = size.columns > 0 ? size.columns : COLUMNS;
    screen->rows = size.rows > 0 ? size.rows : ROWS;
}

int screen_height(const struct screen *screen)
{
    int height = screen->rows / 3;

    if (screen->rows < 2) /* what is drawn would scroll itself away */
        return 0;
    if (screen->rows >= SMALL && height < LEAST_HEIGHT)
        return LEAST_HEIGHT;
    return height < 1 ? 1 : height;
}

/* How many rows LINE takes now: terminals wrap what does not fit any more. */
static int rows_of(const struct screen *screen, int line)
{
    int width = screen->widths[line];

    return width <= screen->columns ? 1 : (width + screen->columns - 1) / screen->columns;
}

/*
 * Row by row: to erase all from the first row of the screen on is to clear it, and a terminal may
 * keep what it cleared for who scrolls back (tmux does).
 */
void screen_erase(struct screen *screen, struct buffer *bytes)
{
    int rows = check_typing(screen) && screen->drawn > 0 ? 1 : 0;

    for (int i = 0; i < screen->drawn; i++)
        rows += rows_of(screen, i);
    if (rows > 0)
        buffer_add(bytes, "\r\033[J");
    for (int i = 0; i < rows; i++)
        buffer_add(bytes, "\033[A\033[2K");
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
