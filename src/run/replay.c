/* SPDX-License-Identifier: MIT */
#include "run/replay.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "run/event.h"
#include "run/journal.h"
#include "run/result.h"

enum { TAIL = 16 * 1024 };

/* How jansson reads a line: a stream may hold NULs, and of a key that stands twice one is a lie. */
enum { READING = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL };

struct replay {
    struct result *result;
    size_t lines;
    bool finished; /* the last line was there */
};

/* ---- lines -------------------------------------------------------------------------------- */

static int apply(struct replay *self, struct event *event, struct error *error)
{
    if (self->finished)
        return error_set(error, "a line after the run's end");
    if (result_apply(self->result, event, error) < 0)
        return -1;
    self->finished = event->kind == EVENT_FINISH;
    return 0;
}

static int take_event(struct replay *self, const json_t *json, struct error *error)
{
    struct event event;
    struct error cause;
    int result;

    if (self->lines++ == 0 && event_check_first(json, error) < 0)
        return -1;
    result = event_read(json, self->result, &event, &cause);
    if (result == 0)
        result = apply(self, &event, &cause);
    event_done(&event);
    return result < 0 ? error_set(error, "damaged: %s", cause.text) : 0;
}

static int read_line(void *context, size_t number, const char *line, size_t length,
                     struct error *error)
{
    struct replay *self = context;
    json_t *json = json_loadb(line, length, READING, NULL);
    int result;

    (void)number;
    if (json == NULL)
        return error_set(error, self->lines == 0 ? "this is not a journal of azfan"
                                                 : "damaged: this line is not JSON");
    result = take_event(self, json, error);
    json_decref(json);
    return result;
}

/* ---- runs --------------------------------------------------------------------------------- */

static void break_off(struct result *result, bool going)
{
    struct event event = event_timeless(EVENT_BREAK);
    struct error none;

    event.going = going;
    (void)result_apply(result, &event, &none); /* a journal may always break off */
}

static int read_all(struct replay *self, const char *path, struct error *error)
{
    bool live = journal_is_live(path); /* first: what is not live now will not grow any more */

    if (journal_read(path, read_line, self, error) < 0)
        return -1;
    if (self->result->targets == NULL)
        return error_set(error,
                         live ? "%s holds no run yet: azfan is about to begin it"
                              : "%s holds no run: azfan ended before it began",
                         path);
    if (!self->finished)
        break_off(self->result, live);
    return 0;
}

int replay_run(const char *folder, struct result *ret, struct error *error)
{
    struct replay self = {.result = ret};
    char *path = memory_print("%s/journal.jsonl", folder);
    int result;

    *ret = (struct result){.folder = memory_string(folder)};
    result = read_all(&self, path, error);
    if (result < 0) {
        result_done(ret);
        *ret = (struct result){.run = NULL}; /* freed once more it does no harm */
    }
    free(path);
    return result;
}

/* ---- summaries ---------------------------------------------------------------------------- */

/* The very last line counts. After an error here all of them are read, and judged. */
static int read_last(void *context, size_t number, const char *line, size_t length,
                     struct error *error)
{
    struct replay *self = context;
    json_t *json = json_loadb(line, length, READING, NULL);
    struct event event;
    int result;

    (void)number;
    result = event_read(json, self->result, &event, error);
    event.finish.alone = event.kind == EVENT_FINISH;
    if (!self->finished && event.kind != EVENT_FINISH)
        result = 0; /* a line before the last one, or a piece of one */
    else if (result == 0)
        result = apply(self, &event, error);
    event_done(&event);
    json_decref(json);
    return result;
}

static void forget_targets(struct result *result)
{
    struct result without = *result;

    without.targets = NULL;
    without.by_label = NULL;
    without.target_count = 0;
    *result = (struct result){.targets = result->targets,
                              .by_label = result->by_label,
                              .target_count = result->target_count};
    result_done(result);
    *result = without;
}

int replay_summary(const char *folder, struct result *ret, size_t *ret_targets, struct error *error)
{
    struct replay self = {.result = ret};
    char *path = memory_print("%s/journal.jsonl", folder);
    int result;

    *ret = (struct result){.folder = memory_string(folder)};
    result = journal_read_first(path, 1, read_line, &self, error);
    if (result == 0)
        result = journal_read_tail(path, TAIL, read_last, &self, error);
    *ret_targets = ret->target_total;
    if (result < 0 || !self.finished) {
        result_done(ret);
        result = replay_run(folder, ret, error);
        if (result == 0) {
            *ret_targets = ret->target_count;
            forget_targets(ret);
        }
    }
    free(path);
    return result;
}

int replay_head(const char *folder, struct result *ret, struct error *error)
{
    struct replay self = {.result = ret};
    char *path = memory_print("%s/journal.jsonl", folder);
    int result;

    *ret = (struct result){.folder = memory_string(folder)};
    result = journal_read_first(path, 1, read_line, &self, error);
    if (result == 0 && ret->run == NULL)
        result = error_set(error, "%s holds no run", path);
    if (result < 0) {
        result_done(ret);
        *ret = (struct result){.run = NULL};
    }
    free(path);
    return result;
}

/* What a journal begins with: the run, its targets, the login, the first start. */
enum { BEGINNING = 4 };

int replay_beginning(const char *folder, struct result *ret, struct error *error)
{
    struct replay self = {.result = ret};
    char *path = memory_print("%s/journal.jsonl", folder);
    int result;

    *ret = (struct result){.folder = memory_string(folder)};
    result = journal_read_first(path, BEGINNING, read_line, &self, error);
    if (result == 0 && ret->targets == NULL)
        result = error_set(error, "%s holds no run yet", path);
    if (result == 0 && !self.finished)
        result = journal_read_tail(path, TAIL, read_last, &self, error);
    if (result < 0) {
        result_done(ret);
        *ret = (struct result){.run = NULL};
    } else if (!self.finished) {
        break_off(ret, true);
    }
    free(path);
    return result;
}
