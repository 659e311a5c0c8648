/* SPDX-License-Identifier: MIT */
#include "run/replay.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
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
    bool finished;     /* the last line was there */
    replay_seen *seen; /* is told of every event; NULL: nobody is */
    void *context;
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

static int take_event(struct replay *self, const json_t *json, const char *line, size_t length,
                      struct error *error)
{
    struct event event;
    struct error cause;
    int result;

    if (self->lines++ == 0 && event_check_first(json, error) < 0)
        return -1;
    result = event_read(json, self->result, &event, &cause);
    if (result == 0)
        result = apply(self, &event, &cause);
    if (result == 0 && self->seen != NULL)
        self->seen(self->context, self->result, &event, line, length);
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
    result = take_event(self, json, line, length, error);
    json_decref(json);
    return result;
}

/* ---- runs --------------------------------------------------------------------------------- */

/* A run that goes on lasts until now: by its last event nobody can tell for how long what runs has
 * run. */
static void set_to_now(struct event *event, const struct result *result)
{
    int64_t now = clock_wall();

    if (result->wall_ended <= 0 || now < result->wall_ended ||
        result->duration > INT64_MAX - (now - result->wall_ended))
        return;
    event->wall = now;
    event->at = result->duration + (now - result->wall_ended);
}

static void break_off(struct result *result, bool going)
{
    struct event event = event_timeless(EVENT_BREAK);
    struct error none;

    event.going = going;
    if (going)
        set_to_now(&event, result);
    (void)result_apply(result, &event, &none); /* a journal may always break off */
}

static int refuse_empty(const char *path, bool live, struct error *error)
{
    return error_set(error,
                     live ? "%s holds no run yet: azfan is about to begin it"
                          : "%s holds no run: azfan ended before it began",
                     path);
}

static int read_all(struct replay *self, const char *path, struct error *error)
{
    bool live = journal_is_live(path); /* first: what is not live now will not grow any more */

    if (journal_read(path, read_line, self, error) < 0)
        return -1;
    if (self->result->targets == NULL)
        return refuse_empty(path, live, error);
    if (!self->finished)
        break_off(self->result, live);
    return 0;
}

int replay_run(const char *folder, struct result *ret, struct error *error)
{
    return replay_run_seen(folder, ret, NULL, NULL, error);
}

int replay_run_seen(const char *folder, struct result *ret, replay_seen *seen, void *context,
                    struct error *error)
{
    struct replay self = {.result = ret, .seen = seen, .context = context};
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
    if (event.kind == EVENT_FINISH)
        event.finish.alone = true;
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
            if (ret->ending != RESULT_GOING)
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

/* ---- one that goes on --------------------------------------------------------------------- */

struct replay_follow {
    struct replay replay;
    struct journal_follow *journal;
    char *path;
    bool is_left; /* nobody was at it the last time, and nothing had been started */
};

/* A run that is given up loses its lock before its journal: it is about to be removed, as far as
 * anybody knows, and the next look tells. */
static bool may_be_removed(struct replay_follow *self)
{
    const struct result *result = self->replay.result;
    bool again = self->is_left;

    for (size_t i = 0; i < result->target_count; i++) {
        if (result->targets[i].state != RESULT_WAITING)
            return false;
    }
    self->is_left = true;
    return !again;
}

int replay_follow_open(struct replay_follow **ret_follow, const char *folder, struct result *ret,
                       struct error *error)
{
    struct replay_follow *self = memory_zeroed(1, sizeof *self);

    *ret = (struct result){.folder = memory_string(folder)};
    self->replay.result = ret;
    self->path = memory_print("%s/journal.jsonl", folder);
    *ret_follow = self;
    if (journal_follow_open(&self->journal, self->path, error) == 0)
        return 0;
    replay_follow_close(self);
    *ret_follow = NULL;
    return -1;
}

int replay_follow_on(struct replay_follow *self, replay_seen *seen, void *context,
                     enum replay_state *ret, struct error *error)
{
    bool live = journal_follow_is_live(self->journal); /* first, as read_all() does */

    self->replay.seen = seen;
    self->replay.context = context;
    if (journal_follow_lines(self->journal, read_line, &self->replay, error) < 0)
        return -1;
    *ret = REPLAY_OVER;
    if (live)
        *ret = self->replay.finished ? REPLAY_ENDING : REPLAY_GOING;
    else if (self->replay.finished)
        return 0;
    else if (journal_follow_is_removed(self->journal))
        *ret = REPLAY_REMOVED;
    else if (may_be_removed(self))
        *ret = REPLAY_GOING;
    else if (self->replay.result->targets == NULL)
        return refuse_empty(self->path, live, error);
    else
        break_off(self->replay.result, false);
    return 0;
}

int replay_follow_fd(const struct replay_follow *follow)
{
    return journal_follow_fd(follow->journal);
}

void replay_follow_close(struct replay_follow *self)
{
    if (self == NULL)
        return;
    journal_follow_close(self->journal);
    free(self->path);
    free(self);
}
