/* SPDX-License-Identifier: MIT */
/*
 * live: a run, shown while it goes on.
 *
 * One line on standard output for each target when it ends, in the order in
 * which they end; notes and progress on standard error. The only place that
 * writes to the terminal during a run. Main thread. A reader that does not
 * read, or has gone, never stops a run.
 *
 *   live_open(&live, &choices, &result, job, not_before);
 *   … conduct_run() with live_watcher(&live) …
 *   live_close(&live);
 */
#ifndef AZFAN_SCREEN_LIVE_H
#define AZFAN_SCREEN_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/watcher.h"
#include "screen/board.h"
#include "screen/frames.h"
#include "screen/outlet.h"

struct job;
struct result;

enum live_mode {
    LIVE_NONE,   /* no progress: only lines for what has ended, and what must be told */
    LIVE_PLAIN,  /* a line about the state every 30 s; none when quiet */
    LIVE_SCREEN, /* lines at the bottom of the terminal */
    LIVE_JSON    /* the events of the journal and notes, as JSON lines on standard error */
};

struct live_choices {
    enum live_mode mode;
    bool colour;       /* on standard output */
    bool notes_colour; /* on standard error */
    bool quiet;        /* no line for what is ok, and none about the state */
    bool verbose;      /* what each VM printed below its line, and whom the login is for */
    bool watched;      /* the run is another azfan's: its events say when they happened, and no key
                          reaches it */
};

struct live {
    struct live_choices choices;
    int name_width;
    int count_width;
    struct outlet output; /* standard output */
    struct outlet notes;  /* standard error */
    struct board board;
    struct frames frames; /* of SCREEN, on standard error */
    bool shared;          /* of SCREEN: standard output is the same terminal */
    int64_t next_state;   /* of PLAIN */
    int64_t told_limit;   /* the last end of a wait for Azure's limit of starts that was told */
    int64_t (*now)(void); /* the machine's clock; a test has its own */
};

/*
 * Can a run be shown by LIVE_SCREEN? When standard error is a terminal that can move its cursor
 * (TERM is not "dumb", and is set).
 */
bool live_can_draw(void);

/* Does nobody else write to it behind our back? What reads standard output from a pipe may: tee(1),
 * a pager. */
bool live_is_alone(void);

/* RESULT knows the job; NOT_BEFORE: when each target may start, NULL for at once. Both, and LIVE
 * itself, stay where they are until live_close(). */
void live_open(struct live *live, const struct live_choices *choices, const struct result *result,
               const struct job *job, const int64_t *not_before);

/* Takes the lines at the bottom away, until the next event: the terminal may become somebody
 * else's, or azfan may be ended. */
void live_leave(struct live *live);

/* Takes the lines at the bottom away, and writes what is still on its way, however long the reader
 * takes. */
void live_close(struct live *live);

/* A note of azfan's on standard error, in the form of the mode. TEXT: plain, without newline. */
void live_note(struct live *live, const char *text);

/* Each line of TEXT, which is emptied, as a note. */
void live_note_lines(struct live *live, struct buffer *text);

/* TEXT as it is on standard error, below what has been shown: a question, and what ends its line.
 */
void live_prompt(struct live *live, const char *text);

/* Of a run that is watched: it began at STARTED, monotonic. Before each event. */
void live_set_start(struct live *live, int64_t started);

/* So many nanoseconds were no time of the run; the terminal may have another size by now. */
void live_leave_out(struct live *live, int64_t time);

/* The watcher that shows the run through LIVE, which must outlive it. */
struct watcher live_watcher(struct live *live);

#endif
