/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The report is made of pieces, each built before it is
 * written, so that its length is known. What must be there, the head and the
 * facts, is short whatever the run and is set aside first. Of the rest each
 * piece is written if there is room for it, the more important first; then a
 * line says how many are left out. Every piece has a limit of its own as well,
 * so that one flood does not take the room of all others.
 */
#include "report/markdown.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "report/code.h"
#include "report/ending.h"
#include "report/groups.h"
#include "report/matters.h"
#include "report/outputs.h"
#include "report/tellings.h"
#include "run/result.h"

/* In bytes, of what others wrote. */
enum {
    WORD_MOST = 1024,
    NAMES_MOST = 8 * 1024,
    SUMMARY_NAMES_MOST = 100,
    STREAM_MOST = 16 * 1024,
    MESSAGES_MOST = 5,
    NOTES_MOST = 512 /* what is said about what is left out, in two places */
};

struct markdown {
    FILE *stream;
    size_t room; /* bytes that may still be written */
};

/* Writes PIECE and empties it. False: there was no room, and nothing is written. */
static bool write_piece(struct markdown *markdown, struct buffer *piece)
{
    bool fits = piece->length <= markdown->room;

    if (fits) {
        (void)fwrite(buffer_text(piece), 1, piece->length, markdown->stream);
        markdown->room -= piece->length;
    }
    buffer_done(piece);
    return fits;
}

/* Of COUNT things, for which room is set aside (NOTES_MOST). */
static void write_left_out(const struct markdown *markdown, size_t count, const char *one,
                           const char *many)
{
    struct buffer note = BUFFER_INIT;

    number_print_count(&note, count, one, many);
    (void)fprintf(markdown->stream, "%s: there is no room for them here.", buffer_text(&note));
    buffer_done(&note);
}

/* ---- the head ----------------------------------------------------------------------------- */

static bool is_all_ok(const struct result *result)
{
    return result->counts[OUTCOME_OK] == result->target_count;
}

static void add_title(struct buffer *head, const struct result *result)
{
    size_t total = result->target_count;
    bool going = result->ending == RESULT_GOING;
    bool well = !going && result_exit_status(result) == 0;

    buffer_print(head, "# %s ", going ? "⏳" : well ? "✅" : "❌");
    code_print_span(head, result->job.name, WORD_MOST);
    if (going)
        buffer_print(head, ": %zu of %zu have ended", result->settled, total);
    else if (is_all_ok(result))
        buffer_print(head, ": all %zu ok", total);
    else
        buffer_print(head, ": %zu of %zu not ok", total - result->counts[OUTCOME_OK], total);
    ending_print_rehearsal(head, result);
    buffer_add(head, "\n\n");
}

/* A row for each outcome that there is. All of its words are azfan's. */
static void add_counts(struct buffer *head, const struct result *result)
{
    size_t left = result->target_count - result->settled;

    buffer_add(head, "| outcome | targets |\n| --- | ---: |\n");
    for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
        if (result->counts[kind] > 0)
            buffer_print(head, "| %s | %zu |\n", outcome_name((enum outcome_kind)kind),
                         result->counts[kind]);
    }
    if (left > 0)
        buffer_print(head, "| not ended yet | %zu |\n", left);
    buffer_add(head, "\n");
}

/* A paragraph: "Halted: `more than 3 failed`." */
static void add_sentence(struct buffer *head, const char *what, const char *text)
{
    if (text == NULL)
        return;
    buffer_print(head, "%s: ", what);
    code_print_span(head, text, WORD_MOST);
    buffer_add(head, "\n\n");
}

static void add_retries(struct buffer *head, const struct result *result)
{
    size_t count = 0;

    for (size_t i = 0; i < result->target_count; i++)
        count += result_attempts(&result->targets[i]) > 1 ? 1 : 0;
    if (count > 0) {
        number_print_count(head, count, "target was", "targets were");
        buffer_add(head, " tried more than once.\n\n");
    }
}

static void add_head(struct buffer *head, const struct result *result)
{
    size_t before;

    add_title(head, result);
    add_counts(head, result);
    add_retries(head, result);
    before = head->length;
    ending_print(head, result);
    buffer_add(head, head->length > before ? "\n" : "");
    add_sentence(head, "Halted", result->halt_cause);
    add_sentence(head, "Trouble", result->trouble);
}

/* ---- what is not ok ----------------------------------------------------------------------- */

/* What az or Azure said of the targets, each different message once; of those that are the same but
 * for names, the first. */
static void add_messages(struct buffer *piece, const struct matter_targets *targets)
{
    struct tellings tellings;
    size_t other_count = 0;

    tellings_make(&tellings, targets, false);
    for (size_t i = 0; i < tellings.count; i++) {
        const struct matter_targets *telling = &tellings.list[i];
        const char *message = telling->list[0]->outcome.message;

        if (message == NULL)
            continue;
        if (i >= MESSAGES_MOST) {
            other_count += telling->count;
            continue;
        }
        buffer_print(piece, "- %zu × ", telling->count);
        code_print_span(piece, message, WORD_MOST);
        buffer_add(piece, "\n");
    }
    if (other_count > 0)
        buffer_print(piece, "- %zu with other messages\n", other_count);
    tellings_done(&tellings);
}

static void add_advices(struct buffer *piece, const struct matter *matter)
{
    for (size_t i = 0; i < matter->advice_count; i++) {
        struct buffer whom = BUFFER_INIT;

        buffer_add(piece, "\nWhat to do: ");
        matters_print_whom(&whom, matter, i);
        if (whom.length > 0) {
            code_print_span(piece, buffer_text(&whom), NAMES_MOST);
            buffer_add_char(piece, ' ');
        }
        buffer_print(piece, "%s\n", matter->advices[i].text);
        buffer_done(&whom);
    }
    buffer_add(piece, "\n");
}

static void add_matter(struct buffer *piece, const struct matter *matter)
{
    struct buffer names = BUFFER_INIT;

    matters_print_names(&names, &matter->targets);
    buffer_print(piece, "### %s (%s): ", outcome_name(matter->kind),
                 outcome_reason_name(matter->reason));
    number_print_count(piece, matter->targets.count, "target", "targets");
    buffer_add(piece, "\n\n");
    code_print_span(piece, buffer_text(&names), NAMES_MOST);
    buffer_add(piece, "\n\n");
    add_messages(piece, &matter->targets);
    add_advices(piece, matter);
    buffer_done(&names);
}

static void write_not_ok(struct markdown *markdown, const struct result *result)
{
    struct buffer piece = BUFFER_INIT;
    struct matters matters;
    size_t left_out = 0;

    matters_make(&matters, result);
    if (matters.count > 0) {
        buffer_add(&piece, "## Not ok\n\n");
        (void)write_piece(markdown, &piece);
    }
    for (size_t i = 0; i < matters.count; i++) {
        add_matter(&piece, &matters.list[i]);
        left_out += write_piece(markdown, &piece) ? 0 : 1;
    }
    if (left_out > 0) {
        write_left_out(markdown, left_out, "more outcome", "more outcomes");
        (void)fputs("\n\n", markdown->stream);
    }
    matters_done(&matters);
}

/* ---- the facts ---------------------------------------------------------------------------- */

static void add_command(struct buffer *facts, const struct result *result, const char *command)
{
    struct buffer line = BUFFER_INIT;
    struct buffer word = BUFFER_INIT;

    text_add_word(&word, result_way_on(result));
    buffer_print(&line, "azfan %s %s\n", command, buffer_text(&word));
    code_print_block(facts, buffer_text(&line), line.length, line.length);
    buffer_add(facts, "\n");
    buffer_done(&line);
    buffer_done(&word);
}

static void add_going_on(struct buffer *facts, const struct result *result)
{
    bool going = result->ending == RESULT_GOING;

    if (is_all_ok(result) || (result->job.runbook == NULL && result_way_on(result) == NULL))
        return;
    buffer_add(facts, "## How to go on\n\n");
    if (result->job.runbook != NULL)
        add_sentence(facts, "Runbook", result->job.runbook);
    if (result_way_on(result) == NULL)
        return;
    if (going)
        buffer_add(facts, "See how far it has come, where it is running:\n\n");
    else
        buffer_add(facts, "Run again what is not ok, and nothing else, where it was run:\n\n");
    add_command(facts, result, going ? "report" : "rerun");
}

static void add_fact(struct buffer *facts, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buffer_print(facts, "- %s: ", name);
    code_print_span(facts, text, WORD_MOST);
    buffer_add(facts, "\n");
}

static void add_time(struct buffer *facts, const struct result *result)
{
    char started[CLOCK_TEXT_SIZE];

    clock_print(result->wall_started, started);
    buffer_print(facts, "- started %s, took %s", started,
                 result->ending == RESULT_INTERRUPTED ? "at least " : "");
    number_print_duration(facts, result->duration);
    buffer_add(facts, result->ending == RESULT_GOING ? " so far" : "");
    if (result->ending != RESULT_GOING)
        buffer_print(facts, ", exit status %d", result_exit_status(result));
    buffer_add(facts, "\n");
}

static void add_origin(struct buffer *facts, const struct origin *origin)
{
    add_fact(facts, "by", origin->user);
    add_fact(facts, "on", origin->host);
    add_fact(facts, origin->dirty ? "commit, with uncommitted changes" : "commit", origin->commit);
    add_fact(facts, "az", origin->az_version);
}

static void add_throttling(struct buffer *facts, const struct result *result)
{
    struct buffer text = BUFFER_INIT;

    if (ending_print_throttling(&text, result))
        buffer_print(facts, "- %s\n", buffer_text(&text));
    buffer_done(&text);
}

static void add_run(struct buffer *facts, const struct result *result)
{
    buffer_add(facts, "## The run\n\n");
    add_fact(facts, "run", result->run);
    add_fact(facts, "rerun of", result->rerun_of);
    add_fact(facts, "job", result->job.file);
    add_time(facts, result);
    add_origin(facts, &result->origin);
    add_fact(facts, "folder", result->folder);
    add_throttling(facts, result);
    if (result_recovered(result) > 0) {
        buffer_add(facts, "- ");
        (void)ending_print_recovered(facts, result);
        buffer_add(facts, "\n");
    }
    buffer_add(facts, "\n");
}

/* ---- what the VMs wrote ------------------------------------------------------------------- */

static void add_stream(struct buffer *piece, const char *name, const struct buffer *text,
                       bool truncated)
{
    if (text->length == 0)
        return;
    buffer_print(piece, "%s%s:\n\n", name, truncated ? ", not all of it" : "");
    code_print_block(piece, text->data, text->length, STREAM_MOST);
    buffer_add(piece, "\n");
}

static void add_group(struct buffer *piece, const struct result *result, const struct group *group)
{
    struct buffer names = BUFFER_INIT;

    groups_print_names(&names, result, group);
    buffer_add(piece, "<details><summary>");
    groups_print_title(piece, group);
    buffer_add(piece, ": ");
    code_print_html(piece, buffer_text(&names), SUMMARY_NAMES_MOST);
    buffer_add(piece, "</summary>\n\n");
    if (names.length > SUMMARY_NAMES_MOST) {
        code_print_span(piece, buffer_text(&names), NAMES_MOST);
        buffer_add(piece, "\n\n");
    }
    add_stream(piece, "Standard output", &group->output, group->output_truncated);
    add_stream(piece, "Standard error", &group->errors, group->errors_truncated);
    buffer_add(piece, "</details>\n\n");
    buffer_done(&names);
}

static bool has_output(const struct group *group)
{
    return group->output.length > 0 || group->errors.length > 0;
}

/* "| `web-[01-28]` | `expires in 80 days` |"; FIRST: the first row, and the head before it. */
static void add_row(struct buffer *piece, const struct result *result, const struct group *group,
                    bool first)
{
    struct buffer names = BUFFER_INIT;
    struct buffer cell = BUFFER_INIT;

    groups_print_names(&names, result, group);
    (void)outputs_add_cell(&cell, &group->output, &group->errors);
    buffer_add(piece, first ? "| ok | output |\n| --- | --- |\n" : "");
    buffer_add(piece, "| ");
    code_print_cell(piece, buffer_text(&names), NAMES_MOST);
    buffer_add(piece, " | ");
    code_print_cell(piece, buffer_text(&cell), WORD_MOST);
    buffer_add(piece, " |\n");
    buffer_done(&names);
    buffer_done(&cell);
}

/* A group a row, of those that are ok. Returns how many there was no room for. */
static size_t write_table(struct markdown *markdown, const struct result *result,
                          const struct groups *groups)
{
    size_t left_out = 0;
    bool first = true;

    for (size_t i = 0; i < groups->count; i++) {
        struct buffer piece = BUFFER_INIT;

        if (groups->list[i].kind != OUTCOME_OK)
            continue;
        if (left_out == 0)
            add_row(&piece, result, &groups->list[i], first);
        left_out += left_out == 0 && write_piece(markdown, &piece) ? 0 : 1;
        first = false;
    }
    if (!first) {
        struct buffer end = BUFFER_INIT;

        buffer_add(&end, "\n");
        (void)write_piece(markdown, &end);
    }
    return left_out;
}

/* Has every VM that is ok printed a line at most, and not all the same? */
static bool is_audit(const struct result *result, const struct groups *groups)
{
    size_t ok = 0;

    for (size_t i = 0; i < groups->count; i++)
        ok += groups->list[i].kind == OUTCOME_OK ? 1 : 0;
    return ok > 1 && outputs_fit_column(result);
}

/* Those that are ok, or those that are not. Returns how many there was no room for. */
static size_t write_some_groups(struct markdown *markdown, const struct result *result,
                                const struct groups *groups, bool ok)
{
    size_t left_out = 0;

    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->list[i];
        struct buffer piece = BUFFER_INIT;

        if ((group->kind == OUTCOME_OK) != ok || !has_output(group))
            continue;
        if (left_out == 0) /* once one is too long the report is full, and the order is kept */
            add_group(&piece, result, group);
        left_out += left_out == 0 && write_piece(markdown, &piece) ? 0 : 1;
    }
    return left_out;
}

/* What is not ok goes first: it is what the report is read for. */
static void write_groups(struct markdown *markdown, const struct result *result,
                         const struct groups *groups)
{
    struct buffer title = BUFFER_INIT;
    size_t left_out;

    buffer_add(&title, "## What the VMs wrote\n\n");
    if (!write_piece(markdown, &title))
        return;
    left_out = write_some_groups(markdown, result, groups, false);
    left_out += is_audit(result, groups) ? write_table(markdown, result, groups)
                                         : write_some_groups(markdown, result, groups, true);
    if (left_out > 0) {
        write_left_out(markdown, left_out, "more output", "more outputs");
        (void)fprintf(markdown->stream, " All of it is in the run folder, in `%s`.\n",
                      ending_has_report(result) ? "report.json` and `output" : "journal.jsonl");
    }
}

/* ---- the whole ---------------------------------------------------------------------------- */

static bool have_output(const struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (has_output(&groups->list[i]))
            return true;
    }
    return false;
}

void markdown_write(FILE *stream, const struct result *result, const struct ignore *ignore)
{
    struct markdown markdown = {.stream = stream, .room = MARKDOWN_MOST};
    struct buffer head = BUFFER_INIT;
    struct buffer facts = BUFFER_INIT;
    struct groups groups;

    add_head(&head, result);
    add_going_on(&facts, result);
    add_run(&facts, result);
    groups_make(&groups, result, ignore);
    markdown.room -= head.length + facts.length + NOTES_MOST;
    (void)fwrite(head.data, 1, head.length, stream);
    write_not_ok(&markdown, result);
    (void)fwrite(facts.data, 1, facts.length, stream);
    if (have_output(&groups))
        write_groups(&markdown, result, &groups);
    groups_done(&groups);
    buffer_done(&head);
    buffer_done(&facts);
}
