/* SPDX-License-Identifier: MIT */
/*
 * syntax_process: a program that reads a script and says what is wrong in it.
 *
 * Private to azure/syntax*.c. Main thread.
 */
#ifndef AZFAN_AZURE_SYNTAX_PROCESS_H
#define AZFAN_AZURE_SYNTAX_PROCESS_H

#include <stdbool.h>

#include "base/strings.h"
#include "engine/supervise.h"

struct job;

struct syntax_process {
    const char *program;
    struct strings arguments;
    struct strings environment;
    int seconds; /* that it has */
};

/* Runs it with JOB's script as its standard input. finish_done() RET in any case. */
void syntax_process_run(const struct syntax_process *process, const struct job *job,
                        struct finish *ret);

/* Did it end by itself, with a status? */
bool syntax_process_ended(const struct finish *finish);

void syntax_process_done(struct syntax_process *process);

#endif
