/* SPDX-License-Identifier: MIT */
/*
 * result: everything that a run came to.
 *
 * What happens changes it by result_apply() alone: run/conduct applies each event
 * while the run goes on, run/replay applies those of a past run's journal. Reports
 * are pure functions of it. It owns what it points to. Main thread.
 *
 *   result_init(&result, run);
 *   result_take_job(&result, job, batches);   // not when replaying: the first lines say it
 *   result_apply(&result, &event, &error)…
 *   result_done(&result);
 */
#ifndef AZFAN_RUN_RESULT_H
#define AZFAN_RUN_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/answer.h"
#include "base/buffer.h"
#include "job/job.h"
#include "job/outcome.h"
#include "run/origin.h"
#include "run/schedule.h"

struct error;
struct event;

/* A file that is sent with the script. */
struct result_file {
    char *name;
    char *digest;
    bool executable;
};

/* What reports and a rerun must know of the job. */
struct result_job {
    char *name;
    char *file;   /* as given */
    char *path;   /* absolute; NULL: not known */
    char *digest; /* SHA-256 in hexadecimal, of the job file; likewise of the script */
    char *script_digest;
    struct result_file *files; /* that are sent with the script, in the order of the job */
    size_t file_count;
    char *runbook;   /* NULL: none */
    int64_t timeout; /* nanoseconds */
    int64_t script_timeout;
    int64_t script_grace;
    int64_t deadline;   /* 0: none */
    int64_t kill_grace; /* 0: not known, of an older journal; likewise the next three */
    int64_t pause_between;
    bool has_max_failures;
    struct job_share max_failures;
    int attempts; /* of one target, at most */
    int batches;  /* how many there are */
};

/* What the command line put over the job file: a rerun puts it there again. */
struct result_overrides {
    int concurrency; /* 0: nothing; likewise down to attempts */
    int64_t timeout;
    int64_t deadline;
    int64_t script_timeout;
    int attempts;
    char *batches; /* as it was given; NULL: nothing; likewise max_failures */
    char *max_failures;
    char *targets; /* absolute, or "-"; likewise */
    char *az;      /* NULL: nothing; likewise client, identity */
    char *client;
    char *identity;
    char **settings; /* NAME=VALUE; never of a parameter that the job declares a secret */
    size_t setting_count;
    char **secrets; /* of those the names: a rerun does not know what was set */
    size_t secret_count;
    bool has_args; /* there were arguments after --, perhaps none */
    char **args;   /* NULL in it: a secret, likewise */
    size_t arg_count;
};

/* A request for a script's run that a client of REST has sent, and where to ask what became of it.
 * The result owns its texts. */
struct result_operation {
    bool sent;
    char *url;            /* NULL: it was not accepted, as far as is known */
    char *request_id;     /* of Azure's, for those who ask its support; NULL; likewise the next */
    char *correlation_id; /* what the Activity Log shows */
    char *nonce; /* by which the script's end is known in the answer; NULL: an older azfan's */
    int64_t busy_until; /* of one that was accepted, wall clock: so long its script may run */
};

struct result_attempt {
    int64_t at; /* its start, nanoseconds from the start of the run, on the monotonic clock */
    int64_t wall_started;
    int64_t duration;
    enum outcome_kind outcome;
    enum outcome_reason reason;
    char *message; /* NULL for ok; owned by the result */
    int az_exit;   /* exit status of az; -1 when it did not exit by itself */
    int az_signal; /* the signal that ended az; 0 when none did */
    bool stopped;  /* azfan sent it signals */
    int leftovers_killed;
    int64_t cpu_time;
    long max_rss_kib;
    int worker; /* the thread that ran it, from 0 */
    bool asks;  /* it only asked what became of an earlier one, whose `operation` it is */
    struct result_operation operation;
};

/* How often Azure has refused a start, for the limit of … */
struct result_throttled {
    size_t by_subscription; /* … or nobody knows of what */
    size_t by_region;
    size_t by_vm;
};

enum result_state {
    RESULT_WAITING, /* for its first attempt, or for another one */
    RESULT_STARTED,
    RESULT_SETTLED
};

struct result_target {
    char *name;
    char *resource_group;
    char *subscription; /* NULL: az's default one */
    char *label;        /* unique in the run */
    char *id;           /* the full ARM id; NULL before the login told the subscription */
    int batch;          /* from 1 */
    enum result_state state;
    struct outcome outcome; /* of the last attempt; it stands when SETTLED */
    int64_t wall_ended;     /* of the last attempt; of one that is under way: its start */
    int64_t busy_until;     /* wall clock: so long its script may still run on the VM, for the guard
                               stops it script_timeout after its start, and az and the agent may
                               need a minute before that; 0: it does not run any more */
    bool marked;            /* the guards look for a mark on the VM (azure/guard) and leave it */
    char *mark_of; /* … which an earlier run has made, that is: its id; NULL: this run's own */
    bool doubtful; /* an attempt may have started the script, and nobody knows how that ended: only
                      the mark can tell */
    bool open;     /* an attempt has begun whose end is not known: it is under way, or azfan
                      was killed over it */
    int64_t began; /* its start, nanoseconds from the start of the run */
    bool asking;   /* of one that is open: it only asks */
    struct result_operation operation; /* its own, while it is under way */
    struct result_operation question;  /* of the last one of which nobody has said yet how it ended;
                                          see result_question() */
    bool answered;   /* in this run it was asked what became of an earlier one, and Azure said so */
    bool recovered;  /* that is the outcome which stands */
    bool unanswered; /* the outcome which stands says only that Azure did not say so */
    int64_t duration;     /* of all attempts that have ended */
    struct buffer output; /* of the last attempt: raw bytes, any, secrets removed */
    struct buffer errors;
    bool output_truncated;
    bool errors_truncated;
    struct result_attempt *attempts;
    size_t attempt_count;
};

/*
 * What ended the run before its work was done. The first that happens counts,
 * but a signal or the deadline goes before a halt.
 */
enum result_ending {
    RESULT_COMPLETE,
    RESULT_SIGNAL,
    RESULT_DEADLINE,
    RESULT_LOGIN,
    RESULT_HALTED,
    RESULT_INTERRUPTED, /* azfan was killed, or the machine went down: only from a journal */
    RESULT_GOING        /* it has not ended yet: only from a journal */
};

struct result {
    char *run; /* the run's id */
    struct result_job job;
    struct result_overrides overrides;
    struct origin origin;
    bool rehearsal;
    char *client;   /* "az" or "rest" */
    char *identity; /* whose token rest has; NULL: client az */
    int speed;      /* of a rehearsal in time-lapse: so many times as fast; else 1 */
    char *rerun_of; /* the run whose targets these are; NULL: none */
    bool again;     /* a rerun that starts also what had started before */
    bool recover;   /* one that only asks what became of it, and starts nothing */
    int64_t wall_started;
    int64_t wall_ended;
    int64_t duration;
    enum result_ending ending;
    int signal;    /* with RESULT_SIGNAL */
    char *trouble; /* what azfan itself could not do (a full disk); NULL: nothing; exit status 1 */
    enum schedule_stage stage; /* how firmly it has been ended; GOING: not at all */
    char *halt_cause;          /* one sentence, when the run was halted; else NULL */
    char *folder;              /* the run folder; NULL when there is none */
    int concurrency;           /* attempts at once, as the job wants it */
    int workers;               /* as the machine can bear it */
    int least_limit; /* to how many Azure's throttling brought it down; WORKERS: it did not */
    size_t cuts;     /* how often */
    struct result_throttled throttled;
    struct result_target *targets; /* in the job's order */
    size_t target_count;
    size_t target_total; /* the same, known before they are: a list of runs has no targets */
    size_t *by_label;    /* their indices, sorted; NULL: result_find() is not for them */
    size_t settled;
    size_t counts[OUTCOME_KINDS]; /* of those that are settled */
};

void result_init(struct result *result, const char *run);
/* Leaves it zeroed: a second time does no harm. */
void result_done(struct result *result);

struct result_operation result_operation_copy(const struct result_operation *operation);
void result_operation_done(struct result_operation *operation);

/* Copies what is to be known of JOB. BATCHES: of each target, from 1. Once, after result_init(). */
void result_take_job(struct result *result, const struct job *job, const int *batches);

/* Makes COUNT targets that wait, all else zeroed: for somebody who fills them in. Once. */
void result_take_targets(struct result *result, size_t count);

/* Fills in the ids of the targets, SUBSCRIPTION (may be NULL) being az's default one, and keeps it.
 */
void result_name_targets(struct result *result, const char *subscription);

/*
 * The only way in for what happens: changes RESULT as EVENT says, and takes over what it keeps of
 * it (event_done() frees the rest). Error, with RESULT as it was but for its time: the event cannot
 * be, after what has happened before.
 *
 * A halt settles every target that waits: one that had an attempt keeps that one's outcome, the
 * others are skipped, for the reason that the run's ending is. The end of an attempt that has
 * started nothing does not undo what an attempt before may have started: the target's outcome says
 * so.
 */
int result_apply(struct result *result, struct event *event, struct error *error);

/* azfan itself could not do what TEXT says; the first trouble stays. */
void result_trouble(struct result *result, const char *text);

/* Which target has LABEL? Only of a result whose targets came by an event. */
bool result_find(const struct result *result, const char *label, size_t *ret);

/* The id of the run whose mark TARGET's guards look for; NULL: for none. */
const char *result_mark(const struct result *result, const struct result_target *target);

/*
 * A later run, of which run/sequel knows, has left on the VM of TARGET the mark that RUN has made
 * (its id; this run's is as good as any); NULL: none.
 */
void result_take_mark(struct result *result, struct result_target *target, const char *run);

/* What Azure can be asked of TARGET: what became of its script. NULL: nothing. */
const struct result_operation *result_question(const struct result_target *target);

/* A copy of OPERATION becomes TARGET's question; NULL: it has none. */
void result_take_question(struct result_target *target, const struct result_operation *operation);

/* Was the last thing that was done to TARGET to ask what became of an earlier attempt? */
bool result_asked(const struct result_target *target);

/* How many attempts there were, the one without an end as well. To ask is none. */
size_t result_attempts(const struct result_target *target);

/* Of how many targets does what Azure said afterwards stand? */
size_t result_recovered(const struct result *result);

/* Has the script of TARGET begun, and may it be running now, as far as anybody knows? */
enum outcome_script result_script(const struct result_target *target);
bool result_may_still_run(const struct result_target *target);

/*
 * The word that means this run to `azfan rerun` and `azfan report`: its id, or its folder where
 * that is not called so. NULL: it has none. Valid as long as RESULT is.
 */
const char *result_word(const struct result *result);

/* The same for a run that one can go on with: NULL also where azfan was in trouble, for then not
 * all of it may have been kept. */
const char *result_way_on(const struct result *result);

/* The exit status as azfan(1), EXIT STATUS, has it; of a run that is GOING: 0. */
int result_exit_status(const struct result *result);

#endif
