/* SPDX-License-Identifier: MIT */
#include "report/junit.h"

#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

#include "azure/advice.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/drawn.h"
#include "base/number.h"
#include "base/text.h"
#include "report/line.h"
#include "run/event.h"
#include "run/result.h"

/*
 * What libxml2's writer returns is not looked at: the stream keeps its own
 * errors, and names and texts are valid XML when they come here. A writer that
 * had no memory leaves the document without its end, which no reader takes for
 * whole.
 */

/* ---- pieces ------------------------------------------------------------------------------- */

static const xmlChar *xml(const char *text)
{
    return (const xmlChar *)text;
}

/* With TEXT as somebody else wrote it; nothing for NULL. */
static void write_attribute(xmlTextWriter *writer, const char *name, const char *text)
{
    struct buffer plain = BUFFER_INIT;

    if (text == NULL)
        return;
    text_add_plain(&plain, text);
    (void)xmlTextWriterWriteAttribute(writer, xml(name), xml(buffer_text(&plain)));
    buffer_done(&plain);
}

static void write_count(xmlTextWriter *writer, const char *name, size_t count)
{
    (void)xmlTextWriterWriteFormatAttribute(writer, xml(name), "%zu", count);
}

static void write_seconds(xmlTextWriter *writer, const char *name, int64_t duration)
{
    int64_t milliseconds = duration / NUMBER_MILLISECOND;

    (void)xmlTextWriterWriteFormatAttribute(writer, xml(name), "%lld.%03lld",
                                            (long long)(milliseconds / 1000),
                                            (long long)(milliseconds % 1000));
}

static void write_property(xmlTextWriter *writer, const char *name, const char *value)
{
    if (value == NULL)
        return;
    (void)xmlTextWriterStartElement(writer, xml("property"));
    write_attribute(writer, "name", name);
    write_attribute(writer, "value", value);
    (void)xmlTextWriterEndElement(writer);
}

/* Begins an element that has "timeout (az)" for its type and MESSAGE, and is still open. */
static void begin_verdict(xmlTextWriter *writer, const char *element, enum outcome_kind kind,
                          enum outcome_reason reason, const char *message)
{
    (void)xmlTextWriterStartElement(writer, xml(element));
    (void)xmlTextWriterWriteFormatAttribute(writer, xml("type"), "%s (%s)", outcome_name(kind),
                                            outcome_reason_name(reason));
    write_attribute(writer, "message", message);
}

/* ---- one target --------------------------------------------------------------------------- */

/* Of two VMs with the same name in groups of the same name, only the subscription tells which. */
static const char *case_name(const struct result_target *target)
{
    return strchr(target->label, '/') != strrchr(target->label, '/') ? target->label : target->name;
}

static void write_skipped(xmlTextWriter *writer, const struct result_target *target)
{
    if (target->state == RESULT_SETTLED) {
        begin_verdict(writer, "skipped", target->outcome.kind, target->outcome.reason,
                      target->outcome.message);
    } else {
        (void)xmlTextWriterStartElement(writer, xml("skipped"));
        write_attribute(writer, "type", "going");
        write_attribute(writer, "message",
                        target->state == RESULT_STARTED ? "it is running" : "it is waiting");
    }
    (void)xmlTextWriterEndElement(writer);
}

/* The text is what CI systems show where a stack trace would stand. */
static void write_trouble(xmlTextWriter *writer, const struct result_target *target)
{
    const struct outcome *outcome = &target->outcome;
    struct buffer why = BUFFER_INIT;
    struct buffer text = BUFFER_INIT;

    line_print_why(&why, target);
    begin_verdict(writer, outcome->kind == OUTCOME_FAILED ? "failure" : "error", outcome->kind,
                  outcome->reason, buffer_text(&why));
    buffer_done(&why);
    if (outcome->message != NULL) {
        text_add_plain(&text, outcome->message);
        buffer_add(&text, "\n");
    }
    buffer_print(&text, "The script had started: %s. It may still be running: %s.\n",
                 outcome_script_name(outcome->script), outcome->may_still_run ? "yes" : "no");
    buffer_print(&text, "What to do: %s\n", advice_for(outcome));
    (void)xmlTextWriterWriteString(writer, xml(buffer_text(&text)));
    (void)xmlTextWriterEndElement(writer);
    buffer_done(&text);
}

/* Passed in the end: it was flaky; not passed: it was run again in vain. */
static const char *attempt_element(const struct result_attempt *attempt, bool passed)
{
    if (attempt->outcome == OUTCOME_FAILED)
        return passed ? "flakyFailure" : "rerunFailure";
    return passed ? "flakyError" : "rerunError";
}

static void write_attempt(xmlTextWriter *writer, const struct result_attempt *attempt,
                          size_t number, bool passed)
{
    char started[CLOCK_TEXT_SIZE];
    struct buffer text = BUFFER_INIT;

    clock_print(attempt->wall_started, started);
    buffer_print(&text, "Attempt %zu, begun %s, ended after ", number, started);
    number_print_duration(&text, attempt->duration);
    buffer_add(&text, ".\n");
    begin_verdict(writer, attempt_element(attempt, passed), attempt->outcome, attempt->reason,
                  attempt->message);
    (void)xmlTextWriterWriteString(writer, xml(buffer_text(&text)));
    (void)xmlTextWriterEndElement(writer);
    buffer_done(&text);
}

/* All but the one whose outcome stands. */
static void write_earlier_attempts(xmlTextWriter *writer, const struct result_target *target)
{
    bool passed = target->outcome.kind == OUTCOME_OK;

    size_t end = target->attempt_count - (target->attempt_count > 0 && !target->open ? 1 : 0);
    size_t number = 0;

    for (size_t i = 0; i < end; i++) {
        if (!target->attempts[i].asks)
            write_attempt(writer, &target->attempts[i], ++number, passed);
    }
}

static void write_stream(xmlTextWriter *writer, const char *element, const struct buffer *bytes,
                         bool truncated)
{
    struct buffer text = BUFFER_INIT;

    if (truncated)
        buffer_add(&text, "[azfan: this is not all that it wrote]\n");
    drawn_append(&text, buffer_text(bytes), bytes->length);
    if (text.length > 0)
        (void)xmlTextWriterWriteElement(writer, xml(element), xml(buffer_text(&text)));
    buffer_done(&text);
}

/* Jenkins shows what stands before the last dot as the package and what is after it as the class:
 * the job, below it the resource groups, below them their VMs. */
static void write_case(xmlTextWriter *writer, const char *job, const struct result_target *target)
{
    bool settled = target->state == RESULT_SETTLED;

    (void)xmlTextWriterStartElement(writer, xml("testcase"));
    (void)xmlTextWriterWriteFormatAttribute(writer, xml("classname"), "%s.%s", job,
                                            target->resource_group);
    write_attribute(writer, "name", case_name(target));
    write_seconds(writer, "time", target->duration);
    if (!settled || target->outcome.kind == OUTCOME_SKIPPED)
        write_skipped(writer, target);
    else if (target->outcome.kind != OUTCOME_OK)
        write_trouble(writer, target);
    if (settled)
        write_earlier_attempts(writer, target);
    write_stream(writer, "system-out", &target->output, target->output_truncated);
    write_stream(writer, "system-err", &target->errors, target->errors_truncated);
    (void)xmlTextWriterEndElement(writer);
}

/* ---- the suite ---------------------------------------------------------------------------- */

static void write_counts(xmlTextWriter *writer, const struct result *result)
{
    const size_t *counts = result->counts;
    size_t passed = counts[OUTCOME_OK];
    size_t skipped = counts[OUTCOME_SKIPPED] + result->target_count - result->settled;

    write_count(writer, "tests", result->target_count);
    write_count(writer, "failures", counts[OUTCOME_FAILED]);
    write_count(writer, "errors", result->target_count - passed - counts[OUTCOME_FAILED] - skipped);
    write_count(writer, "skipped", skipped);
}

static void write_head(xmlTextWriter *writer, const struct result *result)
{
    char started[CLOCK_TEXT_SIZE];

    clock_print(result->wall_started, started);
    write_attribute(writer, "name", result->job.name);
    write_counts(writer, result);
    write_seconds(writer, "time", result->duration);
    write_attribute(writer, "timestamp", started);
    write_attribute(writer, "hostname", result->origin.host);
}

static void write_properties(xmlTextWriter *writer, const struct result *result)
{
    const struct origin *origin = &result->origin;
    char status[16];
    char speed[16];

    (void)snprintf(speed, sizeof speed, "%d", result->speed);
    (void)snprintf(status, sizeof status, "%d", result_exit_status(result));
    (void)xmlTextWriterStartElement(writer, xml("properties"));
    write_property(writer, "azfan.run", result->run);
    write_property(writer, "azfan.rerun_of", result->rerun_of);
    write_property(writer, "azfan.rehearsal", result->rehearsal ? "true" : NULL);
    write_property(writer, "azfan.speed", result->speed > 1 ? speed : NULL);
    write_property(writer, "azfan.ending", event_ending_name(result->ending));
    write_property(writer, "azfan.exit_status", result->ending == RESULT_GOING ? NULL : status);
    write_property(writer, "azfan.halt_cause", result->halt_cause);
    write_property(writer, "azfan.trouble", result->trouble);
    write_property(writer, "azfan.job", result->job.file);
    write_property(writer, "azfan.job_sha256", result->job.digest);
    write_property(writer, "azfan.script_sha256", result->job.script_digest);
    write_property(writer, "azfan.runbook", result->job.runbook);
    write_property(writer, "azfan.commit", origin->commit);
    if (origin->commit != NULL)
        write_property(writer, "azfan.dirty", origin->dirty ? "true" : "false");
    write_property(writer, "azfan.user", origin->user);
    write_property(writer, "azfan.az_version", origin->az_version);
    (void)xmlTextWriterEndElement(writer);
}

static void write_suite(xmlTextWriter *writer, const struct result *result)
{
    (void)xmlTextWriterStartElement(writer, xml("testsuites"));
    (void)xmlTextWriterStartElement(writer, xml("testsuite"));
    write_head(writer, result);
    write_properties(writer, result);
    for (size_t i = 0; i < result->target_count; i++)
        write_case(writer, result->job.name, &result->targets[i]);
    (void)xmlTextWriterEndElement(writer);
    (void)xmlTextWriterEndElement(writer);
}

/* ---- the document ------------------------------------------------------------------------- */

/* Says that all is written whatever happens: libxml2 would tell the terminal of an error. */
static int write_chunk(void *stream, const char *bytes, int length)
{
    (void)fwrite(bytes, 1, (size_t)length, stream);
    return length;
}

void junit_write(FILE *stream, const struct result *result)
{
    xmlOutputBuffer *output = xmlOutputBufferCreateIO(write_chunk, NULL, stream, NULL);
    xmlTextWriter *writer = output != NULL ? xmlNewTextWriter(output) : NULL;

    if (writer == NULL) {
        (void)xmlOutputBufferClose(output);
        return;
    }
    (void)xmlTextWriterSetIndent(writer, 1);
    (void)xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL);
    write_suite(writer, result);
    (void)xmlTextWriterEndDocument(writer);
    xmlFreeTextWriter(writer);
}
