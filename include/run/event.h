/* SPDX-License-Identifier: MIT */
/*
 * event: one thing that happened in a run.
 *
 * Everything that happens is such a value. It is written as a line of the journal (azfan(1),
 * FILES) and applied to the result by result_apply(), and so is what is read back from a journal:
 * the run itself and its replay go the same way. Nobody else knows the journal's keys (those of its
 * first two lines are run/event_head's). They may be added, never renamed. Main thread.
 *
 *   struct event event = {.kind = EVENT_LIMIT, .wall = …, .at = …, .limit = 4};
 *   event_write(&line, &event, &result);
 *   result_apply(&result, &event, &error);    // takes what it keeps out of the event
 *   event_done(&event);
 *
 * An event owns what its pointers lead to. Times are whole milliseconds, in nanoseconds: a line
 * has no more, and the result must be the same from both.
 */
#ifndef AZFAN_RUN_EVENT_H
#define AZFAN_RUN_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/answer.h"
#include "base/error.h"
#include "run/result.h"
#include "run/schedule.h"

enum { EVENT_VERSION = 1 }; /* of the journal: a newer one is not read */

#define EVENT_NO_TIME INT64_MIN

enum event_kind {
    EVENT_RUN,      /* the first line: who runs what, and from where */
    EVENT_TARGETS,  /* the second line: all targets */
    EVENT_LOGIN,    /* az is logged in */
    EVENT_START,    /* an attempt is about to begin, and does not before the line is on disk */
    EVENT_ASK,      /* likewise: Azure is about to be asked what became of an earlier one */
    EVENT_PUT_BACK, /* it could not be begun after all, and was none */
    EVENT_SENT,     /* a client of REST is about to send its request */
    EVENT_ACCEPTED, /* and Azure has accepted it: the script runs, or will */
    EVENT_END,      /* it has ended */
    EVENT_LIMIT,    /* at most so many at once from now on: Azure throttled */
    EVENT_HALT,     /* nothing more is started: what waits is settled */
    EVENT_FINISH,   /* the last line: every target is settled */
    /* These have no line. */
    EVENT_TROUBLE, /* azfan itself could not do something: EVENT_FINISH says it, if it can */
    EVENT_BREAK,   /* a journal has no last line */
    EVENT_OTHER    /* a line of a newer azfan, which changes nothing */
};

struct event {
    enum event_kind kind;
    int64_t wall;  /* the wall clock; EVENT_NO_TIME */
    int64_t at;    /* from the start of the run, on the monotonic clock; EVENT_NO_TIME */
    size_t target; /* of START, ASK, PUT_BACK, SENT, ACCEPTED and END */
    union {
        struct {
            /* All that a journal's first line says, with no targets. NULL: the result has it
             * already (result_take_job()), but for `workers` and the start, which is `wall`. */
            struct result *known;
            int workers;
        } run;
        struct {
            struct result *known; /* with nothing else; NULL: the result has them already */
        } targets;
        struct {
            char *subscription; /* az's default one; NULL: none */
            char *az_version;
        } login;
        struct {
            int number; /* of the attempt, from 1 */
            char *mark; /* the id of the run whose mark the guard looks for; NULL: for none */
        } start;
        struct {
            int number;
            char *mark; /* that the earlier attempt was to leave on the VM, likewise */
            struct result_operation operation; /* its own */
        } ask;
        struct {
            char *message; /* why */
        } put_back;
        struct {
            int number; /* of the attempt, from 1 */
        } sent;
        struct {
            int number;
            struct result_operation operation;
        } accepted;
        struct {
            struct result_attempt attempt;
            struct answer answer;
            int number;       /* of the attempt, from 1 */
            bool settled;     /* with this outcome; else there is another attempt … */
            int64_t again_at; /* … then, from the start of the run */
        } end;
        int limit;
        struct {
            enum result_ending ending;
            int signal;
            char *cause;               /* NULL: none */
            enum schedule_stage stage; /* the run's then */
            size_t *settled; /* what was settled by it; result_apply() fills it in; in no line */
            size_t settled_count;
        } halt;
        struct {
            int64_t duration;
            enum result_ending ending;
            int exit_status; /* -1: not known */
            char *trouble;   /* NULL: none */
            bool alone;      /* the lines before it were not read: it is taken by its word */
            size_t counts[OUTCOME_KINDS];
        } finish;
        char *trouble;
        bool going; /* of BREAK: somebody is writing the journal; else he was killed */
    };
};

/* One of KIND that happens at no time, with nothing in it. */
struct event event_timeless(enum event_kind kind);

/* What RESULT, of which every target is settled, comes to at WALL, after DURATION. */
struct event event_finish_of(const struct result *result, int64_t wall, int64_t duration);

/* Is there a line for such an event? */
bool event_has_line(enum event_kind kind);

/* Appends EVENT, which must have a line and not have been applied, as one JSON object without a
 * newline. RESULT has the targets' labels, and what RUN and TARGETS say. */
void event_write(struct buffer *line, const struct event *event, const struct result *result);

/* Appends a LINE of a journal as others than its reader may see it: of an operation its id alone,
 * for whoever has the URL may ask for what the script printed. */
void event_show_line(struct buffer *ret, const char *line, size_t length);

/* Is this the first line of a journal that this azfan can read? */
int event_check_first(const json_t *json, struct error *error);

/*
 * Reads a line into *RET, for event_done(); on error it has its kind and no more. Nothing is
 * trusted: a journal may be damaged, or somebody else's file. RESULT has all events before it.
 */
int event_read(const json_t *json, const struct result *result, struct event *ret,
               struct error *error);

void event_done(struct event *event);

/* What the lines have in common with report.json: each sets some keys of OBJECT. */
void event_set_process(json_t *object, const struct result_attempt *attempt);
void event_set_operation(json_t *object, const struct result_operation *operation);
void event_set_files(json_t *object, const struct result_job *job);
void event_set_streams(json_t *object, const struct buffer *output, bool output_truncated,
                       const struct buffer *errors, bool errors_truncated);
void event_set_counts(json_t *object, const size_t counts[OUTCOME_KINDS]);

/* "signal", "deadline", …, for an ending. */
const char *event_ending_name(enum result_ending ending);

#endif
