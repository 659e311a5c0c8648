/* SPDX-License-Identifier: MIT */
/*
 * scope: where a job goes, in a few lines for people.
 *
 * How many VMs, in which subscriptions and resource groups, and by whose login. However large the
 * job is, scope_print() takes no more than some twenty lines. Pure.
 */
#ifndef AZFAN_CLI_SCOPE_H
#define AZFAN_CLI_SCOPE_H

#include <stdbool.h>

struct accounts;
struct buffer;
struct job;

struct scope {
    const struct job *job;
    const int *batches;              /* of each target */
    const char *subscription;        /* az's default one; NULL: not known */
    const struct accounts *accounts; /* what az calls them; may be empty; NULL: nobody asks it */
    const char *unknown; /* why not all is known that az could say; NULL: nobody needs to know */
};

/* Appends lines, each with its newline. */
void scope_print(struct buffer *buffer, const struct scope *scope);

/* The subscriptions and the groups alone, with every name. */
void scope_print_targets(struct buffer *buffer, const struct scope *scope);

#endif
