/* SPDX-License-Identifier: MIT */
/*
 * happen: events of one line, for tests that make a result by hand.
 *
 * Each is applied as run/conduct and run/replay apply theirs, and must be possible. The end of the
 * run itself stays what the test has made it.
 */
#ifndef AZFAN_TEST_HAPPEN_H
#define AZFAN_TEST_HAPPEN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "run/event.h"
#include "run/journal.h"
#include "run/result.h"

static inline struct event happen_event(enum event_kind kind, size_t target)
{
    return (struct event){
        .kind = kind, .wall = EVENT_NO_TIME, .at = EVENT_NO_TIME, .target = target};
}

static inline void happen(struct result *result, struct event event)
{
    int64_t ended = result->wall_ended;
    int64_t duration = result->duration;
    struct error error;

    if (result_apply(result, &event, &error) < 0) {
        (void)fprintf(stderr, "this cannot happen: %s\n", error.text);
        abort();
    }
    result->wall_ended = ended;
    result->duration = duration;
    event_done(&event);
}

static inline void happen_start_marked(struct result *result, size_t index, int64_t wall,
                                       int64_t at, const char *mark)
{
    struct event event = happen_event(EVENT_START, index);

    event.wall = wall;
    event.at = at;
    event.start.mark = memory_string(mark);
    happen(result, event);
}

static inline void happen_start(struct result *result, size_t index, int64_t wall, int64_t at)
{
    happen_start_marked(result, index, wall, at, NULL);
}

static inline void happen_put_back(struct result *result, size_t index)
{
    happen(result, happen_event(EVENT_PUT_BACK, index));
}

/* Takes over what both hold. */
static inline void happen_end(struct result *result, size_t index, struct result_attempt *attempt,
                              struct answer *answer, bool settled)
{
    struct event event = happen_event(EVENT_END, index);

    event.end.attempt = *attempt;
    event.end.answer = *answer;
    event.end.settled = settled;
    happen(result, event);
}

static inline void happen_limit(struct result *result, int limit)
{
    struct event event = happen_event(EVENT_LIMIT, 0);

    event.limit = limit;
    happen(result, event);
}

static inline void happen_halt(struct result *result, enum result_ending ending, int signal,
                               const char *cause)
{
    struct event event = happen_event(EVENT_HALT, 0);

    event.halt.ending = ending;
    event.halt.signal = signal;
    event.halt.cause = memory_string(cause);
    happen(result, event);
}

/* Also into the journal, EVENT with its times. */
static inline void happen_put(struct journal *journal, struct result *result, struct event event)
{
    struct buffer line = BUFFER_INIT;

    event_write(&line, &event, result);
    journal_add(journal, &line);
    happen(result, event);
}

/* The lines with which a journal begins. */
static inline void happen_put_head(struct journal *journal, struct result *result, int64_t wall)
{
    struct event event = happen_event(EVENT_RUN, 0);

    event.wall = wall;
    event.run.workers = result->workers;
    happen_put(journal, result, event);
    event = happen_event(EVENT_TARGETS, 0);
    event.wall = wall;
    happen_put(journal, result, event);
}

/* azfan was killed. */
static inline void happen_break(struct result *result)
{
    happen(result, happen_event(EVENT_BREAK, 0));
}

#endif
