/* SPDX-License-Identifier: MIT */
/*
 * scripttext: is a text a script, of which something would run?
 *
 * What is wrong with its bytes, its line ends and its comments, in words for
 * people. What a shell says of it is azure/syntax's business. Pure. Main thread.
 */
#ifndef AZFAN_JOB_SCRIPTTEXT_H
#define AZFAN_JOB_SCRIPTTEXT_H

#include <stddef.h>

#include "base/error.h"
#include "job/job.h"

struct scripttext {
    const char *name; /* for messages: its file, or "the script" */
    const char *text;
    size_t length;
    enum job_shell shell;
    const struct job_place *place; /* NULL: it is a file */
};

/* -1: a VM cannot run it, or would run nothing of it. */
int scripttext_check(const struct scripttext *script, struct error *error);

#endif
