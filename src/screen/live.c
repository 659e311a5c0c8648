/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Every line goes one of two ways: results to standard
 * output, notes to standard error. With LIVE_SCREEN, what goes to the terminal
 * goes through its frames.
 *
 * The file is longer than others, on purpose: a watcher is one table of functions, and each is
 * here.
 */
#include "screen/live.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "base/value.h"
#include "engine/lapse.h"
#include "report/line.h"
#include "report/style.h"
#include "run/event.h"
#include "run/result.h"
#include "screen/frames.h"
#include "screen/notice.h"
#include "screen/panel.h"
#include "sys/terminal.h"

#define STATE_PERIOD (30 * NUMBER_SECOND)
#define LONG_WAIT    (5 * NUMBER_SECOND)

/* A note begins after "azfan: "; what does not fit into a terminal is indented below it. */
enum { NOTE_START = 7, NOTE_INDENT = 2 };

/* ---- the ways ----------------------------------------------------------------------------- */

static bool has_frames(const struct live *live)
{
    return live->choices.mode == LIVE_SCREEN;
}

/* What is shown is out of date. */
static void touch(struct live *live)
{
    if (!has_frames(live))
        return;
    frames_outdate(&live->frames);
    frames_refresh(&live->frames, live->now());
}

static void print_result(struct live *live, struct buffer *text)
{
    int columns = terminal_size(live->output.fd).columns; /* 0 for a log, which gets it whole */

    line_fit(text, columns, live->choices.colour);
    if (live->shared)
        frames_add(&live->frames, text, live->now());
    else
        outlet_add(&live->output, text);
}

static void print_event(struct live *live, json_t *event)
{
    struct buffer line = BUFFER_INIT;

    value_print(&line, event);
    buffer_add(&line, "\n");
    outlet_add(&live->notes, &line);
}

/* TEXT, without newline, is emptied. */
static void print_note(struct live *live, struct buffer *text)
{
    struct buffer line = BUFFER_INIT;

    if (live->choices.mode == LIVE_JSON) {
        print_event(live, notice_event(text, lapse_wall()));
        buffer_done(text);
        return;
    }
    buffer_add(&line, "azfan: ");
    text_add_wrapped(&line, buffer_text(text), NOTE_START,
                     NOTE_START + (int)strspn(buffer_text(text), " ") + NOTE_INDENT,
                     terminal_size(live->notes.fd).columns);
    buffer_add(&line, "\n");
    buffer_done(text);
    if (has_frames(live))
        frames_add(&live->frames, &line, live->now());
    else
        outlet_add(&live->notes, &line);
}

void live_note(struct live *live, const char *text)
{
    struct buffer note = BUFFER_INIT;

    text_add_line(&note, text);
    print_note(live, &note);
}

void live_note_lines(struct live *live, struct buffer *text)
{
    char *rest = NULL;

    for (char *line = text->length > 0 ? strtok_r(text->data, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        live_note(live, line);
    buffer_done(text);
}

void live_prompt(struct live *live, const char *text)
{
    struct buffer copy = BUFFER_INIT;

    if (live->choices.mode == LIVE_JSON) { /* where all lines are events */
        if (text[0] != '\n')
            live_note(live, text);
        return;
    }
    if (has_frames(live)) {
        frames_clear(&live->frames, text, live->now());
        return;
    }
    buffer_add(&copy, text);
    outlet_add(&live->notes, &copy);
}

void live_leave_out(struct live *live, int64_t time)
{
    live->board.started += time;
    live->next_state += time;
    if (has_frames(live))
        frames_measure(&live->frames);
}

void live_set_start(struct live *live, int64_t started)
{
    live->board.started = started;
}

/* When EVENT happened: just now, or as it says itself. */
static int64_t moment_of(const struct live *live, const struct event *event)
{
    return live->choices.watched && event->at != EVENT_NO_TIME ? live->board.started + event->at
                                                               : lapse_at(live->now());
}

/* What the journal's own events say already needs no note beside them. */
static bool has_events(const struct live *live)
{
    return live->choices.mode == LIVE_JSON;
}

/* ---- what happens to targets -------------------------------------------------------------- */

static void logged_in(void *context, const struct login *login)
{
    struct live *live = context;
    struct buffer note = BUFFER_INIT;

    notice_place(&note, live->board.job, login);
    board_log_in(&live->board, note.data);
    buffer_done(&note);
    touch(live);
    if (!live->choices.verbose || has_events(live))
        return;
    notice_login(&note, login);
    print_note(live, &note);
}

static void target_settled(struct live *live, const struct result *result, size_t index,
                           int64_t now)
{
    const struct live_choices *choices = &live->choices;
    const struct result_target *target = &result->targets[index];
    enum outcome_kind kind = target->outcome.kind;
    struct buffer lines = BUFFER_INIT;

    board_settle(&live->board, result, index, now);
    frames_outdate(&live->frames);
    /* Skipped targets come by the thousand and at once; the summary names them. */
    if (kind == OUTCOME_SKIPPED || (choices->quiet && kind == OUTCOME_OK))
        return;
    /* Of several that ended at once the result counts all by now, the board those that are shown.
     */
    buffer_print(&lines, "[%*zu/%zu] ", live->count_width, live->board.done, result->target_count);
    line_print(&lines, target, live->name_width, choices->colour);
    if (choices->verbose) {
        line_print_block(&lines, &target->output, 0, "      stdout | ");
        line_print_block(&lines, &target->errors, 0, "      stderr | ");
    }
    print_result(live, &lines);
}

/* Until the next attempt. A journal may say anything. */
static int64_t wait_of(const struct event *event)
{
    int64_t at = event->at != EVENT_NO_TIME ? event->at : 0;

    return event->end.again_at > at ? event->end.again_at - at : 0;
}

/* One of a target of which there will be a line: like that, no longer than the terminal is wide. */
static void fit_note(const struct live *live, struct buffer *note)
{
    int columns = terminal_size(live->notes.fd).columns;

    line_fit(note, columns > NOTE_START ? columns - NOTE_START : 0, false);
}

static void target_waits(struct live *live, const struct result *result, size_t index, int64_t wait,
                         int64_t now)
{
    struct buffer note = BUFFER_INIT;

    board_wait(&live->board, index, now + wait, now);
    frames_outdate(&live->frames);
    if (has_events(live))
        return;
    notice_wait(&note, result, index, wait);
    fit_note(live, &note);
    print_note(live, &note);
}

/* ---- what happens to the run -------------------------------------------------------------- */

static void limited(struct live *live, int limit)
{
    struct buffer note = BUFFER_INIT;

    board_limit(&live->board, limit);
    if (has_events(live))
        return;
    notice_limit(&note, limit);
    print_note(live, &note);
}

/* Told in a log when it takes a while; the lines at the bottom have it anyhow. */
static void starts_limited(void *context, int64_t until)
{
    struct live *live = context;
    int64_t now = lapse_at(live->now());
    struct buffer note = BUFFER_INIT;

    board_hold_starts(&live->board, until);
    if (until == CLOCK_NEVER || until - now < LONG_WAIT || until - live->told_limit < LONG_WAIT)
        return;
    live->told_limit = until;
    notice_limited(&note, until - now);
    print_note(live, &note);
}

static void no_room(void *context, const char *why)
{
    struct live *live = context;
    struct buffer note = BUFFER_INIT;

    notice_no_room(&note, why);
    print_note(live, &note);
}

static void not_renewed(void *context, const char *why)
{
    struct live *live = context;
    struct buffer note = BUFFER_INIT;

    notice_not_renewed(&note, why);
    print_note(live, &note);
}

static void halted(struct live *live, const struct result *result, const struct event *event,
                   int64_t now)
{
    struct buffer note = BUFFER_INIT;

    for (size_t i = 0; i < event->halt.settled_count; i++)
        target_settled(live, result, event->halt.settled[i], now);
    if (event->halt.stage == SCHEDULE_GOING) /* there was nothing to stop */
        return;
    board_set_stage(&live->board, event->halt.stage);
    notice_stopping(&note, result, live->board.running, event->halt.stage, live->choices.watched);
    print_note(live, &note);
    if (event->halt.stage == SCHEDULE_DRAINING)
        notice_way_on(&note, result);
    if (note.length > 0)
        print_note(live, &note);
}

static void happened(void *context, const struct result *result, const struct event *event)
{
    struct live *live = context;
    int64_t now = moment_of(live, event);

    switch (event->kind) {
    case EVENT_START:
    case EVENT_ASK:
        board_start(&live->board, event->target, now);
        touch(live);
        break;
    case EVENT_PUT_BACK:
        board_put_back(&live->board, event->target);
        touch(live);
        break;
    case EVENT_END:
        if (event->end.settled)
            target_settled(live, result, event->target, now);
        else
            target_waits(live, result, event->target, wait_of(event), now);
        break;
    case EVENT_LIMIT:
        limited(live, event->limit);
        break;
    case EVENT_HALT:
        halted(live, result, event, now);
        break;
    case EVENT_RUN:
    case EVENT_TARGETS:
    case EVENT_LOGIN: /* logged_in() has more to say of it */
    case EVENT_SENT:
    case EVENT_ACCEPTED:
    case EVENT_FINISH:
    case EVENT_TROUBLE: /* the end of the run says it */
    case EVENT_BREAK:
    case EVENT_OTHER:
        break;
    }
}

/* ---- who is running, when somebody asks --------------------------------------------------- */

static void asked(void *context, const struct result *result, const struct watcher_running *list,
                  size_t count)
{
    struct live *live = context;
    struct buffer note = BUFFER_INIT;

    if (live->choices.mode == LIVE_JSON) {
        print_event(live, notice_running_event(result, list, count, lapse_wall()));
        return;
    }
    panel_print_state(&live->board, result, lapse_at(live->now()), &note);
    print_note(live, &note);
    for (size_t i = 0; i < count; i++) {
        notice_running(&note, result, &list[i], live->name_width);
        print_note(live, &note); /* which empties it */
    }
}

/* ---- the terminal ------------------------------------------------------------------------- */

void live_leave(struct live *live)
{
    if (has_frames(live) && !outlet_is_waiting(&live->notes))
        frames_clear(&live->frames, NULL, live->now());
}

static void leaving(void *context)
{
    live_leave(context);
}

static void continued(void *context, const struct result *result, size_t running)
{
    struct live *live = context;
    struct buffer note = BUFFER_INIT;

    if (has_frames(live))
        frames_continue(&live->frames, live->now());
    notice_continued(&note, result, running);
    print_note(live, &note);
}

static void resized(void *context)
{
    struct live *live = context;

    if (has_frames(live))
        frames_resize(&live->frames, live->now());
}

static void journaled(void *context, const char *line, size_t length)
{
    struct live *live = context;
    struct buffer copy = BUFFER_INIT;

    event_show_line(&copy, line, length);
    outlet_add(&live->notes, &copy);
}

static int64_t next_tick(const struct live *live)
{
    if (live->choices.mode == LIVE_PLAIN && !live->choices.quiet)
        return live->next_state;
    return has_frames(live) ? frames_next(&live->frames) : CLOCK_NEVER;
}

static int64_t waiting(void *context, struct watcher_waits *ret)
{
    const struct live *live = context;

    ret->to_write[0] = outlet_is_waiting(&live->output) ? live->output.fd : -1;
    ret->to_write[1] = outlet_is_waiting(&live->notes) ? live->notes.fd : -1;
    ret->to_read = has_frames(live) ? frames_watch(&live->frames) : -1;
    return next_tick(live);
}

static void writable(void *context)
{
    struct live *live = context;

    outlet_push(&live->output);
    outlet_push(&live->notes);
}

static void readable(void *context)
{
    struct live *live = context;

    frames_check_typing(&live->frames);
}

static void print_state(struct live *live, const struct result *result, int64_t now)
{
    struct buffer note = BUFFER_INIT;

    panel_print_state(&live->board, result, lapse_at(now), &note);
    print_note(live, &note);
    live->next_state += STATE_PERIOD;
    if (live->next_state <= now) /* azfan was stopped for a while */
        live->next_state = now + STATE_PERIOD;
}

static void tick(void *context, const struct result *result)
{
    struct live *live = context;
    int64_t now = live->now();

    if (now < next_tick(live))
        return;
    if (live->choices.mode == LIVE_PLAIN)
        print_state(live, result, now);
    else
        frames_refresh(&live->frames, now);
}

/* ---- beginning and end -------------------------------------------------------------------- */

bool live_can_draw(void)
{
    return terminal_has_escapes(STDERR_FILENO);
}

bool live_is_alone(void)
{
    struct stat status;

    return fstat(STDOUT_FILENO, &status) < 0 ||
           !(S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

void live_open(struct live *live, const struct live_choices *choices, const struct result *result,
               const struct job *job, const int64_t *not_before)
{
    char digits[32];
    int64_t now = clock_now();

    *live = (struct live){.choices = *choices,
                          .name_width = line_name_width(result),
                          .next_state = now + STATE_PERIOD,
                          .now = clock_now};
    live->count_width = snprintf(digits, sizeof digits, "%zu", result->target_count);
    outlet_open(&live->output, STDOUT_FILENO);
    outlet_open(&live->notes, STDERR_FILENO);
    board_open(&live->board, result, job, not_before, lapse_at(now));
    live->board.watched = choices->watched;
    if (!has_frames(live))
        return;
    live->shared = terminal_is_same(STDOUT_FILENO, STDERR_FILENO);
    frames_open(&live->frames, &live->notes, &live->board, result, choices->notes_colour, now);
}

void live_close(struct live *live)
{
    if (has_frames(live))
        frames_close(&live->frames, live->now());
    outlet_close(&live->output);
    outlet_close(&live->notes);
    board_close(&live->board);
}

struct watcher live_watcher(struct live *live)
{
    return (struct watcher){.context = live,
                            .logged_in = logged_in,
                            .happened = happened,
                            .no_room = no_room,
                            .limited = starts_limited,
                            .not_renewed = not_renewed,
                            .asked = asked,
                            .leaving = leaving,
                            .continued = continued,
                            .resized = resized,
                            .journaled = live->choices.mode == LIVE_JSON ? journaled : NULL,
                            .waiting = waiting,
                            .writable = writable,
                            .readable = readable,
                            .tick = tick};
}
