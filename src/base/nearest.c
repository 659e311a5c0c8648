/* SPDX-License-Identifier: MIT */
#include "base/nearest.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"

enum { LONGEST = 160 }; /* bytes of a word: a VM's name and group */

/* The best so far. */
struct guess {
    size_t place;
    size_t edits;
    size_t begin; /* bytes with which both begin */
};

static size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

static size_t common_begin(const char *one, const char *other)
{
    size_t length = 0;

    while (one[length] != '\0' && ascii_lower(one[length]) == ascii_lower(other[length]))
        length++;
    return length;
}

/* Steps over zeros of TEXT at *AT that stand in front of a number. */
static void skip_zeros(const char *text, const char **at)
{
    if (*at > text && ascii_is_digit((*at)[-1]))
        return;
    while ((*at)[0] == '0' && ascii_is_digit((*at)[1]))
        (*at)++;
}

static bool same_but_for_zeros(const char *one, const char *other)
{
    const char *first = one;
    const char *second = other;

    do {
        skip_zeros(one, &first);
        skip_zeros(other, &second);
        if (ascii_lower(*first) != ascii_lower(*second++))
            return false;
    } while (*first++ != '\0');
    return true;
}

/* Three rows of the table of edits; in each only cells beside the diagonal are ever looked at. */
struct table {
    size_t *before, *last, *row;
};

/* Fills in ROW for the letter I of A, within MOST cells of the diagonal. Returns its least cell. */
static size_t fill(struct table *table, const char *a, size_t i, const char *b, size_t b_length,
                   size_t most)
{
    size_t low = i > most ? i - most : 1;
    size_t high = smaller(b_length, i + most);
    size_t least = low == 1 ? i : most + 1;

    table->row[low - 1] = least;
    for (size_t j = low; j <= high; j++) {
        size_t best = table->last[j - 1] + (ascii_lower(a[i - 1]) == ascii_lower(b[j - 1]) ? 0 : 1);

        best = smaller(best, table->last[j] + 1);
        best = smaller(best, table->row[j - 1] + 1);
        if (i > 1 && j > 1 && ascii_lower(a[i - 1]) == ascii_lower(b[j - 2]) &&
            ascii_lower(a[i - 2]) == ascii_lower(b[j - 1]))
            best = smaller(best, table->before[j - 2] + 1);
        table->row[j] = best;
        least = smaller(least, best);
    }
    table->row[high + 1] = most + 1;
    return least;
}

/* Edits that make A of B, both at most LONGEST long; more than MOST when there are more. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length, size_t most,
                       uint64_t *steps)
{
    size_t cells[3][LONGEST + 2];
    struct table table = {cells[0], cells[1], cells[2]};
    size_t least = 0;

    if (a_length > b_length + most || b_length > a_length + most)
        return most + 1;
    for (size_t j = 0; j <= smaller(b_length, most); j++)
        table.last[j] = j;
    table.last[smaller(b_length, most) + 1] = most + 1;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *spare = table.before;
        size_t least_before = least;

        least = fill(&table, a, i, b, b_length, most);
        *steps -= smaller(*steps, 2 * (2 * most + 1));
        if (least > most && least_before > most) /* two, for neighbours that are exchanged */
            return most + 1;
        table.before = table.last;
        table.last = table.row;
        table.row = spare;
    }
    return table.last[b_length];
}

/* The same of whole words. As a rule they begin and end alike, and that is no work. */
static size_t distance_of_words(const char *one, const char *other, size_t begin, size_t most,
                                uint64_t *steps)
{
    size_t length = strlen(one) - begin;
    size_t other_length = strlen(other) - begin;

    one += begin;
    other += begin;
    while (length > 0 && other_length > 0 &&
           ascii_lower(one[length - 1]) == ascii_lower(other[other_length - 1])) {
        length--;
        other_length--;
    }
    return distance(one, length, other, other_length, most, steps);
}

/* Is WORD a better guess at PLACE than the one so far? */
static void compare(const char *meant, const char *word, size_t place, struct guess *best,
                    uint64_t *steps)
{
    size_t begin = common_begin(meant, word);
    size_t edits = same_but_for_zeros(meant, word)
                       ? 0
                       : distance_of_words(meant, word, begin, best->edits, steps);

    if (edits < best->edits ||
        (edits == best->edits && (best->place == SIZE_MAX || begin > best->begin)))
        *best = (struct guess){place, edits, begin};
}

size_t nearest_within(const char *word, const char *const *words, size_t count, uint64_t *steps)
{
    size_t length = strlen(word);
    /* a third of the letters may be wrong, and one more in short words */
    struct guess best = {SIZE_MAX, length / 3 + 1, 0};

    for (size_t i = 0; i < count && length > 0 && length <= LONGEST && *steps > 0; i++) {
        *steps -= smaller(*steps, 1 + length);
        if (strlen(words[i]) <= LONGEST)
            compare(word, words[i], i, &best, steps);
    }
    return best.place < count ? best.place : count;
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
    uint64_t steps = UINT64_MAX;
    size_t place = nearest_within(word, words, count, &steps);

    return place < count ? words[place] : NULL;
}
