/* SPDX-License-Identifier: MIT */
/*
 * A result with anybody's words in every place, however it ended: each report is what its readers
 * take, within its bounds, and no control character gets through.
 */
#include <jansson.h>
#include <libxml/parser.h>
#include <signal.h>

#include "../unit/happen.h"
#include "base/buffer.h"
#include "base/number.h"
#include "fuzz.h"
#include "page/page.h"
#include "report/csv.h"
#include "report/ignore.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/plaintext.h"
#include "report/view.h"
#include "run/result.h"

enum {
    MOST_TARGETS = 12,
    MOST_ATTEMPTS = 3,
    LARGE = 100 * 1024, /* bytes of an output */
    RARE = 500
};

static const int64_t wall = INT64_C(1763866800) * NUMBER_SECOND;
static struct ignore ignore; /* what always differs: numbers */

static void be_silent(void *context, const char *message, ...)
{
    (void)context;
    (void)message;
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    struct error error;

    (void)count;
    (void)arguments;
    xmlSetGenericErrorFunc(NULL, be_silent);
    must(ignore_add(&ignore, "[0-9]+", &error) == 0);
    return 0;
}

/* ---- results ------------------------------------------------------------------------------ */

/* Somebody's words, as a journal gives them back: UTF-8. NULL: none. */
static char *words(struct fuzz_input *input)
{
    size_t length;
    char *bytes = fuzz_text(input, &length);
    struct buffer text = BUFFER_INIT;

    if (length > 0)
        text_append_utf8(&text, bytes, strlen(bytes));
    free(bytes);
    return length > 0 ? buffer_take(&text) : NULL;
}

static char *some_words(struct fuzz_input *input)
{
    char *text = words(input);

    return text != NULL ? text : memory_string("x");
}

/* What stands in every line that is shown, and is refused in a journal unless it may: a line, fit
 * for a terminal. */
static char *some_name(struct fuzz_input *input)
{
    char *text = some_words(input);
    struct buffer plain = BUFFER_INIT;

    text_add_plain(&plain, text);
    free(text);
    text = buffer_take(&plain);
    for (char *at = text; (at = strpbrk(at, "\n\t")) != NULL;)
        *at = ' ';
    return text;
}

/* Some nanoseconds, some days, or what is between them. */
static int64_t time_span(struct fuzz_input *input)
{
    static const int64_t units[] = {NUMBER_MILLISECOND, NUMBER_SECOND, NUMBER_MINUTE,
                                    24 * NUMBER_HOUR};

    return fuzz_number(input, 100) * units[fuzz_number(input, 4)];
}

static struct outcome outcome_read(struct fuzz_input *input)
{
    struct outcome outcome = {.kind = (enum outcome_kind)fuzz_number(input, OUTCOME_SKIPPED),
                              .reason = (enum outcome_reason)fuzz_number(input, REASONS),
                              .script = (enum outcome_script)fuzz_number(input, 3),
                              .exit_code = -1};

    while (!outcome_is_valid(outcome.kind, outcome.reason))
        outcome.reason = (enum outcome_reason)((outcome.reason + 1) % REASONS);
    if (outcome.kind == OUTCOME_OK)
        outcome.exit_code = 0;
    else if (outcome.kind == OUTCOME_FAILED)
        outcome.exit_code = 1 + fuzz_number(input, 255);
    outcome.may_still_run = outcome.script != SCRIPT_NOT_STARTED && fuzz_number(input, 2) == 1;
    if (outcome.kind != OUTCOME_OK)
        outcome.message = some_words(input);
    return outcome;
}

static void stream_read(struct fuzz_input *input, bool large, struct buffer *stream)
{
    size_t length;
    char *text = fuzz_text(input, &length);

    do {
        buffer_append(stream, text, length);
    } while (large && length > 0 && stream->length < LARGE);
    free(text);
}

static void attempt_read(struct fuzz_input *input, struct result *result, size_t index, bool large)
{
    int64_t at = time_span(input);
    struct answer answer = {.outcome = outcome_read(input),
                            .output_truncated = fuzz_number(input, 2) == 1,
                            .errors_truncated = fuzz_number(input, 2) == 1};
    struct result_attempt attempt = {.at = at,
                                     .wall_started = wall + at,
                                     .duration = time_span(input),
                                     .outcome = answer.outcome.kind,
                                     .reason = answer.outcome.reason,
                                     .message = memory_string(answer.outcome.message),
                                     .az_exit = fuzz_number(input, 4) - 1,
                                     .az_signal = fuzz_number(input, 4),
                                     .worker = fuzz_number(input, 8)};

    stream_read(input, large, &answer.output);
    stream_read(input, large, &answer.errors);
    happen_start(result, index, wall + at, at);
    happen_end(result, index, &attempt, &answer, fuzz_number(input, 4) != 3);
}

static void targets_read(struct fuzz_input *input, struct result *result, bool large)
{
    result_take_targets(result, (size_t)fuzz_number(input, MOST_TARGETS + 1));
    for (size_t i = 0; i < result->target_count; i++) {
        struct result_target *target = &result->targets[i];
        char *label = some_name(input);

        target->name = memory_print("web-%02zu", i + 1);
        target->label =
            label[0] != 'x' ? memory_print("%s/%zu", label, i) : memory_string(target->name);
        target->resource_group = some_name(input);
        target->batch = 1 + (int)i * result->job.batches / MOST_TARGETS;
        free(label);
        for (int attempts = fuzz_number(input, MOST_ATTEMPTS + 1);
             attempts > 0 && target->state == RESULT_WAITING; attempts--)
            attempt_read(input, result, i, large);
    }
    result_name_targets(result, "sub");
}

static void job_read(struct fuzz_input *input, struct result *result)
{
    result->job = (struct result_job){.name = some_name(input),
                                      .file = fuzz_text(input, NULL), /* a path is bytes */
                                      .digest = memory_string("d1"),
                                      .script_digest = memory_string("d2"),
                                      .runbook = words(input),
                                      .timeout = time_span(input),
                                      .script_timeout = time_span(input),
                                      .deadline = time_span(input),
                                      .attempts = MOST_ATTEMPTS,
                                      .batches = 1 + fuzz_number(input, 4)};
    result->origin = (struct origin){.user = words(input),
                                     .host = words(input),
                                     .commit = words(input),
                                     .dirty = fuzz_number(input, 2) == 1,
                                     .az_version = words(input)};
}

static void ending_read(struct fuzz_input *input, struct result *result)
{
    enum result_ending ending = (enum result_ending)fuzz_number(input, RESULT_GOING + 1);
    char *cause = words(input);

    if (ending == RESULT_SIGNAL)
        happen_halt(result, ending, SIGTERM, NULL);
    else if (ending == RESULT_INTERRUPTED)
        happen_break(result);
    else if (ending != RESULT_COMPLETE && ending != RESULT_GOING)
        happen_halt(result, ending, 0, cause);
    if (fuzz_number(input, 4) == 3 && cause != NULL)
        result_trouble(result, cause);
    free(cause);
}

/* Large outputs take their time: one input in RARE has them, and what is made of it has not. */
static bool is_large(const uint8_t *data, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + data[i];
    return sum % RARE == 0;
}

static void result_read(struct result *result, const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_begin(data, size);

    result_init(result, "20251123T030000Z-demo-1a2b");
    job_read(&input, result);
    result->rehearsal = fuzz_number(&input, 2) == 1;
    result->rerun_of = words(&input);
    result->folder = words(&input);
    result->concurrency = result->workers = 8;
    result->least_limit = 1 + fuzz_number(&input, 8);
    result->cuts = (size_t)fuzz_number(&input, 3);
    result->wall_started = wall;
    result->duration = time_span(&input);
    result->wall_ended = wall + result->duration;
    targets_read(&input, result, is_large(data, size));
    ending_read(&input, result);
}

/* ---- reports ------------------------------------------------------------------------------ */

struct report {
    char *text;
    size_t length;
};

enum format { JSON, JUNIT, CSV, MARKDOWN, TEXT, PAGE };

static struct report write_report(enum format format, const struct result *result,
                                  const struct ignore *ignored)
{
    static const struct view each = {.outputs = VIEW_EACH, .colour = true, .width = 80};
    struct view grouped = {.outputs = VIEW_GROUPED, .ignore = ignored, .brief = ignored != NULL};
    struct report report = {NULL, 0};
    FILE *stream = open_memstream(&report.text, &report.length);

    must(stream != NULL);
    switch (format) {
    case JSON:
        json_write(stream, result);
        break;
    case JUNIT:
        junit_write(stream, result);
        break;
    case CSV:
        csv_write(stream, result);
        break;
    case MARKDOWN:
        markdown_write(stream, result, ignored);
        break;
    case TEXT:
        plaintext_write(stream, result, &grouped);
        plaintext_write(stream, result, &each);
        break;
    case PAGE:
        page_write(stream, result, ignored);
        break;
    }
    must(!ferror(stream) && fclose(stream) == 0);
    must(strlen(report.text) == report.length);
    return report;
}

static void check_json(const struct result *result)
{
    struct report report = write_report(JSON, result, NULL);
    json_t *root =
        json_loadb(report.text, report.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    must(root != NULL && json_array_size(json_object_get(root, "targets")) == result->target_count);
    must(fuzz_is_plain(report.text, report.length));
    json_decref(root);
    free(report.text);
}

/* DOCUMENT is XML, and strict. */
static void check_xml(const char *document)
{
    xmlDocPtr tree =
        xmlReadMemory(document, (int)strlen(document), NULL, "UTF-8",
                      XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

    must(tree != NULL);
    xmlFreeDoc(tree);
}

static void check_junit(const struct result *result)
{
    struct report report = write_report(JUNIT, result, NULL);

    check_xml(report.text);
    must(fuzz_is_plain(report.text, report.length));
    free(report.text);
}

static size_t units(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        if (!text_is_within_character(text[i]))
            count += (unsigned char)text[i] >= 0xf0 ? 2 : 1;
    return count;
}

/* Reads one cell at AT, and returns where its end is: a comma or a CR. */
static const char *check_cell(const char *at)
{
    const char *start = at;

    if (*at != '"') {
        at += strcspn(at, ",\r\n\"");
        must(start == at || strchr("=+@", *start) == NULL);
        must(*start != '-' || start[1] != '\0');
        return at;
    }
    must(strchr("=+-@\t\n", at[1]) == NULL);
    for (at++; at[0] != '"' || at[1] == '"'; at += at[0] == '"' ? 2 : 1)
        must(*at != '\0');
    must(units(start + 1, (size_t)(at - start - 1)) <= 2 * (size_t)CSV_CELL_MOST); /* "" is one */
    return at + 1;
}

static void check_csv(const struct result *result)
{
    struct report report = write_report(CSV, result, NULL);
    size_t columns = 0;
    size_t rows = 0;

    for (const char *at = report.text; *at != '\0'; at += 2, rows++) {
        size_t cells = 1;

        for (at = check_cell(at); *at == ','; cells++)
            at = check_cell(at + 1);
        must(at[0] == '\r' && at[1] == '\n');
        columns = rows == 0 ? cells : columns;
        must(cells == columns);
    }
    must(rows == result->target_count + 1);
    must(fuzz_is_clean(report.text, report.length, "\r\n\t"));
    free(report.text);
}

static void check_markdown(const struct result *result, const struct ignore *ignored)
{
    struct report report = write_report(MARKDOWN, result, ignored);

    must(report.length > 0 && report.length <= MARKDOWN_MOST);
    must(fuzz_is_plain(report.text, report.length));
    free(report.text);
}

/* "\033[1;31m" is azfan's own. */
static void drop_colours(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0';) {
        size_t length = from[0] == '\033' && from[1] == '[' ? strspn(from + 2, "0123456789;") : 0;

        if (length > 0 && from[2 + length] == 'm')
            from += length + 3;
        else
            *to++ = *from++;
    }
    *to = '\0';
}

static void check_text(const struct result *result, const struct ignore *ignored)
{
    struct report report = write_report(TEXT, result, ignored);

    drop_colours(report.text);
    must(fuzz_is_plain(report.text, strlen(report.text)));
    free(report.text);
}

/* Takes what stands between the tags of the page's own style or script, which is no XML, out. */
static void cut_out(char *text, const char *begin, const char *end)
{
    char *from = strstr(text, begin);
    char *to = from != NULL ? strstr(from, end) : NULL;

    must(to != NULL);
    from += strlen(begin);
    memmove(from, to, strlen(to) + 1);
}

static void check_page(const struct result *result, const struct ignore *ignored)
{
    struct report report = write_report(PAGE, result, ignored);

    must(report.length <= PAGE_LIMIT);
    must(fuzz_is_plain(report.text, report.length));
    cut_out(report.text, "<style>", "</style>");
    cut_out(report.text, "<script>", "</script>");
    check_xml(report.text);
    free(report.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result result;

    result_read(&result, data, size);
    check_csv(&result);
    check_markdown(&result, NULL);
    check_page(&result, NULL);
    if (!is_large(data, size)) {
        check_json(&result);
        check_junit(&result);
        check_text(&result, NULL);
        check_markdown(&result, &ignore);
        check_text(&result, &ignore);
        check_page(&result, &ignore);
    }
    result_done(&result);
    return 0;
}
