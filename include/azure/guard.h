/* SPDX-License-Identifier: MIT */
/*
 * guard: the wrapper that goes around a script and runs on the VM.
 *
 * az hides a script's exit status, has no time limit and returns only the last
 * 4,096 bytes of a stream (Azure/run-command-extension-linux main/cmds.go,
 * main/status.go). So the guard writes the script to a file in a folder of its own,
 * azfan-NONCE, sets its parameters, runs it in a session of its own, with its output
 * in files of that folder, stops all of that session when the script's time is over,
 * prints what the script has printed (azure/payload), and as the last line of standard
 * output
 *
 *   azfan:NONCE end=exit status=7 seconds=12
 *
 * where end is "exit", "timeout", "broken" (the guard could not run the script
 * at all) or "again" (below). After a timeout " left=1" says that something of the
 * script may still run. Only a line with the right nonce is believed. A
 * status over 128 means, as in every shell, that signal STATUS-128 ended the
 * script.
 *
 * az repeats a POST by itself after a 500, 503 or 504 (azure-core's
 * RetryPolicy), though Azure may have accepted the first one: then the second
 * one finds the VM busy with our own script, and az shows only that. And what
 * az is refused while it polls looks like what the POST is refused. So where the
 * script must not run twice the guard leaves a mark on the VM, an empty folder,
 * right before the script starts. Where the mark is there already the script is
 * not run, and end is "again". A later attempt, of this run or of a rerun, that
 * looks for the same mark can so be made though nobody knows what the one before
 * has done.
 *
 * Pure, but for guard_make_nonce(). Thread-safe.
 */
#ifndef AZFAN_AZURE_GUARD_H
#define AZFAN_AZURE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "job/job.h"

struct buffer;

enum {
    GUARD_NONCE_SIZE = 33,  /* 128 bits in hexadecimal, with the NUL */
    GUARD_ONCE_SIZE = 33,   /* likewise */
    GUARD_CONSTRAINED = 113 /* status of "broken": PowerShell has its constrained language alone */
};

struct guard {
    const struct job *job; /* script, shell, parameters, script_timeout */
    const struct job_target
        *target;     /* its parameters go over the job's; its name is AZFAN_TARGET */
    const char *run; /* AZFAN_RUN */
    int batch;       /* AZFAN_BATCH */
    const char *nonce;
    const char *once; /* the mark's name, the same for all attempts that must not start the script
                         twice; NULL: it may run again */
    bool masked;      /* write *** for secrets: for showing, not for running */
};

/* A fresh nonce. -1 only when the kernel has no random numbers. */
int guard_make_nonce(char nonce[GUARD_NONCE_SIZE], struct error *error);

/* Do the guards of JOB need a mark: is there no word of idempotence? Also with a single attempt,
 * for a rerun must find out whether that one has started the script. */
bool guard_needs_once(const struct job *job);

/* The mark's name for the target with the ARM id ID, made in the run with the id RUN. The id's
 * letters may be in either case: a later run may spell it another way. */
void guard_name_once(const char *run, const char *id, char once[GUARD_ONCE_SIZE]);

/* Appends the guarded script. */
void guard_write(struct buffer *buffer, const struct guard *guard);

/* Appends a parameter's VALUE as it stands between the apostrophes in a script for SHELL. */
void guard_quote(struct buffer *buffer, enum job_shell shell, const char *value);

/* Does the target's script get parameters or arguments? */
bool guard_has_values(const struct guard *guard);

/* Appends them for people, whatever the shell: NAME='VALUE' a line, and -- with the arguments. */
void guard_show_values(struct buffer *buffer, const struct guard *guard);

/*
 * Would the guarded script of every target be within LIMITS_SCRIPT? The
 * error names the size, the limit and, where one is the cause, the target.
 */
int guard_check_size(const struct job *job, struct error *error);

/* Finds the nonce that a guarded script carries: for the simulated Azure. False: not guarded. */
bool guard_find_nonce(const char *script, size_t length, char nonce[GUARD_NONCE_SIZE]);

#endif
