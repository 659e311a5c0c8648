/* SPDX-License-Identifier: MIT */
#include "report/plaintext.h"

#include <stdbool.h>

#include "base/buffer.h"
#include "base/number.h"
#include "report/line.h"
#include "report/outputs.h"
#include "report/style.h"
#include "report/summary.h"
#include "report/view.h"
#include "run/result.h"

enum { TIME_WIDTH = 7 };

/* "failed (exit 7)"; the summary has the message, once for all that it is said of. */
static struct buffer word_outcome(const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    struct buffer word = BUFFER_INIT;

    line_print_outcome(&word, outcome->kind, outcome->reason, outcome->exit_code);
    return word;
}

static int outcome_width(const struct result *result)
{
    int width = 0;

    for (size_t i = 0; i < result->target_count; i++) {
        struct buffer word = BUFFER_INIT;

        if (result->targets[i].state == RESULT_SETTLED)
            word = word_outcome(&result->targets[i]);
        width = (int)word.length > width ? (int)word.length : width;
        buffer_done(&word);
    }
    return width;
}

/* "web-03  failed (exit 7)     1.2s" */
static void print_target(struct buffer *buffer, const struct result_target *target, int name_width,
                         int width, bool colour)
{
    struct buffer word = word_outcome(target);
    struct buffer time = BUFFER_INIT;

    buffer_print(buffer, "%-*s  %s%s%s", name_width, target->label,
                 style_begin(colour, target->outcome.kind), buffer_text(&word), style_end(colour));
    if (target->attempt_count > 0) {
        number_print_duration(&time, target->duration);
        buffer_print(buffer, "%*s %*s", width - (int)word.length, "", TIME_WIDTH,
                     buffer_text(&time));
    }
    buffer_add(buffer, "\n");
    buffer_done(&word);
    buffer_done(&time);
}

void plaintext_write(FILE *stream, const struct result *result, const struct view *view)
{
    int name_width = line_name_width(result);
    int width = outcome_width(result);
    struct buffer buffer = BUFFER_INIT;

    for (size_t i = 0; i < result->target_count; i++) {
        if (result->targets[i].state == RESULT_SETTLED)
            print_target(&buffer, &result->targets[i], name_width, width, view->colour);
    }
    if (buffer.length > 0)
        (void)fwrite(buffer.data, 1, buffer.length, stream);
    buffer_done(&buffer);
    outputs_write(stream, result, view);
    summary_write(stream, result, view);
}
