/* SPDX-License-Identifier: MIT */
/*
 * replay: a journal, read back into a result.
 *
 * There is one way to build a report: from a result. A past run's is rebuilt
 * here from nothing but its journal, by the same functions that built it while
 * the run went on. A journal that another azfan is writing at this moment, or
 * that one which was killed has left, is read as far as it goes. Main thread.
 */
#ifndef AZFAN_RUN_REPLAY_H
#define AZFAN_RUN_REPLAY_H

#include <stddef.h>

#include "base/error.h"

struct event;
struct result;

/*
 * Rebuilds *RET, for result_done(), from the journal in the run folder FOLDER.
 * Without its last line the run is RESULT_GOING while somebody holds the
 * journal's lock; else RESULT_INTERRUPTED, and what was under way is settled as
 * unknown. Errors (*RET is zeroed): no journal, an empty one, one of
 * something else, one of a newer azfan, a damaged one; the error says which.
 */
int replay_run(const char *folder, struct result *ret, struct error *error);

/* EVENT has been applied to RESULT. LINE, of LENGTH bytes, is the journal's, without its newline.
 * Until EVENT_TARGETS the result has no targets. */
typedef void replay_seen(void *context, const struct result *result, const struct event *event,
                         const char *line, size_t length);

/* The same, told event by event. */
int replay_run_seen(const char *folder, struct result *ret, replay_seen *seen, void *context,
                    struct error *error);

/*
 * The same without the targets, and quickly when the run has finished: what a
 * list of runs shows. RET has no targets then (no result_exit_status() can be
 * made of it), but while the run goes on; *RET_TARGETS is how many there were, and settled and
 * counts say what became of them. Of a run that has finished only the first and the last line are
 * read: damage between them is not seen, and why it was halted, and how Azure throttled it, is not
 * known.
 */
int replay_summary(const char *folder, struct result *ret, size_t *ret_targets,
                   struct error *error);

/*
 * What the first line alone says: which run it is, what it was to do, and of which one it is a
 * rerun. As quick with 100,000 targets as with one. RET, for result_done(), has no targets and no
 * ending.
 */
int replay_head(const char *folder, struct result *ret, struct error *error);

/*
 * What a run is to do, as far as its first start: its targets, whether one of them was started (its
 * state says so), and their ids when az's login was known by then. RET, for result_done(), is
 * RESULT_GOING unless the journal's last line is there; nobody asks for the lock.
 */
int replay_beginning(const char *folder, struct result *ret, struct error *error);

/* ---- one that goes on ---- */

/*
 * A run that another azfan is at, told event by event, from its first:
 *
 *   replay_follow_open(&follow, folder, &result, &error)
 *   do
 *       replay_follow_on(follow, seen, context, &state, &error)      // all that there is by now
 *   while (state is REPLAY_GOING && …replay_follow_fd(follow) is waited for, as struct
 *          journal_follow has it…)
 *   replay_follow_close(follow); result_done(&result);
 */
struct replay_follow;

enum replay_state {
    REPLAY_GOING,
    REPLAY_ENDING, /* the result has its end, and its azfan still writes reports and prints */
    REPLAY_OVER,   /* nobody is at it any more; RESULT_INTERRUPTED where it has no end */
    REPLAY_REMOVED /* nothing was started, and nothing is kept */
};

/* RET, for result_done(), belongs to FOLLOW until replay_follow_close(). On error *RET_FOLLOW is
 * NULL. */
int replay_follow_open(struct replay_follow **ret_follow, const char *folder, struct result *ret,
                       struct error *error);
int replay_follow_on(struct replay_follow *follow, replay_seen *seen, void *context,
                     enum replay_state *ret, struct error *error);
int replay_follow_fd(const struct replay_follow *follow);
void replay_follow_close(struct replay_follow *follow);

#endif
