/* SPDX-License-Identifier: MIT */
/*
 * frame: where everything on the timeline stands.
 *
 * Time is PAGE_FRAME_WIDE units across, whatever the width of the window: the
 * bars are in a picture of their own that is stretched, words and ticks stand at
 * percentages beside it. So letters keep their size, on a telephone too. Down, a
 * unit is a pixel. Main thread.
 */
#ifndef AZFAN_PAGE_FRAME_H
#define AZFAN_PAGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page/lanes.h"

struct page;
struct result_target;

enum {
    PAGE_FRAME_WIDE = 10000,
    PAGE_FRAME_ROW = 20,         /* pixels: a line of words above the lanes */
    PAGE_FRAME_MOST_BARS = 10000 /* with words of their own */
};

/* In pixels from the top. */
struct page_frame {
    struct page *page;
    struct lanes lanes;
    int batches_at; /* the line with the numbers of the batches; -1: there is one batch only */
    int clocks_at;  /* the first of the lines that show how long the clocks are */
    int lanes_at;
    int pitch; /* from lane to lane */
    int height;
    size_t start;       /* bytes of the page before the timeline */
    size_t waits;       /* between the attempts of a target */
    size_t waits_drawn; /* of them */
    size_t notches;     /* likewise, where a script's time was over within a bar */
    size_t notches_drawn;
    bool is_cut; /* not all bars are drawn */
};

/* For page_frame_close(). */
void page_frame_open(struct page_frame *frame, struct page *page);
void page_frame_close(struct page_frame *frame);

/* Where AT lies across. */
int page_frame_place(const struct page_frame *frame, int64_t at);

/*
 * The class, with a space before it, of a word that needs PIXELS and has UNITS: where the window is
 * too narrow for it, the style hides it. "": it fits everywhere; NULL: nowhere.
 */
const char *page_frame_room(int units, int pixels);

/* An attribute of the element that was begun right before: X units across, for what is not
 * stretched. */
void page_frame_across(struct page_frame *frame, const char *attribute, int x);

/* The top of a lane, and how high its bars are. */
int page_frame_top(const struct page_frame *frame, int lane);
int page_frame_bar_height(const struct page_frame *frame);

/* Whose attempt BAR is, and what became of it (page_state()); of one without an end, what became of
 * its target. */
const struct result_target *page_frame_target(const struct page_frame *frame,
                                              const struct bar *bar);
int page_frame_state(const struct page_frame *frame, const struct bar *bar);

/* The clocks that fit into the time of the run, the shortest first; returns how many. */
size_t page_frame_clocks(const struct page_frame *frame, int64_t clocks[3], const char *names[3]);

#endif
