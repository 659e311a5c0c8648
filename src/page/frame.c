/* SPDX-License-Identifier: MIT */
#include "page/frame.h"

#include "page/common.h"
#include "page/scale.h"
#include "run/result.h"

int page_frame_place(const struct page_frame *frame, int64_t at)
{
    return scale_place(at, frame->lanes.span, PAGE_FRAME_WIDE);
}

int page_frame_top(const struct page_frame *frame, int lane)
{
    return frame->lanes_at + lane * frame->pitch;
}

int page_frame_bar_height(const struct page_frame *frame)
{
    return frame->pitch > 6 ? frame->pitch - 3 : frame->pitch > 2 ? frame->pitch - 1 : frame->pitch;
}

const struct result_target *page_frame_target(const struct page_frame *frame, const struct bar *bar)
{
    return &frame->page->result->targets[bar->target];
}

int page_frame_state(const struct page_frame *frame, const struct bar *bar)
{
    const struct result_target *target = page_frame_target(frame, bar);

    return bar->open ? page_state(target) : (int)target->attempts[bar->attempt].outcome;
}

const char *page_frame_room(int units, int pixels)
{
    /* How many pixels the picture has at least where the style shows what is in that class. */
    static const struct {
        int picture;
        const char *class;
    } rooms[] = {{235, ""}, {540, " from-40"}, {870, " from-62"}, {1185, " from-82"}};

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        if ((int64_t)units * rooms[i].picture >= (int64_t)pixels * PAGE_FRAME_WIDE)
            return rooms[i].class;
    }
    return NULL;
}

void page_frame_across(struct page_frame *frame, const char *attribute, int x)
{
    const int percent = PAGE_FRAME_WIDE / 100;

    markup_attribute(&frame->page->markup, attribute, "%d.%02d%%", x / percent, x % percent);
}

/* As many pixels as so many lanes can have; a thousand are still told apart. */
static int find_pitch(int lanes)
{
    static const struct {
        int lanes;
        int pitch;
    } sizes[] = {{12, 20}, {40, 16}, {100, 8}, {300, 4}};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (lanes <= sizes[i].lanes)
            return sizes[i].pitch;
    }
    return 2;
}

size_t page_frame_clocks(const struct page_frame *frame, int64_t clocks[3], const char *names[3])
{
    const struct result_job *job = &frame->page->result->job;
    const int64_t all[] = {job->script_timeout, job->timeout, job->deadline};
    static const char *const words[] = {"script_timeout", "timeout", "deadline"};
    size_t count = 0;

    for (size_t i = 0; i < 3; i++) {
        if (all[i] <= 0 || all[i] > frame->lanes.span)
            continue;
        clocks[count] = all[i];
        names[count++] = words[i];
    }
    return count;
}

void page_frame_open(struct page_frame *frame, struct page *page)
{
    int64_t clocks[3];
    const char *names[3];
    int top = PAGE_FRAME_ROW;

    *frame = (struct page_frame){.page = page, .batches_at = -1, .start = page->markup.written};
    lanes_make(&frame->lanes, page->result);
    if (frame->lanes.batches > 1) {
        frame->batches_at = top;
        top += PAGE_FRAME_ROW;
    }
    frame->clocks_at = top;
    top += PAGE_FRAME_ROW * (int)page_frame_clocks(frame, clocks, names);
    frame->lanes_at = top + 4;
    frame->pitch = find_pitch(frame->lanes.lanes);
    frame->height = page_frame_top(frame, frame->lanes.lanes) + 2;
}

void page_frame_close(struct page_frame *frame)
{
    lanes_done(&frame->lanes);
}
