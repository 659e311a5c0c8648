/* SPDX-License-Identifier: MIT */
/*
 * result: everything that a run came to.
 *
 * run/conduct fills it while the run goes on; reports are pure functions of
 * it. It owns what it points to, except the job, which must outlive it.
 * Main thread.
 */
#ifndef AZFAN_RUN_RESULT_H
#define AZFAN_RUN_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/answer.h"
#include "azure/outcome.h"
#include "base/buffer.h"
#include "job/job.h"

struct result_attempt {
    int64_t wall_started;
    int64_t duration;
    enum outcome_kind outcome;
    enum outcome_reason reason;
    int az_exit;   /* exit status of az; -1 when it did not exit by itself */
    int az_signal; /* the signal that ended az; 0 when none did */
    bool stopped;  /* azfan sent it signals */
    int leftovers_killed;
    int64_t cpu_time;
    long max_rss_kib;
    int worker; /* the thread that ran it, from 0 */
};

struct result_target {
    const struct job_target *target;
    char *id;  /* the full ARM id; NULL before the login told the subscription */
    int batch; /* from 1 */
    bool settled;
    struct outcome outcome; /* valid when settled */
    int64_t duration;       /* of all attempts */
    struct buffer output;   /* raw bytes, any, secrets removed */
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
enum result_ending { RESULT_COMPLETE, RESULT_SIGNAL, RESULT_DEADLINE, RESULT_LOGIN, RESULT_HALTED };

struct result {
    char *run; /* the run's id */
    const struct job *job;
    int64_t wall_started;
    int64_t wall_ended;
    int64_t duration;
    enum result_ending ending;
    int signal;    /* with RESULT_SIGNAL */
    char *trouble; /* what azfan itself could not do (a full disk); NULL: nothing; exit status 1 */
    char *halt_cause; /* one sentence, when a broken login or az halted it; else NULL */
    char *folder;     /* the run folder; NULL when there is none */
    struct result_target *targets; /* as many as the job has, in its order */
    size_t settled;
    size_t counts[OUTCOME_KINDS];
};

void result_init(struct result *result, const struct job *job, const char *run);
void result_done(struct result *result);

/* Keeps an attempt of target INDEX; the target is not settled by it. */
void result_add_attempt(struct result *result, size_t index, const struct result_attempt *attempt);

/* Settles target INDEX: takes over what ANSWER holds. Each target once. */
void result_settle(struct result *result, size_t index, struct answer *answer);

/* Settles target INDEX as skipped. */
void result_skip(struct result *result, size_t index, enum outcome_reason reason,
                 const char *message);

/* Says why the run ends early. CAUSE may be NULL. */
void result_end_early(struct result *result, enum result_ending ending, int signal,
                      const char *cause);

/* Remembers a failure of azfan itself; the first one stays. */
void result_trouble(struct result *result, const char *text);

/* The exit status as azfan(1), EXIT STATUS, has it. */
int result_exit_status(const struct result *result);

#endif
