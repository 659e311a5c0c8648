/* SPDX-License-Identifier: MIT */
#include "screen/frames.h"

#include "base/clock.h"
#include "base/number.h"
#include "screen/board.h"
#include "screen/outlet.h"
#include "screen/panel.h"
#include "sys/terminal.h"

#define PERIOD (100 * NUMBER_MILLISECOND)

void frames_open(struct frames *frames, struct outlet *outlet, const struct board *board,
                 const struct result *result, bool colour, int64_t now)
{
    *frames = (struct frames){.outlet = outlet,
                              .board = board,
                              .result = result,
                              .colour = colour,
                              .utf8 = terminal_is_unicode(),
                              .next = now,
                              .next_second = now};
    screen_open(&frames->screen, outlet->fd);
}

static void append_lines(struct frames *frames, struct buffer *bytes, int64_t now)
{
    struct panel_look look = {.width = frames->screen.columns,
                              .height = screen_height(&frames->screen),
                              .colour = frames->colour,
                              .utf8 = frames->utf8};
    struct panel_lines lines;

    panel_print(frames->board, frames->result, &look, now, &lines);
    screen_draw(&frames->screen, &lines, bytes);
    panel_lines_done(&lines);
}

static void draw(struct frames *frames, int64_t now, bool with_lines)
{
    struct buffer bytes = BUFFER_INIT;

    screen_erase(&frames->screen, &bytes);
    buffer_append(&bytes, buffer_text(&frames->pending), frames->pending.length);
    buffer_done(&frames->pending);
    if (with_lines && screen_height(&frames->screen) > 0 && terminal_is_ours(frames->screen.fd))
        append_lines(frames, &bytes, now);
    outlet_add(frames->outlet, &bytes);
    frames->stale = false;
    frames->next = now + PERIOD;
    frames->next_second = now + NUMBER_SECOND - (now - frames->board->started) % NUMBER_SECOND;
}

int64_t frames_next(const struct frames *frames)
{
    if (outlet_is_waiting(frames->outlet))
        return CLOCK_NEVER;
    return frames->stale ? frames->next : frames->next_second;
}

void frames_refresh(struct frames *frames, int64_t now)
{
    if (now >= frames_next(frames))
        draw(frames, now, true);
}

void frames_outdate(struct frames *frames)
{
    frames->stale = true;
}

void frames_add(struct frames *frames, struct buffer *text, int64_t now)
{
    buffer_append(&frames->pending, buffer_text(text), text->length);
    buffer_done(text);
    frames_outdate(frames);
    frames_refresh(frames, now);
}

void frames_clear(struct frames *frames, const char *text, int64_t now)
{
    if (text != NULL)
        buffer_add(&frames->pending, text);
    draw(frames, now, false);
}

void frames_measure(struct frames *frames)
{
    screen_measure(&frames->screen);
}

/*
 * What was on the screen may have scrolled away while azfan was stopped. Where there was a frame a
 * moment ago it was not: timeout(1) and systemd send SIGCONT to what runs.
 */
void frames_continue(struct frames *frames, int64_t now)
{
    if (now - frames->next_second > NUMBER_SECOND && !outlet_is_waiting(frames->outlet))
        screen_forget(&frames->screen);
    frames_measure(frames);
}

void frames_close(struct frames *frames, int64_t now)
{
    frames_clear(frames, NULL, now);
    buffer_done(&frames->pending);
}
