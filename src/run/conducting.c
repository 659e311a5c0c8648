/* SPDX-License-Identifier: MIT */
#include "run/conducting.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "run/conduct.h"
#include "run/journal.h"
#include "run/watcher.h"

int64_t conducting_time(const struct conducting *self)
{
    return clock_now() - self->started;
}

void conducting_add_line(struct conducting *self, struct buffer *line, bool of_start)
{
    if (self->conduct->watcher->journaled != NULL)
        notes_add_line(&self->notes, line, of_start);
    journal_add(self->conduct->journal, line);
}

void conducting_journal(struct conducting *self, struct buffer *line)
{
    conducting_add_line(self, line, false);
}

void conducting_note(struct conducting *self, struct note note)
{
    notes_add(&self->notes, note);
}
