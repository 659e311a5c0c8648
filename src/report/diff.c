/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. What both texts begin and end with is set aside. For the rest, Myers' greedy
 * search: with D edits (lines removed or added) one can reach, on each diagonal K of the grid of
 * old and new lines, a furthest old line; row D of the trace has it for every K from -D to D and
 * follows from row D - 1. When a row reaches the corner, the way back through the rows marks the
 * edits. As a difference longer than NEW says nothing to anybody, D is small, and so is all the
 * work.
 */
#include "report/diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/memory.h"

enum { CONTEXT = 2, MOST_LINES = 20000, MOST_EDITS = 100 };

struct line {
    const char *text;
    size_t length; /* without its newline */
    uint64_t hash;
    bool edited; /* removed or added: it is not in the other text */
};

struct side {
    struct line *lines;
    int count;
};

struct diff {
    struct side old;
    struct side new;
    int head; /* lines that both begin with */
    int tail; /* and end with */
    int32_t *trace;
};

/* ---- lines -------------------------------------------------------------------------------- */

static size_t count_lines(const char *text, size_t length)
{
    size_t count = length > 0 && text[length - 1] != '\n' ? 1 : 0;

    for (size_t i = 0; i < length; i++)
        count += text[i] == '\n';
    return count;
}

/* False: there are too many. */
static bool take_lines(struct side *side, const char *text, size_t length)
{
    const char *end = length > 0 ? text + length : text;
    size_t count = count_lines(text, length);

    if (count > MOST_LINES)
        return false;
    side->lines = memory_zeroed(count, sizeof *side->lines);
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline != NULL ? newline : end;
        size_t size = (size_t)(stop - text);

        side->lines[side->count++] =
            (struct line){.text = text, .length = size, .hash = hash_bytes(HASH_BEGIN, text, size)};
        text = newline != NULL ? newline + 1 : end;
    }
    return true;
}

static bool is_same(const struct line *one, const struct line *other)
{
    return one->hash == other->hash && one->length == other->length &&
           memcmp(one->text, other->text, one->length) == 0;
}

static void set_aside_what_is_same(struct diff *diff)
{
    const struct side *old = &diff->old;
    const struct side *new = &diff->new;
    int least = old->count < new->count ? old->count : new->count;

    while (diff->head < least && is_same(&old->lines[diff->head], &new->lines[diff->head]))
        diff->head++;
    while (diff->tail < least - diff->head && is_same(&old->lines[old->count - 1 - diff->tail],
                                                      &new->lines[new->count - 1 - diff->tail]))
        diff->tail++;
}

/* ---- search ------------------------------------------------------------------------------- */

/* The middle of row D: rows of 1, 3, 5, … places lie one after the other. */
static int32_t *row_of(const struct diff *diff, int d)
{
    return diff->trace + (size_t)d * (size_t)d + (size_t)d;
}

/* Does the furthest way to diagonal K of row D come from K + 1, by an added line? Else from K - 1,
 * by a removed one. */
static bool comes_by_adding(const struct diff *diff, int d, int k)
{
    const int32_t *row = row_of(diff, d - 1);

    return k == -d || (k != d && row[k - 1] < row[k + 1]);
}

/* Where row D is on diagonal K before the lines that are the same. */
static int32_t enter(const struct diff *diff, int d, int k)
{
    const int32_t *row;

    if (d == 0)
        return 0;
    row = row_of(diff, d - 1);
    return comes_by_adding(diff, d, k) ? row[k + 1] : row[k - 1] + 1;
}

/* Fills row D. True: it reaches the corner. */
static bool fill_row(const struct diff *diff, int d)
{
    const struct line *old = diff->old.lines + diff->head;
    const struct line *new = diff->new.lines + diff->head;
    int32_t old_count = diff->old.count - diff->head - diff->tail;
    int32_t new_count = diff->new.count - diff->head - diff->tail;
    int32_t *row = row_of(diff, d);

    for (int k = -d; k <= d; k += 2) {
        int32_t at = enter(diff, d, k);

        while (at < old_count && at - k < new_count && is_same(&old[at], &new[at - k]))
            at++;
        row[k] = at;
        if (at >= old_count && at - k >= new_count)
            return true;
    }
    return false;
}

/* Marks the edits of a way with D of them that ends on diagonal K. */
static void mark(struct diff *diff, int d, int k)
{
    for (; d > 0; d--) {
        int32_t at = enter(diff, d, k);

        if (comes_by_adding(diff, d, k)) {
            diff->new.lines[diff->head + at - k - 1].edited = true;
            k++;
        } else {
            diff->old.lines[diff->head + at - 1].edited = true;
            k--;
        }
    }
}

/* False: it takes more than MOST edits. */
static bool search(struct diff *diff, int most)
{
    int corner = diff->old.count - diff->new.count;
    int d = 0;

    if (abs(corner) > most)
        return false;
    diff->trace = memory_zeroed((size_t)(most + 1) * (size_t)(most + 1), sizeof *diff->trace);
    while (d <= most && !fill_row(diff, d))
        d++;
    if (d > most)
        return false;
    mark(diff, d, corner);
    return true;
}

/* ---- text --------------------------------------------------------------------------------- */

/* One line of the difference. */
struct step {
    char mark; /* ' ', '-', '+' */
    const struct line *line;
};

/* The whole way from OLD to NEW; returns how many steps it has. Of neighbours the removed lines
 * come first. */
static size_t take_steps(const struct diff *diff, struct step *steps)
{
    size_t count = 0;
    int i = 0;
    int j = 0;

    while (i < diff->old.count || j < diff->new.count) {
        if (i < diff->old.count && diff->old.lines[i].edited) {
            steps[count++] = (struct step){'-', &diff->old.lines[i++]};
        } else if (j < diff->new.count && diff->new.lines[j].edited) {
            steps[count++] = (struct step){'+', &diff->new.lines[j++]};
        } else {
            steps[count++] = (struct step){' ', &diff->new.lines[j++]};
            i++;
        }
    }
    return count;
}

/* Is an edit at most CONTEXT steps from AT? */
static bool is_near_edit(const struct step *steps, size_t count, size_t at)
{
    size_t first = at > CONTEXT ? at - CONTEXT : 0;

    for (size_t i = first; i < count && i <= at + CONTEXT; i++) {
        if (steps[i].mark != ' ')
            return true;
    }
    return false;
}

/* Returns how many lines were appended. */
static size_t print_steps(struct buffer *buffer, const struct step *steps, size_t count)
{
    size_t printed = 0;
    bool left_out = false;

    for (size_t i = 0; i < count; i++) {
        bool shown = is_near_edit(steps, count, i);

        if (shown) {
            buffer_print(buffer, "%c ", steps[i].mark);
            buffer_append(buffer, steps[i].line->text, steps[i].line->length);
            buffer_add(buffer, "\n");
        } else if (!left_out) {
            buffer_add(buffer, "  …\n");
        }
        printed += shown || !left_out;
        left_out = !shown;
    }
    return printed;
}

static int count_edited(const struct side *side)
{
    int count = 0;

    for (int i = 0; i < side->count; i++)
        count += side->lines[i].edited;
    return count;
}

/* Appends the difference when it says more than NEW. */
static bool print(struct buffer *buffer, const struct diff *diff)
{
    size_t all = (size_t)diff->old.count + (size_t)diff->new.count;
    size_t before = buffer->length;
    struct step *steps;
    size_t printed;

    if (2 * count_edited(&diff->new) > diff->new.count)
        return false;
    steps = memory_zeroed(all, sizeof *steps);
    printed = print_steps(buffer, steps, take_steps(diff, steps));
    free(steps);
    if (printed <= (size_t)diff->new.count + 1)
        return true;
    buffer->length = before;
    buffer->data[before] = '\0';
    return false;
}

/* The lines are the same, but one of the texts does not end its last one. */
static void print_end(struct buffer *buffer, const struct line *last, bool old_ends)
{
    for (int side = 0; side < 2; side++) {
        buffer_add(buffer, side == 0 ? "- " : "+ ");
        buffer_append(buffer, last->text, last->length);
        buffer_add(buffer, (side == 0) == old_ends ? "\n" : "\n\\ no newline at the end\n");
    }
}

static bool print_diff(struct buffer *buffer, struct diff *diff, bool old_is_longer)
{
    int most = diff->new.count + 1 < MOST_EDITS ? diff->new.count + 1 : MOST_EDITS;

    set_aside_what_is_same(diff);
    if (diff->head == diff->old.count && diff->head == diff->new.count) {
        print_end(buffer, &diff->new.lines[diff->head - 1], old_is_longer);
        return true;
    }
    return search(diff, most) && print(buffer, diff);
}

bool diff_print(struct buffer *buffer, const char *old, size_t old_length, const char *new,
                size_t new_length)
{
    struct diff diff = {.trace = NULL};
    bool told = false;

    if (old_length == new_length && (old_length == 0 || memcmp(old, new, old_length) == 0))
        return true;
    if (new_length == 0)
        return false;
    if (take_lines(&diff.old, old, old_length) && take_lines(&diff.new, new, new_length))
        told = print_diff(buffer, &diff, old_length > new_length);
    free(diff.old.lines);
    free(diff.new.lines);
    free(diff.trace);
    return told;
}
