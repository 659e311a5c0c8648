/* SPDX-License-Identifier: MIT */
/*
 * selector: one word that says which VMs are meant.
 *
 * It is whatever azfan prints of a VM, and patterns of it: NAME, GROUP/NAME,
 * SUBSCRIPTION/GROUP/NAME or a full ARM id. NAME and GROUP may be ranges and
 * globs (job/names.h). Without regard to case. Pure. Main thread; and the
 * simulated az.
 */
#ifndef AZFAN_JOB_SELECTOR_H
#define AZFAN_JOB_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strings.h"

struct targets_id;

enum { SELECTOR_GROUPS_MOST = 1000 }; /* that one selector names */

struct selector {
    char *subscription;    /* NULL: any */
    struct strings groups; /* names and globs; none: any */
    char *name;            /* a name, a range, a glob, or a range with globs */
    size_t names;          /* how many the name stands for; 0: a glob knows no number */
    bool is_glob;          /* it has a * or ?: nobody can say which VMs must be there */
};

/* Reads TEXT into *RET, for selector_done(); on error nothing is to be freed. */
int selector_parse(const char *text, struct selector *ret, struct error *error);
void selector_done(struct selector *selector);

/*
 * Is GROUP among those of SELECTOR? Likewise a SUBSCRIPTION that is known. *STEPS become fewer, and
 * at 0 the answer is no.
 */
bool selector_has_group(const struct selector *selector, const char *group, uint64_t *steps);
bool selector_has_subscription(const struct selector *selector, const char *subscription);

/* Does it mean this VM? */
bool selector_means(const struct selector *selector, const struct targets_id *id);

#endif
