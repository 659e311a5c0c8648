/* SPDX-License-Identifier: MIT */
#include "report/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/drawn.h"
#include "base/number.h"
#include "base/text.h"
#include "run/result.h"

static const char heads[] = "name,resource_group,subscription,id,batch,outcome,reason,exit_code,"
                            "script_started,may_still_run,attempts,started,duration_s,message,"
                            "stdout,stderr,stdout_truncated,stderr_truncated,recovered\r\n";

/* ---- texts -------------------------------------------------------------------------------- */

/* What makes a formula of a cell, or hides from the eye that something does; the last four are the
 * first four in full width, which East Asian spreadsheets take for the same. */
static const char *const openings[] = {
    "=", "+", "-", "@", "\t", "\n", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

static bool begins_formula(const char *text)
{
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        if (strncmp(text, openings[i], strlen(openings[i])) == 0)
            return true;
    }
    return false;
}

/* How many units of UTF-16 the character that begins with BYTE takes; 0: BYTE begins none. */
static size_t units_of(char byte)
{
    if (text_is_within_character(byte))
        return 0;
    return (unsigned char)byte >= 0xf0 ? 2 : 1;
}

static size_t count_units(const char *text, size_t length)
{
    size_t units = 0;

    for (size_t i = 0; i < length; i++)
        units += units_of(text[i]);
    return units;
}

/* How many bytes of TEXT's beginning are at most UNITS, in whole characters. */
static size_t head_within(const char *text, size_t length, size_t units)
{
    size_t at = 0;
    size_t used = 0;

    for (; at < length; at++) {
        used += units_of(text[at]);
        if (used > units)
            break;
    }
    return at;
}

/* Where those of its end begin. */
static size_t tail_within(const char *text, size_t length, size_t units)
{
    size_t at = length;
    size_t start = length;
    size_t used = 0;

    while (at > 0) {
        at--;
        used += units_of(text[at]);
        if (used > units)
            break;
        if (units_of(text[at]) > 0)
            start = at;
    }
    return start;
}

/* Cuts the middle out of TEXT where a spreadsheet would cut its end off. */
static void fit(struct buffer *text)
{
    enum { MARK_MOST = 64, HALF = (CSV_CELL_MOST - MARK_MOST) / 2 };
    struct buffer cut = BUFFER_INIT;
    size_t head;
    size_t tail;

    if (count_units(buffer_text(text), text->length) <= CSV_CELL_MOST)
        return;
    head = head_within(text->data, text->length, HALF);
    tail = tail_within(text->data, text->length, HALF);
    text_cut_middle(&cut, text->data, text->length, head, tail);
    buffer_done(text);
    *text = cut;
}

static void write_quoted(FILE *stream, const char *text)
{
    (void)fputc('"', stream);
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        (void)fwrite(text, 1, (size_t)(quote - text), stream);
        (void)fputs("\"\"", stream);
    }
    (void)fputs(text, stream);
    (void)fputc('"', stream);
}

/*
 * Line ends within a cell stay what they are, a newline alone: a spreadsheet shows it as one line
 * end, of a CRLF some show a mark. Only rows end with CRLF.
 */
static void write_bytes(FILE *stream, const char *bytes, size_t length)
{
    struct buffer text = BUFFER_INIT;
    struct buffer plain = BUFFER_INIT;

    drawn_append(&plain, bytes, length);
    if (begins_formula(buffer_text(&plain)))
        buffer_add_char(&text, '\'');
    buffer_append(&text, buffer_text(&plain), plain.length);
    fit(&text);
    write_quoted(stream, buffer_text(&text));
    buffer_done(&plain);
    buffer_done(&text);
}

/* Nothing for NULL, as opposed to the empty text. */
static void write_text(FILE *stream, const char *text)
{
    if (text != NULL)
        write_bytes(stream, text, strlen(text));
}

/* ---- rows --------------------------------------------------------------------------------- */

static void write_where(FILE *stream, const struct result_target *target)
{
    write_text(stream, target->name);
    (void)fputc(',', stream);
    write_text(stream, target->resource_group);
    (void)fputc(',', stream);
    write_text(stream, target->subscription);
    (void)fputc(',', stream);
    write_text(stream, target->id);
    (void)fprintf(stream, ",%d", target->batch);
}

/* Nothing of one that has not ended: never does it look like an outcome. */
static void write_outcome(FILE *stream, const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    bool settled = target->state == RESULT_SETTLED;

    (void)fprintf(stream, ",%s,%s,", settled ? outcome_name(outcome->kind) : "",
                  settled ? outcome_reason_name(outcome->reason) : "");
    if (settled && (outcome->kind == OUTCOME_OK || outcome->kind == OUTCOME_FAILED))
        (void)fprintf(stream, "%d", outcome->exit_code);
    (void)fprintf(stream, ",%s,%s", outcome_script_name(result_script(target)),
                  result_may_still_run(target) ? "true" : "false");
}

static void write_attempts(FILE *stream, const struct result_target *target)
{
    char started[CLOCK_TEXT_SIZE] = "";
    int64_t milliseconds = target->duration / NUMBER_MILLISECOND;

    if (target->attempt_count > 0)
        clock_print(target->attempts[0].wall_started, started);
    else if (target->open)
        clock_print(target->wall_ended, started); /* of one that is under way its start */
    (void)fprintf(stream, ",%zu,%s,%lld.%03lld,", result_attempts(target), started,
                  (long long)(milliseconds / 1000), (long long)(milliseconds % 1000));
}

static void write_row(FILE *stream, const struct result_target *target)
{
    write_where(stream, target);
    write_outcome(stream, target);
    write_attempts(stream, target);
    write_text(stream, target->state == RESULT_SETTLED ? target->outcome.message : NULL);
    (void)fputc(',', stream);
    write_bytes(stream, buffer_text(&target->output), target->output.length);
    (void)fputc(',', stream);
    write_bytes(stream, buffer_text(&target->errors), target->errors.length);
    (void)fprintf(stream, ",%s,%s,%s\r\n", target->output_truncated ? "true" : "false",
                  target->errors_truncated ? "true" : "false",
                  target->recovered ? "true" : "false");
}

void csv_write(FILE *stream, const struct result *result)
{
    (void)fputs(heads, stream);
    for (size_t i = 0; i < result->target_count; i++)
        write_row(stream, &result->targets[i]);
}
