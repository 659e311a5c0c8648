/* SPDX-License-Identifier: MIT */
#include "job/selectors.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/caseless.h"
#include "base/memory.h"
#include "job/lines.h"
#include "job/names.h"
#include "job/selector.h"
#include "job/targets.h"
#include "sys/file.h"

/* ---- cutting ------------------------------------------------------------------------------ */

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

/* The comma after TEXT's first selector, or its end. */
static const char *find_end(const char *text)
{
    bool in_brackets = false;

    for (; *text != '\0' && (in_brackets || *text != ','); text++)
        in_brackets = *text == '[' || (in_brackets && *text != ']');
    return text;
}

/* Hands over what stands from START to END, as WORD without its text says it. */
static bool hand_over(const char *start, const char *end, struct selectors_word word,
                      selectors_take *take, void *context)
{
    char *text;
    bool more;

    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    word.negated = start < end && *start == '!';
    if (word.negated)
        start++;
    text = memory_copy(start, (size_t)(end - start));
    word.text = text;
    more = take(context, &word);
    free(text);
    return more;
}

/* Hands over each of TEXT. */
static bool cut(const char *text, const struct selectors_word *word, selectors_take *take,
                void *context)
{
    const char *end = find_end(text);

    while (hand_over(text, end, *word, take, context)) {
        if (*end == '\0')
            return true;
        text = end + 1;
        end = find_end(text);
    }
    return false;
}

/* ---- files -------------------------------------------------------------------------------- */

static int read_text(const char *path, struct buffer *text, struct error *error)
{
    if (strcmp(path, "-") != 0)
        return file_read(path, LINES_FILE_LIMIT, text, error);
    if (file_read_standard_input(LINES_FILE_LIMIT, text, error) < 0)
        return -1;
    if (text->length == 0) /* nobody means no VM by that */
        return error_set(error, "standard input is empty, or was read before");
    return 0;
}

static int each_line(const char *path, selectors_take *take, void *context, struct error *error)
{
    struct selectors_word word = {.path = strcmp(path, "-") == 0 ? "standard input" : path};
    struct buffer text = BUFFER_INIT;
    struct lines lines;
    struct error cause;
    int result = read_text(path, &text, error);

    if (result == 0 && lines_begin(&lines, &text, &cause) < 0)
        result = error_set(error, "%s:%d:%d: %s", word.path, lines.line, lines.column, cause.text);
    while (result == 0 && lines_next(&lines)) {
        word.line = lines.line;
        word.column = lines.column;
        if (!cut(lines.text, &word, take, context))
            break;
    }
    buffer_done(&text);
    return result;
}

/* Who takes what stands in the text; files are read on the way. */
struct reading {
    selectors_take *take;
    void *context;
    int result;
    struct error *error;
};

static bool take_or_read(void *context, const struct selectors_word *word)
{
    struct reading *reading = context;

    if (word->text[0] != '@')
        return reading->take(reading->context, word);
    if (word->negated)
        reading->result =
            error_set(reading->error,
                      "a \"!\" may go before a VM, not before a file: write it into the file");
    else if (word->text[1] == '\0')
        reading->result = error_set(reading->error, "there is no file after \"@\"");
    else
        reading->result =
            each_line(word->text + 1, reading->take, reading->context, reading->error);
    return reading->result == 0;
}

int selectors_each(const char *text, bool files, selectors_take *take, void *context,
                   struct error *error)
{
    struct reading reading = {take, context, 0, error};
    struct selectors_word word = {.path = NULL};

    if (files)
        (void)cut(text, &word, take_or_read, &reading);
    else
        (void)cut(text, &word, take, context);
    return reading.result;
}

/* ---- what is made of them ----------------------------------------------------------------- */

struct check {
    struct error *error;
    int result;
};

static bool check_one(void *context, const struct selectors_word *word)
{
    struct check *check = context;
    struct selector selector;

    if (strcmp(word->text, "@-") == 0)
        check->result = error_set(check->error, "standard input can be read once: give a file");
    if (word->text[0] == '@' || names_is_valid(word->text))
        return check->result == 0;
    check->result = selector_parse(word->text, &selector, check->error);
    if (check->result == 0)
        selector_done(&selector);
    return check->result == 0;
}

int selectors_check(const char *text, struct error *error)
{
    struct check check = {error, 0};

    (void)selectors_each(text, false, check_one, &check, error);
    return check.result;
}

struct inlining {
    struct buffer *text;
    const char *comma; /* in front of the next; an empty one too has its comma */
};

static bool append_one(void *context, const struct selectors_word *word)
{
    struct inlining *inlining = context;

    buffer_print(inlining->text, "%s%s%s", inlining->comma, word->negated ? "!" : "", word->text);
    inlining->comma = ",";
    return true;
}

int selectors_inline(const char *text, struct buffer *ret, struct error *error)
{
    struct inlining inlining = {ret, ""};

    if (selectors_each(text, true, append_one, &inlining, error) < 0)
        return -1;
    return ret->length > 0 ? 0 : error_set(error, "%s names no VM", text);
}

/* As far as it was read. */
struct meaning {
    const struct targets_id *id;
    bool wanted, left_out;
    bool names_any; /* else all that is not left out is meant */
};

/* Does the selector TEXT mean ID? A name alone is no work: a file may have as many as there are
 * VMs, and each simulated az reads them all. */
static bool means(const char *text, const struct targets_id *id)
{
    struct selector selector;
    struct error unused;
    bool result;

    if (names_is_valid(text))
        return caseless_is_same(text, id->name);
    if (selector_parse(text, &selector, &unused) < 0)
        return false;
    result = selector_means(&selector, id);
    selector_done(&selector);
    return result;
}

static bool apply_one(void *context, const struct selectors_word *word)
{
    struct meaning *meaning = context;

    meaning->names_any = meaning->names_any || !word->negated;
    if (means(word->text, meaning->id)) {
        meaning->left_out = meaning->left_out || word->negated;
        meaning->wanted = meaning->wanted || !word->negated;
    }
    return true;
}

bool selectors_mean(const char *text, const struct targets_id *id)
{
    struct meaning meaning = {.id = id};
    struct error unused;

    (void)selectors_each(text, false, apply_one, &meaning, &unused);
    return (meaning.wanted || !meaning.names_any) && !meaning.left_out;
}
