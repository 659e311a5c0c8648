/* SPDX-License-Identifier: MIT */
#include "run/heard.h"

#include <stdlib.h>

#include "azure/rest.h"
#include "azure/tempo.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "run/calls.h"
#include "run/event.h"
#include "run/record.h"
#include "run/result.h"
#include "run/schedule.h"

static int number_of(const struct record *record, const struct call *call)
{
    return (int)record->result->targets[call->target].attempt_count + 1;
}

static void record_sent(struct record *record, const struct call *call)
{
    struct event event = record_event(record, EVENT_SENT);

    event.target = call->target;
    event.sent.number = number_of(record, call);
    record_add(record, event);
}

/* SAID's texts become the event's. */
static void record_accepted(struct record *record, const struct call *call,
                            const struct rest_said *said)
{
    struct event event = record_event(record, EVENT_ACCEPTED);

    event.target = call->target;
    event.accepted.number = number_of(record, call);
    event.accepted.operation =
        (struct result_operation){.sent = true,
                                  .url = said->operation,
                                  .request_id = said->request_id,
                                  .correlation_id = said->correlation_id,
                                  .nonce = memory_string(call->command.nonce)};
    record_add(record, event);
}

/* No event: who starts others must know, and nobody later. */
static void tell_limits(struct schedule *schedule, const struct call *call,
                        const struct rest_said *said)
{
    const struct quota_limits limits = {.region = said->region,
                                        .has_writes = said->writes >= 0,
                                        .writes_low = tempo_are_few_writes(said->writes),
                                        .has_compute = said->compute >= 0,
                                        .compute_low = tempo_are_few_starts(said->compute)};

    schedule_heard(schedule, call->target, &limits);
}

/* Whoever renews tokens sees it there. */
static void refuse_token(struct rest *rest, const struct record *record, const struct call *call)
{
    struct rest_page *page = rest_page_of(rest, record->result->targets[call->target].id);

    if (page != NULL)
        page->is_refused = true;
}

void heard_take(struct calls *calls, struct record *record, struct schedule *schedule,
                struct rest *rest)
{
    struct buffer line = BUFFER_INIT;
    const struct call *call;

    while ((call = calls_listen(calls, &line)) != NULL) {
        struct rest_said said = rest_read_line(buffer_text(&line), line.length);

        if (said.word == REST_SENT)
            record_sent(record, call);
        else if (said.word == REST_ACCEPTED)
            record_accepted(record, call, &said);
        else if (said.word == REST_LIMITS)
            tell_limits(schedule, call, &said);
        else if (said.word == REST_TOKEN)
            refuse_token(rest, record, call);
        free(said.region);
        line.length = 0;
    }
    buffer_done(&line);
}
