/* SPDX-License-Identifier: MIT */
#include "run/conducting.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "run/attempt.h"
#include "run/conduct.h"
#include "run/journal.h"
#include "run/watcher.h"

void happening_done(struct happening *happening)
{
    event_done(&happening->event);
    free(happening->line);
}

int64_t conducting_time(const struct conducting *self)
{
    return clock_now() - self->started;
}

struct event conducting_event(const struct conducting *self, enum event_kind kind)
{
    return (struct event){.kind = kind,
                          .wall = attempt_whole_milliseconds(clock_wall()),
                          .at = attempt_whole_milliseconds(conducting_time(self))};
}

static void write_line(struct conducting *self, struct happening *happening)
{
    struct buffer line = BUFFER_INIT;

    event_write(&line, &happening->event, self->result);
    if (self->conduct->watcher->journaled != NULL) {
        happening->length = line.length + 1;
        happening->line = memory_print("%s\n", buffer_text(&line)); /* JSON: no NUL is in it */
    }
    journal_add(self->conduct->journal, &line);
}

void conducting_happen(struct conducting *self, struct event event)
{
    struct happening happening = {.event = event};
    struct error error;
    int applied;

    if (event_has_line(event.kind))
        write_line(self, &happening);
    applied = result_apply(self->result, &happening.event, &error);
    assert(applied == 0); /* the schedule asks for nothing that cannot be */
    (void)applied;
    self->happenings = memory_resize(self->happenings, self->happening_count + 1, sizeof happening);
    self->happenings[self->happening_count++] = happening;
}

void conducting_put_back(struct conducting *self, size_t index, const char *why)
{
    struct event event = conducting_event(self, EVENT_PUT_BACK);

    event.target = index;
    event.put_back.message = memory_string(why);
    conducting_happen(self, event);
}
