/* SPDX-License-Identifier: MIT */
#include "report/summary.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "report/ending.h"
#include "report/line.h"
#include "report/matters.h"
#include "report/style.h"
#include "report/subscriptions.h"
#include "report/tellings.h"
#include "report/view.h"
#include "run/event.h"
#include "run/result.h"

enum {
    STDERR_LINES = TELLINGS_LINES,
    STDOUT_LINES = 3,
    TELLING_INDENT = 4,
    ADVICE_INDENT = 4,
    PLACE_INDENT = 9 /* after "Report:  " */
};

#define ADVICE "  What to do: "

/* ---- what is not ok ----------------------------------------------------------------------- */

static void print_streams(struct buffer *buffer, const struct result_target *target)
{
    if (!outcome_has_streams(target->outcome.kind, target->outcome.reason))
        return;
    if (target->errors.length > 0)
        line_print_block(buffer, &target->errors, STDERR_LINES, "      stderr | ");
    else
        line_print_block(buffer, &target->output, STDOUT_LINES, "      stdout | ");
}

/* What is the same of all TARGETS, by the first of them. WITH_NAMES: whose it is. A standard error
 * of one line stands beside the exit status, and no more below it. */
static void print_telling(struct buffer *buffer, const struct matter_targets *targets,
                          bool with_names, const struct view *view)
{
    const struct result_target *first = targets->list[0];
    const bool with_errors = line_tells_errors(first);
    struct buffer text = BUFFER_INIT;
    struct buffer why = BUFFER_INIT;

    if (with_errors)
        line_print_why(&why, first);
    else if (first->outcome.message != NULL)
        text_add_line(&why, first->outcome.message);
    if (with_names)
        matters_print_names(&text, targets);
    buffer_print(&text, "%s%s", with_names && why.length > 0 ? ": " : "", buffer_text(&why));
    if (text.length > 0) {
        buffer_add(buffer, "  ");
        text_add_wrapped(buffer, buffer_text(&text), 2, TELLING_INDENT, view->width);
        buffer_add(buffer, "\n");
    }
    buffer_done(&text);
    buffer_done(&why);
    if (view->outputs == VIEW_NONE && !with_errors)
        print_streams(buffer, first);
}

static void print_tellings(struct buffer *buffer, const struct matter *matter,
                           const struct view *view)
{
    struct tellings tellings;

    tellings_make(&tellings, &matter->targets, view->outputs == VIEW_NONE);
    for (size_t i = 0; i < tellings.count; i++)
        print_telling(buffer, &tellings.list[i], tellings.count > 1, view);
    tellings_done(&tellings);
}

static void print_advices(struct buffer *buffer, const struct matter *matter,
                          const struct view *view)
{
    for (size_t i = 0; i < matter->advice_count; i++) {
        struct buffer text = BUFFER_INIT;

        matters_print_whom(&text, matter, i);
        buffer_add(&text, matter->advices[i].text);
        buffer_add(buffer, ADVICE);
        text_add_wrapped(buffer, buffer_text(&text), (int)strlen(ADVICE), ADVICE_INDENT,
                         view->width);
        buffer_add(buffer, "\n");
        buffer_done(&text);
    }
}

/* "error (forbidden), 300 targets: vm[1-3]-[001-100]" */
static void print_heading(struct buffer *buffer, const struct matter *matter,
                          const struct view *view)
{
    const char *kind = outcome_name(matter->kind);
    struct buffer text = BUFFER_INIT;

    buffer_print(&text, "(%s), ", outcome_reason_name(matter->reason));
    number_print_count(&text, matter->targets.count, "target", "targets");
    buffer_add(&text, ": ");
    matters_print_names(&text, &matter->targets);
    buffer_print(buffer, "\n%s%s%s ", style_bold(view->colour), kind, style_end(view->colour));
    text_add_wrapped(buffer, buffer_text(&text), (int)strlen(kind) + 1, TELLING_INDENT,
                     view->width);
    buffer_add(buffer, "\n");
    buffer_done(&text);
}

/* What was skipped has nothing to tell but its name. */
static void print_matter(struct buffer *buffer, const struct matter *matter,
                         const struct view *view)
{
    print_heading(buffer, matter, view);
    if (matter->kind != OUTCOME_SKIPPED)
        print_tellings(buffer, matter, view);
    print_advices(buffer, matter, view);
}

/* The least urgent outcome first: what stands last is what a terminal still shows. */
static void print_matters(struct buffer *buffer, const struct result *result,
                          const struct view *view)
{
    struct matters matters;

    matters_make(&matters, result);
    for (int i = OUTCOME_KINDS - 1; i >= 0; i--) {
        for (size_t j = 0; j < matters.count; j++) {
            if (matters.list[j].kind == outcome_urgency[i])
                print_matter(buffer, &matters.list[j], view);
        }
    }
    matters_done(&matters);
}

/* ---- how it went -------------------------------------------------------------------------- */

/* TEXT is somebody else's: no control character of it gets through. */
static void print_plain(struct buffer *buffer, const char *before, const char *text,
                        const char *after)
{
    buffer_add(buffer, before);
    text_add_line(buffer, text);
    buffer_add(buffer, after);
}

/* TEXT, which is emptied, and a newline. */
static void print_line(struct buffer *buffer, struct buffer *text, int indent,
                       const struct view *view)
{
    text_add_wrapped(buffer, buffer_text(text), 0, indent, view->width);
    buffer_add(buffer, "\n");
    buffer_done(text);
}

/* A sentence, with what it is about before it; nothing where TEXT is NULL. */
static void print_sentence(struct buffer *buffer, const char *before, const char *text,
                           const struct view *view)
{
    struct buffer sentence = BUFFER_INIT;

    if (text == NULL)
        return;
    print_plain(&sentence, before, text, ".");
    print_line(buffer, &sentence, TELLING_INDENT, view);
}

static void print_ending(struct buffer *buffer, const struct result *result,
                         const struct view *view)
{
    struct buffer ending = BUFFER_INIT;

    ending_print(&ending, result);
    text_add_wrapped(buffer, buffer_text(&ending), 0, TELLING_INDENT, view->width);
    buffer_done(&ending);
    print_sentence(buffer, "Halted: ", result->halt_cause, view);
    print_sentence(buffer, "Trouble: ", result->trouble, view);
}

/* "demo: 17 ok, 1 failed, 2 timeout of 20 targets in 8.3s" */
static void print_counts(struct buffer *buffer, const struct result *result,
                         const struct view *view)
{
    struct buffer text = BUFFER_INIT;

    buffer_print(&text, "%s%s%s: ", style_bold(view->colour), result->job.name,
                 style_end(view->colour));
    line_print_counts(&text, "", result->counts, view->colour);
    buffer_print(&text, "%s of ", result->settled == 0 ? "none has ended" : "");
    number_print_count(&text, result->target_count, "target", "targets");
    buffer_print(&text, " in %s", result->ending == RESULT_INTERRUPTED ? "at least " : "");
    number_print_duration(&text, result->duration);
    buffer_add(&text, result->ending == RESULT_GOING ? " so far" : "");
    ending_print_rehearsal(&text, result);
    buffer_add(buffer, "\n");
    print_line(buffer, &text, TELLING_INDENT, view);
    if (ending_print_throttling(&text, result))
        print_line(buffer, &text, TELLING_INDENT, view);
    if (ending_print_recovered(&text, result))
        print_line(buffer, &text, TELLING_INDENT, view);
}

/* ---- which run it was, and how to go on --------------------------------------------------- */

/* Nothing where TEXT is not known. */
static void add_known(struct buffer *buffer, const char *before, const char *text)
{
    if (text != NULL)
        print_plain(buffer, before, text, "");
}

/* "Started: 2026-11-23T03:00:00Z by anna on ops-1" */
static void print_start(struct buffer *buffer, const struct result *result, const struct view *view)
{
    char time[CLOCK_TEXT_SIZE];
    struct buffer text = BUFFER_INIT;

    clock_print(result->wall_started, time);
    buffer_print(&text, "Started: %s", time);
    add_known(&text, " by ", result->origin.user);
    add_known(&text, " on ", result->origin.host);
    print_line(buffer, &text, PLACE_INDENT, view);
}

/* "Azure:   subscription 0000…, az 2.61.0", or "…, by azfan-rest", for which az is asked for no
 * version */
static void print_azure(struct buffer *buffer, const struct result *result, const struct view *view)
{
    struct buffer known = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;
    bool comma = subscriptions_print(&known, result);

    if (result->client != NULL && strcmp(result->client, "rest") == 0) {
        buffer_print(&known, "%sby azfan-rest", comma ? ", " : "");
        comma = true;
    }
    add_known(&known, comma ? ", az " : "az ", result->origin.az_version);
    if (known.length > 0) {
        buffer_print(&text, "Azure:   %s", buffer_text(&known));
        print_line(buffer, &text, PLACE_INDENT, view);
    }
    buffer_done(&known);
}

/* "Ended:   2026-11-23T03:04:05Z, exit status 3" */
static void print_end(struct buffer *buffer, const struct result *result, const struct view *view)
{
    char time[CLOCK_TEXT_SIZE];
    struct buffer text = BUFFER_INIT;

    if (result->ending == RESULT_GOING)
        return;
    clock_print(result->wall_ended, time);
    buffer_print(&text, "Ended:   %s%s, %s, exit status %d",
                 result->ending == RESULT_INTERRUPTED ? "after " : "", time,
                 event_ending_name(result->ending), result_exit_status(result));
    print_line(buffer, &text, PLACE_INDENT, view);
}

/* It may have several lines: none of them looks like one of azfan's. */
static void print_runbook(struct buffer *buffer, const char *runbook, const struct view *view)
{
    const char *before = "Runbook: ";
    struct buffer text = BUFFER_INIT;

    while (*runbook != '\0') {
        size_t length = strcspn(runbook, "\n");

        buffer_add(&text, before);
        text_append_plain(&text, runbook, length);
        print_line(buffer, &text, PLACE_INDENT, view);
        runbook += length + (runbook[length] == '\n');
        before = "         ";
    }
}

/* What is to be copied, a command or a path, in one piece; and words AFTER it. */
static void print_piece(struct buffer *buffer, struct buffer *piece, const char *after,
                        const struct view *view)
{
    int columns = 0;

    for (size_t i = 0; i < piece->length; i++)
        columns += text_is_within_character(piece->data[i]) ? 0 : 1;
    buffer_append(buffer, piece->data, piece->length);
    text_add_wrapped(buffer, after, columns, PLACE_INDENT, view->width);
    buffer_add(buffer, "\n");
    buffer_done(piece);
}

/* "Recover: azfan recover 1a2b (asks Azure what became of 12 targets; may run until …)" */
static void print_question(struct buffer *buffer, const struct result *result,
                           const struct view *view)
{
    struct buffer piece = BUFFER_INIT;
    struct buffer after = BUFFER_INIT;
    char time[CLOCK_TEXT_SIZE];
    int64_t until = 0;
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++) {
        const struct result_target *target = &result->targets[i];

        if (target->outcome.kind == OUTCOME_OK || result_question(target) == NULL)
            continue;
        count++;
        if (target->outcome.may_still_run && target->busy_until > until)
            until = target->busy_until;
    }
    if (count == 0)
        return;
    buffer_add(&piece, "Recover: azfan recover ");
    text_add_word(&piece, result_way_on(result));
    buffer_add(&after, " (asks Azure what became of ");
    number_print_count(&after, count, "script", "scripts");
    if (until > 0) {
        clock_print(until, time);
        buffer_print(&after, ", which may go on until %s", time);
    }
    buffer_add(&after, ")");
    print_piece(buffer, &piece, buffer_text(&after), view);
    buffer_done(&after);
}

static void print_places(struct buffer *buffer, const struct result *result,
                         const struct view *view)
{
    bool all_ok = result->counts[OUTCOME_OK] == result->target_count;
    struct buffer piece = BUFFER_INIT;

    if (!all_ok && result->job.runbook != NULL)
        print_runbook(buffer, result->job.runbook, view);
    if (!all_ok && result_way_on(result) != NULL && result->ending != RESULT_GOING) {
        buffer_add(&piece, "Again:   azfan rerun ");
        text_add_word(&piece, result_way_on(result));
        print_piece(buffer, &piece, " (what is not ok, and nothing else)", view);
    }
    if (result_way_on(result) != NULL && result->ending != RESULT_GOING && !result->rehearsal)
        print_question(buffer, result, view);
    if (result->folder != NULL && !ending_has_report(result)) {
        print_plain(&piece, "Folder:  ", result->folder, "");
        print_piece(buffer, &piece, "", view);
    } else if (result->folder != NULL) {
        print_plain(&piece, "Report:  ", result->folder, "/report.json");
        print_piece(buffer, &piece, " (what each VM printed is in output/)", view);
    }
}

void summary_write(FILE *stream, const struct result *result, const struct view *view)
{
    struct buffer buffer = BUFFER_INIT;

    print_matters(&buffer, result, view);
    print_counts(&buffer, result, view);
    print_ending(&buffer, result, view);
    print_start(&buffer, result, view);
    print_azure(&buffer, result, view);
    print_end(&buffer, result, view);
    print_places(&buffer, result, view);
    (void)fwrite(buffer.data, 1, buffer.length, stream);
    buffer_done(&buffer);
}
