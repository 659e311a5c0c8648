/* SPDX-License-Identifier: MIT */
/*
 * schedule: who is next, and when it is over.
 *
 * A pure machine: events and the time go in, decisions come out. No thread, no
 * clock, no I/O. Batches, retries, thresholds, the deadline, how many may run
 * at once, and what a signal means are decided here and nowhere else.
 *
 *   schedule = schedule_new(&rules);
 *   for (;;) {
 *       while ((decision = schedule_next(schedule, now)).step == SCHEDULE_START)
 *           … start decision.target …
 *       if (decision.step == SCHEDULE_OVER) break;
 *       … wait for an end, a signal, or decision.until …
 *       schedule_ended(…) for each end; schedule_handle_signal(…); schedule_check_deadline(…)
 *   }
 *   schedule_free(schedule);
 *
 * Times are absolute monotonic nanoseconds. Main thread.
 */
#ifndef AZFAN_RUN_SCHEDULE_H
#define AZFAN_RUN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/outcome.h"
#include "run/quota.h"

#define SCHEDULE_NO_LIMIT SIZE_MAX
#define SCHEDULE_ALL      100 /* percent */

struct schedule_rules {
    size_t target_count;
    const int *batches;        /* of each target, from 1, never falling; NULL: all in batch 1 */
    const int64_t *not_before; /* of each target: it is not started earlier; NULL: at once */
    const bool *asks; /* of each target: before anything is started, it is asked what came of
                         an earlier run; NULL: none is */
    bool only_asks;   /* and nothing is started after that */
    int workers;      /* attempts at once, at most; from 1 */
    int attempts;     /* of one target, at most; from 1 */
    int64_t delay;    /* before the second one */
    int factor;       /* by which the delay grows; from 1 */
    int64_t max_delay;
    uint32_t retry_on;     /* outcome_bit() of each reason; what was `passing` goes with
                              REASON_NETWORK */
    bool idempotent;       /* also what may have started the script is repeated; else only where
                              its own mark_decides says so, for then guards look for the mark */
    uint64_t seed;         /* of the jitter: a delay is shortened by up to a quarter */
    int64_t pause_between; /* from the end of a batch to the start of the next */
    size_t max_failures;   /* of the run: more halt it; SCHEDULE_NO_LIMIT */
    int batch_percent;     /* of a batch: more than schedule_share() of it halt the run;
                              SCHEDULE_ALL */
    bool needs_ok;         /* so does a batch of which nothing is ok, when another one follows */
    bool stop_on_halt;     /* then running attempts are stopped; else they may end */
    int64_t deadline;      /* of the run; CLOCK_NEVER */
    int64_t patience;      /* how long a target is kept that cannot be started for want of room */
    struct quota_rules quota; /* how many may be started, of a client that takes no time to start:
                                 then Azure's throttling holds back starts where it is meant, and
                                 does not change how many may run at once */
};

/* How far the end of the run has come. It only ever grows. */
enum schedule_stage {
    SCHEDULE_GOING,
    SCHEDULE_DRAINING, /* nothing more is started, what runs may end */
    SCHEDULE_STOPPING, /* what runs is stopped by the ladder */
    SCHEDULE_KILLING   /* by SIGKILL */
};

enum schedule_step { SCHEDULE_START, SCHEDULE_WAIT, SCHEDULE_OVER };

struct schedule_decision {
    enum schedule_step step;
    size_t target; /* with START: it counts as running from now on */
    int attempt;   /* likewise: from 1 */
    bool asks;     /* likewise: it is only asked, which is no attempt */
    /* With WAIT: nothing can be started before, unless an attempt ends; not after the deadline,
       when schedule_check_deadline() has something to say; CLOCK_NEVER */
    int64_t until;
    /* With WAIT, where a place is free and what could take it is held back by Azure's limit of
       starts: until then; else CLOCK_NEVER */
    int64_t limited_until;
};

/* Which of the rules halts the run: the narrowest, where several do. */
enum schedule_halt {
    SCHEDULE_NO_HALT,
    SCHEDULE_HALT_OF_BATCH, /* batch_percent */
    SCHEDULE_HALT_OF_RUN,   /* max_failures */
    SCHEDULE_HALT_OF_NO_OK  /* needs_ok */
};

/* What has failed, of what max_failures counts. */
struct schedule_tally {
    size_t failures; /* in the run */
    int batch;       /* that of the target which has ended */
    size_t batch_targets;
    size_t batch_failures;
};

/* What an end means. */
struct schedule_verdict {
    bool settled;                /* the outcome stands; else the target is tried again */
    int64_t again_at;            /* when not settled: not earlier */
    bool cut;                    /* fewer may run at once from now on: schedule_limit() */
    enum schedule_halt halt;     /* the stage has grown by it: once a run */
    struct schedule_tally tally; /* with this end */
};

struct schedule;

/* PERCENT of TARGETS. A fraction of a target cannot fail: 12.5 are 12. */
size_t schedule_share(int percent, size_t targets);

/* How long a target rests after its ATTEMPT-th attempt (from 1), without the jitter. */
int64_t schedule_delay(const struct schedule_rules *rules, int attempt);

/* Takes a copy of RULES, and of the arrays that they point to. Never NULL. */
struct schedule *schedule_new(const struct schedule_rules *rules);
void schedule_free(struct schedule *schedule);

/*
 * The next thing to do at NOW. Once the stage is not SCHEDULE_GOING nothing is started: WAIT while
 * something runs, then OVER. The targets that were never settled are the caller's to settle.
 */
struct schedule_decision schedule_next(struct schedule *schedule, int64_t now);

/*
 * The attempt of TARGET, which runs, has ended with OUTCOME; or it has been asked, and then it is
 * settled where that is ok or nothing is started, and else it is started like any other, once all
 * have been asked: before its not_before only where its script cannot run any more. What came of an
 * earlier run halts nothing.
 */
struct schedule_verdict schedule_ended(struct schedule *schedule, size_t target,
                                       const struct outcome *outcome, int64_t now);

/*
 * The attempt of TARGET could not be started, because the machine has no room for one more process
 * or descriptor at this moment. It does not count as an attempt, and for a short while that grows
 * nothing is started. True: it will be tried again. False: the rules' patience is over, or nothing
 * is started any more: the target counts as running until the caller reports its end by
 * schedule_ended(). The end of any other attempt ends the pause: it has left its room. Refusals of
 * what was started before the pause began do not make it longer.
 */
bool schedule_no_room(struct schedule *schedule, size_t target, int64_t now);

/* The attempt of TARGET has not begun, and there will be no other: nothing more is started, or is
 * about not to be. Its end is the caller's to settle. */
void schedule_taken_back(struct schedule *schedule, size_t target);

/* Azure has answered the attempt of TARGET, which runs, and LIMITS is what it said beside. */
void schedule_heard(struct schedule *schedule, size_t target, const struct quota_limits *limits);

/* Has the deadline passed? Returns true when it just has: the stage has become STOPPING. */
bool schedule_check_deadline(struct schedule *schedule, int64_t now);

/*
 * A signal of the operator's. GENTLE (SIGINT): the first one drains, however the run was going; the
 * next ones, and any other signal, stop; and a signal that comes while what runs is being stopped
 * kills. Returns the stage.
 */
enum schedule_stage schedule_handle_signal(struct schedule *schedule, bool gentle);

/* The same for a stage alone. GENTLY: by a SIGINT, and there was no signal before. */
enum schedule_stage schedule_stage_after(enum schedule_stage stage, bool gently);

/* HELD: nothing is started until it is let go again; what runs goes on. */
void schedule_hold(struct schedule *schedule, bool held);

/* Every other target would fail likewise, or nothing can be kept any more: no more are started. */
void schedule_halt(struct schedule *schedule);

enum schedule_stage schedule_stage(const struct schedule *schedule);

/* "going", "draining", … */
const char *schedule_stage_name(enum schedule_stage stage);

/* The stage that is called NAME; NULL, and what is none: DRAINING, the least that a run that is
 * being ended can be. */
enum schedule_stage schedule_find_stage(const char *name);

/* How many may run at once now, from 1 to the rules' workers; how many run. */
int schedule_limit(const struct schedule *schedule);
size_t schedule_running(const struct schedule *schedule);

/* How many run in SUBSCRIPTION, by the numbers of the rules' quota; without one, how many run. */
size_t schedule_running_in(const struct schedule *schedule, size_t subscription);

#endif
