/* SPDX-License-Identifier: MIT */
/*
 * runs: the past runs on this machine, which one is meant, and what is left to do of it.
 *
 * Reads run folders, changes nothing. Main thread.
 */
#ifndef AZFAN_RUN_RUNS_H
#define AZFAN_RUN_RUNS_H

#include <stdbool.h>

#include "base/error.h"

struct result;
struct strings;

/*
 * The paths of the runs in the folder of runs; none where there is no such folder. Newest first, in
 * the order in which they were started (run/order); where that is not known as their names say,
 * which begin with the time of the start, and others by the time when their journal was written
 * last. For strings_done().
 */
int runs_list(struct strings *ret, struct error *error);

/* The folder of the run ID among them; NULL: there is none. free() it. */
char *runs_folder(const char *id);

/*
 * The folder of the run that WORD means: an id, a run folder or a file of azfan's in it, the last
 * four letters of an id, or a job, by its name or its file, of which the latest run is meant. NULL
 * and "latest": the latest run that was no rehearsal; the latest rehearsal where there is no other.
 * free() *RET, and *RET_NOTE, which says that it is a rehearsal, or that a later one is not meant;
 * NULL: there is nothing to say. The error says what there is instead.
 */
int runs_find(const char *word, char **ret, char **ret_note, struct error *error);

/* Where in ID its last letters begin, which stand for it with runs_find(); "": it has none. */
const char *runs_letters(const char *id);

/* Is HEAD (of replay_head(), or more) a run of the job that WORD means by its name or its file? */
bool runs_is_of_job(const struct result *head, const char *word);

/*
 * Reads into NAMED what the run in FOLDER was to do (its targets are used up), and into WHOLE the
 * run that it goes back to (it may be a rerun of a rerun; else it is the run itself) with what all
 * its reruns came to put over it: a target that has become ok there is ok, and
 * where its script may still run is known. So a rerun of any of them goes on
 * with what is left of all of it. Both are for result_done(). *RET_LOCK keeps
 * another rerun of them away until the caller closes it. Refuses when one
 * of these runs is going on at this moment. Others that cannot be read, or are
 * not in the folder of runs any more, are passed over.
 */
int runs_gather(const char *folder, struct result *named, struct result *whole, int *ret_lock,
                struct error *error);

/*
 * Puts over RESULT what Azure has said of it since, in whatever run it was asked: an outcome that
 * was not known is, where Azure knew it.
 */
void runs_recover(struct result *result);

#endif
