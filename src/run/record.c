/* SPDX-License-Identifier: MIT */
#include "run/record.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "engine/aside.h"
#include "engine/lapse.h"
#include "run/attempt.h"
#include "run/folder.h"
#include "run/journal.h"
#include "run/result.h"
#include "run/watcher.h"

/* An event that has been applied. */
struct record_entry {
    struct event event;
    char *line; /* of the journal, with its newline; NULL: it has none, or nobody wants it */
    size_t length;
};

static void free_entry(struct record_entry *entry)
{
    event_done(&entry->event);
    free(entry->line);
}

/* ---- it happens --------------------------------------------------------------------------- */

void record_begin(struct record *record)
{
    record->started = lapse_now();
}

int64_t record_time(const struct record *record)
{
    return lapse_now() - record->started;
}

struct event record_event(const struct record *record, enum event_kind kind)
{
    return (struct event){.kind = kind,
                          .wall = attempt_whole_milliseconds(lapse_wall()),
                          .at = attempt_whole_milliseconds(record_time(record))};
}

static void write_line(struct record *record, struct record_entry *entry)
{
    struct buffer line = BUFFER_INIT;

    event_write(&line, &entry->event, record->result);
    if (record->watcher->journaled != NULL) {
        entry->length = line.length + 1;
        entry->line = memory_print("%s\n", buffer_text(&line)); /* JSON: no NUL is in it */
    }
    journal_add(record->journal, &line);
}

void record_add(struct record *record, struct event event)
{
    struct record_entry entry = {.event = event};
    struct error error;
    int applied;

    if (event_has_line(event.kind))
        write_line(record, &entry);
    applied = result_apply(record->result, &entry.event, &error);
    assert(applied == 0); /* the schedule asks for nothing that cannot be */
    (void)applied;
    record->list = memory_grow(record->list, record->count, sizeof entry);
    record->list[record->count++] = entry;
}

void record_put_back(struct record *record, size_t index, const char *why)
{
    struct event event = record_event(record, EVENT_PUT_BACK);

    event.target = index;
    event.put_back.message = memory_string(why);
    record_add(record, event);
}

/* ---- on disk ------------------------------------------------------------------------------ */

int record_commit(struct record *record, struct error *error)
{
    return journal_commit(record->journal, error);
}

/* Its line is not on disk, nor is this. */
static void forget(struct record *record, struct record_entry *entry)
{
    struct event event = record_event(record, EVENT_PUT_BACK);
    struct error error;

    event.target = entry->event.target;
    (void)result_apply(record->result, &event, &error); /* it was started a moment ago */
    free_entry(entry);
}

void record_forget_starts(struct record *record)
{
    size_t kept = 0;

    for (size_t i = 0; i < record->count; i++) {
        if (record->list[i].event.kind == EVENT_START || record->list[i].event.kind == EVENT_ASK)
            forget(record, &record->list[i]);
        else
            record->list[kept++] = record->list[i];
    }
    record->count = kept;
}

/* ---- and then seen ------------------------------------------------------------------------ */

/* The files of one target's streams, and what came of them. */
struct keeping {
    const struct folder *folder;
    const struct result_target *target;
    int result;
    struct error error;
};

static void write_output(void *context)
{
    struct keeping *keeping = context;
    const struct result_target *target = keeping->target;

    keeping->result = folder_write_output(keeping->folder, target->label, &target->output,
                                          &target->errors, &keeping->error);
}

static int keep_output(struct record *record, size_t index, struct error *error)
{
    struct keeping keeping = {.folder = record->folder, .target = &record->result->targets[index]};

    if (keeping.target->attempt_count == 0)
        return 0;
    if (aside_call(write_output, &keeping) != 0)
        return error_set(error,
                         "cannot write the output of %s: the process that wrote it was killed",
                         keeping.target->label);
    if (keeping.result < 0)
        *error = keeping.error;
    return keeping.result;
}

static int keep_outputs(struct record *record, const struct event *event, struct error *error)
{
    struct error another;
    int result = 0;

    if (event->kind == EVENT_END && event->end.settled)
        return keep_output(record, event->target, error);
    for (size_t i = 0; event->kind == EVENT_HALT && i < event->halt.settled_count; i++) {
        if (keep_output(record, event->halt.settled[i], result < 0 ? &another : error) < 0)
            result = -1;
    }
    return result;
}

static int show(struct record *record, const struct record_entry *entry, struct error *error)
{
    const struct watcher *watcher = record->watcher;
    int result;

    if (entry->line != NULL)
        watcher->journaled(watcher->context, entry->line, entry->length);
    result = keep_outputs(record, &entry->event, error);
    watcher->happened(watcher->context, record->result, &entry->event);
    return result;
}

int record_show(struct record *record, struct error *error)
{
    struct record_entry *list = record->list;
    size_t count = record->count;
    struct error another;
    int result = 0;

    record->list = NULL;
    record->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (show(record, &list[i], result < 0 ? &another : error) < 0)
            result = -1;
        free_entry(&list[i]);
    }
    free(list);
    return result;
}

void record_done(struct record *record)
{
    for (size_t i = 0; i < record->count; i++)
        free_entry(&record->list[i]);
    free(record->list);
    record->list = NULL;
    record->count = 0;
}
