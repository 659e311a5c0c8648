/* SPDX-License-Identifier: MIT */
/*
 * The names on bars, where a bar has room for one. How wide the window will be nobody knows: each
 * name has the class of the windows in which it fits, and is whole or not there at all.
 */
#include <string.h>

#include "page/common.h"
#include "page/frame.h"
#include "page/lanes.h"
#include "page/parts.h"
#include "run/result.h"

enum {
    LETTER = 7, /* pixels: wider than most, at the size that the style gives to names */
    EDGES = 10, /* pixels at both ends of a name */
    LEAST_PITCH = 16
};

/* NAME and WORD beside each other, or NAME alone, as far as WIDTH has room. */
static void write_label(struct page_frame *frame, const struct bar *bar, int width)
{
    struct markup *markup = &frame->page->markup;
    const char *name = page_frame_target(frame, bar)->label;
    int state = page_frame_state(frame, bar);
    const char *word = state == OUTCOME_OK ? "" : page_state_name(state);
    size_t letters = strlen(name) + (*word != '\0' ? 1 + strlen(word) : 0);
    const char *room = page_frame_room(width, EDGES + LETTER * (int)letters);

    if (room == NULL && *word != '\0') {
        word = "";
        room = page_frame_room(width, EDGES + LETTER * (int)strlen(name));
    }
    if (room == NULL)
        return;
    page_frame_begin_word(frame, page_frame_place(frame, bar->at),
                          page_frame_top(frame, bar->lane) +
                              (page_frame_bar_height(frame) + LETTER + 1) / 2);
    markup_attribute(markup, "class", "name %s%s", page_state_name(state), room);
    markup_attribute(markup, "dx", "%d", EDGES / 2);
    markup_print(markup, "%s%s%s", name, *word != '\0' ? " " : "", word);
    markup_end(markup);
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
