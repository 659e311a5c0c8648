/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A name has runs of digits, and each of them could be the one that varies:
 * "vm1-eu2" is a member of "vm[…]-eu2" and of "vm1-eu[…]". All runs of all names are sorted by what
 * is around them, so those that could share a pair of brackets are neighbours, and every name goes
 * where it has most company. The ranges made so take part in the next pass like names, with what is
 * in their brackets as fixed text: "rack[1-2]-node[01-20]" takes two passes. Sorting is all the
 * work.
 */
#include "job/fold.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "job/names.h"

enum {
    MOST_DIGITS = 9, /* of a number in brackets, as names_expand() has it */
    PASSES = 4       /* pairs of brackets in a range: more of them nobody reads */
};

/* A name, or a range made of several. */
struct piece {
    char *text;
    size_t place;  /* of its first name in the input */
    bool foldable; /* names_expand() could make it */
    size_t company;
    size_t run; /* the one to fold by; NONE: it has no digits */
};

/* A run of digits that could vary: TEXT is the piece's. */
struct digit_run {
    size_t piece;
    const char *text;
    size_t start;
    size_t digits;
};

#define NONE ((size_t)-1)

struct fold {
    struct piece *pieces;
    size_t count;
    struct digit_run *runs;
    size_t run_count;
};

/* ---- pieces ------------------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
    const struct piece *one = a;
    const struct piece *other = b;
    int order = strcmp(one->text, other->text);

    return order != 0 ? order : (one->place > other->place) - (one->place < other->place);
}

static int compare_places(const void *a, const void *b)
{
    const struct piece *one = a;
    const struct piece *other = b;

    return (one->place > other->place) - (one->place < other->place);
}

static bool is_foldable(const char *name)
{
    const char *slash = strrchr(name, '/');

    return names_is_valid(slash != NULL ? slash + 1 : name);
}

/* Each name once. */
static void take(struct fold *fold, const char *const *names, size_t count)
{
    size_t kept = 0;

    fold->pieces = memory_zeroed(count, sizeof *fold->pieces);
    for (size_t i = 0; i < count; i++)
        fold->pieces[i] = (struct piece){
            .text = memory_string(names[i]), .place = i, .foldable = is_foldable(names[i])};
    qsort(fold->pieces, count, sizeof *fold->pieces, compare_texts);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(fold->pieces[kept - 1].text, fold->pieces[i].text) == 0)
            free(fold->pieces[i].text);
        else
            fold->pieces[kept++] = fold->pieces[i];
    }
    fold->count = kept;
}

/* ---- runs --------------------------------------------------------------------------------- */

static void add_run(struct fold *fold, size_t piece, size_t start, size_t end)
{
    fold->runs = memory_grow(fold->runs, fold->run_count, sizeof *fold->runs);
    if (end - start > MOST_DIGITS)
        start = end - MOST_DIGITS;
    fold->runs[fold->run_count++] =
        (struct digit_run){piece, fold->pieces[piece].text, start, end - start};
}

/* The runs of one piece, but not those in brackets that an earlier pass made. */
static void find_runs(struct fold *fold, size_t piece)
{
    const char *text = fold->pieces[piece].text;
    const char *slash = strrchr(text, '/');
    size_t at = slash != NULL ? (size_t)(slash - text) + 1 : 0;

    while (text[at] != '\0') {
        size_t start = at;

        while (isdigit((unsigned char)text[at]))
            at++;
        if (at > start)
            add_run(fold, piece, start, at);
        else if (text[at] == '[')
            at += strcspn(text + at, "]");
        else
            at++;
    }
}

/* By what is around the digits: 0 when two can share their brackets. */
static int compare_surroundings(const struct digit_run *one, const struct digit_run *other)
{
    int order = (one->start > other->start) - (one->start < other->start);

    if (order == 0)
        order = memcmp(one->text, other->text, one->start);
    if (order == 0)
        order = strcmp(one->text + one->start + one->digits,
                       other->text + other->start + other->digits);
    return order;
}

/* Those of one pair of brackets in the order of their numbers, 8, 9, 10, but 08, 09, 10 too. */
static int compare_runs(const void *a, const void *b)
{
    const struct digit_run *one = a;
    const struct digit_run *other = b;
    int order = compare_surroundings(one, other);

    if (order == 0)
        order = (one->digits > other->digits) - (one->digits < other->digits);
    if (order == 0)
        order = memcmp(one->text + one->start, other->text + other->start, one->digits);
    return order;
}

/* Where the company of the run AT ends. */
static size_t find_end(const struct fold *fold, size_t at)
{
    size_t end = at + 1;

    while (end < fold->run_count && compare_surroundings(&fold->runs[at], &fold->runs[end]) == 0)
        end++;
    return end;
}

/* Sends every piece where it has most company; with equal company to its last run. */
static void choose(struct fold *fold)
{
    size_t end;

    for (size_t i = 0; i < fold->count; i++)
        fold->pieces[i].run = NONE;
    for (size_t at = 0; at < fold->run_count; at = end) {
        end = find_end(fold, at);
        for (size_t i = at; i < end; i++) {
            struct piece *piece = &fold->pieces[fold->runs[i].piece];

            if (piece->run == NONE || end - at > piece->company ||
                (end - at == piece->company &&
                 fold->runs[i].start > fold->runs[piece->run].start)) {
                piece->run = i;
                piece->company = end - at;
            }
        }
    }
}

/* Keeps the runs that were chosen; they stay sorted. */
static void keep_chosen(struct fold *fold)
{
    size_t kept = 0;

    for (size_t i = 0; i < fold->run_count; i++) {
        if (fold->pieces[fold->runs[i].piece].run == i)
            fold->runs[kept++] = fold->runs[i];
    }
    fold->run_count = kept;
}

/* ---- ranges ------------------------------------------------------------------------------- */

static unsigned long number_of(const struct digit_run *run)
{
    unsigned long number = 0;

    for (size_t i = 0; i < run->digits; i++)
        number = number * 10 + (unsigned long)(run->text[run->start + i] - '0');
    return number;
}

/* Is NEXT what names_expand() counts up to after LAST, in a span whose first number has WIDTH
 * digits? */
static bool goes_on(const struct digit_run *last, const struct digit_run *next, size_t width)
{
    bool filled = next->digits == width || (next->digits > width && next->text[next->start] != '0');

    return filled && number_of(next) == number_of(last) + 1;
}

/* Appends "01-03,07" of COUNT runs. */
static void print_numbers(struct buffer *buffer, const struct digit_run *runs, size_t count)
{
    size_t last;

    for (size_t first = 0; first < count; first = last + 1) {
        for (last = first; last + 1 < count; last++) {
            if (!goes_on(&runs[last], &runs[last + 1], runs[first].digits))
                break;
        }
        if (first > 0)
            buffer_add(buffer, ",");
        buffer_append(buffer, runs[first].text + runs[first].start, runs[first].digits);
        if (last > first) {
            buffer_add(buffer, "-");
            buffer_append(buffer, runs[last].text + runs[last].start, runs[last].digits);
        }
    }
}

/* One piece of COUNT pieces: the first takes the range, the others lose their text. */
static void merge(struct fold *fold, const struct digit_run *runs, size_t count)
{
    struct piece *first = &fold->pieces[runs[0].piece];
    struct buffer range = BUFFER_INIT;

    buffer_append(&range, runs[0].text, runs[0].start);
    buffer_add(&range, "[");
    print_numbers(&range, runs, count);
    buffer_add(&range, "]");
    buffer_add(&range, runs[0].text + runs[0].start + runs[0].digits);
    for (size_t i = 0; i < count; i++) {
        struct piece *piece = &fold->pieces[runs[i].piece];

        if (piece->place < first->place)
            first->place = piece->place;
        free(piece->text);
        piece->text = NULL;
    }
    first->text = buffer_take(&range);
}

static void drop_merged(struct fold *fold)
{
    size_t kept = 0;

    for (size_t i = 0; i < fold->count; i++) {
        if (fold->pieces[i].text != NULL)
            fold->pieces[kept++] = fold->pieces[i];
    }
    fold->count = kept;
}

/* Puts one more pair of brackets where it gathers something. False: nothing is left to gather. */
static bool pass(struct fold *fold)
{
    size_t before = fold->count;
    size_t end;

    fold->run_count = 0;
    for (size_t i = 0; i < fold->count; i++) {
        if (fold->pieces[i].foldable)
            find_runs(fold, i);
    }
    if (fold->run_count == 0)
        return false;
    qsort(fold->runs, fold->run_count, sizeof *fold->runs, compare_runs);
    choose(fold);
    keep_chosen(fold);
    for (size_t at = 0; at < fold->run_count; at = end) {
        end = find_end(fold, at);
        if (end - at > 1)
            merge(fold, &fold->runs[at], end - at);
    }
    drop_merged(fold);
    return fold->count < before;
}

void fold_names(struct buffer *buffer, const char *const *names, size_t count)
{
    struct fold fold = {.pieces = NULL};
    int passes = 0;

    if (count == 0)
        return;
    take(&fold, names, count);
    while (passes < PASSES && pass(&fold))
        passes++;
    qsort(fold.pieces, fold.count, sizeof *fold.pieces, compare_places);
    for (size_t i = 0; i < fold.count; i++) {
        buffer_print(buffer, "%s%s", i > 0 ? ", " : "", fold.pieces[i].text);
        free(fold.pieces[i].text);
    }
    free(fold.runs);
    free(fold.pieces);
}

bool fold_names_within(struct buffer *buffer, const char *const *names, size_t count,
                       size_t longest)
{
    struct buffer folded = BUFFER_INIT;
    const char *comma = NULL;
    const char *text;

    fold_names(&folded, names, count);
    text = buffer_text(&folded);
    if (folded.length > longest) {
        comma = memrchr(text, ',', longest);
        if (comma == NULL)
            comma = memchr(text, ',', folded.length);
    }
    buffer_append(buffer, text, comma != NULL ? (size_t)(comma - text) : folded.length);
    buffer_done(&folded);
    return comma != NULL;
}
