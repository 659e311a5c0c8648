/* SPDX-License-Identifier: MIT */
/*
 * guard_shell: the guard's text in each shell.
 *
 * Private to azure/guard*.c. Pure.
 */
#ifndef AZFAN_AZURE_GUARD_SHELL_H
#define AZFAN_AZURE_GUARD_SHELL_H

#include "azure/guard.h"

/* How the line begins that carries the nonce: early in the text, and nowhere else. */
#define GUARD_SH_NONCE         "azfan_nonce="
#define GUARD_POWERSHELL_NONCE "$azfan_nonce = '"

/* The whole guarded script. */
void guard_sh_write(struct buffer *buffer, const struct guard *guard);
void guard_powershell_write(struct buffer *buffer, const struct guard *guard);

/* Appends the function that prints what the script has printed, print_output, and for PowerShell
 * what does that where it stands. */
void guard_sh_write_output(struct buffer *buffer, const struct guard *guard);
void guard_powershell_write_output(struct buffer *buffer, const struct guard *guard);

/* Appends VALUE as it stands between the shell's apostrophes. */
void guard_sh_quote(struct buffer *buffer, const char *value);
void guard_powershell_quote(struct buffer *buffer, const char *value);

/* Appends one parameter, as lines of a shell that set it. */
typedef void guard_assign(struct buffer *buffer, const char *name, const char *value);

guard_assign guard_sh_assign;
guard_assign guard_powershell_assign;

/* All that the target's script gets: parameters (***, where GUARD masks), then azfan's own. */
void guard_write_parameters(struct buffer *buffer, const struct guard *guard, guard_assign *assign);

/* Appends one argument of the script, so that it stands after those before it. */
typedef void guard_pass(struct buffer *buffer, const char *value);

guard_pass guard_sh_pass;
guard_pass guard_powershell_pass;

/* How many arguments the target's script gets; and all of them (***, where GUARD masks). */
size_t guard_count_arguments(const struct guard *guard);
void guard_write_arguments(struct buffer *buffer, const struct guard *guard, guard_pass *pass);

/* Appends BYTES in base64, in lines. */
void guard_add_base64(struct buffer *buffer, const char *bytes, size_t length);

/* How a shell's own text holds what differs between targets. */
struct guard_form {
    guard_assign *assign;
    guard_pass *pass;
};

/*
 * The target of JOB whose script is the largest, and how much larger than that of a target without
 * a name, parameters and arguments of its own: the rest of a guard is the same for all. NULL and 0:
 * there are no targets. Costs as much as writing each target's own parameters once, however many
 * the job has.
 */
const struct job_target *guard_find_largest(const struct job *job, struct guard_form form,
                                            int64_t *ret_more);

#endif
