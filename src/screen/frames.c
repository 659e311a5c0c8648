/* SPDX-License-Identifier: MIT */
#include "screen/frames.h"

#include <time.h>

#include "base/clock.h"
#include "base/number.h"
#include "engine/lapse.h"
#include "screen/board.h"
#include "screen/outlet.h"
#include "screen/panel.h"
#include "sys/terminal.h"

#define PERIOD (100 * NUMBER_MILLISECOND)

/* A size that has not changed for so long stays. What is between us and who looks on may be late:
 * tmux wraps lines at once, and says so a quarter of a second later. */
#define SETTLING (300 * NUMBER_MILLISECOND)

/* So long a terminal is waited for that has become too low. */
#define PATIENCE (20 * NUMBER_SECOND)

void frames_open(struct frames *frames, struct outlet *outlet, const struct board *board,
                 const struct result *result, bool colour, int64_t now)
{
    *frames = (struct frames){.outlet = outlet,
                              .board = board,
                              .result = result,
                              .colour = colour,
                              .utf8 = terminal_is_unicode(),
                              .next = now,
                              .next_second = now,
                              .text_from = CLOCK_NEVER};
    screen_open(&frames->screen, outlet->fd);
}

static void append_lines(struct frames *frames, struct buffer *bytes, int64_t now)
{
    struct panel_look look = {.width = frames->screen.columns,
                              .height = screen_height(&frames->screen),
                              .colour = frames->colour,
                              .utf8 = frames->utf8};
    struct panel_lines lines;

    panel_print(frames->board, frames->result, &look, lapse_at(now), &lines);
    screen_draw(&frames->screen, &lines, bytes);
    panel_lines_done(&lines);
}

/* Once the lines are erased. */
static bool keeps_text(struct frames *frames, int64_t now)
{
    if (!screen_has_lost(&frames->screen))
        frames->text_from = CLOCK_NEVER;
    else if (frames->text_from == CLOCK_NEVER)
        frames->text_from = now + PATIENCE;
    return frames->text_from != CLOCK_NEVER && now < frames->text_from;
}

static void append_text(struct frames *frames, struct buffer *bytes)
{
    screen_forget(&frames->screen);
    buffer_append(bytes, buffer_text(&frames->pending), frames->pending.length);
    buffer_done(&frames->pending);
}

static void draw(struct frames *frames, int64_t now, bool with_lines)
{
    struct buffer bytes = BUFFER_INIT;

    with_lines =
        with_lines && screen_height(&frames->screen) > 0 && terminal_is_ours(frames->screen.fd);
    screen_erase(&frames->screen, &bytes);
    if (!with_lines || (frames->pending.length > 0 && !keeps_text(frames, now)))
        append_text(frames, &bytes);
    if (with_lines)
        append_lines(frames, &bytes, now);
    outlet_add(frames->outlet, &bytes);
    frames->stale = false;
    frames->late = false;
    frames->next = now + PERIOD;
    frames->next_second = now + NUMBER_SECOND - (now - frames->board->started) % NUMBER_SECOND;
}

int64_t frames_next(const struct frames *frames)
{
    if (outlet_is_waiting(frames->outlet))
        return CLOCK_NEVER;
    return frames->stale ? frames->next : frames->next_second;
}

void frames_outdate(struct frames *frames)
{
    frames->stale = true;
}

static void put_off(struct frames *frames, int64_t next)
{
    frames_outdate(frames);
    frames->next = next;
}

/* Has there been none for long? Then azfan may have been stopped. */
static bool is_late(const struct frames *frames, int64_t now)
{
    return now - frames->next_second > NUMBER_SECOND;
}

void frames_refresh(struct frames *frames, int64_t now)
{
    if (now < frames_next(frames))
        return;
    if (screen_measure(&frames->screen)) {
        frames_resize(frames, now);
    } else if (is_late(frames, now) && !frames->late) {
        frames->late = true; /* until it is known why: see frames_continue() */
        put_off(frames, now + PERIOD);
    } else {
        draw(frames, now, true);
    }
}

void frames_add(struct frames *frames, struct buffer *text, int64_t now)
{
    buffer_append(&frames->pending, buffer_text(text), text->length);
    buffer_done(text);
    frames_outdate(frames);
    frames_refresh(frames, now);
}

/* Lines that are erased by a wrong size may take results with them. */
static void wait_for_size(const struct frames *frames, int64_t now)
{
    struct timespec left;

    if (frames->settled > now && frames->screen.count > 0)
        (void)nanosleep(clock_left(frames->settled, now, &left), NULL);
}

void frames_clear(struct frames *frames, const char *text, int64_t now)
{
    if (text != NULL)
        buffer_add(&frames->pending, text);
    wait_for_size(frames, now);
    frames_measure(frames);
    draw(frames, now, false);
}

void frames_measure(struct frames *frames)
{
    (void)screen_measure(&frames->screen);
}

void frames_resize(struct frames *frames, int64_t now)
{
    frames_measure(frames);
    frames->settled = now + SETTLING;
    put_off(frames, frames->settled);
}

void frames_check_typing(struct frames *frames)
{
    screen_check_typing(&frames->screen);
    frames_outdate(frames);
}

int frames_watch(const struct frames *frames)
{
    return frames->screen.watch;
}

/*
 * The shell that has lent us the terminal has written there while azfan was stopped. Where there
 * was a frame a moment ago it was not: timeout(1) and systemd send SIGCONT to what runs.
 */
void frames_continue(struct frames *frames, int64_t now)
{
    if (is_late(frames, now) && !outlet_is_waiting(frames->outlet) && terminal_is_lent())
        screen_forget(&frames->screen);
    frames_measure(frames);
    frames->late = true;
    put_off(frames, now);
}

void frames_close(struct frames *frames, int64_t now)
{
    frames_clear(frames, NULL, now);
    screen_close(&frames->screen);
}
