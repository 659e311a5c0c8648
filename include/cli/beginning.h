/* SPDX-License-Identifier: MIT */
/*
 * beginning: what is said and asked before a run starts anything.
 *
 *   beginning_check(&execution, &error)   // before anything else
 *   beginning_init(&beginning, …);
 *   conduct = {…, .may_begin = beginning_may, .context = &beginning}
 *   beginning_end(&beginning);            // after conduct_run()
 */
#ifndef AZFAN_CLI_BEGINNING_H
#define AZFAN_CLI_BEGINNING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/clash.h"

struct execution;
struct live;
struct login;
struct options;
struct result;
struct warden;

struct beginning {
    const struct execution *execution;
    const int *batches; /* of each target */
    struct warden *warden;
    struct live *live;
    bool asks;  /* whether to go on */
    bool shows; /* where it goes */
    int signal; /* that came instead of an answer; 0: none */
    struct clash clash;
    char *doubles_in; /* not NULL: it begins anew, for targets turned out to be one VM where az's
                         default subscription is this one; free() it */
};

/* -1: the job wants a yes, and there is nobody to ask; the error says so. */
int beginning_check(const struct execution *execution, struct error *error);

/* Does somebody want to read about what begins? Not who wants neither lines nor progress. */
bool beginning_is_told(const struct options *options);

/* What it points to must outlive it. */
void beginning_init(struct beginning *beginning, const struct execution *execution,
                    const int *batches, struct warden *warden, struct live *live,
                    const struct result *result);

/* For struct conduct: CONTEXT is a struct beginning. False: nothing is to be started. */
bool beginning_may(void *context, const struct login *login);

/* The run has ended, or does not begin: others do not see it any more. */
void beginning_end(struct beginning *beginning);

#endif
