/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/strings.h"
#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "cli/options.h"
#include "report/line.h"
#include "report/running.h"
#include "run/event.h"
#include "run/kept.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/runs.h"
#include "run/status.h"
#include "sys/terminal.h"

enum { TIME_WIDTH = 6, JOB_MOST = 24 /* of a terminal's columns */, RUNNING_MOST = 3 };

/* One run of the list. */
struct row {
    struct result result; /* of replay_summary() */
    size_t targets;
    const char *id; /* its folder's name, which may be any */
};

struct list {
    const struct options *options;
    const char *job;     /* only its runs; NULL: all */
    struct strings runs; /* all folders */
    struct row *rows;
    size_t count;
    int status;
};

/* ---- which runs --------------------------------------------------------------------------- */

static bool is_of_job(const char *folder, const char *job)
{
    struct result head;
    struct error ignored;
    bool is;

    if (job == NULL)
        return true;
    if (replay_head(folder, &head, &ignored) < 0)
        return false;
    is = runs_is_of_job(&head, job);
    result_done(&head);
    return is;
}

static bool went_well(const struct row *row)
{
    const struct result *result = &row->result;
    bool ended_well = result->ending == RESULT_COMPLETE || result->ending == RESULT_GOING;

    return ended_well && result->trouble == NULL && result->counts[OUTCOME_OK] == result->settled;
}

/* Ids alone are known without a look at the journals: completions ask for them at each key. */
static bool needs_journals(const struct options *options)
{
    return !options->quiet || options->json || options->failed;
}

static void add_row(struct list *list, const char *folder)
{
    struct row row = {.id = strrchr(folder, '/') + 1};
    struct error error;

    if (!is_of_job(folder, list->job))
        return;
    if (needs_journals(list->options) &&
        replay_summary(folder, &row.result, &row.targets, &error) < 0) {
        list->status = message_fail(STATUS_TROUBLE, error.text);
        return;
    }
    if (list->options->failed && went_well(&row)) {
        result_done(&row.result);
        return;
    }
    list->rows = memory_grow(list->rows, list->count, sizeof *list->rows);
    list->rows[list->count++] = row;
}

static void add_rows(struct list *list)
{
    size_t most = list->options->last > 0 ? list->options->last : list->runs.count;

    for (size_t i = 0; i < list->runs.count && list->count < most; i++)
        add_row(list, list->runs.list[i]);
}

/* ---- for people --------------------------------------------------------------------------- */

static int compare_letters(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* The last letters of all runs, sorted: which are one run's alone? free() it. */
static const char **sort_letters(const struct strings *runs)
{
    const char **letters = memory_zeroed(runs->count, sizeof *letters);

    for (size_t i = 0; i < runs->count; i++)
        letters[i] = runs_letters(strrchr(runs->list[i], '/') + 1);
    qsort(letters, runs->count, sizeof *letters, compare_letters);
    return letters;
}

/* As short as it means ID alone. */
static const char *shorten(const char *id, const char **letters, size_t count)
{
    const char *own = runs_letters(id);
    const char **found =
        own[0] != '\0' ? bsearch(&own, letters, count, sizeof own, compare_letters) : NULL;

    if (found == NULL || (found > letters && compare_letters(found - 1, found) == 0) ||
        (found + 1 < letters + count && compare_letters(found + 1, found) == 0))
        return id;
    return own;
}

static void print_running(struct buffer *buffer, const struct result *result)
{
    size_t running = running_count(result);

    buffer_print(buffer, "; going on, %zu running", running);
    if (running > 0) {
        buffer_add(buffer, ": ");
        running_print(buffer, result, RUNNING_MOST);
    }
}

static void print_ending(struct buffer *buffer, const struct result *result)
{
    switch (result->ending) {
    case RESULT_COMPLETE:
        break;
    case RESULT_SIGNAL:
        buffer_print(buffer, "; stopped by SIG%s", sigabbrev_np(result->signal));
        break;
    case RESULT_DEADLINE:
        buffer_add(buffer, "; its deadline passed");
        break;
    case RESULT_LOGIN:
    case RESULT_HALTED:
        buffer_add(buffer, "; halted");
        break;
    case RESULT_INTERRUPTED:
        buffer_add(buffer, "; interrupted");
        break;
    case RESULT_GOING:
        print_running(buffer, result);
        break;
    }
    if (result->rehearsal)
        buffer_add(buffer, "; a rehearsal");
}

/* What became of it, in words. */
static void print_end(struct buffer *buffer, const struct row *row, const char **letters,
                      size_t count)
{
    const struct result *result = &row->result;

    line_print_counts(buffer, "", result->counts, false);
    if (result->settled == 0)
        buffer_add(buffer, "none");
    if (result->settled < row->targets)
        buffer_print(buffer, " of %zu", row->targets);
    print_ending(buffer, result);
    if (result->rerun_of != NULL) {
        buffer_add(buffer, result->recover ? "; recover of " : "; rerun of ");
        text_add_line(buffer, shorten(result->rerun_of, letters, count));
    }
}

/* How wide the columns are. */
struct widths {
    int run;
    int job;
    int columns; /* of the terminal; 0: there is none */
};

static int run_width(const struct list *list, const char **letters)
{
    int width = (int)strlen("RUN");

    for (size_t i = 0; i < list->count; i++) {
        int length = (int)strlen(shorten(list->rows[i].id, letters, list->runs.count));

        width = length > width ? length : width;
    }
    return width;
}

static int job_width(const struct list *list, int columns)
{
    int width = (int)strlen("JOB");

    for (size_t i = 0; i < list->count; i++) {
        int length = (int)strlen(list->rows[i].result.job.name);

        width = length > width ? length : width;
    }
    return columns > 0 && width > JOB_MOST ? JOB_MOST : width;
}

static void print_job(struct buffer *line, const char *name, int width)
{
    int length = (int)strlen(name);

    if (length > width) /* names of jobs are ASCII */
        buffer_print(line, "%.*s…", width - 1, name);
    else
        buffer_print(line, "%-*s", width, name);
}

static void print_row(const struct list *list, const struct row *row, const char **letters,
                      const struct widths *widths)
{
    struct buffer id = BUFFER_INIT;
    struct buffer line = BUFFER_INIT;
    struct buffer time = BUFFER_INIT;
    struct buffer end = BUFFER_INIT;
    char started[CLOCK_TEXT_SIZE];
    int indent;

    clock_print_local(row->result.wall_started, started);
    number_print_duration(&time, row->result.duration);
    text_add_line(&id, shorten(row->id, letters, list->runs.count));
    buffer_print(&line, "%-*s  %s  %*s  ", widths->run, buffer_text(&id), started, TIME_WIDTH,
                 buffer_text(&time));
    indent = (int)line.length + widths->job + 2;
    print_job(&line, row->result.job.name, widths->job);
    buffer_add(&line, "  ");
    print_end(&end, row, letters, list->runs.count);
    text_add_wrapped(&line, buffer_text(&end), indent, indent, widths->columns);
    buffer_add(&line, "\n");
    message_print(&line);
    buffer_done(&id);
    buffer_done(&line);
    buffer_done(&time);
    buffer_done(&end);
}

static void print_table(const struct list *list)
{
    int columns = terminal_is(STDOUT_FILENO) ? terminal_size(STDOUT_FILENO).columns : 0;
    const char **letters = sort_letters(&list->runs);
    struct widths widths = {
        .run = run_width(list, letters), .job = job_width(list, columns), .columns = columns};
    struct buffer head = BUFFER_INIT;

    buffer_print(&head, "%-*s  STARTED             TOOK  %-*s  RESULT\n", widths.run, "RUN",
                 widths.job, "JOB");
    message_print(&head);
    buffer_done(&head);
    for (size_t i = 0; i < list->count; i++)
        print_row(list, &list->rows[i], letters, &widths);
    free(letters);
}

/* ---- for programs ------------------------------------------------------------------------- */

/* The keys are those of report.json. */
static void print_object(const struct row *row)
{
    const struct result *result = &row->result;
    json_t *object = json_object();
    struct buffer line = BUFFER_INIT;
    char *text;

    json_object_set_new(object, "run", json_string(result->run));
    json_object_set_new(object, "folder", value_text(result->folder));
    json_object_set_new(object, "rehearsal", json_boolean(result->rehearsal));
    json_object_set_new(object, "client", value_text(result->client));
    json_object_set_new(object, "rerun_of", value_text(result->rerun_of));
    json_object_set_new(
        object, "job",
        json_pack("{s:s, s:o}", "name", result->job.name, "file", value_text(result->job.file)));
    json_object_set_new(object, "started", value_time(result->wall_started));
    json_object_set_new(object, "duration_s", value_seconds(result->duration));
    json_object_set_new(object, "ending", json_string(event_ending_name(result->ending)));
    json_object_set_new(object, "target_count", json_integer((json_int_t)row->targets));
    event_set_counts(object, result->counts);
    text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
    text_append_json(&line, text, strlen(text));
    buffer_add(&line, "\n");
    (void)fputs(buffer_text(&line), stdout);
    buffer_done(&line);
    free(text);
    json_decref(object);
}

/* Ids have no blanks where azfan has made them. */
static void print_id(const struct row *row)
{
    struct buffer line = BUFFER_INIT;

    text_add_line(&line, row->id);
    buffer_add(&line, "\n");
    message_print(&line);
    buffer_done(&line);
}

/* ---- how much room they take -------------------------------------------------------------- */

#define WORTH_A_WORD (INT64_C(1) << 30)

static void report_size(const struct list *list)
{
    struct buffer text = BUFFER_INIT;
    int64_t bytes = 0;

    for (size_t i = 0; i < list->runs.count; i++)
        bytes += kept_measure(list->runs.list[i]);
    number_print_count(&text, list->runs.count, "run is kept", "runs are kept");
    buffer_add(&text, ", ");
    number_print_size(&text, bytes);
    buffer_add(&text, ": `azfan prune --older 90d` deletes old ones");
    if (bytes > WORTH_A_WORD)
        (void)message_fail(0, buffer_text(&text));
    buffer_done(&text);
}

/* ---- the command -------------------------------------------------------------------------- */

static void print_list(const struct list *list)
{
    const struct options *options = list->options;

    if (!options->quiet && !options->json && list->count > 0)
        print_table(list);
    for (size_t i = 0; i < list->count && options->json; i++)
        print_object(&list->rows[i]);
    for (size_t i = 0; i < list->count && options->quiet && !options->json; i++)
        print_id(&list->rows[i]);
}

static void report_none(const struct list *list)
{
    bool some = list->runs.count > 0;
    struct error error;

    (void)error_set(&error, "%s%s%s%s", some ? "there is no run" : "there are no runs yet",
                    some && list->job != NULL ? " of " : "",
                    some && list->job != NULL ? list->job : "",
                    some && list->options->failed ? " in which not all went well" : "");
    (void)message_fail(0, error.text);
}

int cli_runs(const struct options *options, int *ret_signal)
{
    struct list list = {.options = options,
                        .job = options->jobs.count > 0 ? options->jobs.list[0] : NULL,
                        .status = STATUS_OK};
    struct error error;

    (void)ret_signal;
    if (runs_list(&list.runs, &error) < 0)
        return message_fail(STATUS_TROUBLE, error.text);
    add_rows(&list);
    print_list(&list);
    if (list.count == 0 && list.status == STATUS_OK && !options->quiet)
        report_none(&list);
    if (!options->quiet && !options->json)
        report_size(&list);
    for (size_t i = 0; i < list.count; i++)
        result_done(&list.rows[i].result);
    free(list.rows);
    strings_done(&list.runs);
    return list.status;
}
