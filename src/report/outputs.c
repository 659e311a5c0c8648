/* SPDX-License-Identifier: MIT */
#include "report/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/drawn.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "report/diff.h"
#include "report/groups.h"
#include "report/line.h"
#include "report/style.h"
#include "report/view.h"
#include "run/result.h"

enum { HEADING_START = 2, HEADING_INDENT = 4 };

struct outputs {
    const struct result *result;
    const struct view *view;
    const struct group *first; /* what the other groups are compared with */
    struct buffer text;        /* not written yet */
    size_t lines_left_out;
    size_t groups_left_out;
    size_t targets_left_out;
};

/* A stream of a group, and the first group's. */
struct stream {
    const char *name;
    const struct buffer *bytes;
    const struct buffer *first; /* NULL: this is the first */
    bool truncated;
};

static void flush(struct outputs *self, FILE *stream)
{
    (void)fwrite(buffer_text(&self->text), 1, self->text.length, stream);
    buffer_done(&self->text);
}

/* ---- streams ------------------------------------------------------------------------------ */

/* Where in TEXT begins what is shown of it; says how many lines are before that. */
static size_t skip_lines(struct outputs *self, const char *name, const char *text, size_t length)
{
    size_t start = self->view->brief ? text_last_lines(text, length, OUTPUTS_LINES) : 0;
    size_t lines = 0;

    for (size_t i = 0; i < start; i++)
        lines += text[i] == '\n';
    if (lines > 0) {
        buffer_print(&self->text, "      %s: ", name);
        number_print_count(&self->text, lines, "line", "lines");
        buffer_add(&self->text, " left out before these\n");
    }
    self->lines_left_out += lines;
    return start;
}

/* Lines of diff_print(): "      stdout |- no more". */
static void print_difference(struct outputs *self, const char *name, const char *lines)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        const char *style = style_of_mark(self->view->colour, *lines);

        buffer_print(&self->text, "      %s |%s", name, style);
        buffer_append(&self->text, lines, length);
        buffer_print(&self->text, "%s\n", style_end(style[0] != '\0'));
        lines += length + 1;
    }
}

/* False: there is nothing to compare with, or what is here says no more than the difference. */
static bool print_against_first(struct outputs *self, const struct stream *stream)
{
    struct buffer difference = BUFFER_INIT;
    bool told;

    if (stream->first == NULL || stream->first->length == 0)
        return false;
    told = diff_print(&difference, stream->first->data, stream->first->length, stream->bytes->data,
                      stream->bytes->length);
    if (told) {
        const char *lines = buffer_text(&difference);

        buffer_print(&self->text, "      %s: same as the first group%s\n", stream->name,
                     difference.length > 0 ? ", except:" : "");
        lines += skip_lines(self, stream->name, lines, difference.length);
        print_difference(self, stream->name, lines);
    }
    buffer_done(&difference);
    return told;
}

static void print_truncation(struct outputs *self, const char *name, bool truncated)
{
    if (truncated)
        buffer_print(&self->text, "      %s: not all of it came back\n", name);
}

/* The last COUNT lines; 0: all of them. */
static void print_lines(struct outputs *self, const char *name, const struct buffer *bytes,
                        size_t count)
{
    char *prefix = memory_print("      %s | ", name);

    line_print_block(&self->text, bytes, count, prefix);
    free(prefix);
}

static void print_nothing(struct outputs *self, bool ended)
{
    buffer_add(&self->text, ended ? "      (printed nothing)\n" : "      (nothing came back)\n");
}

static void print_stream(struct outputs *self, const struct stream *stream, bool ended)
{
    const struct buffer *bytes = stream->bytes;

    if (bytes->length == 0) {
        if (ended && stream->first != NULL && stream->first->length > 0)
            buffer_print(&self->text, "      %s: nothing\n", stream->name);
        return;
    }
    print_truncation(self, stream->name, stream->truncated);
    if (print_against_first(self, stream))
        return;
    (void)skip_lines(self, stream->name, bytes->data, bytes->length);
    print_lines(self, stream->name, bytes, self->view->brief ? OUTPUTS_LINES : 0);
}

/* ---- grouped ------------------------------------------------------------------------------ */

/* "  3 failed (exit 7): web-[01-03]" */
static void print_heading(struct outputs *self, const struct group *group)
{
    bool colour = self->view->colour;
    struct buffer heading = BUFFER_INIT;

    buffer_add(&heading, style_begin(colour, group->kind));
    groups_print_title(&heading, group);
    buffer_print(&heading, "%s: %s", style_end(colour), style_bold(colour));
    groups_print_names(&heading, self->result, group);
    buffer_add(&heading, style_end(colour));
    buffer_add(&self->text, "  ");
    text_add_wrapped(&self->text, buffer_text(&heading), HEADING_START, HEADING_INDENT,
                     self->view->width);
    buffer_add(&self->text, "\n");
    buffer_done(&heading);
}

static void print_group(struct outputs *self, const struct group *group)
{
    bool ended = outcome_script_ended(group->kind, group->reason);
    bool is_first = group == self->first;
    struct stream output = {"stdout", &group->output, is_first ? NULL : &self->first->output,
                            group->output_truncated};
    struct stream errors = {"stderr", &group->errors, is_first ? NULL : &self->first->errors,
                            group->errors_truncated};

    print_heading(self, group);
    if (group->output.length == 0 && group->errors.length == 0) {
        print_nothing(self, ended);
    } else {
        print_stream(self, &output, ended);
        print_stream(self, &errors, ended);
    }
}

/* Chooses at most ROOM more groups; those that are ok only if OK. Returns the room that is left. */
static size_t choose(const struct groups *groups, bool ok, size_t room, bool *chosen)
{
    for (size_t i = 0; i < groups->count && room > 0; i++) {
        const struct group *group = &groups->list[i];

        if (chosen[i] || !groups_has_streams(group) || (group->kind == OUTCOME_OK && !ok))
            continue;
        chosen[i] = true;
        room--;
    }
    return room;
}

/* The first one, what is not ok, and what is ok as far as there is room. */
static bool *choose_groups(const struct groups *groups, bool brief)
{
    bool *chosen = memory_zeroed(groups->count, sizeof *chosen);
    size_t room = brief ? OUTPUTS_GROUPS : groups->count + 1;

    room = room - 1 + choose(groups, true, 1, chosen);
    room = choose(groups, false, room, chosen);
    (void)choose(groups, true, room, chosen);
    return chosen;
}

/* "  Left out: 3 groups (8 targets), 120 lines. All of it: azfan report 2026…" */
static void print_left_out(struct outputs *self)
{
    const char *word = result_way_on(self->result);

    if (self->groups_left_out == 0 && self->lines_left_out == 0)
        return;
    buffer_add(&self->text, "  Left out: ");
    if (self->groups_left_out > 0) {
        number_print_count(&self->text, self->groups_left_out, "group", "groups");
        buffer_add(&self->text, " (");
        number_print_count(&self->text, self->targets_left_out, "target", "targets");
        buffer_add(&self->text, self->lines_left_out > 0 ? "), " : ")");
    }
    if (self->lines_left_out > 0)
        number_print_count(&self->text, self->lines_left_out, "line", "lines");
    buffer_add(&self->text, ".");
    if (word != NULL) {
        buffer_add(&self->text, " All of it: azfan report ");
        text_add_word(&self->text, word);
    }
    buffer_add(&self->text, "\n");
}

static void write_grouped(struct outputs *self, FILE *stream)
{
    struct groups groups;
    bool *chosen;

    groups_make(&groups, self->result, self->view->ignore);
    chosen = choose_groups(&groups, self->view->brief);
    self->first = groups_first(&groups);
    for (size_t i = 0; i < groups.count; i++) {
        const struct group *group = &groups.list[i];

        if (chosen[i]) {
            print_group(self, group);
            flush(self, stream);
        } else if (groups_has_streams(group)) {
            self->groups_left_out++;
            self->targets_left_out += group->count;
        }
    }
    print_left_out(self);
    flush(self, stream);
    free(chosen);
    groups_done(&groups);
}

/* ---- each --------------------------------------------------------------------------------- */

/* "  web-03: failed (exit 7)", and all that it printed. */
static void print_target(struct outputs *self, const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    bool colour = self->view->colour;

    buffer_print(&self->text, "  %s%s%s: %s", style_bold(colour), target->label, style_end(colour),
                 style_begin(colour, outcome->kind));
    line_print_outcome(&self->text, outcome->kind, outcome->reason, outcome->exit_code);
    buffer_print(&self->text, "%s\n", style_end(colour));
    if (target->output.length == 0 && target->errors.length == 0)
        print_nothing(self, outcome_script_ended(outcome->kind, outcome->reason));
    print_truncation(self, "stdout", target->output_truncated);
    print_lines(self, "stdout", &target->output, 0);
    print_truncation(self, "stderr", target->errors_truncated);
    print_lines(self, "stderr", &target->errors, 0);
}

static void write_each(struct outputs *self, FILE *stream)
{
    for (size_t i = 0; i < self->result->target_count; i++) {
        const struct result_target *target = &self->result->targets[i];

        if (target->state != RESULT_SETTLED || target->outcome.kind == OUTCOME_SKIPPED)
            continue;
        print_target(self, target);
        flush(self, stream);
    }
}

/* ---- lines -------------------------------------------------------------------------------- */

/* What is not printed by the VM stands between brackets: no target is left out. */
static void print_remark(struct outputs *self, const char *prefix, const char *remark)
{
    buffer_print(&self->text, "%s[%s]\n", prefix, remark);
}

static void print_outcome(struct outputs *self, const char *prefix,
                          const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    struct buffer word = BUFFER_INIT;

    line_print_outcome(&word, outcome->kind, outcome->reason, outcome->exit_code);
    print_remark(self, prefix, buffer_text(&word));
    buffer_done(&word);
}

static void print_settled_lines(struct outputs *self, const char *prefix,
                                const struct result_target *target)
{
    bool is_ok = target->outcome.kind == OUTCOME_OK;
    char *errors_prefix = memory_print("%sstderr | ", prefix);

    if (!is_ok)
        print_outcome(self, prefix, target);
    else if (target->output.length == 0 && target->errors.length == 0)
        print_remark(self, prefix, "printed nothing");
    if (target->output_truncated || target->errors_truncated)
        print_remark(self, prefix, "not all of it came back");
    line_print_block(&self->text, &target->output, 0, prefix);
    line_print_block(&self->text, &target->errors, 0, errors_prefix);
    free(errors_prefix);
}

/* "web-02:  certificate expires in 12 days", aligned. */
static void write_lines(struct outputs *self, FILE *stream)
{
    const char *bold = style_bold(self->view->colour);
    const char *end = style_end(self->view->colour);
    int width = line_name_width(self->result);

    for (size_t i = 0; i < self->result->target_count; i++) {
        const struct result_target *target = &self->result->targets[i];
        int space = width - (int)strlen(target->label);
        char *prefix =
            memory_print("%s%s%s: %*s", bold, target->label, end, space > 0 ? space : 0, "");

        if (target->state == RESULT_SETTLED)
            print_settled_lines(self, prefix, target);
        else
            print_remark(self, prefix, "has not ended yet");
        free(prefix);
        flush(self, stream);
    }
}

/* ---- all of it ---------------------------------------------------------------------------- */

static bool has_any(const struct result *result, bool each)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct result_target *target = &result->targets[i];

        if (target->state == RESULT_SETTLED && target->outcome.kind != OUTCOME_SKIPPED &&
            (each || outcome_has_streams(target->outcome.kind, target->outcome.reason)))
            return true;
    }
    return false;
}

void outputs_write(FILE *stream, const struct result *result, const struct view *view)
{
    struct outputs self = {.result = result, .view = view};
    bool lines = view->outputs == VIEW_LINES;
    bool each = view->outputs == VIEW_EACH;

    if (view->outputs == VIEW_NONE || (!lines && !has_any(result, each)))
        return;
    if (!lines || view->brief) /* else it stands alone */
        (void)fprintf(stream, "\n%sOutput:%s\n", style_bold(view->colour), style_end(view->colour));
    if (lines)
        write_lines(&self, stream);
    else if (each)
        write_each(&self, stream);
    else
        write_grouped(&self, stream);
}

/* ---- a column of a table ------------------------------------------------------------------ */

static size_t count_lines(const struct buffer *bytes)
{
    size_t count = bytes->length > 0 && bytes->data[bytes->length - 1] != '\n' ? 1 : 0;

    for (size_t i = 0; i < bytes->length; i++)
        count += bytes->data[i] == '\n';
    return count;
}

bool outputs_fit_column(const struct result *result)
{
    bool has_one = false;

    for (size_t i = 0; i < result->target_count; i++) {
        const struct result_target *target = &result->targets[i];
        size_t lines;

        if (target->state != RESULT_SETTLED || target->outcome.kind != OUTCOME_OK)
            continue;
        lines = count_lines(&target->output) + count_lines(&target->errors);
        if (lines > 1)
            return false;
        has_one |= lines == 1;
    }
    return has_one;
}

bool outputs_add_cell(struct buffer *cell, const struct buffer *output, const struct buffer *errors)
{
    const struct buffer *only = output->length > 0 ? output : errors;
    size_t length = only->length;

    if (count_lines(output) + count_lines(errors) > 1)
        return false;
    if (length > 0 && only->data[length - 1] == '\n')
        length -= length > 1 && only->data[length - 2] == '\r' ? 2 : 1;
    drawn_append(cell, only->data, length);
    return true;
}
