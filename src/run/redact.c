/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Of each secret a list of spellings is made: the value as
 * it may have been printed. Each spelling is looked for in each text, and the
 * bytes it covers are marked; nothing is replaced before all have been looked
 * for. So it does not matter which secret comes first: where one is a part of
 * another, or two overlap, everything that either covers is hidden.
 *
 * A text that was cut has segments, the pieces between the cuts. A segment may
 * begin with a rest of a secret and end with a beginning of one. Both, and the
 * places where a spelling stands whole, come from one automaton (Knuth, Morris,
 * Pratt), so that even a secret that repeats itself costs one step a byte.
 */
#include "run/redact.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "base/error.h"
#include "base/memory.h"
#include "job/job.h"
#include "run/spelling.h"

enum { BAD_CHARACTERS = 3 }; /* that the cut of one character can leave */

static const char bad_character[] = "\xef\xbf\xbd";

/* ---- texts -------------------------------------------------------------------------------- */

enum mark {
    SHOWN,
    FIRST, /* of a place that is hidden: "***" stands there */
    INSIDE
};

struct segment {
    size_t start;
    size_t end;
};

struct page {
    const char *bytes;
    size_t length;
    unsigned char *marks; /* one a byte; NULL as long as nothing is hidden */
    struct segment *segments;
    size_t segment_count;
};

/* FROM: everything before it that belongs to the place has been marked already. */
static void hide(struct page *page, size_t start, size_t end, size_t from)
{
    if (page->marks == NULL)
        page->marks = memory_zeroed(page->length, 1);
    if (page->marks[start] == SHOWN)
        page->marks[start] = FIRST;
    for (size_t i = start + 1 > from ? start + 1 : from; i < end; i++)
        page->marks[i] = INSIDE;
}

static bool stands_at(const struct page *page, size_t at, const char *word)
{
    size_t length = strlen(word);

    return page->length - at >= length && memcmp(page->bytes + at, word, length) == 0;
}

static void add_segment(struct page *page, size_t start, size_t end)
{
    size_t count = page->segment_count;

    for (int i = 0; i < BAD_CHARACTERS && stands_at(page, start, bad_character); i++)
        start += sizeof bad_character - 1;
    if (start >= end)
        return;
    if ((count & (count - 1)) == 0) /* 0, 1, 2, 4, 8…: the room is used up */
        page->segments =
            memory_resize(page->segments, count > 0 ? 2 * count : 1, sizeof *page->segments);
    page->segments[page->segment_count++] = (struct segment){start, end};
}

/* Divides PAGE at each of SEAMS. LAST: is what follows the last of them a segment too? */
static void divide(struct page *page, const char *const *seams, bool last)
{
    size_t start = 0;

    for (size_t at = 0; at < page->length;) {
        const char *const *seam = seams;

        while (*seam != NULL && !stands_at(page, at, *seam))
            seam++;
        if (*seam == NULL) {
            at++;
            continue;
        }
        add_segment(page, start, at);
        at += strlen(*seam);
        start = at;
    }
    if (last)
        add_segment(page, start, page->length);
}

static struct page stream_page(const struct buffer *buffer, bool cut)
{
    /* engine/capture's mark; and in az's own text what stands before the streams that Azure cut. */
    static const char *const seams[] = {
        "\n[… ",          " bytes left out …]\n", "\n[stdout]\n",    "\n[stderr]\n",
        "\\n[stdout]\\n", "\\n[stderr]\\n",       "\"message\": \"", NULL};
    struct page page = {.bytes = buffer_text(buffer), .length = buffer->length};

    if (cut)
        divide(&page, seams, true);
    return page;
}

/* CUT: what the message quotes may have been cut before it was quoted. */
static struct page message_page(const char *message, bool cut)
{
    /* azure/refusal shortens what it quotes; what is quoted stands behind a colon. */
    static const char *const seams[] = {"…", NULL};
    static const char *const cut_seams[] = {"…", ": ", NULL};
    struct page page = {.bytes = message, .length = strlen(message)};

    divide(&page, cut ? cut_seams : seams, cut);
    return page;
}

/* Appends PAGE as it may be seen. */
static void show(const struct page *page, struct buffer *buffer)
{
    buffer_reserve(buffer, page->length);
    for (size_t i = 0; i < page->length; i++) {
        if (page->marks[i] == FIRST)
            buffer_add(buffer, "***");
        else if (page->marks[i] == SHOWN)
            buffer_add_char(buffer, page->bytes[i]);
    }
}

static void page_done(struct page *page)
{
    free(page->marks);
    free(page->segments);
}

/* ---- looking ------------------------------------------------------------------------------ */

struct pattern {
    char *text;
    size_t length;
    size_t *borders; /* [n]: how many of the first n bytes, but not all, begin them and end them */
};

/* MATCHED bytes of PATTERN's beginning end the text so far; how many do when BYTE is added? */
static size_t match(const struct pattern *pattern, size_t matched, char byte)
{
    while (matched > 0 && (matched == pattern->length || pattern->text[matched] != byte))
        matched = pattern->borders[matched];
    return pattern->text[matched] == byte ? matched + 1 : 0;
}

/* Takes TEXT over; it is not empty. */
static void pattern_make(struct pattern *pattern, char *text)
{
    *pattern = (struct pattern){.text = text, .length = strlen(text)};
    pattern->borders = memory_zeroed(pattern->length + 1, sizeof *pattern->borders);
    for (size_t i = 1; i < pattern->length; i++)
        pattern->borders[i + 1] = match(pattern, pattern->borders[i], text[i]);
}

static void pattern_done(struct pattern *pattern)
{
    free(pattern->text);
    free(pattern->borders);
}

static char *reversed(const char *text)
{
    size_t length = strlen(text);
    char *copy = memory_copy(text, length);

    for (size_t i = 0; i < length; i++)
        copy[i] = text[length - 1 - i];
    return copy;
}

static void hide_whole(struct page *page, const struct pattern *pattern)
{
    const char *found = memmem(page->bytes, page->length, pattern->text, pattern->length);
    size_t matched = 0;
    size_t hidden = 0;

    if (found == NULL) /* nearly always, and memmem() is faster than what follows */
        return;
    for (size_t at = (size_t)(found - page->bytes); at < page->length; at++) {
        matched = match(pattern, matched, page->bytes[at]);
        if (matched == pattern->length) {
            hide(page, at + 1 - matched, at + 1, hidden);
            hidden = at + 1;
        }
    }
}

/* How many bytes at an edge of SEGMENT may be a piece of PATTERN, but not all of it? */
static size_t reach(const struct segment *segment, const struct pattern *pattern)
{
    size_t length = segment->end - segment->start;

    return length < pattern->length ? length : pattern->length - 1;
}

static void hide_beginning(struct page *page, const struct segment *segment,
                           const struct pattern *pattern)
{
    size_t matched = 0;

    for (size_t left = reach(segment, pattern); left > 0; left--)
        matched = match(pattern, matched, page->bytes[segment->end - left]);
    if (matched >= SPELLING_SHORTEST_PIECE)
        hide(page, segment->end - matched, segment->end, 0);
}

/* BACKWARDS is the pattern reversed: its beginning is the rest that is looked for. */
static void hide_rest(struct page *page, const struct segment *segment,
                      const struct pattern *backwards)
{
    size_t matched = 0;

    for (size_t left = reach(segment, backwards); left > 0; left--)
        matched = match(backwards, matched, page->bytes[segment->start + left - 1]);
    if (matched >= SPELLING_SHORTEST_PIECE)
        hide(page, segment->start, segment->start + matched, 0);
}

static void hide_spelling(struct page *pages, size_t count, const char *spelling)
{
    struct pattern pattern;
    struct pattern backwards;

    pattern_make(&pattern, memory_string(spelling));
    pattern_make(&backwards, reversed(spelling));
    for (size_t i = 0; i < count; i++) {
        hide_whole(&pages[i], &pattern);
        for (size_t j = 0; j < pages[i].segment_count; j++) {
            hide_beginning(&pages[i], &pages[i].segments[j], &pattern);
            hide_rest(&pages[i], &pages[i].segments[j], &backwards);
        }
    }
    pattern_done(&pattern);
    pattern_done(&backwards);
}

static void hide_secret(struct page *pages, size_t count, const char *secret)
{
    struct spelling spelling = {.count = 0};

    if (!spelling_of(&spelling, secret))
        return;
    for (size_t i = 0; i < spelling.count; i++)
        hide_spelling(pages, count, spelling.list[i]);
    spelling_done(&spelling);
}

/* ---- secrets ------------------------------------------------------------------------------ */

struct secrets {
    const char **list; /* the job's own strings */
    size_t count;
};

static size_t count_secrets(const struct job_parameters *parameters)
{
    size_t count = 0;

    for (size_t i = 0; i < parameters->count; i++)
        count += parameters->list[i].source != NULL ? 1 : 0;
    return count;
}

static void add_secrets(struct secrets *secrets, const struct job_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        if (parameters->list[i].source != NULL)
            secrets->list[secrets->count++] = parameters->list[i].value;
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, so that what many targets share is seen to be the same. False: there are none. */
static bool collect(struct secrets *secrets, const struct job *job,
                    const struct job_target *targets, size_t target_count)
{
    size_t most = count_secrets(&job->parameters);

    *secrets = (struct secrets){NULL, 0};
    for (size_t i = 0; i < target_count; i++)
        most += count_secrets(&targets[i].parameters);
    if (most == 0)
        return false;
    secrets->list = memory_zeroed(most, sizeof *secrets->list);
    add_secrets(secrets, &job->parameters);
    for (size_t i = 0; i < target_count; i++)
        add_secrets(secrets, &targets[i].parameters);
    qsort(secrets->list, secrets->count, sizeof *secrets->list, compare_texts);
    return true;
}

/* Frees SECRETS. */
static void hide_secrets(struct page *pages, size_t count, struct secrets *secrets)
{
    for (size_t i = 0; i < secrets->count; i++) {
        if (i == 0 || strcmp(secrets->list[i], secrets->list[i - 1]) != 0)
            hide_secret(pages, count, secrets->list[i]);
    }
    free(secrets->list);
}

/* ---- answers and errors ------------------------------------------------------------------- */

static void clean_buffer(struct page *page, struct buffer *buffer)
{
    struct buffer clean = BUFFER_INIT;

    if (page->marks != NULL) {
        show(page, &clean);
        buffer_done(buffer);
        *buffer = clean;
    }
    page_done(page);
}

static void clean_message(struct page *page, char **message)
{
    struct buffer clean = BUFFER_INIT;

    if (page->marks != NULL) {
        show(page, &clean);
        free(*message);
        *message = buffer_take(&clean);
    }
    page_done(page);
}

/*
 * Did whoever wrote the streams come to an end of its own? If not (az or the
 * script was stopped or killed, or nobody can say) a stream may end in the
 * middle of anything: programs write what they print in blocks.
 */
static bool ended_by_itself(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_OK ||
           (outcome->kind == OUTCOME_FAILED && outcome->reason == REASON_EXIT);
}

void redact_answer(struct answer *answer, const struct job *job, const struct job_target *target)
{
    enum { OUTPUT, ERRORS, MESSAGE, PAGES };
    bool stopped = !ended_by_itself(&answer->outcome);
    const char *message = answer->outcome.message;
    struct page pages[PAGES];
    struct secrets secrets;

    if (!collect(&secrets, job, target, 1))
        return;
    /* Nobody says where a stream was cut, by Azure at its head or by azfan in its middle, and it
       may have been stopped besides: where anything is missing, every edge is looked at. */
    pages[OUTPUT] = stream_page(&answer->output, stopped || answer->output_truncated);
    pages[ERRORS] = stream_page(&answer->errors, stopped || answer->errors_truncated);
    pages[MESSAGE] = message_page(message != NULL ? message : "", answer->errors_truncated);
    hide_secrets(pages, PAGES, &secrets);
    clean_buffer(&pages[OUTPUT], &answer->output);
    clean_buffer(&pages[ERRORS], &answer->errors);
    clean_message(&pages[MESSAGE], &answer->outcome.message);
}

void redact_line(struct buffer *line, const struct job *job, const struct job_target *target)
{
    struct secrets secrets;
    struct page page;

    if (line->length == 0 || !collect(&secrets, job, target, 1))
        return;
    page = stream_page(line, true);
    hide_secrets(&page, 1, &secrets);
    clean_buffer(&page, line);
}

void redact_error(struct error *error, const struct job *job)
{
    struct buffer clean = BUFFER_INIT;
    struct secrets secrets;
    struct page page;

    if (!collect(&secrets, job, job->targets, job->target_count))
        return;
    page = message_page(error->text, true); /* nobody here knows whether az's words were cut */
    hide_secrets(&page, 1, &secrets);
    if (page.marks != NULL) {
        show(&page, &clean);
        (void)error_set(error, "%s", buffer_text(&clean));
        buffer_done(&clean);
    }
    page_done(&page);
}
