/* SPDX-License-Identifier: MIT */
/*
 * folder: the run folder on disk (azfan(1), FILES).
 *
 *   folder_name_run(…);                  // the id
 *   folder_open(&folder, …);             // makes it, 0700, and output/
 *   folder_write_output(…)…              // NAME.out and NAME.err
 *   folder_close(&folder);               // or folder_remove(), when nothing was started
 *
 * A folder that already holds anything is refused: nothing of an older run is
 * ever overwritten. So is one that others could exchange (sys/place). Main thread.
 */
#ifndef AZFAN_RUN_FOLDER_H
#define AZFAN_RUN_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct folder {
    char *path;    /* absolute where it was given so; as given else */
    char *report;  /* PATH/report.json */
    char *journal; /* PATH/journal.jsonl: for journal_create() */
    char *job;     /* PATH/job.yaml: for folder_write_job() */
    int fd;        /* PATH itself: outputs are written in this */
    bool found;    /* PATH was there before, and empty */
};

/* "20261123T030000Z-NAME-1a2b"; NAME is the job's, WALL is the start in UTC. free() *RET. */
int folder_name_run(const char *name, int64_t wall, char **ret, struct error *error);

/*
 * Can ID, which somebody has chosen, be a run's: 1 to 64 letters, digits and - _ . that begin with
 * a letter or a digit, and not the word that means another run?
 */
int folder_check_id(const char *id, struct error *error);

/* What azfan keeps as NAME: $XDG_STATE_HOME/azfan/NAME (~/.local/state where unset). free() *RET.
 */
int folder_of_state(const char *name, char **ret, struct error *error);

/* Where runs are kept: runs in there. */
int folder_of_runs(char **ret, struct error *error);

/* PATH, or where PATH is NULL RUN in the folder of runs. */
int folder_open(struct folder *folder, const char *path, const char *run, struct error *error);

/*
 * Writes output/LABEL.out and output/LABEL.err (a '/' of the label becomes a
 * '+', which no name in Azure has); a stream without a byte has no file.
 */
int folder_write_output(const struct folder *folder, const char *label, const struct buffer *output,
                        const struct buffer *errors, struct error *error);

/* Writes the job's file TEXT, of a job that has none elsewhere. */
int folder_write_job(const struct folder *folder, const char *text, struct error *error);

void folder_close(struct folder *folder);

/*
 * Takes back what folder_open(), folder_write_job() and journal_create() have made, for a run of
 * which nothing was started, and closes. A folder that was there before stays, empty. -1: the error
 * says what is left behind.
 */
int folder_remove(struct folder *folder, struct error *error);

#endif
