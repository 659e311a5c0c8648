/* SPDX-License-Identifier: MIT */
#include "report/line.h"

#include <string.h>

#include "base/buffer.h"
#include "base/drawn.h"
#include "base/number.h"
#include "base/text.h"
#include "report/style.h"
#include "run/result.h"

enum { WIDEST_NAME = 40, KIND_WIDTH = 9, TIME_WIDTH = 7 };

/* Of the last line of standard error: bytes that are shown, and lines that may be blank after it.
 */
enum { LONGEST_ERROR = 300, BLANKS_MOST = 8 };

int line_name_width(const struct result *result)
{
    int width = 4;

    for (size_t i = 0; i < result->target_count; i++) {
        int length = (int)strlen(result->targets[i].label);

        if (length > width && length <= WIDEST_NAME)
            width = length;
    }
    return width;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* What a terminal would show of BYTES, without the blanks at both ends; for buffer_done(). */
static struct buffer draw_line(const char *bytes, size_t length)
{
    struct buffer drawn = BUFFER_INIT;
    struct buffer line = BUFFER_INIT;
    size_t start = 0;

    drawn_append(&drawn, bytes, length);
    while (drawn.length > 0 && is_blank(drawn.data[drawn.length - 1]))
        drawn.length--;
    while (start < drawn.length && is_blank(drawn.data[start]))
        start++;
    for (size_t i = start; i < drawn.length; i++) {
        if (is_blank(drawn.data[i])) /* a tab */
            drawn.data[i] = ' ';
        buffer_add_char(&line, drawn.data[i]);
    }
    buffer_done(&drawn);
    return line;
}

/* The last line that is not blank, once it is drawn: what resets colours may stand alone on one. */
static struct buffer last_error(const struct buffer *errors)
{
    const char *bytes = buffer_text(errors);
    size_t end = errors->length;
    struct buffer line = BUFFER_INIT;

    for (int i = 0; i <= BLANKS_MOST && line.length == 0; i++) {
        size_t start;

        while (end > 0 && is_blank(bytes[end - 1]))
            end--;
        start = text_last_lines(bytes, end, 1);
        buffer_done(&line);
        line = draw_line(bytes + start, end - start);
        end = start;
    }
    return line;
}

static void print_last_error(struct buffer *buffer, const struct buffer *line)
{
    size_t shown = text_head(buffer_text(line), line->length, LONGEST_ERROR);

    buffer_append(buffer, buffer_text(line), shown);
    if (shown < line->length)
        buffer_add(buffer, "…");
}

/* What came back is all that the script printed, and its message says nothing of that. */
static bool has_bad_end(const struct outcome *outcome)
{
    return outcome->kind != OUTCOME_OK && outcome_script_ended(outcome->kind, outcome->reason);
}

void line_print_why(struct buffer *buffer, const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    struct buffer line = BUFFER_INIT;

    if (has_bad_end(outcome))
        line = last_error(&target->errors);
    if (line.length > 0 && outcome->reason == REASON_EXIT && outcome->exit_code > 0) {
        buffer_print(buffer, "exit %d: ", outcome->exit_code);
    } else if (outcome->message != NULL) {
        text_add_line(buffer, outcome->message);
        buffer_add(buffer, line.length > 0 ? "; stderr: " : "");
    }
    print_last_error(buffer, &line);
    buffer_done(&line);
}

bool line_tells_errors(const struct result_target *target)
{
    return has_bad_end(&target->outcome) && target->errors.length > 0 &&
           target->errors.length <= LONGEST_ERROR &&
           text_last_lines(buffer_text(&target->errors), target->errors.length, 1) == 0;
}

void line_print(struct buffer *buffer, const struct result_target *target, int name_width,
                bool colour)
{
    const struct outcome *outcome = &target->outcome;
    struct buffer time = BUFFER_INIT;
    struct buffer why = BUFFER_INIT;

    if (target->attempt_count > 0)
        number_print_duration(&time, target->duration);
    buffer_print(buffer, "%-*s  %s%-*s%s %*s", name_width, target->label,
                 style_begin(colour, outcome->kind), KIND_WIDTH, outcome_name(outcome->kind),
                 style_end(colour), TIME_WIDTH, buffer_text(&time));
    buffer_done(&time);
    line_print_why(&why, target);
    buffer_print(buffer, "%s%s\n", why.length > 0 ? "  " : "", buffer_text(&why));
    buffer_done(&why);
}

void line_fit(struct buffer *buffer, int columns, bool colour)
{
    size_t length = strcspn(buffer_text(buffer), "\n");
    struct buffer fitting = BUFFER_INIT;
    size_t head;

    if (columns <= 0 || drawn_head(buffer_text(buffer), length, (size_t)columns) == length)
        return;
    head = drawn_head(buffer->data, length, (size_t)columns - 1);
    buffer_append(&fitting, buffer->data, head);
    buffer_print(&fitting, "…%s%s", style_end(colour), buffer->data + length);
    buffer_done(buffer);
    *buffer = fitting;
}

void line_print_outcome(struct buffer *buffer, enum outcome_kind kind, enum outcome_reason reason,
                        int exit_code)
{
    buffer_add(buffer, outcome_name(kind));
    if (kind == OUTCOME_FAILED || (kind == OUTCOME_OK && exit_code != 0))
        buffer_print(buffer, " (exit %d)", exit_code);
    else if (reason != REASON_NONE)
        buffer_print(buffer, " (%s)", outcome_reason_name(reason));
}

void line_print_counts(struct buffer *buffer, const char *before,
                       const size_t counts[OUTCOME_KINDS], bool colour)
{
    for (int i = 0; i < OUTCOME_KINDS; i++) {
        enum outcome_kind kind = (enum outcome_kind)i;

        if (counts[kind] == 0)
            continue;
        buffer_print(buffer, "%s%s%zu %s%s", before, style_begin(colour, kind), counts[kind],
                     outcome_name(kind), style_end(colour));
        before = ", ";
    }
}

void line_print_block(struct buffer *buffer, const struct buffer *bytes, size_t count,
                      const char *prefix)
{
    size_t start = count == 0 ? 0 : text_last_lines(buffer_text(bytes), bytes->length, count);
    const char *at = buffer_text(bytes) + start;
    const char *end = buffer_text(bytes) + bytes->length;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline != NULL ? newline + 1 : end;

        buffer_add(buffer, prefix);
        drawn_append(buffer, at, (size_t)(next - at));
        if (newline == NULL)
            buffer_add(buffer, "\n");
        at = next;
    }
}
