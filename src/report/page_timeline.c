/* SPDX-License-Identifier: MIT */
/*
 * The timeline. Time is WIDE units across, whatever the width of the window: the bars are in a
 * picture of their own that is stretched, words and ticks stand at percentages beside it. So
 * letters keep their size, on a telephone too. Down, a unit is a pixel.
 *
 * Up to MOST_BARS attempts have a bar each, with its words; beyond that those of one outcome are
 * one shape, and attempts too short to be told apart are drawn as one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "report/lanes.h"
#include "report/page_parts.h"
#include "report/scale.h"
#include "run/result.h"

enum {
    WIDE = 10000,
    MANY = 200,        /* waits are drawn so that they hide nothing */
    THINNEST = 12,     /* units: about a pixel */
    THINNEST_BAD = 40, /* what is not ok is never too thin to be seen */
    MOST_BARS = 10000, /* with words of their own */
    MOST_WAITS = 2000,
    MOST_TICKS = 8,
    LONGEST = 5,                                  /* attempts that are told by name */
    SHAPES_BUDGET = PAGE_TIMELINE_BUDGET * 4 / 5, /* bytes */
    TITLES_BUDGET = PAGE_TIMELINE_BUDGET / 2,     /* bytes; a bar without its title takes a third */
    ROW = 20,                                     /* pixels: a line of words above the lanes */
    LABEL_GAP = WIDE / 12,                        /* between two labels of batches */
    NARROW_GAP = WIDE / 5                         /* where the window is narrow */
};

/* Where everything is, in pixels from the top. */
struct frame {
    struct page *page;
    struct lanes lanes;
    int batches_at; /* the line with the numbers of the batches; -1: there is one batch only */
    int clocks_at;  /* the first of the lines that show how long the clocks are */
    int lanes_at;
    int pitch; /* from lane to lane */
    int height;
    size_t start; /* bytes of the page before the timeline */
    bool is_cut;  /* not all bars are drawn */
};

static int place(const struct frame *frame, int64_t at)
{
    return scale_place(at, frame->lanes.span, WIDE);
}

static int lane_top(const struct frame *frame, int lane)
{
    return frame->lanes_at + lane * frame->pitch;
}

static int bar_height(const struct frame *frame)
{
    return frame->pitch > 6 ? frame->pitch - 3 : frame->pitch > 2 ? frame->pitch - 1 : frame->pitch;
}

static const struct result_target *target_of(const struct frame *frame, const struct bar *bar)
{
    return &frame->page->result->targets[bar->target];
}

/* What became of an attempt; of an open one, what became of its target. */
static int bar_state(const struct frame *frame, const struct bar *bar)
{
    const struct result_target *target = target_of(frame, bar);

    return bar->open ? page_state(target) : (int)target->attempts[bar->attempt].outcome;
}

static int bar_width(const struct frame *frame, const struct bar *bar)
{
    int width = place(frame, bar->at + bar->duration) - place(frame, bar->at);
    int least = bar_state(frame, bar) == OUTCOME_OK ? THINNEST : THINNEST_BAD;

    return width > least ? width : least;
}

/* ---- the frame ---------------------------------------------------------------------------- */

/* As many pixels as so many lanes can have; a thousand are still told apart. */
static int find_pitch(int lanes)
{
    static const struct {
        int lanes;
        int pitch;
    } sizes[] = {{12, 20}, {40, 14}, {100, 8}, {300, 4}};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (lanes <= sizes[i].lanes)
            return sizes[i].pitch;
    }
    return 2;
}

/* The clocks that fit into the time of the run, the shortest first. */
static size_t find_clocks(const struct frame *frame, int64_t clocks[3], const char *names[3])
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

static void open_frame(struct frame *frame, struct page *page)
{
    int64_t clocks[3];
    const char *names[3];
    int top = ROW;

    *frame = (struct frame){.page = page, .batches_at = -1, .start = page->markup.written};
    lanes_make(&frame->lanes, page->result);
    if (frame->lanes.batches > 1) {
        frame->batches_at = top;
        top += ROW;
    }
    frame->clocks_at = top;
    top += ROW * (int)find_clocks(frame, clocks, names);
    frame->lanes_at = top + 4;
    frame->pitch = find_pitch(frame->lanes.lanes);
    frame->height = lane_top(frame, frame->lanes.lanes) + 2;
}

/* ---- bars --------------------------------------------------------------------------------- */

static void write_bar_title(struct frame *frame, const struct bar *bar)
{
    const struct result_target *target = target_of(frame, bar);
    struct markup *markup = &frame->page->markup;
    int state = bar_state(frame, bar);

    markup_begin(markup, "title", NULL);
    page_label(frame->page, target);
    markup_print(markup, ": %s", page_state_name(state));
    if (!bar->open && target->attempts[bar->attempt].reason != REASON_NONE)
        markup_print(markup, " (%s)", outcome_reason_name(target->attempts[bar->attempt].reason));
    markup_text(markup, bar->open ? ", no end is known, " : ", ");
    markup_duration(markup, bar->duration);
    markup_text(markup, ", from ");
    markup_duration(markup, bar->at);
    if (bar->attempt > 0 || target->attempt_count > 1)
        markup_print(markup, ", attempt %zu", bar->attempt + 1);
    markup_end(markup);
}

static void write_bar(struct frame *frame, const struct bar *bar)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "rect", "class", page_state_name(bar_state(frame, bar)), NULL);
    markup_attribute(markup, "x", "%d", place(frame, bar->at));
    markup_attribute(markup, "y", "%d", lane_top(frame, bar->lane));
    markup_attribute(markup, "width", "%d", bar_width(frame, bar));
    markup_attribute(markup, "height", "%d", bar_height(frame));
    if (markup->written - frame->start < TITLES_BUDGET)
        write_bar_title(frame, bar);
    markup_end(markup);
}

/* All bars of STATE in one shape, of LIMIT bytes at most. What lies within a pixel of the bar
 * before is part of it. */
static void add_shape(struct frame *frame, int state, size_t limit, struct buffer *shape)
{
    int lane = -1;
    int end = 0;

    for (size_t i = 0; i < frame->lanes.count; i++) {
        const struct bar *bar = &frame->lanes.bars[i];
        int x = place(frame, bar->at);
        int width = bar_width(frame, bar);

        if (bar_state(frame, bar) != state || (bar->lane == lane && x + width <= end))
            continue;
        frame->is_cut |= shape->length >= limit;
        if (frame->is_cut)
            return;
        lane = bar->lane;
        end = x + width;
        buffer_print(shape, "M%d %dh%dv%dh-%dz", x, lane_top(frame, lane), width, bar_height(frame),
                     width);
    }
}

/* The most urgent have room first, and lie on top. */
static void write_shapes(struct frame *frame)
{
    struct buffer shapes[PAGE_STATES] = {BUFFER_INIT};
    size_t left = SHAPES_BUDGET;

    for (int i = 0; i < PAGE_STATES; i++) {
        add_shape(frame, page_urgency[i], left, &shapes[i]);
        left -= shapes[i].length < left ? shapes[i].length : left;
    }
    for (int i = PAGE_STATES - 1; i >= 0; i--) {
        if (shapes[i].length > 0)
            markup_empty(&frame->page->markup, "path", "class", page_state_name(page_urgency[i]),
                         "d", buffer_text(&shapes[i]), NULL);
        buffer_done(&shapes[i]);
    }
}

static void write_bars(struct frame *frame)
{
    if (frame->lanes.count > MOST_BARS) {
        write_shapes(frame);
        return;
    }
    for (int ok = 1; ok >= 0; ok--) { /* what is not ok lies on top */
        for (size_t i = 0; i < frame->lanes.count; i++) {
            if ((bar_state(frame, &frame->lanes.bars[i]) == OUTCOME_OK) == (ok == 1))
                write_bar(frame, &frame->lanes.bars[i]);
        }
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

/* A line from the end of an attempt to the start of the next one of the same target. */
static size_t add_waits(const struct frame *frame, struct buffer *waits)
{
    size_t count = frame->lanes.count;
    struct bar *bars = memory_zeroed(count, sizeof *bars);
    int middle = bar_height(frame) / 2;
    size_t drawn = 0;

    if (count > 0)
        memcpy(bars, frame->lanes.bars, count * sizeof *bars);
    qsort(bars, count, sizeof *bars, compare_attempts);
    for (size_t i = 1; i < count && drawn < MOST_WAITS; i++) {
        const struct bar *before = &bars[i - 1];

        if (bars[i].target != before->target)
            continue;
        buffer_print(waits, "M%d %dL%d %d", place(frame, before->at + before->duration),
                     lane_top(frame, before->lane) + middle, place(frame, bars[i].at),
                     lane_top(frame, bars[i].lane) + middle);
        drawn++;
    }
    free(bars);
    return drawn;
}

/* A notch in each bar where the script's time was over. */
static size_t add_notches(const struct frame *frame, struct buffer *notches)
{
    int64_t limit = frame->page->result->job.script_timeout;
    size_t drawn = 0;

    for (size_t i = 0; i < frame->lanes.count && drawn < MOST_BARS; i++) {
        const struct bar *bar = &frame->lanes.bars[i];

        if (limit <= 0 || bar->duration < limit)
            continue;
        buffer_print(notches, "M%d %dv%d", place(frame, bar->at + limit),
                     lane_top(frame, bar->lane), bar_height(frame));
        drawn++;
    }
    return drawn;
}

static void write_waits(struct frame *frame)
{
    struct buffer path = BUFFER_INIT;
    size_t count = add_waits(frame, &path);

    if (count > 0)
        markup_empty(&frame->page->markup, "path", "class", count > MANY ? "wait many" : "wait",
                     "d", buffer_text(&path), NULL);
    buffer_done(&path);
}

static void write_notches(struct frame *frame)
{
    struct buffer path = BUFFER_INIT;

    if (add_notches(frame, &path) > 0)
        markup_empty(&frame->page->markup, "path", "class", "notch", "d", buffer_text(&path), NULL);
    buffer_done(&path);
}

/* ---- words and ticks ---------------------------------------------------------------------- */

static void begin_word(struct frame *frame, const char *class, int x, int y)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "text", "class", class, NULL);
    markup_attribute(markup, "x", "%d.%02d%%", x / (WIDE / 100), x % (WIDE / 100));
    markup_attribute(markup, "y", "%d", y);
}

static void write_line(struct frame *frame, const char *class, int x, int from)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "line", "class", class, NULL);
    markup_attribute(markup, "x1", "%d.%02d%%", x / (WIDE / 100), x % (WIDE / 100));
    markup_attribute(markup, "x2", "%d.%02d%%", x / (WIDE / 100), x % (WIDE / 100));
    markup_attribute(markup, "y1", "%d", from);
    markup_attribute(markup, "y2", "%d", frame->height);
    markup_end(markup);
}

static void write_ticks(struct frame *frame)
{
    int64_t step = scale_step(frame->lanes.span, MOST_TICKS);
    int number = 0;

    for (int64_t at = 0; at <= frame->lanes.span; at += step) {
        struct buffer label = BUFFER_INIT;

        scale_print(&label, at);
        write_line(frame, "tick", place(frame, at), ROW - 4);
        begin_word(frame, number++ % 2 == 0 ? "tick" : "tick odd", place(frame, at), ROW - 6);
        markup_text(&frame->page->markup, buffer_text(&label));
        markup_end(&frame->page->markup);
        buffer_done(&label);
    }
}

static void write_batch_label(struct frame *frame, int batch, int x, bool everywhere)
{
    bool late = x > WIDE - LABEL_GAP;

    begin_word(frame,
               late         ? "batch late"
               : everywhere ? "batch"
                            : "batch odd",
               x, frame->batches_at + ROW - 6);
    markup_attribute(&frame->page->markup, "dx", late ? "-4" : "4");
    markup_print(&frame->page->markup, "batch %d", batch + 1);
    markup_end(&frame->page->markup);
}

/* Where each batch begins; its number where there is room for it, in a narrow window fewer of them.
 */
static void write_batches(struct frame *frame)
{
    int last_line = -WIDE;
    int last_label = -WIDE;
    int last_everywhere = -WIDE;

    for (int i = 0; frame->batches_at >= 0 && i < frame->lanes.batches; i++) {
        int x = place(frame, frame->lanes.begins[i]);
        bool everywhere = x - last_everywhere >= NARROW_GAP;

        if (frame->lanes.begins[i] < 0 || x - last_line < THINNEST)
            continue;
        write_line(frame, "batch", x, frame->batches_at + 2);
        last_line = x;
        if (x - last_label < LABEL_GAP)
            continue;
        write_batch_label(frame, i, x, everywhere);
        last_label = x;
        last_everywhere = everywhere ? x : last_everywhere;
    }
}

/* A line as long as the clock, from the start of the run: what a bar can be held against. */
static void write_clocks(struct frame *frame)
{
    struct markup *markup = &frame->page->markup;
    int64_t clocks[3];
    const char *names[3];
    size_t count = find_clocks(frame, clocks, names);

    for (size_t i = 0; i < count; i++) {
        int x = place(frame, clocks[i]);
        int y = frame->clocks_at + ROW * (int)i + ROW - 3;
        struct buffer label = BUFFER_INIT;

        number_print_exact_duration(&label, clocks[i]);
        markup_begin(markup, "line", "class", "clock", "x1", "0", NULL);
        markup_attribute(markup, "x2", "%d.%02d%%", x / (WIDE / 100), x % (WIDE / 100));
        markup_attribute(markup, "y1", "%d", y);
        markup_attribute(markup, "y2", "%d", y);
        markup_end(markup);
        begin_word(frame, "clock", 0, y - 5);
        markup_print(markup, "%s %s", names[i], buffer_text(&label));
        markup_end(markup);
        buffer_done(&label);
        if (clocks[i] == frame->page->result->job.deadline)
            write_line(frame, "deadline", x, y);
    }
}

/* The numbers of the workers, as many as can be read. */
static void write_lane_numbers(struct frame *frame)
{
    struct markup *markup = &frame->page->markup;
    int every = 1;

    while (every * frame->pitch < 13)
        every = every == 1 ? 5 : every * 2;
    for (int i = 0; i < frame->lanes.lanes; i++) {
        if (every > 1 && (i + 1) % every != 0)
            continue;
        markup_begin(markup, "text", "class", "lane", "x", "-8", NULL);
        markup_attribute(markup, "y", "%d", lane_top(frame, i) + bar_height(frame) / 2 + 4);
        markup_print(markup, "%d", i + 1);
        markup_end(markup);
    }
    begin_word(frame, "lane", 0, ROW - 6);
    markup_attribute(markup, "dx", "-8");
    markup_text(markup, "worker");
    markup_end(markup);
}

/* ---- the picture -------------------------------------------------------------------------- */

static void write_description(struct frame *frame)
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
    markup_text(markup, ", one for each worker, over ");
    markup_duration(markup, lanes->span);
    markup_text(markup, ". The tables below have the same in words: the batches, and every target "
                        "with its duration and its attempts.");
    markup_end(markup);
}

static void write_picture(struct frame *frame)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "svg", "class", "timeline", "role", "img", "aria-labelledby",
                 "timeline-title timeline-description", NULL);
    markup_attribute(markup, "height", "%d", frame->height);
    write_description(frame);
    write_ticks(frame);
    write_batches(frame);
    write_lane_numbers(frame);
    markup_begin(markup, "svg", "class", frame->pitch > 4 ? "apart" : NULL, "preserveAspectRatio",
                 "none", "width", "100%", NULL);
    markup_attribute(markup, "viewBox", "0 0 %d %d", WIDE, frame->height);
    markup_attribute(markup, "height", "%d", frame->height);
    write_bars(frame);
    write_notches(frame);
    write_waits(frame);
    markup_end(markup);
    write_clocks(frame);
    markup_end(markup);
}

static bool has_state(const struct frame *frame, int state)
{
    for (size_t i = 0; i < frame->lanes.count; i++) {
        if (bar_state(frame, &frame->lanes.bars[i]) == state)
            return true;
    }
    return false;
}

static void write_legend(struct frame *frame)
{
    struct markup *markup = &frame->page->markup;

    markup_begin(markup, "ul", "class", "legend", "aria-label", "Legend", NULL);
    for (int i = PAGE_STATES - 1; i >= 0; i--) {
        if (has_state(frame, page_urgency[i]))
            markup_element(markup, "li", page_state_name(page_urgency[i]),
                           page_state_name(page_urgency[i]));
    }
    markup_element(markup, "li", "wait-key", "wait for another attempt");
    markup_element(markup, "li", "notch-key", "script_timeout within a bar");
    markup_end(markup);
}

/* ---- in words ----------------------------------------------------------------------------- */

static int compare_durations(const void *a, const void *b)
{
    const struct bar *one = a;
    const struct bar *other = b;

    if (one->duration != other->duration)
        return one->duration > other->duration ? -1 : 1;
    return compare_attempts(a, b);
}

/* Sorts the bars anew: the last use of them. */
static void write_longest(struct frame *frame)
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
        page_label(frame->page, target_of(frame, bar));
        markup_text(markup, " ");
        markup_duration(markup, bar->duration);
        markup_print(markup, " (%s)", page_state_name(bar_state(frame, bar)));
    }
    markup_text(markup, ".");
    markup_end(markup);
}

/* The clocks that are too long to be drawn, and what else the picture does not show. */
static void write_notes(struct frame *frame)
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
    if (frame->lanes.count > MOST_BARS)
        markup_text(markup, "There are too many attempts for words on each bar; the table of "
                            "targets has them. ");
    if (frame->is_cut)
        markup_text(markup, "Some of the less urgent ones are not drawn.");
    markup_end(markup);
}

void page_timeline(struct page *page)
{
    struct frame frame;

    open_frame(&frame, page);
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
    lanes_done(&frame.lanes);
}
