/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/number.h"
#include "page/common.h"
#include "page/frame.h"
#include "page/lanes.h"
#include "page/marks.h"
#include "page/parts.h"
#include "page/scale.h"
#include "run/result.h"

enum {
    MOST_TICKS = 8,
    LONGEST = 5,                     /* attempts that are told by name */
    THINNEST = 12,                   /* units between two lines of batches: about a pixel */
    LATE_GAP = PAGE_FRAME_WIDE / 14, /* from the right edge: half a label of a tick */
    DIGIT = 8,                       /* pixels */
    LABEL_GAP = 8                    /* pixels around the number of a batch */
};

#define BARS ", and a bar an attempt on one VM, with its name where there is room."

/* ---- words and ticks ---------------------------------------------------------------------- */

static void begin_word(struct page_frame *frame, const char *class, const char *room, int x, int y)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "text", NULL);
    markup_attribute(markup, "class", "%s%s", class, room);
    page_frame_across(frame, "x", x);
    markup_attribute(markup, "y", "%d", y);
}

/* In the margin: what stands at the height of Y. */
static void begin_margin(struct page_frame *frame, int y)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "text", "class", "lane", "x", "-8", NULL);
    markup_attribute(markup, "y", "%d", y);
}

static void write_line(struct page_frame *frame, const char *class, int x, int from)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "line", "class", class, NULL);
    page_frame_across(frame, "x1", x);
    page_frame_across(frame, "x2", x);
    markup_attribute(markup, "y1", "%d", from);
    markup_attribute(markup, "y2", "%d", frame->height);
    markup_end(markup);
}

/* The last label stands within the picture; of narrow windows every other one is left out. */
static void write_tick(struct page_frame *frame, int64_t at, int number)
{
    int x = page_frame_place(frame, at);
    struct buffer label = BUFFER_INIT;

    scale_print(&label, at);
    write_line(frame, "tick", x, PAGE_FRAME_ROW - 4);
    begin_word(frame, x > PAGE_FRAME_WIDE - LATE_GAP ? "tick late" : "tick",
               number % 2 == 0 ? "" : " from-40", x, PAGE_FRAME_ROW - 6);
    markup_text(&frame->page->markup, buffer_text(&label));
    markup_end(&frame->page->markup);
    buffer_done(&label);
}

static void write_ticks(struct page_frame *frame)
{
    int64_t step = scale_step(frame->lanes.span, MOST_TICKS);
    int number = 0;

    for (int64_t at = 0; at <= frame->lanes.span; at += step)
        write_tick(frame, at, number++);
}

/* The first batch from BATCH on that began UNITS after X at least; none: the number of batches. */
static int find_batch(const struct page_frame *frame, int batch, int x, int units)
{
    while (batch < frame->lanes.batches &&
           (frame->lanes.begins[batch] < 0 ||
            page_frame_place(frame, frame->lanes.begins[batch]) - x < units))
        batch++;
    return batch;
}

/* The number of BATCH, which began at X, where there is room for it before NEXT. */
static void write_batch_number(struct page_frame *frame, int batch, int x, int next)
{
    struct buffer number = BUFFER_INIT;
    const char *room;

    buffer_print(&number, "%d", batch + 1);
    room = page_frame_room(next - x, LABEL_GAP + DIGIT * (int)number.length);
    if (room != NULL) {
        begin_word(frame, "batch", room, x, frame->batches_at + PAGE_FRAME_ROW - 6);
        markup_attribute(&frame->page->markup, "dx", "%d", LABEL_GAP / 2);
        markup_text(&frame->page->markup, buffer_text(&number));
        markup_end(&frame->page->markup);
    }
    buffer_done(&number);
}

/* Where each batch begins; of those within a pixel the first. */
static void write_batches(struct page_frame *frame)
{
    const struct lanes *lanes = &frame->lanes;
    int batch = find_batch(frame, 0, -THINNEST, THINNEST);

    if (frame->batches_at < 0)
        return;
    begin_margin(frame, frame->batches_at + PAGE_FRAME_ROW - 6);
    markup_text(&frame->page->markup, "batch");
    markup_end(&frame->page->markup);
    while (batch < lanes->batches) {
        int x = page_frame_place(frame, lanes->begins[batch]);
        int next = find_batch(frame, batch + 1, x, THINNEST);

        write_line(frame, "batch", x, frame->batches_at + 2);
        write_batch_number(frame, batch, x,
                           next < lanes->batches ? page_frame_place(frame, lanes->begins[next])
                                                 : PAGE_FRAME_WIDE);
        batch = next;
    }
}

/* A line as long as the clock, from the start of the run: what a bar can be held against. */
static void write_clocks(struct page_frame *frame)
{
    struct markup *markup = &frame->page->markup;
    int64_t clocks[3];
    const char *names[3];
    size_t count = page_frame_clocks(frame, clocks, names);

    for (size_t i = 0; i < count; i++) {
        int x = page_frame_place(frame, clocks[i]);
        int y = frame->clocks_at + PAGE_FRAME_ROW * (int)i + PAGE_FRAME_ROW - 3;
        struct buffer label = BUFFER_INIT;

        number_print_exact_duration(&label, clocks[i]);
        markup_begin(markup, "line", "class", "clock", "x1", "0", NULL);
        page_frame_across(frame, "x2", x);
        markup_attribute(markup, "y1", "%d", y);
        markup_attribute(markup, "y2", "%d", y);
        markup_end(markup);
        begin_word(frame, "clock", "", 0, y - 5);
        markup_attribute(markup, "dx", "%d", LABEL_GAP / 2);
        markup_print(markup, "%s %s", names[i], buffer_text(&label));
        markup_end(markup);
        buffer_done(&label);
        if (clocks[i] == frame->page->result->job.deadline)
            write_line(frame, "deadline", x, y);
    }
}

/* What each lane is, as many as can be read: "az 5". */
static void write_lane_names(struct page_frame *frame)
{
    int every = 1;

    while (every * frame->pitch < 13)
        every = every == 1 ? 5 : every * 2;
    for (int i = every - 1; i < frame->lanes.lanes; i += every) {
        begin_margin(frame, page_frame_top(frame, i) + page_frame_bar_height(frame) / 2 + 4);
        markup_print(&frame->page->markup, "az %d", i + 1);
        markup_end(&frame->page->markup);
    }
}

/* ---- the picture -------------------------------------------------------------------------- */

static void write_description(struct page_frame *frame)
{
    struct markup *markup = &frame->page->markup;
    const struct lanes *lanes = &frame->lanes;

    markup_begin(markup, "title", "id", "timeline-title", NULL);
    markup_text(markup, "Timeline of all attempts");
    markup_end(markup);
    markup_begin(markup, "desc", "id", "timeline-description", NULL);
    page_count(frame->page, lanes->count, "attempt", "attempts");
    markup_text(markup, " in ");
    page_count(frame->page, (size_t)lanes->lanes, "lane", "lanes");
    markup_text(markup, ", one for each az at a time, over ");
    markup_duration(markup, lanes->span);
    markup_text(markup, ". The tables below have the same in words: the batches, and every target "
                        "with its duration and its attempts.");
    markup_end(markup);
}

static void write_picture(struct page_frame *frame)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "svg", "class", "timeline", "role", "img", "aria-labelledby",
                 "timeline-title timeline-description", NULL);
    markup_attribute(markup, "height", "%d", frame->height);
    write_description(frame);
    write_ticks(frame);
    write_batches(frame);
    write_lane_names(frame);
    markup_begin(markup, "svg", "class", frame->pitch > 4 ? "apart" : NULL, "preserveAspectRatio",
                 "none", "width", "100%", NULL);
    markup_attribute(markup, "viewBox", "0 0 %d %d", PAGE_FRAME_WIDE, frame->height);
    markup_attribute(markup, "height", "%d", frame->height);
    page_bars(frame);
    markup_end(markup);
    page_labels(frame);
    write_clocks(frame);
    markup_end(markup);
}

static bool has_state(const struct page_frame *frame, int state)
{
    for (size_t i = 0; i < frame->lanes.count; i++) {
        if (page_frame_state(frame, &frame->lanes.bars[i]) == state)
            return true;
    }
    return false;
}

static bool has_wait(const struct page_frame *frame)
{
    for (size_t i = 0; i < frame->lanes.count; i++) {
        if (frame->lanes.bars[i].attempt > 0)
            return true;
    }
    return false;
}

static bool has_notch(const struct page_frame *frame)
{
    int64_t limit = frame->page->result->job.script_timeout;

    for (size_t i = 0; i < frame->lanes.count; i++) {
        if (limit > 0 && frame->lanes.bars[i].duration >= limit)
            return true;
    }
    return false;
}

static void write_legend(struct page_frame *frame)
{
    struct page *page = frame->page;

    if (frame->lanes.lanes == 1)
        page_note(page, "The lane is the one az that ran at a time" BARS);
    else
        page_note(page, "Each lane is one of the %d az that ran side by side" BARS,
                  frame->lanes.lanes);
    markup_begin(&page->markup, "ul", "class", "legend", "aria-label", "Legend", NULL);
    for (int i = PAGE_STATES - 1; i >= 0; i--) {
        if (has_state(frame, page_by_urgency(i)))
            marks_write_key(page, page_by_urgency(i));
    }
    if (has_wait(frame))
        markup_element(&page->markup, "li", "wait-key", "wait for another attempt");
    if (has_notch(frame))
        markup_element(&page->markup, "li", "notch-key", "script_timeout within a bar");
    markup_end(&page->markup);
}

/* ---- in words ----------------------------------------------------------------------------- */

static int compare_durations(const void *a, const void *b)
{
    const struct bar *one = a;
    const struct bar *other = b;

    if (one->duration != other->duration)
        return one->duration > other->duration ? -1 : 1;
    if (one->target != other->target)
        return one->target < other->target ? -1 : 1;
    return (one->attempt > other->attempt) - (one->attempt < other->attempt);
}

/* Sorts the bars anew: the last use of them. */
static void write_longest(struct page_frame *frame)
{
    struct markup *markup = &frame->page->markup;
    struct lanes *lanes = &frame->lanes;

    if (lanes->count == 0)
        return;
    qsort(lanes->bars, lanes->count, sizeof *lanes->bars, compare_durations);
    markup_begin(markup, "p", "class", "longest", NULL);
    markup_text(markup, "Longest: ");
    for (size_t i = 0; i < lanes->count && i < LONGEST; i++) {
        const struct bar *bar = &lanes->bars[i];

        markup_text(markup, i > 0 ? ", " : "");
        page_label(frame->page, page_frame_target(frame, bar));
        markup_text(markup, " ");
        markup_duration(markup, bar->duration);
        markup_print(markup, " (%s)", page_state_name(page_frame_state(frame, bar)));
    }
    markup_text(markup, ".");
    markup_end(markup);
}

/* The clocks that are too long to be drawn, and what else the picture does not show. */
static void write_notes(struct page_frame *frame)
{
    const struct result_job *job = &frame->page->result->job;
    const int64_t clocks[] = {job->script_timeout, job->timeout, job->deadline};
    static const char *const names[] = {"script_timeout", "timeout", "deadline"};
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "p", "class", "note", NULL);
    for (size_t i = 0; i < 3; i++) {
        struct buffer text = BUFFER_INIT;

        number_print_exact_duration(&text, clocks[i]);
        if (clocks[i] > frame->lanes.span)
            markup_print(markup, "%s (%s) is longer than the run. ", names[i], buffer_text(&text));
        buffer_done(&text);
    }
    if (frame->lanes.count > PAGE_FRAME_MOST_BARS)
        markup_text(markup, "There are too many attempts for a label on each bar; the table of "
                            "targets has them. ");
    if (frame->is_cut)
        markup_text(markup, "Some of the less urgent ones are not drawn. ");
    if (frame->waits_drawn < frame->waits)
        markup_print(markup, "Of %zu waits between attempts %zu are drawn. ", frame->waits,
                     frame->waits_drawn);
    if (frame->notches_drawn < frame->notches)
        markup_print(markup, "Of %zu notches %zu are drawn. ", frame->notches,
                     frame->notches_drawn);
    markup_end(markup);
}

void page_timeline(struct page *page)
{
    struct page_frame frame;

    page_frame_open(&frame, page);
    page_begin_section(page, "timeline", "Timeline");
    if (frame.lanes.count > 0) {
        write_legend(&frame);
        markup_begin(&page->markup, "div", "class", "picture", NULL);
        write_picture(&frame);
        markup_end(&page->markup);
    } else {
        page_note(page, "No attempt has begun.");
    }
    write_notes(&frame);
    page_batches(page, &frame.lanes);
    write_longest(&frame);
    markup_end(&page->markup);
    page_frame_close(&frame);
}
