/* SPDX-License-Identifier: MIT */
/*
 * choice: which of a job's VMs are left by its `exclude` and by the command
 * line's --exclude and --limit.
 *
 * What these say, and --inject too, is held against all VMs that the job
 * lists: who excludes a VM may limit the run to others. A name or a range that
 * means a VM which is not there is a problem where it stands; so is a glob of
 * the command line that means none. Work is bounded: after the problem that
 * says so the choice does not count. Main thread. Part of job/selection.
 */
#ifndef AZFAN_JOB_CHOICE_H
#define AZFAN_JOB_CHOICE_H

#include <stdbool.h>

struct loading;
struct targets;
struct yaml_node;

/* How much is known of the VMs that the job lists. */
enum choice_list {
    CHOICE_WHOLE,  /* TARGETS are all of them */
    CHOICE_OF_RUN, /* those of a past run or of --targets stand in for them: of the job's own
                      `exclude` some may be missing */
    CHOICE_BROKEN  /* some were refused: what is missing is no problem of its own */
};

/*
 * Which of TARGETS are left out by EXCLUDED, the job's value or NULL, and by the command line: an
 * entry a target, to free(). A target may take the subscription that the command line names.
 */
bool *choice_make(const struct loading *loading, const struct yaml_node *excluded,
                  enum choice_list list, struct targets *targets);

#endif
