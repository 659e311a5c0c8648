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

void line_print(struct buffer *buffer, const struct result_target *target, int name_width,
                bool colour)
{
    const struct outcome *outcome = &target->outcome;
    struct buffer time = BUFFER_INIT;

    if (target->attempt_count > 0)
        number_print_duration(&time, target->duration);
    buffer_print(buffer, "%-*s  %s%-*s%s %*s", name_width, target->label,
                 style_begin(colour, outcome->kind), KIND_WIDTH, outcome_name(outcome->kind),
                 style_end(colour), TIME_WIDTH, buffer_text(&time));
    buffer_done(&time);
    if (outcome->message != NULL) {
        buffer_add(buffer, "  ");
        text_append_plain(buffer, outcome->message, strlen(outcome->message));
    }
    buffer_add(buffer, "\n");
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
