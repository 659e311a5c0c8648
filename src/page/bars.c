/* SPDX-License-Identifier: MIT */
/*
 * Up to PAGE_FRAME_MOST_BARS attempts have a bar each, with its words; beyond that those of one
 * outcome are one shape, and attempts too short to be told apart are drawn as one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "page/common.h"
#include "page/frame.h"
#include "page/lanes.h"
#include "page/marks.h"
#include "page/parts.h"
#include "run/result.h"

enum {
    MANY = 200,        /* waits are drawn so that they hide nothing */
    THINNEST = 12,     /* units: about a pixel */
    THINNEST_BAD = 40, /* what is not ok is never too thin to be seen */
    MOST_WAITS = 500,  /* beyond that one of several is drawn */
    MOST_MARKS = 5000,
    LEAST_MARKED = 3,                             /* pixels of a bar in which lines are seen */
    SHAPES_BUDGET = PAGE_TIMELINE_BUDGET * 2 / 3, /* bytes */
    TITLES_BUDGET = PAGE_TIMELINE_BUDGET / 2      /* bytes; a bar without its title takes a third */
};

static int bar_width(const struct page_frame *frame, const struct bar *bar)
{
    int width = page_frame_place(frame, bar->at + bar->duration) - page_frame_place(frame, bar->at);
    int least = page_frame_state(frame, bar) == OUTCOME_OK ? THINNEST : THINNEST_BAD;

    return width > least ? width : least;
}

/* Its left edge; one that began at the very end is moved into the picture. */
static int bar_left(const struct page_frame *frame, const struct bar *bar, int width)
{
    int left = page_frame_place(frame, bar->at);

    return left < PAGE_FRAME_WIDE - width ? left : PAGE_FRAME_WIDE - width;
}

static void write_bar_title(struct page_frame *frame, const struct bar *bar)
{
    const struct result_target *target = page_frame_target(frame, bar);
    struct markup *markup = &frame->page->markup;
    int state = page_frame_state(frame, bar);

    markup_begin(markup, "title", NULL);
    page_label(frame->page, target);
    markup_print(markup, ": %s", page_state_name(state));
    if (!bar->open && target->attempts[bar->attempt].reason != REASON_NONE)
        markup_print(markup, " (%s)", outcome_reason_name(target->attempts[bar->attempt].reason));
    markup_text(markup, bar->open ? ", no end is known, " : ", ");
    markup_duration(markup, bar->duration);
    markup_text(markup, ", from ");
    markup_duration(markup, bar->at);
    if (bar->open ? target->asking : target->attempts[bar->attempt].asks)
        markup_text(markup, ", asked what became of it");
    else if (bar->attempt > 0 || result_attempts(target) > 1)
        markup_print(markup, ", attempt %zu", bar->attempt + 1);
    markup_end(markup);
}

static void write_bar(struct page_frame *frame, const struct bar *bar)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "rect", "class", page_state_name(page_frame_state(frame, bar)), NULL);
    markup_attribute(markup, "x", "%d", bar_left(frame, bar, bar_width(frame, bar)));
    markup_attribute(markup, "y", "%d", page_frame_top(frame, bar->lane));
    markup_attribute(markup, "width", "%d", bar_width(frame, bar));
    markup_attribute(markup, "height", "%d", page_frame_bar_height(frame));
    if (markup->written - frame->start < TITLES_BUDGET)
        write_bar_title(frame, bar);
    markup_end(markup);
}

/* All bars of STATE in one shape, of LIMIT bytes at most. What lies within a pixel of the bar
 * before is part of it. */
static void add_shape(struct page_frame *frame, int state, size_t limit, struct buffer *shape)
{
    int lane = -1;
    int end = 0;

    for (size_t i = 0; i < frame->lanes.count; i++) {
        const struct bar *bar = &frame->lanes.bars[i];
        int width = bar_width(frame, bar);
        int x = bar_left(frame, bar, width);

        if (page_frame_state(frame, bar) != state || (bar->lane == lane && x + width <= end))
            continue;
        frame->is_cut |= shape->length >= limit;
        if (frame->is_cut)
            return;
        lane = bar->lane;
        end = x + width;
        buffer_print(shape, "M%d %dh%dv%dh-%dz", x, page_frame_top(frame, lane), width,
                     page_frame_bar_height(frame), width);
    }
}

/* The most urgent have room first, and lie on top. */
static void write_shapes(struct page_frame *frame)
{
    struct buffer shapes[PAGE_STATES] = {BUFFER_INIT};
    size_t left = SHAPES_BUDGET;

    for (int i = 0; i < PAGE_STATES; i++) {
        add_shape(frame, page_by_urgency(i), left, &shapes[i]);
        left -= shapes[i].length < left ? shapes[i].length : left;
    }
    for (int i = PAGE_STATES - 1; i >= 0; i--) {
        if (shapes[i].length > 0)
            markup_empty(&frame->page->markup, "path", "class", page_state_name(page_by_urgency(i)),
                         "d", buffer_text(&shapes[i]), NULL);
        buffer_done(&shapes[i]);
    }
}

static void write_bars(struct page_frame *frame)
{
    if (frame->lanes.count > PAGE_FRAME_MOST_BARS) {
        write_shapes(frame);
        return;
    }
    for (int ok = 1; ok >= 0; ok--) { /* what is not ok lies on top */
        for (size_t i = 0; i < frame->lanes.count; i++) {
            if ((page_frame_state(frame, &frame->lanes.bars[i]) == OUTCOME_OK) == (ok == 1))
                write_bar(frame, &frame->lanes.bars[i]);
        }
    }
}

/* What says the outcome without its colour. */
static void write_marks(struct page_frame *frame)
{
    int height = page_frame_bar_height(frame);
    size_t left = MOST_MARKS;

    for (int rank = 0; rank < PAGE_STATES; rank++) {
        int state = page_by_urgency(rank);
        struct buffer path = BUFFER_INIT;

        for (size_t i = 0; marks_has(state) && i < frame->lanes.count && left > 0; i++) {
            const struct bar *bar = &frame->lanes.bars[i];
            int width = bar_width(frame, bar);

            if (page_frame_state(frame, bar) != state)
                continue;
            marks_add_along(&path, state, bar_left(frame, bar, width),
                            page_frame_top(frame, bar->lane), width, height);
            left--;
        }
        marks_write_along(frame->page, state, &path, height);
    }
}

/* ---- waits and clocks --------------------------------------------------------------------- */

static int compare_attempts(const void *a, const void *b)
{
    const struct bar *one = a;
    const struct bar *other = b;

    if (one->target != other->target)
        return one->target < other->target ? -1 : 1;
    return (one->attempt > other->attempt) - (one->attempt < other->attempt);
}

/* BARS, with all attempts of a target beside each other. */
static struct bar *copy_by_target(const struct page_frame *frame)
{
    size_t count = frame->lanes.count;
    struct bar *bars = memory_zeroed(count, sizeof *bars);

    if (count > 0)
        memcpy(bars, frame->lanes.bars, count * sizeof *bars);
    qsort(bars, count, sizeof *bars, compare_attempts);
    return bars;
}

/* A line from the end of an attempt to the start of the next one of the same target. */
static void add_wait(const struct page_frame *frame, const struct bar *before,
                     const struct bar *next, struct buffer *waits)
{
    int middle = page_frame_bar_height(frame) / 2;

    buffer_print(waits, "M%d %dL%d %d", page_frame_place(frame, before->at + before->duration),
                 page_frame_top(frame, before->lane) + middle, page_frame_place(frame, next->at),
                 page_frame_top(frame, next->lane) + middle);
}

/* So many that what is below them is seen: each EVERY-th. */
static void add_waits(struct page_frame *frame, struct buffer *waits)
{
    size_t count = frame->lanes.count;
    struct bar *bars = copy_by_target(frame);
    size_t every;
    size_t number = 0;

    for (size_t i = 1; i < count; i++)
        frame->waits += bars[i].target == bars[i - 1].target;
    every = (frame->waits + MOST_WAITS - 1) / MOST_WAITS;
    for (size_t i = 1; i < count; i++) {
        if (bars[i].target != bars[i - 1].target || number++ % every != 0)
            continue;
        add_wait(frame, &bars[i - 1], &bars[i], waits);
        frame->waits_drawn++;
    }
    free(bars);
}

/* A notch in each bar where the script's time was over. */
static void add_notches(struct page_frame *frame, struct buffer *notches)
{
    int64_t limit = frame->page->result->job.script_timeout;

    for (size_t i = 0; i < frame->lanes.count; i++) {
        const struct bar *bar = &frame->lanes.bars[i];

        if (limit <= 0 || bar->duration < limit)
            continue;
        if (frame->notches++ >= PAGE_FRAME_MOST_BARS)
            continue;
        buffer_print(notches, "M%d %dv%d", page_frame_place(frame, bar->at + limit),
                     page_frame_top(frame, bar->lane), page_frame_bar_height(frame));
        frame->notches_drawn++;
    }
}

static void write_waits(struct page_frame *frame)
{
    struct buffer path = BUFFER_INIT;

    add_waits(frame, &path);
    if (path.length > 0)
        markup_empty(&frame->page->markup, "path", "class",
                     frame->waits_drawn > MANY ? "wait many" : "wait", "d", buffer_text(&path),
                     NULL);
    buffer_done(&path);
}

static void write_notches(struct page_frame *frame)
{
    struct buffer path = BUFFER_INIT;

    add_notches(frame, &path);
    if (path.length > 0)
        markup_empty(&frame->page->markup, "path", "class", "notch", "d", buffer_text(&path), NULL);
    buffer_done(&path);
}

void page_bars(struct page_frame *frame)
{
    write_bars(frame);
    write_marks(frame);
    write_notches(frame);
    write_waits(frame);
}
