/* SPDX-License-Identifier: MIT */
/*
 * The names on bars, where a bar has room for one. How wide the window will be nobody knows: each
 * name has the class of the windows in which it fits, and is whole or not there at all.
 */
#include <string.h>

#include "base/buffer.h"
#include "page/common.h"
#include "page/frame.h"
#include "page/lanes.h"
#include "page/marks.h"
#include "page/parts.h"
#include "run/result.h"

enum {
    LETTER = 7, /* pixels: wider than most, at the size that the style gives to names */
    EDGES = 8,  /* pixels at both ends of a name */
    LEAST_PITCH = 16,
    MOST_LETTERS = 1000 /* that many have room nowhere */
};

static int width_of(size_t letters)
{
    return EDGES + LETTER * (int)(letters < MOST_LETTERS ? letters : MOST_LETTERS);
}

/* TEXT in a picture of its own, which is not stretched, on a piece of BAR that no line crosses. It
 * leaves the left edge to what is drawn wider than it lasted, but where a slit would look like a
 * hyphen. */
static void write_text(struct page_frame *frame, const struct bar *bar, const char *text,
                       const char *room)
{
    struct markup *markup = &frame->page->markup;
    int height = page_frame_bar_height(frame);
    int state = page_frame_state(frame, bar);
    int edge = marks_has(state) ? 0 : EDGES / 2;
    int width = width_of(strlen(text)) - edge;

    markup_begin(markup, "svg", NULL);
    markup_attribute(markup, "class", "name %s%s", page_state_name(state), room);
    page_frame_across(frame, "x", page_frame_place(frame, bar->at));
    markup_attribute(markup, "y", "%d", page_frame_top(frame, bar->lane));
    markup_attribute(markup, "height", "%d", height);
    markup_begin(markup, "path", NULL);
    markup_attribute(markup, "d", "M%d 1h%dv%dh-%dz", edge, width, height - 2, width);
    markup_end(markup);
    markup_begin(markup, "text", NULL);
    markup_attribute(markup, "x", "%d", EDGES / 2);
    markup_attribute(markup, "y", "%d", (height + LETTER + 1) / 2);
    markup_text(markup, text);
    markup_end(markup);
    markup_end(markup);
}

/* The name and the outcome, or the name alone, as far as WIDTH has room. */
static void write_label(struct page_frame *frame, const struct bar *bar, int width)
{
    const char *name = page_frame_target(frame, bar)->label;
    int state = page_frame_state(frame, bar);
    struct buffer text = BUFFER_INIT;
    const char *room = NULL;

    if (state != OUTCOME_OK) {
        buffer_print(&text, "%s: %s", name, page_state_name(state));
        room = page_frame_room(width, width_of(text.length));
    }
    if (room == NULL) {
        text.length = 0;
        buffer_add(&text, name);
        room = page_frame_room(width, width_of(text.length));
    }
    if (room != NULL)
        write_text(frame, bar, buffer_text(&text), room);
    buffer_done(&text);
}

void page_labels(struct page_frame *frame)
{
    int lane = -1;
    int end = 0;

    if (frame->pitch < LEAST_PITCH)
        return;
    for (size_t i = 0; i < frame->lanes.count; i++) {
        const struct bar *bar = &frame->lanes.bars[i];
        int from = page_frame_place(frame, bar->at);
        int to = page_frame_place(frame, bar->at + bar->duration);

        if (bar->lane == lane && from < end) /* only in a forged journal: two at once */
            continue;
        lane = bar->lane;
        end = to;
        write_label(frame, bar, to - from);
    }
}
