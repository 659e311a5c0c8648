/* SPDX-License-Identifier: MIT */
/*
 * sample: results made by hand, for the tests of reports.
 *
 *   sample_begin(&result, 3);                      // web-01 to web-03 of the job "demo"
 *   sample_end(&result, 0, &(struct sample){…});   // an attempt that settles it, or does not
 *   text = sample_write(writer, &result);          // what a report has of it; free()
 *   result_done(&result);
 */
#ifndef AZFAN_TEST_SAMPLE_H
#define AZFAN_TEST_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "happen.h"
#include "run/result.h"

#define SAMPLE_STARTED (INT64_C(1763866800) * NUMBER_SECOND) /* 2025-11-23T03:00:00Z */

/* Bytes that must not get through: an escape sequence, a CR that hides, bytes that are no UTF-8, a
 * direction override, NUL, two noncharacters. */
#define SAMPLE_HOSTILE                                                                             \
    "fine\n\033[31mred\007\r\nbad \xff\xfe \xe2\x80\xae rtl\0nul\rBAD\nback "                      \
    "\xef\xbf\xbe\xef\xbf\xbf "                                                                    \
    "\xed\xa0\x80 ]]> <b> & end"

/* How an attempt ended; the second one of a target began a minute after the first. What is not
 * named is 0 or NULL; an exit status of 0 goes with ok only. */
struct sample {
    enum outcome_kind kind;
    enum outcome_reason reason;
    int exit_code;
    const char *message;
    const char *output;
    size_t output_length; /* 0: OUTPUT is a C string */
    const char *errors;
    bool output_truncated;
    bool may_still_run;
    bool again; /* the outcome does not stand */
};

static inline void sample_begin(struct result *result, size_t count)
{
    result_init(result, "run-1");
    result->job = (struct result_job){.name = memory_string("demo"),
                                      .file = memory_string("jobs/demo.yaml"),
                                      .digest = memory_string("d1"),
                                      .script_digest = memory_string("d2"),
                                      .runbook = memory_string("docs/agent.md"),
                                      .attempts = 3,
                                      .batches = 1};
    result->origin = (struct origin){.user = memory_string("anna"),
                                     .host = memory_string("ops-1"),
                                     .commit = memory_string("0123abcd"),
                                     .dirty = true,
                                     .az_version = memory_string("2.45.0")};
    result->folder = memory_string("/runs/run-1");
    result->wall_started = SAMPLE_STARTED;
    result->wall_ended = SAMPLE_STARTED + 2500 * NUMBER_MILLISECOND;
    result->duration = 2500 * NUMBER_MILLISECOND;
    result_take_targets(result, count);
    for (size_t i = 0; i < count; i++) {
        result->targets[i].name = memory_print("web-%02zu", i + 1);
        result->targets[i].label = memory_print("web-%02zu", i + 1);
        result->targets[i].resource_group = memory_string("rg");
    }
    result_name_targets(result, "sub");
}

static inline void sample_end(struct result *result, size_t index, const struct sample *sample)
{
    bool ended = sample->kind == OUTCOME_OK || sample->kind == OUTCOME_FAILED;
    size_t before = result->targets[index].attempt_count;
    struct result_attempt attempt = {.wall_started =
                                         SAMPLE_STARTED + (int64_t)before * NUMBER_MINUTE,
                                     .duration = 1234 * NUMBER_MILLISECOND,
                                     .outcome = sample->kind,
                                     .reason = sample->reason,
                                     .message = memory_string(sample->message)};
    struct answer answer = {.outcome = {.kind = sample->kind,
                                        .reason = sample->reason,
                                        .script = SCRIPT_STARTED,
                                        .may_still_run = sample->may_still_run,
                                        .exit_code = ended ? sample->exit_code : -1,
                                        .message = memory_string(sample->message)},
                            .output_truncated = sample->output_truncated};
    const char *output = sample->output != NULL ? sample->output : "";

    buffer_append(&answer.output, output,
                  sample->output_length > 0 ? sample->output_length : strlen(output));
    buffer_add(&answer.errors, sample->errors != NULL ? sample->errors : "");
    happen_start(result, index, SAMPLE_STARTED, 0);
    happen_end(result, index, &attempt, &answer, !sample->again);
}

typedef void sample_writer(FILE *stream, const struct result *result);

static inline char *sample_write(sample_writer *write, const struct result *result)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    write(stream, result);
    (void)fclose(stream);
    return text;
}

#endif
