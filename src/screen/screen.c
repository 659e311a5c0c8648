/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Nobody says where the cursor is, but that it is below our lines, which have
 * been reckoned by their widths since they were drawn. When they take more rows than there are
 * above the cursor, that is in the last row, and what is missing has scrolled away. All terminals
 * that keep what scrolls away bring it back when they become higher, as many rows as they grow by.
 * So those lines stay at the head of the list, and from then on the last row is kept to: blank
 * lines fill what the others leave. Then the reckoning is right again at any size.
 *
 * Of a line that was wrapped only a part may have scrolled away. It is a line of its own from then
 * on: to erase the rest of it, the whole row, ends it before that.
 */
#include "screen/screen.h"

#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "sys/fd.h"
#include "sys/terminal.h"

enum { COLUMNS = 80, ROWS = 24 };

/* A screen of SMALL rows has room for the head, and for one target. */
enum { SMALL = 10, LEAST_HEIGHT = 4 };

void screen_open(struct screen *screen, int fd)
{
    *screen = (struct screen){.fd = fd, .watch = -1};
    if (terminal_is_same(STDIN_FILENO, fd))
        screen->watch = terminal_watch_lines(STDIN_FILENO);
    screen_check_typing(screen);
    screen->typed_rows = 0;
    (void)screen_measure(screen);
}

void screen_close(struct screen *screen)
{
    fd_close(&screen->watch);
}

bool screen_measure(struct screen *screen)
{
    struct terminal_size size = terminal_size(screen->fd);
    int columns = size.columns > 0 ? size.columns : COLUMNS;
    int rows = size.rows > 0 ? size.rows : ROWS;
    bool is_other = columns != screen->columns || rows != screen->rows;

    screen->columns = columns;
    screen->rows = rows;
    return is_other;
}

/*
 * A line that was typed stays where it is, for the shell. How many lines the bytes make nobody can
 * tell without reading them; but we are told of each.
 */
void screen_check_typing(struct screen *screen)
{
    int before = screen->typed_bytes;

    if (screen->watch < 0)
        return;
    terminal_clear_watch(screen->watch);
    screen->typed_bytes = terminal_waiting(STDIN_FILENO);
    if (screen->typed_bytes > before && terminal_echoes(STDIN_FILENO))
        screen->typed_rows++;
}

int screen_height(const struct screen *screen)
{
    if (screen->rows < 2) /* what is drawn would scroll itself away */
        return 0;
    if (screen->rows < SMALL)
        return screen->rows / 2 < LEAST_HEIGHT ? screen->rows / 2 : LEAST_HEIGHT;
    return screen->rows / 3 < LEAST_HEIGHT ? LEAST_HEIGHT : screen->rows / 3;
}

/* How many rows a line of WIDTH takes now: terminals wrap what does not fit any more. */
static int rows_of(const struct screen *screen, int width)
{
    return width <= screen->columns ? 1 : (width + screen->columns - 1) / screen->columns;
}

/* How many ROWS, at most LEFT, are in reach of line LINE; the others are what is left of it. */
static int take_line(struct screen *screen, int line, int left)
{
    int rows = rows_of(screen, screen->widths[line]);

    if (rows <= left) {
        screen->count = line;
        return rows;
    }
    screen->widths[line] = (rows - left) * screen->columns;
    return left;
}

/*
 * Row by row: to erase all from the first row of the screen on is to clear it, and a terminal may
 * keep what it cleared for who scrolls back (tmux does).
 */
void screen_erase(struct screen *screen, struct buffer *bytes)
{
    int reach = screen->rows - 1;
    int rows;

    screen_check_typing(screen);
    rows = screen->typed_rows < reach ? screen->typed_rows : reach;
    screen->typed_rows = 0;
    if (screen->count == 0)
        return;
    for (int line = screen->count - 1; line >= 0 && rows < reach; line--)
        rows += take_line(screen, line, reach - rows);
    buffer_add(bytes, "\r\033[J");
    for (int i = 0; i < rows; i++)
        buffer_add(bytes, "\033[A\033[2K");
}

bool screen_has_lost(const struct screen *screen)
{
    return screen->count > 0;
}

static void keep_line(struct screen *screen, int width)
{
    if (screen->count == SCREEN_LINES_MOST) /* the first one is far away */
        memmove(screen->widths, screen->widths + 1,
                (size_t)--screen->count * sizeof screen->widths[0]);
    screen->widths[screen->count++] = width;
}

void screen_draw(struct screen *screen, const struct panel_lines *lines, struct buffer *bytes)
{
    int blanks = screen_has_lost(screen) ? screen->rows - 1 : 0;

    for (int i = 0; i < lines->count; i++)
        blanks -= rows_of(screen, lines->widths[i]);
    for (; blanks > 0; blanks--) {
        buffer_add(bytes, "\n");
        keep_line(screen, 0);
    }
    for (int i = 0; i < lines->count; i++) {
        buffer_append(bytes, buffer_text(&lines->text[i]), lines->text[i].length);
        buffer_add(bytes, "\n");
        keep_line(screen, lines->widths[i]);
    }
}

void screen_forget(struct screen *screen)
{
    screen->count = 0;
}
