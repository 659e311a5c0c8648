/* SPDX-License-Identifier: MIT */
/*
 * event: the lines of a journal (azfan(1), FILES), written.
 *
 * Each function appends one JSON object without a newline, made from the
 * result. run/replay reads them back into one. Keys may be added, never
 * renamed. AT is nanoseconds from the start of the run, on the monotonic
 * clock; `time`, the wall clock, is added to every line. Main thread.
 */
#ifndef AZFAN_RUN_EVENT_H
#define AZFAN_RUN_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/result.h"

enum { EVENT_VERSION = 1 }; /* of the journal: a newer one is not read */

/* The first line: who runs what, and from where. */
void event_run(struct buffer *line, const struct result *result);

/* The second line: all targets. */
void event_targets(struct buffer *line, const struct result *result);

/* az is logged in; SUBSCRIPTION, its default one, may be NULL. */
void event_login(struct buffer *line, const struct result *result, const char *subscription,
                 int64_t at);

/* An attempt of target INDEX is about to begin, and is not begun before this line is on disk. */
void event_start(struct buffer *line, const struct result *result, size_t index, int attempt,
                 int64_t at);

/* It could not be begun after all, for MESSAGE; it was none. */
void event_put_back(struct buffer *line, const struct result *result, size_t index,
                    const char *message, int64_t at);

/* It has ended. SETTLED: with this outcome; else there is another attempt, at AGAIN_AT. */
void event_end(struct buffer *line, const struct result *result, size_t index,
               const struct result_attempt *attempt, const struct answer *answer, bool settled,
               int64_t again_at, int64_t at);

/* At most LIMIT at once from now on: Azure throttled. */
void event_limit(struct buffer *line, int limit, int64_t at);

/* The run ends early: RESULT's ending, signal and halt_cause say why. */
void event_halt(struct buffer *line, const struct result *result, int64_t at);

/* The last line: RESULT is final. */
void event_finish(struct buffer *line, const struct result *result);

/* What the lines have in common with report.json: each sets some keys of OBJECT. */
void event_set_process(json_t *object, const struct result_attempt *attempt);
void event_set_files(json_t *object, const struct result_job *job);
void event_set_streams(json_t *object, const struct buffer *output, bool output_truncated,
                       const struct buffer *errors, bool errors_truncated);
void event_set_counts(json_t *object, const struct result *result);

/* "signal", "deadline", …, for an ending; and back: -1 when there is none. */
const char *event_ending_name(enum result_ending ending);
int event_find_ending(const char *name);

#endif
