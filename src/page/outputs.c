/* SPDX-License-Identifier: MIT */
/*
 * What the VMs printed. groups_first() is shown as it is, the others as a difference to it. Each
 * group may say so much, and all together: one that has no room is named, with the place where the
 * whole is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "page/common.h"
#include "page/parts.h"
#include "report/diff.h"
#include "run/result.h"

enum {
    LONGEST_MESSAGE = 600,      /* bytes */
    LONGEST_STREAM = 16 * 1024, /* of one stream shown: the first and the last half */
    QUARTER = PAGE_OUTPUTS_BUDGET / 4,
    MOST_LISTED = 50, /* groups that stand in the open */
    MOST_OPEN = 20    /* groups of which some are open at first */
};

struct stream {
    const char *name;
    const struct buffer *text;
    const struct buffer *other; /* of groups_first(); NULL: this is it */
    bool truncated;
};

/* ---- one stream --------------------------------------------------------------------------- */

/* Whole lines where they are short enough, and whole characters in any case. */
static size_t end_of_head(const char *text, size_t length)
{
    size_t end = LONGEST_STREAM / 2;

    for (size_t i = end; i > end / 2; i--) {
        if (text[i - 1] == '\n')
            return i;
    }
    return text_head(text, length, end);
}

static size_t start_of_tail(const char *text, size_t length)
{
    size_t start = length - LONGEST_STREAM / 2;

    for (size_t i = start; i < start + LONGEST_STREAM / 4; i++) {
        if (text[i - 1] == '\n')
            return i;
    }
    return text_tail(text, length, LONGEST_STREAM / 2);
}

static void begin_box(struct page *page, const struct stream *stream, const char *class)
{
    markup_begin(&page->markup, "pre", "class", class, "tabindex", "0", "role", "group",
                 "aria-label", stream->name, NULL);
}

static void write_whole(struct page *page, const struct stream *stream)
{
    const char *text = stream->text->data;
    size_t length = stream->text->length;
    size_t head;
    size_t tail;

    begin_box(page, stream, "stream");
    if (length <= LONGEST_STREAM) {
        markup_bytes(&page->markup, text, length);
        markup_end(&page->markup);
        return;
    }
    head = end_of_head(text, length);
    tail = start_of_tail(text, length);
    markup_bytes(&page->markup, text, head);
    markup_begin(&page->markup, "span", "class", "gap", NULL);
    markup_print(&page->markup, "\n%zu bytes are left out here\n", tail - head);
    markup_end(&page->markup);
    markup_bytes(&page->markup, text + tail, length - tail);
    markup_end(&page->markup);
}

/* The sign at the start of each line says what it is; colour only helps. */
static void write_lines(struct page *page, const char *text, size_t length)
{
    size_t next;

    for (size_t at = 0; at < length; at = next) {
        const char *newline = memchr(text + at, '\n', length - at);
        const char *element = text[at] == '+' ? "ins" : text[at] == '-' ? "del" : NULL;

        next = newline != NULL ? (size_t)(newline - text) + 1 : length;
        if (element != NULL)
            markup_begin(&page->markup, element, NULL);
        markup_bytes(&page->markup, text + at, next - at);
        if (element != NULL)
            markup_end(&page->markup);
    }
}

/* False: there is no difference that says less than the text itself. */
static bool write_difference(struct page *page, const struct stream *stream)
{
    struct buffer diff = BUFFER_INIT;
    bool told;

    if (stream->other == NULL || stream->other->length == 0 || stream->text->length == 0)
        return false;
    told = diff_print(&diff, stream->other->data, stream->other->length, stream->text->data,
                      stream->text->length) &&
           diff.length <= LONGEST_STREAM;
    if (told && diff.length == 0)
        page_note(page, "%s: the same as that of the largest group.", stream->name);
    if (told && diff.length > 0) {
        markup_element(&page->markup, "h3", NULL, stream->name);
        page_note(page, "As a difference from that of the largest group.");
        begin_box(page, stream, "stream difference");
        write_lines(page, diff.data, diff.length);
        markup_end(&page->markup);
    }
    buffer_done(&diff);
    return told;
}

static void write_stream(struct page *page, const struct stream *stream)
{
    if (stream->text->length > 0 && !write_difference(page, stream)) {
        markup_element(&page->markup, "h3", NULL, stream->name);
        write_whole(page, stream);
    }
    if (stream->text->length == 0 && stream->other != NULL && stream->other->length > 0)
        page_note(page, "%s: empty, unlike that of the largest group.", stream->name);
    if (stream->truncated)
        page_note(page, "%s is incomplete: its beginning or its middle did not come back.",
                  stream->name);
}

/* ---- groups ------------------------------------------------------------------------------- */

static void write_names(struct page *page, const struct group *group)
{
    struct buffer names = BUFFER_INIT;

    groups_print_names(&names, page->result, group);
    markup_begin(&page->markup, "span", "class", "names", NULL);
    page_names(page, buffer_text(&names));
    markup_end(&page->markup);
    buffer_done(&names);
}

/* "3 failed (exit 7) web-[01-03]" */
static void write_title(struct page *page, const struct group *group)
{
    struct buffer title = BUFFER_INIT;

    groups_print_title(&title, group);
    markup_element(&page->markup, "b", outcome_name(group->kind), buffer_text(&title));
    markup_text(&page->markup, " ");
    write_names(page, group);
    buffer_done(&title);
}

static void write_summary(struct page *page, const struct group *group)
{
    markup_begin(&page->markup, "summary", NULL);
    write_title(page, group);
    markup_end(&page->markup);
}

static const char *first_message(const struct page *page, const struct group *group)
{
    return page->result->targets[group->members[0]].outcome.message;
}

/* The id stands within what opens: a link to it opens it. */
static void write_streams(struct page *page, size_t index)
{
    const struct group *group = &page->groups.list[index];
    const struct group *first = groups_first(&page->groups);
    bool compared = first != NULL && first != group;
    const struct stream output = {"Standard output", &group->output,
                                  compared ? &first->output : NULL, group->output_truncated};
    const struct stream errors = {"Standard error", &group->errors,
                                  compared ? &first->errors : NULL, group->errors_truncated};

    markup_begin(&page->markup, "div", NULL);
    markup_attribute(&page->markup, "id", "group-%zu", index + 1);
    if (first_message(page, group) != NULL) {
        markup_begin(&page->markup, "p", "class", "message", NULL);
        if (group->count > 1) { /* the others' may be other ones */
            page_label(page, &page->result->targets[group->members[0]]);
            markup_text(&page->markup, ": ");
        }
        page_cut(page, first_message(page, group), LONGEST_MESSAGE);
        markup_end(&page->markup);
    }
    if (group->output.length == 0 && group->errors.length == 0) {
        page_note(page, outcome_script_ended(group->kind, group->reason) ? "Nothing was printed."
                                                                         : "Nothing came back.");
    } else {
        write_stream(page, &output);
        write_stream(page, &errors);
    }
    markup_end(&page->markup);
}

/* What the others are compared with, and what is not ok, is read at once. */
static bool is_open(const struct page *page, const struct group *group, size_t index)
{
    return group == groups_first(&page->groups) || (index < MOST_OPEN && group->kind != OUTCOME_OK);
}

static void write_group(struct page *page, size_t index)
{
    const struct group *group = &page->groups.list[index];

    markup_begin(&page->markup, "details", "class", outcome_name(group->kind), "open",
                 is_open(page, group, index) ? "" : NULL, NULL);
    write_summary(page, group);
    write_streams(page, index);
    markup_end(&page->markup);
}

/* A group without room for more than its title. */
static void write_title_alone(struct page *page, size_t index)
{
    const struct group *group = &page->groups.list[index];

    markup_begin(&page->markup, "p", NULL);
    markup_attribute(&page->markup, "id", "group-%zu", index + 1);
    write_title(page, group);
    markup_end(&page->markup);
}

enum room { ROOM_FOR_NOTHING, ROOM_FOR_TITLE, ROOM_FOR_ALL };

/* How much of GROUP has room when USED bytes are written. What is ok leaves the half of it to what
 * is not, however many groups it is. */
static enum room find_room(const struct group *group, size_t used)
{
    size_t for_all = group->kind == OUTCOME_OK ? QUARTER : 3 * QUARTER;

    if (used < for_all)
        return ROOM_FOR_ALL;
    return used < for_all + QUARTER ? ROOM_FOR_TITLE : ROOM_FOR_NOTHING;
}

static void remember_group(struct page *page, size_t index)
{
    const struct group *group = &page->groups.list[index];

    for (size_t i = 0; i < group->count; i++)
        page->group_of[group->members[i]] = index;
}

/* Thousands of groups are not to be scrolled past. */
static void begin_rest(struct page *page)
{
    markup_begin(&page->markup, "details", NULL);
    markup_begin(&page->markup, "summary", NULL);
    page_count(page, page->groups.count - MOST_LISTED, "more group", "more groups");
    markup_end(&page->markup);
}

static void write_place(struct page *page, const size_t rooms[ROOM_FOR_ALL + 1])
{
    const char *folder = page->result->folder;

    if (rooms[ROOM_FOR_TITLE] > 0)
        page_note(page, "%zu of %zu groups have no room for their output here.",
                  rooms[ROOM_FOR_TITLE], page->groups.count);
    if (rooms[ROOM_FOR_NOTHING] > 0)
        page_note(page, "%zu of %zu groups are left out altogether.", rooms[ROOM_FOR_NOTHING],
                  page->groups.count);
    if (folder != NULL)
        page_note(page, "All that every VM printed is in %s/output.", folder);
}

static void write_groups(struct page *page)
{
    size_t start = page->markup.written;
    size_t rooms[ROOM_FOR_ALL + 1] = {0};

    for (size_t i = 0; i < page->groups.count; i++) {
        enum room room = find_room(&page->groups.list[i], page->markup.written - start);

        if (i == MOST_LISTED)
            begin_rest(page);
        if (room == ROOM_FOR_ALL)
            write_group(page, i);
        else if (room == ROOM_FOR_TITLE)
            write_title_alone(page, i);
        if (room != ROOM_FOR_NOTHING)
            remember_group(page, i);
        rooms[room]++;
    }
    if (page->groups.count > MOST_LISTED)
        markup_end(&page->markup);
    write_place(page, rooms);
}

void page_outputs(struct page *page)
{
    for (size_t i = 0; i < page->result->target_count; i++)
        page->group_of[i] = PAGE_NO_GROUP;
    page_begin_section(page, "outputs", "Outputs, grouped");
    if (page->groups.count == 0)
        page_note(page, "Nothing has been printed yet.");
    write_groups(page);
    markup_end(&page->markup);
}
