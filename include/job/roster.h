/* SPDX-License-Identifier: MIT */
/*
 * roster: the VMs of a job, to be found by selectors.
 *
 * Names and ranges are looked up, so that they cost what they stand for and
 * not what there is; globs are held against every VM. All work is counted in
 * steps, a nanosecond or two each, of which a roster has ROSTER_STEPS_MOST.
 * Main thread.
 *
 * A selector that names a subscription also means the VM of a target that
 * leaves its own to az: nobody knows here which one az has, and what is left out
 * must not run. For who says which VMs run, `pins`, it means that only where no
 * other target is that VM, and the target then takes the subscription that was
 * named. Part of job/choice.
 */
#ifndef AZFAN_JOB_ROSTER_H
#define AZFAN_JOB_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"

struct selector;
struct targets;

enum {
    ROSTER_STEPS_MOST = 12 * 1000 * 1000, /* some hundredths of a second */
    ROSTER_LISTED_MOST = 1000
};

struct roster {
    struct targets *targets; /* none may come or go */
    uint64_t steps;          /* that are left; 0: no answer counts */
    bool pins;               /* set by who asks; see above */
    size_t *first, *next;    /* private: chains of one name, numbers plus one */
    size_t size;
    struct names_subject *subjects; /* private: for globs; NULL: none was there yet */
};

/* What became of a selector. */
struct roster_answer {
    size_t found;           /* targets */
    struct strings there;   /* which names of a range are there, ROSTER_LISTED_MOST at most */
    struct strings missing; /* and which not, likewise */
    size_t missing_count;   /* all of them */
};

void roster_init(struct roster *roster, struct targets *targets);
void roster_done(struct roster *roster);

/* Sets MARKS of the targets that SELECTOR means. */
void roster_mark(struct roster *roster, const struct selector *selector, bool *marks,
                 struct roster_answer *ret);
void roster_answer_done(struct roster_answer *answer);

/* The first target of this NAME, in whatever group; NULL: none has it. */
const struct job_target *roster_find(struct roster *roster, const char *name);

#endif
