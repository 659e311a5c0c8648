/* SPDX-License-Identifier: MIT */
/*
 * command: one az process, ready to be started.
 *
 * Builds argv and, for an invoke, the guarded script's file: 0600, in az's
 * 0700 folder, named by absolute path, because az takes a missing @file for
 * the script's text (azure-cli core/commands/__init__.py). Neither script text
 * nor parameters stand on the command line. Main thread.
 */
#ifndef AZFAN_AZURE_COMMAND_H
#define AZFAN_AZURE_COMMAND_H

#include <stdbool.h>

#include "azure/az.h"
#include "azure/guard.h"
#include "base/error.h"
#include "base/number.h"
#include "base/strings.h"
#include "engine/child.h"

struct buffer;

/* How long a token may take. */
#define COMMAND_TOKEN_TIMEOUT (60 * NUMBER_SECOND)

struct command {
    struct child_command child; /* points into what follows and into struct az */
    struct strings arguments;
    char *file;  /* the script's file; NULL when there is none */
    int request; /* of azfan-rest: its standard input; 0: there is none */
    char nonce[GUARD_NONCE_SIZE];
};

/*
 * az vm run-command invoke for GUARD's target with the ARM id ID. Fills in a
 * fresh nonce (GUARD's own is not used). The file is that of SLOT, and is written anew: no two
 * commands that are under way may have the same slot.
 */
int command_invoke(struct command *command, const struct az *az, const struct guard *guard,
                   const char *id, unsigned slot, struct error *error);

/*
 * azfan-rest, for what became of OPERATION, a URL that Azure gave for the VM with the ARM id ID,
 * when it accepted a script whose guard has NONCE. It ends after DEADLINE.
 */
int command_ask(struct command *command, const struct az *az, const char *id, const char *operation,
                const char *nonce, int64_t deadline, struct error *error);

/*
 * az account get-access-token, for SUBSCRIPTION when it is not NULL; or azfan-rest, for a token of
 * the run's own identity, which answers in the same form.
 */
int command_token(struct command *command, const struct az *az, const char *subscription,
                  struct error *error);

/* az account list: which subscriptions there are, their names and users, and no more. */
void command_accounts(struct command *command, const struct az *az);

/* az cloud show: where the cloud is that az is set to. */
void command_cloud(struct command *command, const struct az *az);

/* az version */
void command_version(struct command *command, const struct az *az);

/*
 * Appends the invoke that PROGRAM would be started with, as one would type it in a shell, with
 * SCRIPT in place of the file's name. Writes no file: for showing.
 */
void command_show(struct buffer *buffer, const char *program, enum job_shell shell, const char *id);

/*
 * Frees. GONE: nothing is left of the process. If something may be, the script's file is removed,
 * so that it can never read the script of another target there.
 */
void command_done(struct command *command, bool gone);

#endif
