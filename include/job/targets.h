/* SPDX-License-Identifier: MIT */
/*
 * targets: the list of VMs that a job selects.
 *
 * Collects targets in order (vms, then file), drops a VM that is named twice
 * (subscription, group and name compared without regard to case) and those that
 * others chose to leave out. Main thread.
 *
 *   struct targets targets = TARGETS_INIT;
 *   targets_add(&targets, …)…; targets_drop(…);
 *   labels_give(targets.list, targets.count);
 *   job->targets = targets_take(&targets, &job->target_count);
 *   targets_done(&targets);
 */
#ifndef AZFAN_JOB_TARGETS_H
#define AZFAN_JOB_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "job/job.h"

struct targets {
    struct job_target *list;
    size_t count;
    size_t capacity;
    size_t *index; /* a hash table for finding doubles; private, like its size */
    size_t index_size;
};

#define TARGETS_INIT                                                                               \
    {                                                                                              \
        NULL, 0, 0, NULL, 0                                                                        \
    }

#define TARGETS_ID_FORM                                                                            \
    "/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Compute/virtualMachines/NAME"

/* Parts of an id of that form. */
struct targets_id {
    char *subscription, *resource_group, *name; /* free() each */
};

/*
 * Reads an ARM id (keys without regard to case). The error says which part is
 * wrong; *RET is all NULL then.
 */
int targets_parse_id(const char *text, struct targets_id *ret, struct error *error);

/* The full ARM id of these parts. free() it. */
char *targets_print_id(const char *subscription, const char *resource_group, const char *name);

/* Makes room for MORE, so that many can be added without making it again and again. */
void targets_expect(struct targets *targets, size_t more);

/*
 * Adds one VM; takes copies, and takes over PARAMETERS' contents (may be
 * NULL). False when it was there already (they are freed then).
 */
bool targets_add(struct targets *targets, const char *subscription, const char *resource_group,
                 const char *name, struct job_parameters *parameters);

/* Drops those of which DROPPED, an entry a target, says so. */
void targets_drop(struct targets *targets, const bool *dropped);

/* A VM of a past run. */
struct targets_wanted {
    const char *subscription; /* NULL: not known */
    const char *resource_group;
    const char *name;
    bool found; /* set by targets_keep(): it is there */
    size_t
        place; /* then: which of the targets that were kept it is; more than one may be the same */
};

/*
 * Keeps only the targets that are among WANTED, sets `found` and `place` of those that were there,
 * and gives a target that leaves its subscription to az the one that was meant then.
 */
void targets_keep(struct targets *targets, struct targets_wanted *wanted, size_t count);

/* Hands the array to the caller (free() it after job_target_done() for each) and leaves none. */
struct job_target *targets_take(struct targets *targets, size_t *ret_count);

void targets_done(struct targets *targets);

#endif
