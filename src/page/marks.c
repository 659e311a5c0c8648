/* SPDX-License-Identifier: MIT */
#include "page/marks.h"

#include "base/buffer.h"
#include "page/common.h"

enum {
    KEY_WIDTH = 28, /* pixels, all of them */
    KEY_HEIGHT = 13,
    THICK = 11, /* slits of a bar that thick may be two wide */
    THIN = 5    /* slits would leave nothing of a bar that is thinner */
};

/* Whether they are whole, dotted or dashed says the style. */
static int count_slits(int state)
{
    switch (state) {
    case OUTCOME_FAILED:
    case OUTCOME_TIMEOUT:
    case OUTCOME_CANCELLED:
    case PAGE_RUNNING:
        return 1;
    case OUTCOME_ERROR:
    case OUTCOME_UNKNOWN:
        return 2;
    default:
        return 0;
    }
}

bool marks_has(int state)
{
    return count_slits(state) > 0;
}

/* Where slit NUMBER of COUNT lies on SIZE: they part it evenly. */
static double place_slit(int number, int count, int size)
{
    return (double)size * (2 * number + 1) / (2 * count);
}

void marks_add_along(struct buffer *path, int state, int x, int y, int width, int height)
{
    int count = height < THIN && marks_has(state) ? 1 : count_slits(state);

    for (int i = 0; i < count; i++)
        buffer_print(path, "M%d %gh%d", x, y + place_slit(i, count, height), width);
}

void marks_add_down(struct buffer *path, int state, int x, int y, int width, int height)
{
    int count = count_slits(state);

    for (int i = 0; i < count; i++)
        buffer_print(path, "M%g %dv%d", x + place_slit(i, count, width), y, height);
}

static void write_path(struct page *page, const char *class, int state, int width,
                       struct buffer *path)
{
    struct markup *markup = &page->markup;

    if (path->length > 0) {
        markup_begin(markup, "path", NULL);
        markup_attribute(markup, "class", "%s %s", class, page_state_name(state));
        markup_attribute(markup, "stroke-width", "%d", width);
        markup_attribute(markup, "d", "%s", buffer_text(path));
        markup_end(markup);
    }
    buffer_done(path);
}

void marks_write_along(struct page *page, int state, struct buffer *path, int height)
{
    write_path(page, height < THIN ? "line thin" : "mark", state, height < THICK ? 1 : 2, path);
}

void marks_write_down(struct page *page, int state, struct buffer *path)
{
    write_path(page, "line", state, 1, path);
}

void marks_write_key(struct page *page, int state)
{
    struct markup *markup = &page->markup;
    struct buffer path = BUFFER_INIT;

    markup_begin(markup, "li", "class", page_state_name(state), NULL);
    markup_begin(markup, "svg", "class", "key", "aria-hidden", "true", NULL);
    markup_attribute(markup, "width", "%d", KEY_WIDTH);
    markup_attribute(markup, "height", "%d", KEY_HEIGHT);
    markup_begin(markup, "rect", "width", "100%", "height", "100%", NULL);
    markup_end(markup);
    marks_add_along(&path, state, 0, 0, KEY_WIDTH, KEY_HEIGHT);
    marks_write_along(page, state, &path, KEY_HEIGHT);
    markup_end(markup);
    markup_text(markup, page_state_name(state));
    markup_end(markup);
}
