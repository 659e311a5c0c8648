/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Lines that hold their target's name are candidates. A first pass collects
 * what has to be counted of them: how many targets printed the line as it is, how many of these
 * have the same name (in another resource group), and how many printed it with another name in its
 * place. A second pass over all lines counts, a third one replaces. What is counted goes by a hash
 * of the line: who makes two alike makes a name be replaced or stay, and nothing else. The counts
 * are sorted, for a table of hashes takes long when a VM wants it to.
 */
#include "report/ownname.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "base/caseless.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"

/* Stands for the name until the texts' own marks are written out: no text holds it. */
enum { PLACE = '\001' };

/* The texts that have something: each counts once. */
struct count {
    uint64_t key;
    uint32_t texts;
    uint32_t last; /* the last that was counted, from 1 */
};

struct counts {
    struct count *list;
    size_t used;
};

struct line {
    const char *text;
    size_t length;
};

/* A target's name, where it may be replaced. */
struct word {
    const char *text; /* NULL: it may not */
    size_t length;
};

/* ---- names -------------------------------------------------------------------------------- */

/* What stands for a name must not stand for half of the words there are. */
static struct word word_of(const char *name)
{
    bool digit = false;
    bool letter = false;
    size_t length = name != NULL ? strlen(name) : 0;

    for (size_t i = 0; i < length; i++) {
        letter |= ascii_is_letter(name[i]);
        digit |= ascii_is_digit(name[i]);
    }
    if (!letter || length < 2 || (length == 2 && !digit))
        return (struct word){NULL, 0};
    return (struct word){name, length};
}

/* Is CHARACTER part of a word? Of what is beyond ASCII all but signs is taken for letters. */
static bool is_of_word(uint32_t character)
{
    if (character < 0x80)
        return ascii_is_alphanumeric((char)character) || character == '_';
    return character >= 0xc0 && !(character >= 0x2000 && character <= 0x206f) &&
           !(character >= 0x2190 && character <= 0x2bff) &&
           !(character >= 0x3000 && character <= 0x303f) && character != 0xfffd;
}

static bool begins_word(const struct line *line, size_t at)
{
    uint32_t character = 0;

    return at < line->length &&
           text_read_character(line->text + at, line->length - at, &character) > 0 &&
           is_of_word(character);
}

static bool ends_word(const struct line *line, size_t at)
{
    if (at == 0)
        return false;
    at--;
    while (at > 0 && text_is_within_character(line->text[at]))
        at--;
    return begins_word(line, at);
}

/* A hyphen is part of a word when both its neighbours are. */
static bool goes_on(const struct line *line, size_t end)
{
    return begins_word(line, end) ||
           (end < line->length && line->text[end] == '-' && begins_word(line, end + 1));
}

static bool has_begun(const struct line *line, size_t start)
{
    return ends_word(line, start) ||
           (start > 0 && line->text[start - 1] == '-' && ends_word(line, start - 1));
}

static bool is_at(const struct word *word, const struct line *line, size_t at)
{
    if (line->length - at < word->length)
        return false;
    for (size_t i = 0; i < word->length; i++) {
        if (ascii_lower(line->text[at + i]) != ascii_lower(word->text[i]))
            return false;
    }
    return !has_begun(line, at) && !goes_on(line, at + word->length);
}

/* Where WORD stands in LINE, from AT on; the line's length: nowhere. */
static size_t find(const struct word *word, const struct line *line, size_t at)
{
    if (word->text == NULL)
        return line->length;
    while (at < line->length && !is_at(word, line, at))
        at++;
    return at;
}

/* ---- counts ------------------------------------------------------------------------------- */

/* Of those that printed the line as it is. */
static uint64_t key_of_line(const struct line *line)
{
    return hash_bytes(HASH_BEGIN, line->text, line->length);
}

/* Of those among them that are called NAME. */
static uint64_t key_of_namesakes(uint64_t key, const char *name)
{
    return caseless_hash(key ^ 1, name);
}

/* Of those that printed it with their own name. */
static uint64_t key_of_likes(const struct word *word, const struct line *line)
{
    static const char place = PLACE;
    uint64_t hash = HASH_BEGIN ^ 2;
    size_t at = 0;

    for (size_t next; (next = find(word, line, at)) < line->length; at = next + word->length) {
        hash = hash_bytes(hash, line->text + at, next - at);
        hash = hash_bytes(hash, &place, 1);
    }
    return hash_bytes(hash, line->text + at, line->length - at);
}

static void add_key(struct counts *counts, uint64_t key)
{
    counts->list = memory_grow(counts->list, counts->used, sizeof *counts->list);
    counts->list[counts->used++] = (struct count){.key = key};
}

static int compare_counts(const void *a, const void *b)
{
    uint64_t one = ((const struct count *)a)->key;
    uint64_t other = ((const struct count *)b)->key;

    return (one > other) - (one < other);
}

static void sort_keys(struct counts *counts)
{
    size_t kept = 0;

    qsort(counts->list, counts->used, sizeof *counts->list, compare_counts);
    for (size_t i = 0; i < counts->used; i++) {
        if (kept == 0 || counts->list[kept - 1].key != counts->list[i].key)
            counts->list[kept++] = counts->list[i];
    }
    counts->used = kept;
}

static struct count *find_count(const struct counts *counts, uint64_t key)
{
    const struct count wanted = {.key = key};

    return bsearch(&wanted, counts->list, counts->used, sizeof *counts->list, compare_counts);
}

/* False: KEY is nothing that is counted. */
static bool count_text(const struct counts *counts, uint64_t key, size_t index)
{
    struct count *count = find_count(counts, key);

    if (count != NULL && count->last != (uint32_t)index + 1) {
        count->last = (uint32_t)index + 1;
        count->texts++;
    }
    return count != NULL;
}

static size_t texts_of(const struct counts *counts, uint64_t key)
{
    const struct count *count = find_count(counts, key);

    return count != NULL ? count->texts : 0;
}

/* ---- passes over all lines ---------------------------------------------------------------- */

/* The line at *AT, which is moved to the next one. False: there is none. */
static bool next_line(const struct buffer *text, size_t *at, struct line *ret)
{
    const char *newline;

    if (*at >= text->length)
        return false;
    ret->text = text->data + *at;
    newline = memchr(ret->text, '\n', text->length - *at);
    ret->length = newline != NULL ? (size_t)(newline - ret->text) : text->length - *at;
    *at += ret->length + 1;
    return true;
}

static void collect(struct counts *counts, const struct ownname_text *text)
{
    struct word word = word_of(text->name);
    struct line line;

    for (size_t at = 0; word.text != NULL && next_line(text->text, &at, &line);) {
        uint64_t key;

        if (find(&word, &line, 0) == line.length)
            continue;
        key = key_of_line(&line);
        add_key(counts, key);
        add_key(counts, key_of_namesakes(key, text->name));
        add_key(counts, key_of_likes(&word, &line));
    }
}

static void count_lines(const struct counts *counts, const struct ownname_text *text, size_t index)
{
    struct word word = word_of(text->name);
    struct line line;

    for (size_t at = 0; next_line(text->text, &at, &line);) {
        uint64_t key = key_of_line(&line);

        if (count_text(counts, key, index) && text->name != NULL)
            (void)count_text(counts, key_of_namesakes(key, text->name), index);
        if (find(&word, &line, 0) < line.length)
            (void)count_text(counts, key_of_likes(&word, &line), index);
    }
}

/* Is the name in LINE that of whoever prints it? One target that is called as another one shall not
 * undo it for all: so more than twice as many. */
static bool is_own(const struct counts *counts, const char *name, const struct word *word,
                   const struct line *line)
{
    uint64_t key = key_of_line(line);
    size_t likes = texts_of(counts, key_of_likes(word, line));
    size_t others = texts_of(counts, key) - texts_of(counts, key_of_namesakes(key, name));

    return likes >= 2 && likes > 2 * others;
}

static void append_replaced(struct buffer *buffer, const struct word *word, const struct line *line)
{
    size_t at = 0;

    for (size_t next; (next = find(word, line, at)) < line->length; at = next + word->length) {
        buffer_append(buffer, line->text + at, next - at);
        buffer_add_char(buffer, PLACE);
    }
    buffer_append(buffer, line->text + at, line->length - at);
}

/* Returns whether a name was replaced. */
static bool replace(const struct counts *counts, const struct ownname_text *text)
{
    struct word word = word_of(text->name);
    struct buffer replaced = BUFFER_INIT;
    struct line line;
    bool any = false;

    for (size_t at = 0; word.text != NULL && next_line(text->text, &at, &line);) {
        if (find(&word, &line, 0) < line.length && is_own(counts, text->name, &word, &line)) {
            append_replaced(&replaced, &word, &line);
            any = true;
        } else {
            buffer_append(&replaced, line.text, line.length);
        }
        if (at <= text->text->length)
            buffer_add_char(&replaced, '\n');
    }
    if (any) {
        buffer_done(text->text);
        *text->text = replaced;
    } else {
        buffer_done(&replaced);
    }
    return any;
}

/* ---- marks -------------------------------------------------------------------------------- */

/* Where in TEXT, from AT on, a place for a name stands, or the mark itself. */
static size_t find_place(const struct buffer *text, size_t at)
{
    static const char mark[] = OWNNAME_MARK;

    while (at < text->length && text->data[at] != PLACE &&
           (text->data[at] != mark[0] ||
            strncmp(text->data + at, mark, sizeof mark - 1) != 0)) /* a NUL is after the text */
        at++;
    return at;
}

static void write_marks(struct buffer *text)
{
    struct buffer written = BUFFER_INIT;
    size_t at = 0;

    if (text->length == 0 || find_place(text, 0) == text->length)
        return;
    for (size_t next; (next = find_place(text, at)) < text->length; at = next + 1) {
        buffer_append(&written, text->data + at, next - at);
        if (text->data[next] == PLACE)
            buffer_add(&written, OWNNAME_MARK);
        else
            buffer_print(&written, "\\x%02x", (unsigned)OWNNAME_MARK[0]);
    }
    buffer_append(&written, text->data + at, text->length - at);
    buffer_done(text);
    *text = written;
}

void ownname_replace(const struct ownname_text *texts, size_t count)
{
    struct counts counts = {.list = NULL};
    bool any = false;

    for (size_t i = 0; i < count; i++)
        collect(&counts, &texts[i]);
    if (counts.used == 0)
        return;
    sort_keys(&counts);
    for (size_t i = 0; i < count; i++)
        count_lines(&counts, &texts[i], i);
    for (size_t i = 0; i < count; i++)
        any |= replace(&counts, &texts[i]);
    for (size_t i = 0; any && i < count; i++)
        write_marks(texts[i].text);
    free(counts.list);
}
