/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "page/common.h"
#include "page/marks.h"
#include "page/parts.h"
#include "page/scale.h"
#include "run/result.h"

enum {
    WIDE = 10000, /* units across, stretched to the window */
    TALL = 120,   /* pixels of the highest column */
    FOOT = 18,    /* pixels for the words below */
    MOST_BINS = 24,
    MOST_TICKS = 6,
    GAP = 30 /* units between two columns */
};

struct histogram {
    int64_t *durations; /* of all attempts that have ended, in rising order */
    size_t count;
    int64_t step; /* how much time a column is for */
    size_t bins;
    size_t bin[MOST_BINS + 1][OUTCOME_KINDS];
    size_t highest;
};

/* ---- counting ----------------------------------------------------------------------------- */

static int compare_durations(const void *a, const void *b)
{
    const int64_t *one = a;
    const int64_t *other = b;

    return (*one > *other) - (*one < *other);
}

static void take_durations(struct histogram *histogram, const struct result *result)
{
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++)
        count += result->targets[i].attempt_count;
    histogram->durations = memory_zeroed(count, sizeof *histogram->durations);
    for (size_t i = 0; i < result->target_count; i++) {
        for (size_t j = 0; j < result->targets[i].attempt_count; j++)
            histogram->durations[histogram->count++] = result->targets[i].attempts[j].duration;
    }
    qsort(histogram->durations, count, sizeof *histogram->durations, compare_durations);
}

static size_t sum_of(const size_t counts[OUTCOME_KINDS])
{
    size_t sum = 0;

    for (int kind = 0; kind < OUTCOME_KINDS; kind++)
        sum += counts[kind];
    return sum;
}

static void count_attempt(struct histogram *histogram, const struct result_attempt *attempt)
{
    size_t bin = (size_t)(attempt->duration / histogram->step);

    histogram->bin[bin][attempt->outcome]++;
    if (sum_of(histogram->bin[bin]) > histogram->highest)
        histogram->highest = sum_of(histogram->bin[bin]);
}

static void make_histogram(struct histogram *histogram, const struct result *result)
{
    int64_t longest;

    *histogram = (struct histogram){.count = 0};
    take_durations(histogram, result);
    if (histogram->count == 0)
        return;
    longest = histogram->durations[histogram->count - 1];
    histogram->step = scale_step(longest, MOST_BINS);
    histogram->bins = (size_t)(longest / histogram->step) + 1;
    for (size_t i = 0; i < result->target_count; i++) {
        for (size_t j = 0; j < result->targets[i].attempt_count; j++)
            count_attempt(histogram, &result->targets[i].attempts[j]);
    }
}

/* ---- in words ----------------------------------------------------------------------------- */

/* The duration that PERCENT of the attempts did not exceed. */
static int64_t percentile(const struct histogram *histogram, size_t percent)
{
    size_t within = (histogram->count * percent + 99) / 100; /* rounded up: so many at least */

    return histogram->durations[within > 0 ? within - 1 : 0];
}

static void write_words(struct page *page, const struct histogram *histogram)
{
    static const struct {
        const char *words;
        size_t percent;
    } marks[] = {{": shortest ", 0}, {", median ", 50}, {", 95% within ", 95}, {", longest ", 100}};
    struct markup *markup = &page->markup;

    markup_begin(markup, "p", NULL);
    page_count(page, histogram->count, "attempt that has ended", "attempts that have ended");
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        markup_text(markup, marks[i].words);
        markup_duration(markup, percentile(histogram, marks[i].percent));
    }
    markup_text(markup, ".");
    markup_end(markup);
}

static char *print_range(const struct histogram *histogram, size_t bin)
{
    struct buffer range = BUFFER_INIT;

    scale_print(&range, (int64_t)bin * histogram->step);
    buffer_add(&range, " to ");
    scale_print(&range, (int64_t)(bin + 1) * histogram->step);
    return buffer_take(&range);
}

static void write_row(struct page *page, const struct histogram *histogram, size_t bin)
{
    struct markup *markup = &page->markup;
    size_t all = sum_of(histogram->bin[bin]);
    const size_t numbers[] = {all, histogram->bin[bin][OUTCOME_OK],
                              all - histogram->bin[bin][OUTCOME_OK]};
    char *range = print_range(histogram, bin);

    markup_begin(markup, "tr", NULL);
    markup_begin(markup, "th", "scope", "row", NULL);
    markup_text(markup, range);
    markup_end(markup);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        page_number(page, numbers[i]);
    markup_end(markup);
    free(range);
}

static void write_table(struct page *page, const struct histogram *histogram)
{
    static const char *const columns[] = {"Duration", "Attempts", "Ok", "Not ok"};

    markup_begin(&page->markup, "details", NULL);
    markup_element(&page->markup, "summary", NULL, "The same as a table");
    page_begin_table(page, "Attempts by duration", columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < histogram->bins; i++) {
        if (sum_of(histogram->bin[i]) > 0)
            write_row(page, histogram, i);
    }
    page_end_table(page);
    markup_end(&page->markup);
}

/* ---- the picture -------------------------------------------------------------------------- */

static void write_column_title(struct page *page, const struct histogram *histogram, size_t bin)
{
    struct markup *markup = &page->markup;
    char *range = print_range(histogram, bin);

    markup_begin(markup, "title", NULL);
    markup_print(markup, "%s: ", range);
    page_count(page, sum_of(histogram->bin[bin]), "attempt", "attempts");
    for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
        if (histogram->bin[bin][kind] > 0)
            markup_print(markup, ", %zu %s", histogram->bin[bin][kind],
                         outcome_name((enum outcome_kind)kind));
    }
    markup_end(markup);
    free(range);
}

static void write_part(struct page *page, int kind, int x, int y, int width, int height)
{
    struct markup *markup = &page->markup;
    struct buffer lines = BUFFER_INIT;

    markup_begin(markup, "rect", "class", page_state_name(kind), NULL);
    markup_attribute(markup, "x", "%d", x);
    markup_attribute(markup, "y", "%d", y);
    markup_attribute(markup, "width", "%d", width);
    markup_attribute(markup, "height", "%d", height);
    markup_end(markup);
    marks_add_down(&lines, kind, x, y, width, height);
    marks_write_down(page, kind, &lines);
}

/* The outcomes of a column on top of each other, ok at the bottom. None is too few to be seen. */
static void write_column(struct page *page, const struct histogram *histogram, size_t bin)
{
    struct markup *markup = &page->markup;
    int left = WIDE * (int)bin / (int)histogram->bins;
    int right = WIDE * (int)(bin + 1) / (int)histogram->bins;
    int top = TALL;

    markup_begin(markup, "g", NULL);
    write_column_title(page, histogram, bin);
    for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
        int height = (int)(histogram->bin[bin][kind] * (TALL - OUTCOME_KINDS) / histogram->highest);

        if (histogram->bin[bin][kind] == 0)
            continue;
        height = height > 0 ? height : 1;
        top -= height;
        write_part(page, kind, left, top, right - left - GAP, height);
    }
    markup_end(markup);
}

/* In narrow windows every other one is left out. */
static void write_tick(struct page *page, int64_t at, int64_t span, int number)
{
    struct markup *markup = &page->markup;
    int x = scale_place(at, span, WIDE);
    struct buffer label = BUFFER_INIT;

    scale_print(&label, at);
    markup_begin(markup, "text", NULL);
    markup_attribute(markup, "class", "%s%s", at == span ? "tick late" : "tick",
                     number % 2 == 0 ? "" : " from-40");
    markup_attribute(markup, "x", "%d.%02d%%", x / (WIDE / 100), x % (WIDE / 100));
    markup_attribute(markup, "y", "%d", TALL + FOOT - 4);
    markup_text(markup, buffer_text(&label));
    markup_end(markup);
    buffer_done(&label);
}

static void write_ticks(struct page *page, const struct histogram *histogram)
{
    int number = 0;
    int64_t span = (int64_t)histogram->bins * histogram->step;
    int64_t step = scale_step(span, MOST_TICKS);

    for (int64_t at = 0; at <= span; at += step)
        write_tick(page, at, span, number++);
}

static void write_picture(struct page *page, const struct histogram *histogram)
{
    struct markup *markup = &page->markup;

    markup_begin(markup, "div", "class", "picture", NULL);
    markup_begin(markup, "svg", "class", "histogram", "role", "img", "aria-labelledby",
                 "durations-title durations-description", NULL);
    markup_attribute(markup, "height", "%d", TALL + FOOT);
    markup_begin(markup, "title", "id", "durations-title", NULL);
    markup_text(markup, "Histogram of durations");
    markup_end(markup);
    markup_begin(markup, "desc", "id", "durations-description", NULL);
    markup_text(markup, "A column for each span of time, as high as the number of attempts that "
                        "took so long. The table below has the numbers.");
    markup_end(markup);
    markup_begin(markup, "text", "class", "lane", "x", "-8", "y", "14", NULL);
    markup_print(markup, "%zu", histogram->highest);
    markup_end(markup);
    write_ticks(page, histogram);
    markup_begin(markup, "svg", "preserveAspectRatio", "none", "width", "100%", NULL);
    markup_attribute(markup, "viewBox", "0 0 %d %d", WIDE, TALL);
    markup_attribute(markup, "height", "%d", TALL);
    for (size_t i = 0; i < histogram->bins; i++) {
        if (sum_of(histogram->bin[i]) > 0)
            write_column(page, histogram, i);
    }
    for (int i = 0; i < 3; i++) /* the columns, the picture, its box */
        markup_end(markup);
}

void page_histogram(struct page *page)
{
    struct histogram histogram;

    make_histogram(&histogram, page->result);
    page_begin_section(page, "durations", "Durations");
    if (histogram.count > 0) {
        write_words(page, &histogram);
        write_picture(page, &histogram);
        write_table(page, &histogram);
    } else {
        page_note(page, "No attempt has ended.");
    }
    markup_end(&page->markup);
    free(histogram.durations);
}
