/* SPDX-License-Identifier: MIT */
/*
 * notice: what azfan has to say while a run goes on, in words.
 *
 * Each function appends one line without its newline, fit for a terminal. Pure.
 */
#ifndef AZFAN_SCREEN_NOTICE_H
#define AZFAN_SCREEN_NOTICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/schedule.h"

struct buffer;
struct job;
struct login;
struct result;
struct watcher_running;

void notice_login(struct buffer *note, const struct login *login);

/* The one subscription of all targets, by its name where az told one, "several subscriptions", or
 * nothing. */
void notice_place(struct buffer *note, const struct job *job, const struct login *login);

/* "web-03: busy, again in 30s (attempt 2 of 3): another run-command is active" */
void notice_wait(struct buffer *note, const struct result *result, size_t index, int64_t wait);

void notice_limit(struct buffer *note, int limit);

/* Azure's limit of starts: the next one in WAIT. */
void notice_limited(struct buffer *note, int64_t wait);

/* No process could be started, as WHY says. */
void notice_no_room(struct buffer *note, const char *why);

/* There is no newer token yet, as WHY says. */
void notice_not_renewed(struct buffer *note, const char *why);

/* "SIGINT: no new starts; waiting for 3 still running (press again to stop them)", "halted: …"
 * WATCHED: no key that is pressed here reaches the run. */
void notice_stopping(struct buffer *note, const struct result *result, size_t running,
                     enum schedule_stage stage, bool watched);

/* "go on with: azfan rerun …", to be copied; nothing where no rerun can. */
void notice_way_on(struct buffer *note, const struct result *result);

/* "  web-07  1m12s of 3m40s: what az printed last" */
void notice_running(struct buffer *note, const struct result *result,
                    const struct watcher_running *running, int name_width);

void notice_continued(struct buffer *note, const struct result *result, size_t running);

/* The same for programs, as JSON (--progress json): a note, and who is running at WALL. Free them
 * with json_decref(). */
json_t *notice_event(const struct buffer *note, int64_t wall);
json_t *notice_running_event(const struct result *result, const struct watcher_running *list,
                             size_t count, int64_t wall);

#endif
