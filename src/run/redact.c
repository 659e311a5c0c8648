/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Of the secrets of a run all forms are looked for at
 * once (run/finder), so that a text takes one step a byte, however many secrets
 * there are. Each find is a place; places that overlap become one, and nothing is
 * replaced before all are known. So it does not matter which secret comes first:
 * where one is a part of another, or two overlap, everything that either covers
 * is hidden.
 *
 * A text is first folded: a run of backslashes counts as one, as in the forms, and a NUL as
 * nothing, so that ASCII in UTF-16 is found. Places are those of the folded text; where something
 * was folded, each byte knows where it came from.
 *
 * A text that was cut has segments, the pieces between the seams where a cut may
 * be. A segment may begin with a rest of a secret and end with a beginning of
 * one. The finder says how long a beginning the segment ends with; a second one,
 * which goes backwards, how long a rest it begins with.
 */
#include "run/redact.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "azure/refusal.h"
#include "azure/reply.h"
#include "base/drawn.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/strings.h"
#include "engine/capture.h"
#include "job/job.h"
#include "run/finder.h"
#include "run/redact_forms.h"

enum { BAD_CHARACTERS = 3 }; /* that the cut of one character can leave */

static const char stars[] = "***";

struct redact {
    struct finder *forwards;
    struct finder *backwards;
};

/* ---- texts -------------------------------------------------------------------------------- */

struct span {
    size_t start;
    size_t end;
};

struct spans {
    struct span *list;
    size_t count;
};

/* A text that is looked through. */
struct folded {
    const char *original;
    size_t original_length;
    char *folded;    /* NULL: the original is folded already */
    size_t *origins; /* of each folded byte, and of the end; NULL likewise */
    const char *bytes;
    size_t length;
    struct spans segments; /* in order, apart */
    struct spans places;   /* that are to be hidden; in order, apart */
};

static void add_span(struct spans *spans, struct span span)
{
    spans->list = memory_grow(spans->list, spans->count, sizeof *spans->list);
    spans->list[spans->count++] = span;
}

static void fold(struct folded *text)
{
    text->folded = memory_zeroed(text->original_length + 1, 1);
    text->origins = memory_zeroed(text->original_length + 1, sizeof *text->origins);
    text->length = 0;
    for (size_t i = 0; i < text->original_length; i++) {
        if (text->original[i] == '\0' || (text->original[i] == '\\' && text->length > 0 &&
                                          text->folded[text->length - 1] == '\\'))
            continue;
        text->origins[text->length] = i;
        text->folded[text->length++] = text->original[i];
    }
    text->origins[text->length] = text->original_length;
    text->bytes = text->folded;
}

static struct folded make_folded(const char *bytes, size_t length)
{
    struct folded text = {
        .original = bytes, .original_length = length, .bytes = bytes, .length = length};

    if (memmem(bytes, length, "\\\\", 2) != NULL || memchr(bytes, '\0', length) != NULL)
        fold(&text);
    return text;
}

static bool stands_at(const struct folded *text, size_t at, const char *word)
{
    size_t length = strlen(word);

    return text->length - at >= length && memcmp(text->bytes + at, word, length) == 0;
}

/* The length of a bad character that begins at AT, or with BEFORE ends there; 0: none does. */
static size_t bad_at(const struct folded *text, size_t at, bool before)
{
    /* As it is, and as jansson and Python write it into JSON. */
    static const char *const bad[] = {"\xef\xbf\xbd", "\\uFFFD", "\\ufffd"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t length = strlen(bad[i]);

        if ((!before || at >= length) && stands_at(text, before ? at - length : at, bad[i]))
            return length;
    }
    return 0;
}

static void add_segment(struct folded *text, size_t start, size_t end)
{
    for (int i = 0; i < BAD_CHARACTERS; i++) {
        start += bad_at(text, start, false);
        end -= bad_at(text, end, true);
    }
    if (start <= end) /* where it is empty, the seams around it may be a secret's own text */
        add_span(&text->segments, (struct span){start, end});
}

/* Divides TEXT at each of SEAMS. LAST: is what follows the last of them a segment too? */
static void divide(struct folded *text, const char *const *seams, bool last)
{
    bool begins[256] = {false}; /* most bytes begin no seam */
    size_t start = 0;

    for (const char *const *seam = seams; *seam != NULL; seam++)
        begins[(unsigned char)**seam] = true;
    for (size_t at = 0; at < text->length;) {
        const char *const *seam = seams;

        if (!begins[(unsigned char)text->bytes[at]]) {
            at++;
            continue;
        }
        while (*seam != NULL && !stands_at(text, at, *seam))
            seam++;
        if (*seam == NULL) {
            at++;
            continue;
        }
        add_segment(text, start, at);
        at += strlen(*seam);
        start = at;
    }
    if (last)
        add_segment(text, start, text->length);
}

static struct folded fold_stream(const struct buffer *buffer, bool cut)
{
    /* engine/capture's mark; and in az's own text what stands before the streams that Azure cut,
       also where that text is quoted in another. */
    static const char *const seams[] = {CAPTURE_MARK_HEAD,
                                        CAPTURE_MARK_TAIL,
                                        REPLY_OUTPUT_MARK("\n"),
                                        REPLY_ERRORS_MARK("\n"),
                                        REPLY_OUTPUT_MARK("\\n"),
                                        REPLY_ERRORS_MARK("\\n"),
                                        REPLY_MESSAGE_MARK("\"", " "),
                                        REPLY_MESSAGE_MARK("\"", ""),
                                        REPLY_MESSAGE_MARK("\\\"", " "),
                                        REPLY_MESSAGE_MARK("\\\"", ""),
                                        REPLY_MESSAGE_MARK("'", " "),
                                        NULL};
    struct folded text = make_folded(buffer_text(buffer), buffer->length);

    if (cut)
        divide(&text, seams, true);
    return text;
}

/* CUT: what the message quotes may have been cut before it was quoted. */
static struct folded fold_message(const char *message, bool cut)
{
    static const char *const seams[] = {REFUSAL_CUT_MARK, NULL};
    static const char *const cut_seams[] = {REFUSAL_CUT_MARK, REFUSAL_QUOTE_MARK, NULL};
    struct folded text = make_folded(message, strlen(message));

    divide(&text, cut ? cut_seams : seams, cut);
    return text;
}

static size_t origin_of(const struct folded *text, size_t at)
{
    return text->origins != NULL ? text->origins[at] : at;
}

/* Appends TEXT as it may be seen. */
static void show(const struct folded *text, struct buffer *buffer)
{
    size_t at = 0;

    for (size_t i = 0; i < text->places.count; i++) {
        size_t start = origin_of(text, text->places.list[i].start);

        buffer_append(buffer, text->original + at, start - at);
        buffer_add(buffer, stars);
        at = origin_of(text, text->places.list[i].end);
    }
    buffer_append(buffer, text->original + at, text->original_length - at);
}

static void folded_done(struct folded *text)
{
    free(text->folded);
    free(text->origins);
    free(text->segments.list);
    free(text->places.list);
}

/* ---- looking ------------------------------------------------------------------------------ */

/* Ends never go back: END is after, or where, the last place ends. */
static void hide(struct folded *text, size_t start, size_t end)
{
    struct spans *places = &text->places;

    while (places->count > 0 && places->list[places->count - 1].start >= start)
        places->count--;
    if (places->count > 0 && places->list[places->count - 1].end > start)
        places->list[places->count - 1].end = end;
    else
        add_span(places, (struct span){start, end});
}

/*
 * Where the rests of secrets end with which the segments begin; a segment's start, when it begins
 * with none. A secret may have a seam's text in it, so a rest may go on after its segment. For
 * free().
 */
static size_t *find_rests(const struct redact *redact, const struct folded *text)
{
    const struct span *segments = text->segments.list;
    size_t next = text->segments.count;
    size_t *rests = memory_zeroed(next, sizeof *rests);
    size_t reach = finder_reach(redact->backwards);
    uint32_t state = FINDER_START;
    size_t at = text->length;

    if (next > 0 && segments[next - 1].start == text->length) {
        next--;
        rests[next] = text->length;
    }
    if (next > 0 && at - segments[next - 1].start > reach)
        at = segments[next - 1].start + reach;
    for (; next > 0; at--) {
        size_t begun;

        state = finder_step(redact->backwards, state, text->bytes[at - 1]);
        if (segments[next - 1].start != at - 1)
            continue;
        begun = finder_begun(redact->backwards, state, text->length);
        rests[--next] = at - 1 + (begun >= REDACT_FORMS_SHORTEST ? begun : 0);
    }
    return rests;
}

/* Likewise it may have begun before the segment. */
static void hide_beginning(const struct redact *redact, struct folded *text, size_t end,
                           uint32_t state)
{
    size_t begun = finder_begun(redact->forwards, state, end);

    if (begun >= REDACT_FORMS_SHORTEST)
        hide(text, end - begun, end);
}

/* All that ends at a byte is hidden before the next one is looked at. */
static void hide_secrets(const struct redact *redact, struct folded *text)
{
    size_t *rests = find_rests(redact, text);
    struct span rest = {0, 0}; /* the one that AT is in, or the last */
    const struct span *segments = text->segments.list;
    size_t count = text->segments.count;
    uint32_t state = FINDER_START;
    size_t begun = 0; /* segments */
    size_t ended = 0;

    for (size_t at = 0; at < text->length; at++) {
        size_t whole;

        if (begun < count && segments[begun].start == at) {
            if (rests[begun] > rest.end)
                rest = (struct span){rest.end > at ? rest.start : at, rests[begun]};
            begun++;
        }
        state = finder_step(redact->forwards, state, text->bytes[at]);
        whole = finder_longest(redact->forwards, state);
        if (whole > 0)
            hide(text, at + 1 - whole, at + 1);
        if (rest.end == at + 1 && rest.start < rest.end)
            hide(text, rest.start, rest.end);
        while (ended < count && segments[ended].end <= at + 1) {
            if (segments[ended].end == at + 1)
                hide_beginning(redact, text, at + 1, state);
            ended++;
        }
    }
    free(rests);
}

/* ---- secrets ------------------------------------------------------------------------------ */

static void add_secrets(struct strings *secrets, const struct job_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        if (parameters->list[i].secret)
            strings_add(secrets, parameters->list[i].value);
    }
}

/* Each once, however many targets share it. */
static void collect(struct strings *secrets, const struct job *job)
{
    add_secrets(secrets, &job->parameters);
    add_secrets(secrets, &job->args);
    for (size_t i = 0; i < job->target_count; i++) {
        add_secrets(secrets, &job->targets[i].parameters);
        add_secrets(secrets, &job->targets[i].args);
    }
    strings_sort(secrets);
}

struct redact *redact_new(const struct job *job)
{
    struct redact *redact = memory_zeroed(1, sizeof *redact);
    struct strings secrets = STRINGS_INIT;
    struct strings forms = STRINGS_INIT;

    collect(&secrets, job);
    for (size_t i = 0; i < secrets.count; i++)
        redact_forms_add(&forms, secrets.list[i]);
    strings_sort(&forms);
    if (forms.count > 0) {
        redact->forwards = finder_new((const char *const *)forms.list, forms.count, false);
        redact->backwards = finder_new((const char *const *)forms.list, forms.count, true);
    }
    strings_done(&forms);
    strings_done(&secrets);
    return redact;
}

void redact_free(struct redact *redact)
{
    if (redact == NULL)
        return;
    finder_free(redact->forwards);
    finder_free(redact->backwards);
    free(redact);
}

static bool has_secrets(const struct redact *redact)
{
    return redact->forwards != NULL;
}

/* ---- answers and errors ------------------------------------------------------------------- */

/* Frees TEXT. Says whether there was a secret. */
static bool clean_buffer(const struct redact *redact, struct folded *text, struct buffer *buffer)
{
    struct buffer clean = BUFFER_INIT;
    bool found;

    hide_secrets(redact, text);
    found = text->places.count > 0;
    if (found) {
        show(text, &clean);
        buffer_done(buffer);
        *buffer = clean;
    }
    folded_done(text);
    return found;
}

/* Colours may stand within a secret, and people are shown it without: then that is what is kept. */
static void clean_stream(const struct redact *redact, struct buffer *stream, bool cut)
{
    struct buffer drawn = BUFFER_INIT;
    struct folded text = fold_stream(stream, cut);

    (void)clean_buffer(redact, &text, stream);
    if (!drawn_is_needed(stream->data, stream->length))
        return;
    drawn_append(&drawn, stream->data, stream->length);
    text = fold_stream(&drawn, cut);
    if (clean_buffer(redact, &text, &drawn)) {
        buffer_done(stream);
        *stream = drawn;
    } else {
        buffer_done(&drawn);
    }
}

static void clean_message(const struct redact *redact, struct folded *text, char **message)
{
    struct buffer clean = BUFFER_INIT;

    hide_secrets(redact, text);
    if (text->places.count > 0) {
        show(text, &clean);
        free(*message);
        *message = buffer_take(&clean);
    }
    folded_done(text);
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

void redact_answer(const struct redact *redact, struct answer *answer)
{
    bool stopped = !ended_by_itself(&answer->outcome);
    const char *message = answer->outcome.message;
    struct folded text;

    if (!has_secrets(redact))
        return;
    /* Nobody says where a stream was cut, by Azure at its head or by azfan in its middle, and it
       may have been stopped besides: where anything is missing, every edge is looked at. */
    clean_stream(redact, &answer->output, stopped || answer->output_truncated);
    clean_stream(redact, &answer->errors, stopped || answer->errors_truncated);
    text = fold_message(message != NULL ? message : "", answer->errors_truncated);
    clean_message(redact, &text, &answer->outcome.message);
}

void redact_line(const struct redact *redact, struct buffer *line)
{
    struct folded text;

    if (!has_secrets(redact))
        return;
    text = fold_stream(line, true);
    (void)clean_buffer(redact, &text, line);
}

void redact_error(const struct redact *redact, struct error *error)
{
    char *clean;
    struct folded text;

    if (!has_secrets(redact))
        return;
    clean = memory_string(error->text);
    text = fold_message(error->text, true); /* nobody here knows whether az's words were cut */
    clean_message(redact, &text, &clean);
    (void)error_set(error, "%s", clean);
    free(clean);
}
